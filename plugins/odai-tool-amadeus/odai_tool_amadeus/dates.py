"""Days as models and people write them: "2026-12-20", "December 20", "tomorrow"."""

from __future__ import annotations

import re
from datetime import date, timedelta

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NEAR = {"today": 0, "tonight": 0, "tomorrow": 1}
_ISO = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?:t.*)?", re.ASCII)
_SPOKEN = re.compile(r"([a-z]{3,9})\.? ([0-9]{1,2})(?:st|nd|rd|th)?(?:,? ([0-9]{4}))?", re.ASCII)


def read(said: str, today: date) -> date | None:
    """None for what is no day. A day without a year is the next one to come."""
    text = " ".join(said[:60].casefold().split())
    if text in _NEAR:
        return today + timedelta(days=_NEAR[text])
    exact = _ISO.fullmatch(text)
    if exact:
        return _day(int(exact[1]), int(exact[2]), int(exact[3]))
    spoken = _SPOKEN.fullmatch(text)
    if spoken is None or spoken[1][:3] not in _MONTHS:
        return None
    month, day = _MONTHS.index(spoken[1][:3]) + 1, int(spoken[2])
    when = _day(int(spoken[3] or today.year), month, day)
    passed = when is not None and when < today and not spoken[3]
    return _day(today.year + 1, month, day) if passed else when


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
