"""What MovieGlu answers, as far as we use it. Lists are read item by item: an odd one is left out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta, Struct

T = TypeVar("T")
Id = Annotated[int, Meta(ge=1)]
Miles = Annotated[float, Meta(ge=0, le=25_000)]
DAY_BEGINS = 3
"""Of the clock: a show at 01:00 belongs to the evening before."""


class Rating(Struct, frozen=True):
    rating: str | None = None


class Slot(Struct, frozen=True):
    start_time: str
    """Wall clock of the cinema, "19:30"."""
    end_time: str | None = None


class Shows(Struct, frozen=True):
    times: list[Any] = []


class Film(Struct, frozen=True):
    film_id: Id
    film_name: str
    age_rating: list[Rating] | None = None
    synopsis_long: str | None = None
    film_trailer: str | None = None
    images: Any = None
    showings: dict[str, Shows] | None = None

    @property
    def rating(self) -> str:
        """Such as "PG-13"; "" when nobody knows."""
        return ((self.age_rating[0].rating or "") if self.age_rating else "").strip()[:10]

    @property
    def poster(self) -> str | None:
        found = self.images
        for step in ("poster", "1", "medium", "film_image"):
            found = found.get(step) if isinstance(found, dict) else None
        return found if isinstance(found, str) and found.startswith("https://") else None


class Cinema(Struct, frozen=True):
    cinema_id: Id
    cinema_name: str
    address: str | None = None
    city: str | None = None
    state: str | None = None
    postcode: str | None = None
    distance: Miles | None = None
    logo_url: str | None = None
    showings: dict[str, Shows] | None = None


class Found(Struct, frozen=True):
    """Any of the answers; what it is about is in `film` or `cinema`, what was found in the lists."""

    films: list[Any] | None = None
    cinemas: list[Any] | None = None
    film: Film | None = None
    cinema: Cinema | None = None


class Show(Struct, frozen=True):
    """One start, in the cinema's own time, without a zone."""

    at: datetime
    kind: str
    """Standard, 3D, IMAX, IMAX3D or Other."""


def each(items: list[Any] | None, type: type[T]) -> list[T]:
    """Those of the items that are what they should be. Raises ValidationError when there are some and none is."""
    good, last = [], None
    for item in items or []:
        try:
            good.append(msgspec.convert(item, type, strict=False))
        except msgspec.ValidationError as error:
            last = error
    if last is not None and not good:
        raise last
    return good


def shows(of: Film | Cinema, day: date) -> list[Show]:
    """Every start of that cinema day, in order."""
    found = {Show(at, kind) for kind, listed in (of.showings or {}).items() for at in _starts(listed, day)}
    return sorted(found, key=lambda show: (show.at, show.kind != "Standard", show.kind))


def _starts(listed: Shows, day: date) -> Iterator[datetime]:
    for item in listed.times:
        try:
            at = time.fromisoformat(msgspec.convert(item, Slot).start_time[:5])
        except (msgspec.ValidationError, ValueError):
            continue
        yield datetime.combine(day, at.replace(tzinfo=None)) + timedelta(days=at.hour < DAY_BEGINS)
