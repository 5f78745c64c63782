"""What a trip costs, in one shape for every provider; times are those of the airport's clocks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, TypeVar

from msgspec import Meta, Raw, Struct, ValidationError, to_builtins
from msgspec.json import decode

from odai_core import ToolError

T = TypeVar("T")
Price = Annotated[float, Meta(gt=0, le=1e7)]
Minutes = Annotated[int, Meta(ge=0, le=10_000)]
MOST_OFFERS = 10


class Segment(Struct, frozen=True):
    """One plane."""

    airline: str
    flight: str
    """As printed on a ticket: "BA 214"."""
    origin: str
    destination: str
    departs: datetime
    arrives: datetime
    origin_terminal: str | None = None
    destination_terminal: str | None = None
    aircraft: str | None = None
    cabin: str | None = None


class Journey(Struct, frozen=True):
    """One way, with at least one segment."""

    segments: tuple[Segment, ...]
    minutes: Minutes | None = None
    stops: int = 0


class Fare(Struct, frozen=True):
    """A price for everybody, there and, when asked for, back."""

    price: Price
    outbound: Journey
    inbound: Journey | None = None
    """None: one way, or a provider that only prices the way back."""
    currency: str = "USD"
    best: bool = False
    """The provider recommends it."""


class Hotel(Struct, frozen=True):
    name: str
    per_night: Price
    """For one room."""
    total: Price
    """For the whole stay and all rooms."""
    currency: str = "USD"
    stars: int | None = None
    rating: Annotated[float, Meta(ge=0, le=5)] | None = None
    reviews: Annotated[int, Meta(ge=0, le=10**9)] | None = None
    distance_miles: float | None = None
    check_in_time: str | None = None
    room: str | None = None
    amenities: tuple[str, ...] = ()
    link: str | None = None


def journey(segments: Sequence[Segment], minutes: int | None) -> Journey:
    return Journey(segments=tuple(segments), minutes=minutes, stops=len(segments) - 1)


def moment(text: str) -> datetime:
    """Of "2026-12-20 18:40", or with a T in it. Raises ValueError."""
    return datetime.fromisoformat(text[:40]).replace(tzinfo=None)


def readable(entries: Sequence[Raw] | None, shape: type[T]) -> list[T]:
    """The entries that fit: an odd one does not spoil the rest."""
    found = []
    for entry in entries or ():
        try:
            found.append(decode(entry, type=shape, strict=False))
        except (ValidationError, RecursionError):
            continue
    return found


def unreadable(service: str) -> ToolError:
    return ToolError("bad_shape", f"{service} gave an answer I can't read. Please try again in a moment.")


def shown(offers: Sequence[Fare] | Sequence[Hotel]) -> list[dict[str, Any]]:
    """For a screen."""
    plain: list[dict[str, Any]] = to_builtins(offers)
    return plain
