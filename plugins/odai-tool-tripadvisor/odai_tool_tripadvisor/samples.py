"""Answers for demo mode, in TripAdvisor's own shape: invented places in four towns."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from importlib.resources import files

import msgspec

from odai_core import ToolError, speech
from odai_tool_tripadvisor.shapes import Found, Hit, Place, Review

_WHERE = re.compile(r"\b(?:in|near|at|around)\s+(?!me\b|here\b|town\b|the area\b)\w", re.IGNORECASE)
_HOTELS, _FOOD, _SIGHTS = "hotels", "restaurants", "attractions"
_COMMON = {"the", "of", "and", "hotel", "inn", "restaurant", "museum"}
_WORDS = {
    _HOTELS: "hotel hotels inn inns motel hostel resort resorts stay sleep room rooms lodging",
    _FOOD: "restaurant restaurants eat food dinner lunch breakfast brunch seafood pizza sushi italian steak cafe bar",
    _SIGHTS: "attraction attractions things thing do see visit museum museums park parks tour tours sight sights beach",
}


class Town(msgspec.Struct, frozen=True):
    name: str
    near: list[str]
    """What people call it."""
    latitude: float
    longitude: float
    places: dict[str, list[Place]]
    """By category."""


class Samples(msgspec.Struct, frozen=True):
    towns: list[Town]
    reviews: dict[str, list[Review]]
    """By category."""


def search(query: str, category: str | None, point: tuple[float, float] | None) -> list[Found]:
    """A place by its name, else those of a kind in a town that is named, or nearest to the point, or the first."""
    named = [place for town in _samples().towns for places in town.places.values() for place in _called(query, places)]
    if named:
        return _found(named)
    kind = category or next((kind for kind, words in _WORDS.items() if _words(query) & set(words.split())), None)
    if kind not in _WORDS:
        raise ToolError("not_found", "My sample data only knows hotels, restaurants and things to do.")
    return _found(_town(query, point).places[kind])


def details(name: str) -> Place:
    """By id or by name."""
    return _known(name)[1]


def reviews(name: str) -> list[Review]:
    """Of a place of that kind."""
    return _samples().reviews[_known(name)[0]]


def _known(name: str) -> tuple[str, Place]:
    for town in _samples().towns:
        for kind, places in town.places.items():
            for place in places:
                if name == place.location_id or _called(name, [place]):
                    return kind, place
    raise ToolError("not_found", "My sample data doesn't know that place. Search for one first.")


def _called(name: str, places: Iterable[Place]) -> list[Place]:
    """What tells a name from others must be said: "the Harbor View" is the Harbor View Hotel."""
    said = _words(name)
    return [place for place in places if _words(place.name) - _COMMON <= said]


def _words(text: str) -> set[str]:
    return set(re.findall(r"[a-z]+", text.casefold().replace("'", "")))


def _town(query: str, point: tuple[float, float] | None) -> Town:
    towns = _samples().towns
    lowered = query.casefold()
    for town in towns:
        if any(name in lowered for name in town.near):
            return town
    if point is not None:
        return min(towns, key=lambda town: (town.latitude - point[0]) ** 2 + (town.longitude - point[1]) ** 2)
    if _WHERE.search(query):
        raise ToolError("not_found", f"My sample data only knows {speech.join(town.name for town in towns)}.")
    return towns[0]


def _found(places: Iterable[Place]) -> list[Found]:
    return [
        Found(hit=Hit(location_id=place.location_id, name=place.name, address_obj=place.address_obj), details=place)
        for place in places
    ]


@cache
def _samples() -> Samples:
    return msgspec.json.decode(files(__package__).joinpath("samples.json").read_bytes(), type=Samples)
