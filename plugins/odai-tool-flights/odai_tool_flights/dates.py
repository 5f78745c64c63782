"""The day of a flight, as models write it and people say it."""

from __future__ import annotations

from datetime import date, timedelta

from odai_core import ToolError

_NEAR = {"": 0, "today": 0, "tonight": 0, "now": 0, "tomorrow": 1, "yesterday": -1}
PAST = timedelta(days=90)
AHEAD = timedelta(days=330)


def read(said: str | None, today: date) -> date | None:
    """None for no day in particular. Raises `ToolError("bad_request")` with the question to ask back."""
    if said is None or not said.strip():
        return None
    text = said.strip()[:40].casefold()
    if text in _NEAR:
        return today + timedelta(days=_NEAR[text])
    try:
        when = date.fromisoformat(text[:10])
    except ValueError:
        raise ToolError("bad_request", "On which day is that flight?") from None
    if not today - PAST <= when <= today + AHEAD:
        raise ToolError("bad_request", "I know flights of the last three months and the next eleven. Which day is it?")
    return when
