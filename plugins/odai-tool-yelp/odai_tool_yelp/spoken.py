"""What is said of businesses and reviews, made from the data."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from odai_core import speech
from odai_tool_yelp.shapes import Business, Review

_PRICES = {"$": "inexpensive", "$$": "moderately priced", "$$$": "pricey", "$$$$": "very expensive"}
_STREETS = {"St": "Street", "Ave": "Avenue", "Blvd": "Boulevard", "Rd": "Road", "Dr": "Drive", "Sq": "Square"}
_ORDINALS = ("First", "Second", "Third")


def search(businesses: Sequence[Business], term: str, place: str) -> str:
    """At most three of them: the first in full, the others as fully as a breath allows."""
    opening = f"For {speech.clean(term, 40)} near {speech.clean(place, 40)}:"
    levels = ([_full] * 3, [_full, _short, _short], [_full, _rated, _rated], [_rated] * 3, [_rated] * 2, [_rated])
    return speech.fit(*(_told(opening, businesses, level) for level in levels))


def reviews(found: Sequence[Review]) -> str:
    """The first three, in their own words; fewer words when they are many."""
    return speech.fit(*(" ".join(_quoted(review, length) for review in found[:3]) for length in (90, 65, 40)))


def projection(business: Business) -> dict[str, Any]:
    """What a voice model needs to talk about it and to ask for its reviews."""
    return {
        "id": business.id,
        "name": speech.clean(business.name, 60),
        "rating": business.rating,
        "reviews": business.review_count,
        "price": _PRICES.get(business.price or ""),
        "street": _street(business) or None,
        "open_now": business.open_now,
    }


def _told(opening: str, businesses: Sequence[Business], level: Sequence[Any]) -> str:
    told = [describe(business) for describe, business in zip(level, businesses, strict=False)]
    if len(told) == 1:
        return f"{opening} {told[0]}."
    return " ".join([opening, *(f"{nth}, {said}." for nth, said in zip(_ORDINALS, told, strict=False))])


def _full(business: Business) -> str:
    counted = f" from {speech.count(business.review_count, 'review')}" if business.review_count else ""
    is_open = {True: "open now", False: "closed now", None: ""}[business.open_now]
    parts = [_rated(business) + counted, _PRICES.get(business.price or "", ""), _on_street(business), is_open]
    return ", ".join(part for part in parts if part)


def _short(business: Business) -> str:
    return ", ".join(part for part in (_rated(business), _on_street(business)) if part)


def _rated(business: Business) -> str:
    name = speech.clean(business.name, 40)
    return f"{name}, {speech.stars(business.rating)}" if business.rating else name


def _street(business: Business) -> str:
    """The street alone, "350 16th St" -> "sixteenth Street": a house number is no help to the ear."""
    street = re.sub(r"^\d+[\w-]*\s+|,.*", "", speech.clean(business.location.address1, 50))
    street = re.sub(
        r"\b(\d{1,4})(?:st|nd|rd|th)\b", lambda match: speech.ordinal(int(match[1])), street, flags=re.ASCII
    )
    street = " ".join(_STREETS.get(word.rstrip("."), word) for word in street.split())
    return street


def _on_street(business: Business) -> str:
    street = _street(business)
    return f"on {street}" if street else ""


def _quoted(review: Review, length: int) -> str:
    text = speech.clean(review.text.replace("...", "."), length).rstrip(".")
    return f"{speech.clean(review.user.name, 20).rstrip('.')} gave {speech.stars(review.rating)}: {text}."
