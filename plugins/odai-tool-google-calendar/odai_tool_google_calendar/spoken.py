"""What is said and shown of events, made from the data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from odai_core import speech
from odai_tool_google_calendar import when
from odai_tool_google_calendar.shapes import Event
from odai_tool_google_calendar.when import Span

MOST_ATTENDEES = 20
_ORDINALS = ("First", "Second", "Third")


def listed(events: Sequence[Event], zone: ZoneInfo, day: date | None) -> str:
    """How many, and the first three with their day and time; of a day that was asked for, the time alone."""
    today = datetime.now(zone).date()
    on = f" {speech.day(day, today)}" if day else ""
    if not events:
        return f"Your calendar is free{on}." if day else "There is nothing to come in your calendar."
    opening = f"You have {speech.count(len(events), 'event')}{on or ' to come'}."
    told = [f"{title(event)}{_at(event, zone, today, day)}" for event in events[:3]]
    if len(told) == 1:
        return speech.fit(f"{opening[:-1]}: {told[0]}.")
    return speech.fit(*(_enumerated(opening, told[:number]) for number in (3, 2, 1)))


def wanted(event: Mapping[str, Any], span: Span, zone: ZoneInfo) -> str:
    """Whether it is meant."""
    invited = len(event.get("attendees", ()))
    guests = f" and invite {speech.count(invited, 'person', 'people')}" if invited else ""
    return f"Shall I put {_name(event)} in your calendar {_when(span, datetime.now(zone).date())}{guests}?"


def made(event: Mapping[str, Any], span: Span, zone: ZoneInfo) -> str:
    """That an event was put down, and when."""
    invited = len(event.get("attendees", ()))
    extra = [f"{speech.count(invited, 'person', 'people')} invited"] if invited else []
    extra += ["a Meet link added"] if "conferenceData" in event else []
    told = f"{_name(event)} is in your calendar {_when(span, datetime.now(zone).date())}"
    return f"{told}, with {speech.join(extra)}." if extra else f"{told}."


def removed(event: Event, zone: ZoneInfo) -> str:
    """That an event is gone."""
    return f"{title(event)}{_at(event, zone, datetime.now(zone).date(), None)} is off your calendar."


def unwanted(event: Event, zone: ZoneInfo) -> str:
    """Whether it is meant."""
    guests = " and tell everybody who was invited" if event.attendees else ""
    name = f"{title(event)}{_at(event, zone, datetime.now(zone).date(), None)}"
    return f"Shall I take {name} off your calendar{guests}?"


def title(event: Event) -> str:
    """Its title as it can be said; many have none."""
    return speech.clean(event.summary, 50).rstrip(".") or "An event without a title"


def shown(event: Event, zone: ZoneInfo) -> dict[str, Any]:
    """An event as the screen and a text model get it."""
    span = when.read(event.start, event.end, zone)
    card: dict[str, Any] = {
        "id": event.id,
        "title": (event.summary or "")[:200] or None,
        **(_times(span) if span else {}),
        "location": (event.location or "")[:200] or None,
        "description": (event.description or "")[:300] or None,
        "attendees": [
            {"email": one.email, "name": one.displayName, "response": one.responseStatus}
            for one in (event.attendees or [])[:MOST_ATTENDEES]
            if one.email and len(one.email) <= 254
        ],
        "recurring": bool(event.recurringEventId),
        "meet": _link(event.hangoutLink),
        "link": _link(event.htmlLink),
    }
    return {name: value for name, value in card.items() if value not in (None, [], False)}


def _name(event: Mapping[str, Any]) -> str:
    return speech.clean(event["summary"], 80).rstrip(".") or "the event"


def _times(span: Span) -> dict[str, Any]:
    if not span.whole_days:
        return {"start": span.start.isoformat(), "end": span.end.isoformat()}
    last = max(span.start.date(), span.end.date() - timedelta(days=1))
    return {"start": span.start.date().isoformat(), "last_day": last.isoformat(), "all_day": True}


def _at(event: Event, zone: ZoneInfo, today: date, day: date | None) -> str:
    span = when.read(event.start, event.end, zone)
    if span is None:
        return ""
    if day is None:
        return f" {_when(span, today)}"
    if span.whole_days:
        return " all day"
    return f" at {speech.clock(span.start)}" if span.start.date() == day else ""


def _when(span: Span, today: date) -> str:
    day = speech.day(span.start.date(), today)
    return f"all day {day}" if span.whole_days else f"{day} at {speech.clock(span.start)}"


def _enumerated(opening: str, told: Sequence[str]) -> str:
    return " ".join([opening, *(f"{nth}, {said}." for nth, said in zip(_ORDINALS, told, strict=False))])


def _link(url: str | None) -> str | None:
    return url if url and url.startswith("https://") and len(url) <= 1000 else None
