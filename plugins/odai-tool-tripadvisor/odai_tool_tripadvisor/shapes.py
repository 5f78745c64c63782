"""What TripAdvisor answers, as far as we use it. Numbers mostly come as text, and most fields may be missing."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any, TypeVar

from msgspec import DecodeError, Raw, Struct
from msgspec.json import decode

from odai_core import ToolError, speech

Number = str | int | float | None


class Address(Struct, frozen=True):
    street1: str | None = None
    city: str | None = None
    state: str | None = None
    country: str | None = None
    address_string: str | None = None


class Ranking(Struct, frozen=True):
    ranking_string: str | None = None
    """ "#4 of 14 hotels in Edgartown"."""
    geo_location_name: str | None = None


class Moment(Struct, frozen=True):
    day: int
    """1 is Monday; Sunday is 7, or 0."""
    time: str
    """ "1700"."""


class Period(Struct, frozen=True):
    open: Moment
    close: Moment


class Hours(Struct, frozen=True):
    periods: list[Period] | None = None
    weekday_text: list[str] | None = None


class Place(Struct, frozen=True):
    """The details; what has no type of its own is only shown."""

    location_id: str | int
    name: str
    description: str | None = None
    web_url: str | None = None
    latitude: Number = None
    longitude: Number = None
    timezone: str | None = None
    address_obj: Address | None = None
    ranking_data: Ranking | None = None
    rating: Number = None
    rating_image_url: str | None = None
    """TripAdvisor's terms want it shown beside the rating."""
    num_reviews: Number = None
    review_rating_count: Any = None
    subratings: Any = None
    price_level: str | None = None
    phone: str | None = None
    website: str | None = None
    hours: Hours | None = None
    cuisine: Any = None
    amenities: Any = None
    category: Any = None
    awards: Any = None

    @property
    def stars(self) -> float | None:
        """0 to 5; None when nobody rated it."""
        value = number(self.rating)
        return value if value and value <= 5 else None

    @property
    def reviews(self) -> int:
        return int(number(self.num_reviews) or 0)


class Hit(Struct, frozen=True):
    location_id: str | int
    name: str
    address_obj: Address | None = None
    distance: Number = None
    """Miles; only when the search had coordinates."""
    bearing: str | None = None


class Found(Struct, frozen=True):
    """A hit with its details, where they were fetched."""

    hit: Hit
    details: Place | None = None


class Traveler(Struct, frozen=True):
    username: str | None = None


class Review(Struct, frozen=True):
    rating: Number = None
    title: str | None = None
    text: str | None = None
    trip_type: str | None = None
    travel_date: str | None = None
    published_date: str | None = None
    url: str | None = None
    user: Traveler | None = None


class Answer(Struct, frozen=True):
    """Of a search and of reviews."""

    data: list[Raw]


def number(text: Number) -> float | None:
    """What may be a number, a text with one, or neither; never negative."""
    try:
        value = float(text if text is not None else "")
    except ValueError:
        return None
    return value if math.isfinite(value) and 0 <= value < 1e9 else None


def hits(answer: Answer) -> list[Hit]:
    """Those that can be read and asked about again."""
    return [hit for hit in _each(answer.data, Hit) if is_id(str(hit.location_id)) and speech.clean(hit.name)]


def reviews(answer: Answer) -> list[Review]:
    """Those that can be read and say something."""
    return [review for review in _each(answer.data, Review) if speech.clean(review.title) or speech.clean(review.text)]


def is_id(text: str) -> bool:
    return re.fullmatch(r"[0-9]{1,15}", text) is not None


_Shape = TypeVar("_Shape")


def _each(data: Sequence[Raw], shape: type[_Shape]) -> list[_Shape]:
    """Raises `ToolError("bad_shape")` when there are some and none can be read."""
    read = []
    for raw in data:
        try:
            read.append(decode(raw, type=shape, strict=False))
        except (DecodeError, RecursionError):
            continue
    if data and not read:
        raise ToolError("bad_shape", "TripAdvisor gave an answer I can't read. Please try again in a moment.")
    return read
