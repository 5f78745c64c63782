"""When a place is open today, where it is."""

from __future__ import annotations

from datetime import datetime, time

from odai_core import speech
from odai_tool_tripadvisor.shapes import Hours, Moment

_ALL_DAY = (time(0, 0), (time(0, 0), time(23, 59)))


def today(hours: Hours | None, now: datetime) -> str:
    """As in "open today from five PM to ten PM"; "" when nobody knows. `now` is the place's own time."""
    periods = (hours.periods if hours else None) or ()
    read = [(period.open.day % 7, _time(period.open), _time(period.close)) for period in periods]
    known = [(day, begins, ends) for day, begins, ends in read if begins is not None and ends is not None]
    spans = [(begins, ends) for day, begins, ends in known if day == now.isoweekday() % 7]
    if not known:
        return ""
    if not spans:
        return "closed today"
    if any(begins == _ALL_DAY[0] and ends in _ALL_DAY[1] for begins, ends in spans):
        return "open all day today"
    said = (f"from {_clock(now, begins)} to {_clock(now, ends)}" for begins, ends in sorted(spans)[:2])
    return f"open today {speech.join(said)}"


def _clock(now: datetime, when: time) -> str:
    return speech.clock(datetime.combine(now.date(), when))


def _time(moment: Moment) -> time | None:
    text = moment.time.strip()
    if not (len(text) == 4 and text.isascii() and text.isdecimal() and 0 <= moment.day <= 7):
        return None
    hour, minute = int(text[:2]), int(text[2:])
    if text == "2400":
        return time(0, 0)
    return time(hour, minute) if hour < 24 and minute < 60 else None
