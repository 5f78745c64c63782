"""What the Discovery API answers, as far as we use it. Nearly everything may be missing or null."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, time
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta, Raw, Struct, field, to_builtins

Amount = Annotated[float, Meta(ge=0, le=10**7)]
T = TypeVar("T")
BEST_WIDTH = 1024
"""Pixels: a picture this wide is enough for any screen."""


class _Shape(Struct, frozen=True, omit_defaults=True):
    """A field without a value is left out on its way to the screen."""


class Named(_Shape, frozen=True):
    id: str | None = None
    name: str | None = None


class Image(_Shape, frozen=True):
    url: str
    ratio: str | None = None
    width: int | None = None
    height: int | None = None


class Classification(_Shape, frozen=True):
    primary: bool | None = None
    segment: Named | None = None
    genre: Named | None = None
    subGenre: Named | None = None


class Upcoming(_Shape, frozen=True):
    total: int | None = field(default=None, name="_total")


class State(_Shape, frozen=True):
    name: str | None = None
    stateCode: str | None = None


class Country(_Shape, frozen=True):
    name: str | None = None
    countryCode: str | None = None


class Address(_Shape, frozen=True):
    line1: str | None = None
    line2: str | None = None


class Point(_Shape, frozen=True):
    longitude: str | None = None
    latitude: str | None = None


class BoxOffice(_Shape, frozen=True):
    phoneNumberDetail: str | None = None
    openHoursDetail: str | None = None
    acceptedPaymentDetail: str | None = None
    willCallDetail: str | None = None


class Venue(_Shape, frozen=True):
    id: str
    name: str | None = None
    url: str | None = None
    postalCode: str | None = None
    timezone: str | None = None
    city: Named | None = None
    state: State | None = None
    country: Country | None = None
    address: Address | None = None
    location: Point | None = None
    images: list[Image] | None = None
    boxOfficeInfo: BoxOffice | None = None
    parkingDetail: str | None = None
    accessibleSeatingDetail: str | None = None
    upcomingEvents: Upcoming | None = None


class Attraction(_Shape, frozen=True):
    id: str
    name: str
    url: str | None = None
    images: list[Image] | None = None
    classifications: list[Classification] | None = None
    upcomingEvents: Upcoming | None = None


class Start(_Shape, frozen=True):
    localDate: str | None = None
    localTime: str | None = None
    dateTime: str | None = None
    dateTBD: bool | None = None
    dateTBA: bool | None = None
    timeTBA: bool | None = None
    noSpecificTime: bool | None = None

    @property
    def day(self) -> date | None:
        """Where the event is; None when it is not set yet."""
        return None if self.dateTBD or self.dateTBA else _read(date, self.localDate)

    @property
    def hour(self) -> time | None:
        """Where the event is; None when it is not set yet."""
        return None if self.timeTBA or self.noSpecificTime else _read(time, self.localTime)


class Status(_Shape, frozen=True):
    code: str | None = None
    """onsale, offsale, cancelled, postponed or rescheduled."""


class Dates(_Shape, frozen=True):
    start: Start | None = None
    timezone: str | None = None
    status: Status | None = None
    spanMultipleDays: bool | None = None


class Sale(_Shape, frozen=True):
    startDateTime: str | None = None
    endDateTime: str | None = None
    startTBD: bool | None = None


class Sales(_Shape, frozen=True):
    public: Sale | None = None


class Price(_Shape, frozen=True):
    type: str | None = None
    currency: str | None = None
    min: Amount | None = None
    max: Amount | None = None


class AgeLimit(_Shape, frozen=True):
    legalAgeEnforced: bool | None = None


class Seatmap(_Shape, frozen=True):
    staticUrl: str | None = None


class With(_Shape, frozen=True):
    venues: list[Venue] | None = None
    attractions: list[Attraction] | None = None


class Event(_Shape, frozen=True):
    id: str
    name: str
    test: bool | None = None
    url: str | None = None
    images: list[Image] | None = None
    sales: Sales | None = None
    dates: Dates | None = None
    classifications: list[Classification] | None = None
    priceRanges: list[Price] | None = None
    info: str | None = None
    pleaseNote: str | None = None
    ageRestrictions: AgeLimit | None = None
    seatmap: Seatmap | None = None
    embedded: With | None = field(default=None, name="_embedded")

    @property
    def venue(self) -> Venue | None:
        return self.embedded.venues[0] if self.embedded and self.embedded.venues else None

    @property
    def attraction(self) -> Attraction | None:
        return self.embedded.attractions[0] if self.embedded and self.embedded.attractions else None

    @property
    def status(self) -> str:
        return ((self.dates and self.dates.status and self.dates.status.code) or "").lower()

    @property
    def zone(self) -> str | None:
        """An IANA name, where it is known."""
        return (self.dates and self.dates.timezone) or (self.venue and self.venue.timezone) or None

    @property
    def price(self) -> Price | None:
        """The lowest; one from 0 on tells nothing that could be promised."""
        known = [price for price in self.priceRanges or () if price.min]
        return min(known, key=lambda price: price.min or 0, default=None)


class Lists(Struct, frozen=True):
    events: list[Raw] | None = None
    venues: list[Raw] | None = None
    attractions: list[Raw] | None = None


class Page(_Shape, frozen=True):
    totalElements: int | None = None
    totalPages: int | None = None
    size: int | None = None
    number: int | None = None


class Found(Struct, frozen=True):
    """A list; without hits there is no `_embedded` at all."""

    embedded: Lists | None = field(default=None, name="_embedded")
    page: Page | None = None


def each(items: list[Raw], kind: type[T]) -> list[T]:
    """What can be read of them, so that one odd item does not spoil the others."""
    read = []
    for item in items:
        with suppress(ValueError, RecursionError):
            read.append(msgspec.json.decode(item, type=kind, strict=False))
    return read


def for_screen(item: Any) -> Any:
    """As JSON types, with one picture where Ticketmaster sends a dozen sizes of it."""
    if isinstance(item, Struct):
        item = to_builtins(item)
    if isinstance(item, list):
        return [for_screen(part) for part in item]
    if not isinstance(item, dict):
        return item
    shown = {name: for_screen(part) for name, part in item.items()}
    if shown.get("images"):
        shown["images"] = [min(shown["images"], key=lambda image: abs((image.get("width") or 0) - BEST_WIDTH))]
    return shown


def _read(kind: Any, text: str | None) -> Any:
    try:
        return kind.fromisoformat(text or "")
    except ValueError:
        return None
