"""Days, times and zones: what a model says, what Google wants, and what Google says."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import NoReturn
from zoneinfo import ZoneInfo

from odai_core import ToolError
from odai_tool_google_calendar.shapes import Moment

_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_NEAR = {"yesterday": -1, "today": 0, "tomorrow": 1}
_YEARS = range(1970, 2200)


@dataclass(frozen=True)
class Span:
    """When an event is, as its calendar shows it. Whole days: midnights, with the end exclusive."""

    start: datetime
    end: datetime
    whole_days: bool


def zone_of(name: str) -> ZoneInfo | None:
    """The zone of an IANA name, however odd the name is."""
    try:
        return ZoneInfo(name.strip())
    except (LookupError, ValueError, OSError):
        return None


def day_of(text: str, zone: ZoneInfo) -> date:
    """From "2026-11-23", or today's neighbours by name. Raises ToolError."""
    said = text.strip().casefold()
    if said in _NEAR:
        return datetime.now(zone).date() + timedelta(days=_NEAR[said])
    return _date(said) or _refuse("Which day is that? Tell me the date.")


def limits(day: date, zone: ZoneInfo) -> tuple[str, str]:
    """The day from midnight to midnight there, 23 to 25 hours, as RFC 3339."""
    first, last = (datetime.combine(one, time(), zone) for one in (day, day + timedelta(days=1)))
    return first.isoformat(), last.isoformat()


def planned(start: str, end: str, zone: ZoneInfo) -> tuple[dict[str, str], dict[str, str], Span]:
    """`start` and `end` of a new event as Google wants them: local times with the zone's name, or whole days.

    Raises ToolError when they are no dates, or the end is not after the start.
    """
    first, last = _date(start.strip()), _date(end.strip())
    if first and last:
        # A person says the last day; Google wants the one after it.
        over = last + timedelta(days=1)
        span = Span(_midnight(first, zone), _midnight(over, zone), True)
        said: tuple[dict[str, str], dict[str, str]] = ({"date": first.isoformat()}, {"date": over.isoformat()})
    else:
        span = Span(_local(start, zone), _local(end, zone), False)
        said = (_google(span.start, zone), _google(span.end, zone))
    # By the clocks on the wall, as it was said: across a change of the clocks, too.
    if span.end.replace(tzinfo=None) <= span.start.replace(tzinfo=None):
        _refuse("The event would end before it begins. When does it end?")
    return *said, span


def read(start: Moment | None, end: Moment | None, zone: ZoneInfo) -> Span | None:
    """When an event is, in this zone; None when it cannot be read."""
    began, whole = _read(start, zone)
    over, _ = _read(end, zone)
    return None if began is None else Span(began, over if over and over > began else began, whole)


def _read(moment: Moment | None, zone: ZoneInfo) -> tuple[datetime | None, bool]:
    if moment is None:
        return None, False
    day = _date(moment.date or "")
    if day is not None:
        return _midnight(day, zone), True
    try:
        told = datetime.fromisoformat(moment.dateTime or "")
        return (told.replace(tzinfo=told.tzinfo or UTC)).astimezone(zone), False
    except (ValueError, OverflowError):
        return None, False


def _date(text: str) -> date | None:
    try:
        day = date.fromisoformat(text) if _DATE.fullmatch(text) else None
    except ValueError:
        return None
    return day if day and day.year in _YEARS else None


def _local(text: str, zone: ZoneInfo) -> datetime:
    """A time on clocks there; one with an offset of its own is moved there."""
    try:
        moment = datetime.fromisoformat(text.strip())
        moment = moment.replace(tzinfo=zone) if moment.tzinfo is None else moment.astimezone(zone)
    except (ValueError, OverflowError):
        moment = None
    if moment is None or moment.year not in _YEARS or _DATE.fullmatch(text.strip()):
        _refuse("When does it begin, and when does it end? Tell me the day and the time.")
    return moment.replace(microsecond=0)


def _google(moment: datetime, zone: ZoneInfo) -> dict[str, str]:
    return {"dateTime": moment.replace(tzinfo=None).isoformat(), "timeZone": zone.key}


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)


def _refuse(message: str) -> NoReturn:
    raise ToolError("bad_request", message)
