"""Answers for demo mode, in WeatherAPI.com's own shape, with days from today on: "today+1" is tomorrow there."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import TypeVar

import msgspec

from odai_core import ToolError, speech

T = TypeVar("T")
_DAY = re.compile(rb'"today\+(\d)"')


class City(msgspec.Struct, frozen=True):
    near: list[str]
    """What people call it, its parts, postcodes and airports."""
    zone: str
    body: msgspec.Raw


def answer(query: str, type: type[T]) -> T:
    """What WeatherAPI.com would answer. Raises `ToolError("not_found")` for a place that is not among the samples."""
    asked = " ".join(re.findall(r"\w+", query.casefold()))
    city = next((city for city in _cities() if any(re.search(rf"\b{name}\b", asked) for name in city.near)), None)
    if city is None:
        known = "Boston, New York, San Francisco, Chicago, London and Tokyo"
        raise ToolError("not_found", f"My sample data only knows {known}.")
    today = speech.local(datetime.now(UTC), city.zone).date()
    dated = _DAY.sub(lambda match: f'"{today + timedelta(days=int(match[1]))}"'.encode(), bytes(city.body))
    return msgspec.json.decode(dated, type=type)


@cache
def _cities() -> list[City]:
    return msgspec.json.decode(files(__package__).joinpath("samples.json").read_bytes(), type=list[City])
