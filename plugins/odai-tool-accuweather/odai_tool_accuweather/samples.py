"""Answers for demo mode, in AccuWeather's own shape: invented weather in six cities, from this very hour on."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec

from odai_core import ToolError, speech
from odai_tool_accuweather.shapes import Location

NEAR = 1.0
"""Degrees."""
_DAY = re.compile(rb'"day\+([0-9]) ([0-9:]{5})"')
_HOUR = re.compile(rb'"hour\+([0-9]{1,2})"')


class City(msgspec.Struct, frozen=True):
    point: tuple[float, float]
    location: Location
    current: msgspec.Raw
    daily: msgspec.Raw
    hourly: msgspec.Raw


def place(latitude: float, longitude: float) -> Location:
    """Raises `ToolError("not_found")` for a point that is near none of the cities."""
    for city in _cities():
        if max(abs(city.point[0] - latitude), abs(city.point[1] - longitude)) <= NEAR:
            return city.location
    known = "Boston, New York, San Francisco, Chicago, London and Tokyo"
    raise ToolError("not_found", f"My sample data only knows {known}.")


def current(where: Location) -> list[msgspec.Raw]:
    return msgspec.json.decode(_dated(where, "current"), type=list[msgspec.Raw])


def forecast(where: Location, kind: str, type: Any) -> Any:
    return msgspec.json.decode(_dated(where, kind), type=type)


def _dated(where: Location, kind: str) -> bytes:
    """With "day+1 07:00" as that time of tomorrow, and "hour+3" as the third full hour from now."""
    city = next(city for city in _cities() if city.location.Key == where.Key)
    now = speech.local(datetime.now(UTC), where.zone).replace(minute=0, second=0, microsecond=0)

    def day(match: re.Match[bytes]) -> bytes:
        hour, minute = map(int, match[2].split(b":"))
        return (
            b'"%b"' % f"{(now + timedelta(days=int(match[1]))).replace(hour=hour, minute=minute).isoformat()}".encode()
        )

    def hour(match: re.Match[bytes]) -> bytes:
        return b'"%b"' % f"{(now + timedelta(hours=int(match[1]))).isoformat()}".encode()

    return _HOUR.sub(hour, _DAY.sub(day, bytes(getattr(city, kind))))


@cache
def _cities() -> list[City]:
    return msgspec.json.decode(files(__package__).joinpath("samples.json").read_bytes(), type=list[City])
