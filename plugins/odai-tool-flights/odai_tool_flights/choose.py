"""Which of the flights of one number is meant by "the flight"."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from odai_tool_flights.shapes import Flight

SOON = timedelta(hours=14)
LATE = timedelta(hours=4)
LONGEST = timedelta(hours=20)
"""The longest flights there are; what left before and never landed is not followed any more."""


def choose(flights: Sequence[Flight], now: datetime) -> Flight:
    """The one in the air; else the next to leave soon, or cancelled; else the last to land; else the next at all."""
    timed = [(flight, flight.departure.happens or flight.arrival.happens) for flight in flights]
    known = sorted(((flight, when) for flight, when in timed if when is not None), key=lambda pair: pair[1])
    under_way = [
        flight
        for flight, when in known
        if flight.has_left and not flight.has_landed and not flight.cancelled and when > now - LONGEST
    ]
    waiting = [(flight, when) for flight, when in known if not flight.has_left and when > now - LATE]
    soon = [flight for flight, when in waiting if when < now + SOON]
    landed = [flight for flight, _ in known if flight.has_landed]
    return [*under_way[-1:], *soon[:1], *landed[-1:], *(flight for flight, _ in waiting[:1]), *flights][0]
