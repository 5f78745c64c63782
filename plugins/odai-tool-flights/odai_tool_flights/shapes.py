"""What AviationStack answers, as far as we use it. Nearly every field may be null."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, tzinfo
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from msgspec import Meta, Raw, Struct, ValidationError, to_builtins
from msgspec.json import decode

Minutes = Annotated[int, Meta(ge=-10_000, le=10_000)]


class End(Struct, frozen=True):
    """Where a flight leaves or lands."""

    airport: str | None = None
    timezone: str | None = None
    """An IANA name."""
    iata: str | None = None
    terminal: str | None = None
    gate: str | None = None
    baggage: str | None = None
    delay: Minutes | None = None
    scheduled: datetime | None = None
    estimated: datetime | None = None
    actual: datetime | None = None

    @property
    def place(self) -> str:
        return self.airport or self.iata or "an airport I can't name"

    @property
    def zone(self) -> tzinfo:
        """Of the airport, or UTC when nobody knows it."""
        try:
            return ZoneInfo((self.timezone or "UTC")[:60])
        except (LookupError, ValueError, OSError):
            return UTC

    def at(self, moment: datetime | None) -> datetime | None:
        """AviationStack writes the airport's own clock and a +00:00 that is wrong."""
        return moment.replace(tzinfo=self.zone) if moment else None

    @property
    def planned(self) -> datetime | None:
        return self.at(self.scheduled)

    @property
    def happens(self) -> datetime | None:
        """As well as it is known."""
        return self.at(self.actual or self.estimated or self.scheduled)

    @property
    def late(self) -> int | None:
        """Minutes, negative when early."""
        if self.delay is not None:
            return self.delay
        known, planned = self.actual or self.estimated, self.scheduled
        if known is None or planned is None:
            return None
        # Without their zones, which may differ where somebody wrote one of them right.
        away = (known.replace(tzinfo=None) - planned.replace(tzinfo=None)).total_seconds() / 60
        return round(away) if abs(away) <= 10_000 else None


class Airline(Struct, frozen=True):
    name: str | None = None
    iata: str | None = None


class Shared(Struct, frozen=True):
    """The flight of the airline that really flies."""

    airline_name: str | None = None
    flight_iata: str | None = None


class Number(Struct, frozen=True):
    number: str | None = None
    iata: str | None = None
    icao: str | None = None
    codeshared: Shared | None = None


class Live(Struct, frozen=True):
    updated: datetime | None = None
    latitude: float | None = None
    longitude: float | None = None
    altitude: float | None = None
    direction: float | None = None
    speed_horizontal: float | None = None
    is_ground: bool | None = None


class Flight(Struct, frozen=True):
    flight_status: str | None = None
    flight_date: date | None = None
    departure: End = End()
    arrival: End = End()
    airline: Airline | None = None
    flight: Number = Number()
    live: Live | None = None

    @property
    def has_landed(self) -> bool:
        return self.flight_status == "landed" or (self.flight_status != "diverted" and self.arrival.actual is not None)

    @property
    def has_left(self) -> bool:
        return self.has_landed or self.flight_status in ("active", "diverted") or self.departure.actual is not None

    @property
    def cancelled(self) -> bool:
        return self.flight_status == "cancelled"


class Flights(Struct, frozen=True):
    data: list[Raw]


class Trouble(Struct, frozen=True):
    code: str


class Failure(Struct, frozen=True):
    error: Trouble


def readable(entries: Sequence[Raw]) -> list[Flight]:
    """The entries that fit: an odd one does not spoil the rest."""
    found = []
    for entry in entries:
        try:
            flight = decode(entry, type=Flight, strict=False)
        except (ValidationError, RecursionError):
            continue
        if flight.departure.happens or flight.arrival.happens or flight.flight_status:
            found.append(flight)
    return found


def shown(flight: Flight) -> dict[str, Any]:
    """For a screen, with the airports' own offsets."""
    plain: dict[str, Any] = to_builtins(flight)
    for name, end in (("departure", flight.departure), ("arrival", flight.arrival)):
        for moment in ("scheduled", "estimated", "actual"):
            there = end.at(getattr(end, moment))
            plain[name][moment] = there.isoformat() if there else None
        plain[name]["delay"] = end.late
    return plain
