"""Which of the flights of one number is meant by "the flight"."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from odai_tool_flightaware.shapes import Flight

SOON = timedelta(hours=14)
LATE = timedelta(hours=4)


def choose(flights: Sequence[Flight], now: datetime) -> Flight:
    """The one in the air; else the next to leave soon, or cancelled; else the last to arrive; else the next at all."""
    under_way = [flight for flight in flights if flight.has_left and not flight.has_landed and not flight.cancelled]
    waiting = sorted(
        (flight for flight in flights if not flight.has_left and flight.departs and flight.departs > now - LATE),
        key=lambda flight: flight.departs or now,
    )
    soon = [flight for flight in waiting if flight.departs and flight.departs < now + SOON]
    landed = sorted((flight for flight in flights if flight.has_landed), key=lambda flight: flight.arrives or now)
    return [*under_way[-1:], *soon[:1], *landed[-1:], *waiting[:1], *flights][0]
