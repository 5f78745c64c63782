"""What is said of fares and rooms, made from the data."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any

from odai_core import speech
from odai_tool_amadeus import airports
from odai_tool_amadeus.offers import Fare, Hotel, Journey
from odai_tool_amadeus.trips import FlightSearch, HotelSearch

_ORDINALS = ("First", "Second", "Third")
_FEW_MILES = 3


def flights(fares: Sequence[Fare], search: FlightSearch, today: date) -> str:
    """At most three, as fully as a breath allows."""
    there = f"{airports.city(search.origin)} to {airports.city(search.destination)}"
    opening = f"{there} {speech.day(search.departs, today)}{', there and back' if search.returns else ''}:"
    full, short, bare = _full, _short, _bare
    levels = ([full] * 3, [full, short, short], [full, bare, bare], [short] * 3, [full, short], [short] * 2, [short])
    return speech.fit(*(_told(opening, fares, level) for level in levels))


def hotels(found: Sequence[Hotel], search: HotelSearch, today: date) -> str:
    """At most three, with the price of a room for a night."""
    nights = f"{speech.number(search.nights)} night{'' if search.nights == 1 else 's'}"
    opening = f"For {nights} from {speech.day(search.check_in, today).removeprefix('on ')}:"
    levels = ([_hotel] * 3, [_hotel, _cheap, _cheap], [_cheap] * 3, [_cheap] * 2, [_cheap])
    return speech.fit(*(_told(opening, found, level) for level in levels))


def fare_projection(fare: Fare) -> dict[str, Any]:
    """What a voice model needs to talk about it."""
    way = fare.outbound
    return {
        "price": f"{round(fare.price)} {fare.currency}",
        "airline": _airlines(way),
        "departs": f"{way.segments[0].departs:%Y-%m-%d %H:%M}",
        "arrives": f"{way.segments[-1].arrives:%Y-%m-%d %H:%M}",
        "stops": way.stops,
        "minutes": way.minutes,
    }


def hotel_projection(hotel: Hotel) -> dict[str, Any]:
    """What a voice model needs to talk about it."""
    return {
        "name": hotel.name,
        "price_a_night": f"{round(hotel.per_night)} {hotel.currency}",
        "price_of_the_stay": f"{round(hotel.total)} {hotel.currency}",
        "stars": hotel.stars,
        "rating": hotel.rating,
        "miles_away": hotel.distance_miles,
    }


def _told(opening: str, offers: Sequence[Any], level: Sequence[Callable[[Any], str]]) -> str:
    told = [describe(offer) for describe, offer in zip(level, offers, strict=False)]
    if len(told) == 1:
        return f"{opening} {told[0]}."
    return " ".join([opening, *(f"{nth}, {said}." for nth, said in zip(_ORDINALS, told, strict=False))])


def _full(fare: Fare) -> str:
    first, last = fare.outbound.segments[0], fare.outbound.segments[-1]
    leaves = f"leaves at {speech.clock(first.departs)} and lands at {speech.clock(last.arrives)}"
    return f"{_short(fare)}, {leaves}{_later(first.departs, last.arrives)}"


def _short(fare: Fare) -> str:
    return f"{_bare(fare)}, {_stops(fare.outbound.stops)}"


def _bare(fare: Fare) -> str:
    return f"{_airlines(fare.outbound)}, {_price(fare.price, fare.currency)}"


def _airlines(way: Journey) -> str:
    """Each once; of three only the first."""
    names = [name.rstrip(".") for name in dict.fromkeys(segment.airline for segment in way.segments) if name]
    return speech.join(names) if 0 < len(names) < 3 else f"{names[0]} and others" if names else "an airline"


def _stops(stops: int) -> str:
    return "nonstop" if not stops else f"{speech.number(stops)} stop{'' if stops == 1 else 's'}"


def _later(leaves: datetime, lands: datetime) -> str:
    days = (lands.date() - leaves.date()).days
    return {1: " the next day", 2: " two days later"}.get(days, "")


def _price(amount: float, currency: str) -> str:
    """Nobody needs the cents of a journey."""
    return speech.money(max(round(amount), 1), currency)


def _hotel(hotel: Hotel) -> str:
    parts = [hotel.name.rstrip("."), f"{speech.number(hotel.stars)} stars" if hotel.stars and hotel.stars > 1 else ""]
    near = hotel.distance_miles
    if near is not None and near <= _FEW_MILES:
        parts.append("less than a mile away" if near < 1 else f"{speech.count(round(near), 'mile')} away")
    return ", ".join(part for part in [*parts, f"{_price(hotel.per_night, hotel.currency)} a night"] if part)


def _cheap(hotel: Hotel) -> str:
    return f"{speech.clean(hotel.name, 40).rstrip('.')}, {_price(hotel.per_night, hotel.currency)} a night"
