"""Answers for demo mode, in Yelp's own shape: invented businesses in three cities."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

import msgspec

from odai_core import ToolError
from odai_tool_yelp.shapes import Business, Reviews, Search


class City(msgspec.Struct, frozen=True):
    name: str
    near: list[str]
    """What people call it and its parts."""
    businesses: list[Business]


class Samples(msgspec.Struct, frozen=True):
    cities: list[City]
    reviews: dict[str, Reviews]


def search(location: str, term: str, *, by_rating: bool, open_now: bool) -> tuple[str, Search]:
    """Where was searched, and what was found: another city of ours when we have nothing at `location`."""
    asked, where = _words(term), location.casefold()
    for city in sorted(_samples().cities, key=lambda city: not any(name in where for name in city.near)):
        found = [business for business in city.businesses if asked & _tags(business)]
        found = [business for business in found if business.open_now or not open_now]
        if by_rating:
            found.sort(key=lambda business: business.rating, reverse=True)
        if found:
            known = any(name in where for name in city.near)
            return location if known else city.name, Search(businesses=found, total=len(found))
    raise ToolError(
        "not_found", "My sample data only knows sushi, ramen, tacos, pizza, burgers, coffee and bookstores."
    )


def reviews(business: str) -> Reviews:
    """Of one of the businesses above, by its id or its name."""
    asked = business.casefold().strip()
    for city in _samples().cities:
        for known in city.businesses:
            if asked and (asked == known.id or asked in known.name.casefold()):
                return _samples().reviews.get(known.id) or _samples().reviews["any"]
    raise ToolError("not_found", "My sample data doesn't know that place. Search for one first.")


@cache
def _samples() -> Samples:
    return msgspec.json.decode(files(__package__).joinpath("samples.json").read_bytes(), type=Samples)


def _tags(business: Business) -> set[str]:
    return _words(" ".join([business.name, *(f"{kind.title} {kind.alias}" for kind in business.categories)]))


def _words(text: str) -> set[str]:
    """Words without their plural s, and without those that tell nothing."""
    return {word.rstrip("s") for word in re.findall(r"[a-z]+", text.casefold())} - _EMPTY


_EMPTY = {
    "a",
    "the",
    "good",
    "best",
    "bar",
    "place",
    "restaurant",
    "shop",
    "some",
    "food",
    "and",
    "rated",
    "cheap",
    "house",
    "",
}
