"""What is looked for, checked before anybody is asked: a flight, or a room for some nights."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from odai_core import ToolError
from odai_tool_amadeus import airports, dates

MOST_PEOPLE = 9
MOST_ROOMS = 8
MOST_NIGHTS = 30
AHEAD = timedelta(days=365)
"""Airlines sell about a year ahead."""

Cabin = Literal["ECONOMY", "PREMIUM_ECONOMY", "BUSINESS", "FIRST"]


@dataclass(frozen=True, kw_only=True)
class FlightSearch:
    """A way there, and perhaps back. Places are IATA codes."""

    origin: str
    destination: str
    departs: date
    returns: date | None
    adults: int
    nonstop: bool
    cabin: Cabin


@dataclass(frozen=True, kw_only=True)
class HotelSearch:
    """A stay around a point."""

    latitude: float
    longitude: float
    check_in: date
    check_out: date
    adults: int
    children: int
    rooms: int
    stars: tuple[int, ...]
    """Classes that will do; empty: any."""

    @property
    def nights(self) -> int:
        """At least one."""
        return (self.check_out - self.check_in).days

    @property
    def adults_a_room(self) -> int:
        """In the fullest of the rooms."""
        return math.ceil(self.adults / self.rooms)


def flight_search(
    origin: str, destination: str, departs: str, returns: str | None, *, adults: int, nonstop: bool, cabin: Cabin,
    today: date,
) -> FlightSearch:  # fmt: skip
    """Raises `ToolError("bad_request")` with the question to ask back."""
    there = FlightSearch(
        origin=airports.code(origin),
        destination=airports.code(destination),
        departs=_ahead(departs, today, "On which day do you want to fly?"),
        returns=_ahead(returns, today, "On which day do you want to fly back?") if returns else None,
        adults=_people(adults),
        nonstop=nonstop,
        cabin=cabin,
    )
    if there.origin == there.destination:
        raise ToolError("bad_request", "That is the same airport twice. Where do you want to fly to?")
    if there.returns and there.returns < there.departs:
        raise ToolError("bad_request", "The way back is before the way there. On which day do you want to fly back?")
    return there


def hotel_search(
    latitude: float, longitude: float, check_in: str, check_out: str, *, adults: int, children: int, rooms: int,
    ratings: Sequence[int], today: date,
) -> HotelSearch:  # fmt: skip
    """Raises `ToolError("bad_request")` with the question to ask back."""
    if not (abs(latitude) <= 90 and abs(longitude) <= 180):
        raise ToolError("bad_request", "That is no place on Earth. Where do you need a hotel?")
    if rooms > MOST_ROOMS or children > MOST_PEOPLE:
        raise ToolError("bad_request", "I can look for at most eight rooms and nine children at once.")
    stars = tuple(sorted({star for star in ratings if 1 <= star <= 5}))
    stay = HotelSearch(
        latitude=round(latitude, 5),
        longitude=round(longitude, 5),
        check_in=_ahead(check_in, today, "On which day do you arrive?"),
        check_out=_ahead(check_out, today, "On which day do you leave?"),
        adults=_people(adults),
        children=max(children, 0),
        rooms=max(rooms, 1),
        stars=stars if len(stars) < 5 else (),
    )
    if not 1 <= stay.nights <= MOST_NIGHTS:
        raise ToolError("bad_request", "A stay has one to thirty nights. On which day do you leave?")
    return stay


def miles(stay: HotelSearch, latitude: float, longitude: float) -> float:
    """As the crow flies, from the point that was asked for."""
    south, north = math.radians(stay.latitude), math.radians(latitude)
    half = math.sin((north - south) / 2) ** 2
    half += math.cos(south) * math.cos(north) * math.sin(math.radians(longitude - stay.longitude) / 2) ** 2
    return 7917.5 * math.asin(math.sqrt(min(half, 1.0)))


def _people(adults: int) -> int:
    if adults > MOST_PEOPLE:
        raise ToolError("bad_request", "I can look for at most nine people at once. How many are you?")
    return max(adults, 1)


def _ahead(said: str, today: date, question: str) -> date:
    when = dates.read(said, today)
    if when is None:
        raise ToolError("bad_request", question)
    # Somewhere it is still yesterday.
    if not today - timedelta(days=1) <= when <= today + AHEAD:
        raise ToolError("bad_request", f"I can look from today to a year ahead. {question}")
    return when
