"""Asking MovieGlu: seven headers on every call, and an empty answer that means nothing was found."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar

import msgspec

from odai_core import Secret, ToolContext, ToolError, speech
from odai_tool_movieglu import samples
from odai_tool_movieglu.shapes import DAY_BEGINS, Found, each
from odai_tool_movieglu.zones import zone_at

KEEP = 12 * 3600
"""Seconds for lists of films and cinemas, whose day is part of the question; showtimes are never kept."""
LICENCE = ("MOVIEGLU_CLIENT", "MOVIEGLU_API_KEY", "MOVIEGLU_API_AUTHORIZATION")

T = TypeVar("T")


@dataclass(frozen=True)
class Here:
    """Where is asked for, and what time it is there."""

    latitude: float
    longitude: float
    now: datetime
    """Wall clock, without a zone."""

    @property
    def today(self) -> date:
        """The cinemas' day, which ends at three in the morning."""
        return (self.now - timedelta(hours=DAY_BEGINS)).date()

    def headers(self, *, keep: bool) -> dict[str, str]:
        """The place, to 100 m, and the time; only the day of it when the answer is to be kept."""
        now = datetime.combine(self.today, datetime.min.time().replace(hour=12)) if keep else self.now
        return {
            "geolocation": f"{self.latitude:.3f};{self.longitude:.3f}",
            "device-datetime": f"{now:%Y-%m-%dT%H:%M:%S}.000",
        }


def here(ctx: ToolContext, latitude: float, longitude: float) -> Here:
    """Raises `ToolError("bad_request")` for coordinates that are none."""
    known = math.isfinite(latitude) and math.isfinite(longitude)
    if not (known and -90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise ToolError("bad_request", "I don't know where that is. Which town are you in?")
    zone = zone_at(latitude, longitude, ctx.settings["MOVIEGLU_TERRITORY"], ctx.caller.time_zone)
    return Here(latitude, longitude, speech.local(now(), zone).replace(tzinfo=None))


async def films(ctx: ToolContext, where: Here, call: str, type: type[T], **params: Any) -> list[T]:
    """The `films` of a list, which may be kept for the day."""
    found = await ask(ctx, where, call, keep=True, **params)
    return read(found.films, type) if found else []


async def cinemas(ctx: ToolContext, where: Here, call: str, type: type[T], **params: Any) -> list[T]:
    """The `cinemas` of a list, which may be kept for the day."""
    found = await ask(ctx, where, call, keep=True, **params)
    return read(found.cinemas, type) if found else []


async def ask(ctx: ToolContext, where: Here, call: str, *, keep: bool = False, **params: Any) -> Found | None:
    """One call; None when MovieGlu has no data."""
    if sampled(ctx):
        return msgspec.convert(samples.answer(call, params, where.now), Found)
    settings = ctx.settings
    found: Found | None = await ctx.http.get_json(
        f"{settings['MOVIEGLU_BASE_URL'].rstrip('/')}/{call}/",
        params=params,
        headers={
            "client": settings["MOVIEGLU_CLIENT"],
            "x-api-key": settings["MOVIEGLU_API_KEY"],
            "authorization": _basic(settings["MOVIEGLU_API_AUTHORIZATION"]),
            "territory": settings["MOVIEGLU_TERRITORY"],
            "api-version": settings["MOVIEGLU_API_VERSION"],
            **where.headers(keep=keep),
        },
        cache=KEEP if keep else 0,
        service="MovieGlu",
        type=Found | None,
    )
    return found


def read(items: list[Any] | None, type: type[T]) -> list[T]:
    """Raises `ToolError("bad_shape")` when nothing in the list can be read."""
    try:
        if items is not None:
            return each(items, type)
    except msgspec.ValidationError:
        pass
    raise ToolError("bad_shape", "MovieGlu gave an answer I can't read. Please try again in a moment.")


def now() -> datetime:
    return datetime.now(UTC)


def sampled(ctx: ToolContext) -> bool:
    return ctx.demo and not all(ctx.settings[name] for name in LICENCE)


def _basic(given: Secret) -> Secret:
    """As the licence mail has it, "Basic ...", also when only the rest of it was copied."""
    text = given.reveal().strip()
    return Secret(text if text.startswith("Basic ") else f"Basic {text}")
