"""Answers for demo mode, in AviationStack's own shape, with times around now: "now-95m" is 95 minutes ago, there."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec

from odai_core import ToolError, speech
from odai_tool_flights.airlines import Ident
from odai_tool_flights.shapes import Flights

_TIMES = ("scheduled", "estimated", "actual")


def flights(ident: Ident, now: datetime) -> Flights:
    """The flights of that number."""
    found = [_dated(one, now) for one in _samples() if ident.code + ident.number in one["flight"].values()]
    if not found:
        said = "My sample data only knows Delta 113, United 2150, JetBlue 915, Southwest 1432 and British Airways 212."
        raise ToolError("not_found", said)
    return msgspec.convert({"data": [msgspec.Raw(msgspec.json.encode(one)) for one in found]}, Flights)


def _dated(flight: dict[str, Any], now: datetime) -> dict[str, Any]:
    ends = {name: {**flight[name], **_moments(flight[name], now)} for name in ("departure", "arrival")}
    return {**flight, **ends, "flight_date": ends["departure"]["scheduled"][:10]}


def _moments(end: dict[str, Any], now: datetime) -> dict[str, str | None]:
    """With the wrong +00:00 that AviationStack writes."""
    there = speech.local(now, end["timezone"])
    given = {name: end.get(name) for name in _TIMES}
    return {
        name: f"{there + timedelta(minutes=int(text[3:-1])):%Y-%m-%dT%H:%M:00+00:00}" if text else None
        for name, text in given.items()
    }


@cache
def _samples() -> list[dict[str, Any]]:
    return msgspec.json.decode(files(__package__).joinpath("samples.json").read_bytes(), type=list[dict[str, Any]])
