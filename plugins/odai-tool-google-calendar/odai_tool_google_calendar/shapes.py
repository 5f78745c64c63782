"""What Google Calendar answers, as far as we use it. A field that may be missing or null has a default."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from msgspec import Struct, ValidationError, convert


class Moment(Struct, frozen=True):
    """`dateTime` with an offset, or for whole days `date`."""

    dateTime: str | None = None
    date: str | None = None
    timeZone: str | None = None


class Attendee(Struct, frozen=True):
    email: str | None = None
    displayName: str | None = None
    responseStatus: str | None = None


class Event(Struct, frozen=True):
    id: str
    status: str | None = None
    summary: str | None = None
    location: str | None = None
    description: str | None = None
    htmlLink: str | None = None
    hangoutLink: str | None = None
    start: Moment | None = None
    end: Moment | None = None
    """Exclusive, for whole days, too."""
    attendees: list[Attendee] | None = None
    recurringEventId: str | None = None
    eventType: str | None = None


class Events(Struct, frozen=True):
    items: list[Any]

    def readable(self) -> list[Event]:
        """Those that are events as we know them; an odd one spoils no other."""
        found = []
        for item in self.items:
            with suppress(ValidationError):
                found.append(convert(item, Event, strict=False))
        return found
