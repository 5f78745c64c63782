"""How AccuWeather is asked: first for the key of a place, then for its weather."""

from __future__ import annotations

from typing import Any

from msgspec import Raw
from msgspec.json import decode

from odai_core import ToolContext, ToolError
from odai_tool_accuweather import samples
from odai_tool_accuweather.shapes import Failure, Location

PLACE_SECONDS = 30 * 86_400
"""A place keeps its key; every call saved is one of few on a small plan."""
NOW_SECONDS = 600
FORECAST_SECONDS = 1800
PATIENCE = 9
"""Seconds for each of the two."""


async def place(ctx: ToolContext, latitude: float, longitude: float) -> Location:
    """The place at a point. Raises `ToolError`, not_found at sea."""
    if not (abs(latitude) <= 90 and abs(longitude) <= 180):
        raise ToolError("bad_request", "That is no place on Earth. For which town do you want the weather?")
    # Two digits are half a mile: near enough for the weather, and neighbours share an answer.
    latitude, longitude = round(latitude, 2) + 0.0, round(longitude, 2) + 0.0
    if sampled(ctx):
        return samples.place(latitude, longitude)
    found: Location | None = await _ask(
        ctx, "locations", "v1", "cities", "geoposition", "search", params={"q": f"{latitude:g},{longitude:g}"},
        keep=PLACE_SECONDS, type=Location | None,
    )  # fmt: skip
    if found is None:
        raise ToolError("not_found", "AccuWeather knows no weather for that place.")
    return found


async def current(ctx: ToolContext, where: Location) -> list[Raw]:
    """A list of one."""
    if sampled(ctx):
        return samples.current(where)
    found: list[Raw] = await _ask(
        ctx, "currentconditions", "v1", where.Key, params={}, keep=NOW_SECONDS, type=list[Raw]
    )
    return found


async def forecast(ctx: ToolContext, where: Location, kind: str, span: str, type: Any) -> Any:
    """`kind` is daily or hourly, `span` as AccuWeather writes it: "5day", "12hour"."""
    if sampled(ctx):
        return samples.forecast(where, kind, type)
    params = {"metric": not where.american}
    return await _ask(ctx, "forecasts", "v1", kind, span, where.Key, params=params, keep=FORECAST_SECONDS, type=type)


def sampled(ctx: ToolContext) -> bool:
    return ctx.demo and not ctx.settings["ACCUWEATHER_API_KEY"]


async def _ask(ctx: ToolContext, *path: str, params: dict[str, Any], keep: float, type: Any) -> Any:
    return await ctx.http.get_json(
        ctx.settings["ACCUWEATHER_BASE_URL"],
        *path,
        params={"apikey": ctx.settings["ACCUWEATHER_API_KEY"], "language": "en-us", "details": True, **params},
        cache=keep,
        timeout=PATIENCE,
        service="AccuWeather",
        codes=_code,
        type=type,
    )


def _code(status: int, body: bytes) -> str | None:
    """The calls of a plan used up come as a 503, and what a plan lacks as a key that is not good for it."""
    said = decode(body, type=Failure, strict=False).Message.casefold()
    if "allowed number of requests" in said:
        return "rate_limited"
    return "plan" if status in (401, 403) and ("subscription" in said or "permission" in said) else None
