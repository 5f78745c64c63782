"""What EasyPost answers, as far as we use it. Nearly everything may be missing or null."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated

from msgspec import Meta, Struct

from odai_core import speech


class _Shape(Struct, frozen=True, omit_defaults=True):
    """A field without a value is left out on its way to the screen."""


class Location(_Shape, frozen=True):
    city: str | None = None
    state: str | None = None
    country: str | None = None
    zip: str | None = None


class Detail(_Shape, frozen=True):
    message: str | None = None
    description: str | None = None
    status: str | None = None
    status_detail: str | None = None
    datetime: str | None = None
    source: str | None = None
    tracking_location: Location | None = None


class CarrierDetail(_Shape, frozen=True):
    service: str | None = None
    est_delivery_date_local: str | None = None
    est_delivery_time_local: str | None = None
    origin_location: str | None = None
    destination_location: str | None = None
    guaranteed_delivery_date: str | None = None


class Tracker(_Shape, frozen=True):
    id: Annotated[str, Meta(pattern=r"\A[A-Za-z0-9_-]{1,100}\Z")]
    tracking_code: str
    status: str | None = None
    """unknown, pre_transit, in_transit, out_for_delivery, delivered, available_for_pickup, return_to_sender, failure,
    cancelled or error."""
    status_detail: str | None = None
    carrier: str | None = None
    created_at: str | None = None
    updated_at: str | None = None
    signed_by: str | None = None
    weight: float | None = None
    """Ounces."""
    est_delivery_date: str | None = None
    tracking_details: list[Detail] | None = None
    carrier_detail: CarrierDetail | None = None
    is_return: bool | None = None
    public_url: str | None = None

    def latest(self, status: str = "") -> Detail | None:
        """The last scan; with a status, the last one that has it."""
        scans = [scan for scan in self.tracking_details or () if not status or scan.status == status]
        return max(scans, key=lambda scan: moment(scan.datetime) or _LONG_AGO, default=None)

    def expected(self, zone: str) -> date | None:
        """The day it should come, where it should come."""
        there = self.carrier_detail.est_delivery_date_local if self.carrier_detail else None
        if there:
            return _day(there)
        when = moment(self.est_delivery_date)
        if when is None:
            return _day(self.est_delivery_date)
        # Midnight UTC stands for a day; told in an American time zone it would be the day before.
        whole_day = (when.hour, when.minute, when.second) == (0, 0, 0)
        return when.date() if whole_day else speech.local(when, zone).date()


def moment(text: str | None) -> datetime | None:
    """A time with a zone, or None."""
    try:
        found = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return found if found.utcoffset() is not None else None


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat((text or "")[:10])
    except ValueError:
        return None


_LONG_AGO = datetime.min.replace(tzinfo=UTC)
