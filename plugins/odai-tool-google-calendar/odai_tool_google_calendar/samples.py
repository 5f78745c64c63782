"""A calendar for demo mode, always of the week that begins today."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from odai_core import ToolError
from odai_tool_google_calendar import when
from odai_tool_google_calendar.shapes import Attendee, Event, Moment


class Sample(msgspec.Struct, frozen=True):
    id: str
    title: str
    day: int
    """Days from today."""
    minutes: int
    at: str | None = None
    """None: the whole day."""
    location: str | None = None
    description: str | None = None
    attendees: list[str] = []
    meet: str | None = None


class Samples(msgspec.Struct, frozen=True):
    events: list[Sample]


def events(zone: ZoneInfo, day: date | None) -> list[Event]:
    """Of one day, or all that are not over."""
    now = datetime.now(zone)
    found = [_event(sample, now.date(), zone) for sample in _samples().events]
    spans = [(event, when.read(event.start, event.end, zone)) for event in found]
    if day is None:
        return [event for event, span in spans if span and span.end > now]
    return [event for event, span in spans if span and span.start.date() == day]


def event(event_id: str, zone: ZoneInfo) -> Event:
    """By its id, or its title."""
    asked = event_id.strip().casefold()
    for sample in _samples().events:
        if asked in (sample.id, sample.title.casefold()):
            return _event(sample, datetime.now(zone).date(), zone)
    raise ToolError("not_found", "My sample calendar has no such event.")


@cache
def _samples() -> Samples:
    return msgspec.json.decode(files(__package__).joinpath("samples.json").read_bytes(), type=Samples)


def _event(sample: Sample, today: date, zone: ZoneInfo) -> Event:
    day = today + timedelta(days=sample.day)
    start, end = Moment(date=day.isoformat()), Moment(date=(day + timedelta(days=1)).isoformat())
    if sample.at:
        began = datetime.combine(day, time.fromisoformat(sample.at), zone)
        over = began + timedelta(minutes=sample.minutes)
        start, end = Moment(dateTime=began.isoformat()), Moment(dateTime=over.isoformat())
    return Event(
        id=sample.id, status="confirmed", summary=sample.title, location=sample.location,
        description=sample.description, hangoutLink=sample.meet, start=start, end=end,
        attendees=[Attendee(email=address, responseStatus="accepted") for address in sample.attendees],
    )  # fmt: skip


def planned(event: dict[str, Any]) -> Event:
    """A new event as Google would give it back."""
    link = "https://meet.google.com/sam-ples-only" if "conferenceData" in event else None
    return msgspec.structs.replace(msgspec.convert(event, Event), hangoutLink=link)
