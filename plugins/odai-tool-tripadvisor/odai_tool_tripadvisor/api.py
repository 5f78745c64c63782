"""The requests to TripAdvisor's Content API; its announced successor will change this file alone.

Its terms forbid to keep anything but ids, so nothing is cached.
"""

from __future__ import annotations

from typing import Any

from odai_core import ToolContext, ToolError
from odai_tool_tripadvisor import shapes
from odai_tool_tripadvisor.shapes import Answer, Hit, Place, Review

BASE_URL = "https://api.content.tripadvisor.com/api/v1"


async def search(ctx: ToolContext, query: str, category: str | None, lat_long: str | None) -> list[Hit]:
    """At most ten, without ratings."""
    answer: Answer = await _get(ctx, "search", type=Answer, searchQuery=query, category=category, latLong=lat_long)
    return shapes.hits(answer)


async def details(ctx: ToolContext, location_id: str) -> Place:
    """Of one place, prices in dollars."""
    place: Place = await _get(ctx, location_id, "details", type=Place, currency="USD")
    return place


async def reviews(ctx: ToolContext, location_id: str) -> list[Review]:
    """The five latest."""
    answer: Answer = await _get(ctx, location_id, "reviews", type=Answer, limit="5")
    return shapes.reviews(answer)


async def _get(ctx: ToolContext, *path: str, type: Any, **params: str | None) -> Any:
    try:
        return await ctx.http.get_json(
            ctx.settings["TRIPADVISOR_BASE_URL"],
            "location",
            *path,
            params={**params, "language": "en", "key": ctx.settings["TRIPADVISOR_API_KEY"]},
            headers={"Referer": ctx.settings["TRIPADVISOR_REFERER"] or None},
            service="TripAdvisor",
            type=type,
        )
    except ToolError as error:
        if error.code == "not_found":
            raise ToolError("not_found", "TripAdvisor doesn't know that place.") from None
        if error.code != "plan":
            raise
        # A wrong key and a right one from an address that is not on its list get the same 403.
        ctx.log.warning("TripAdvisor refuses: is this server's address, or TRIPADVISOR_REFERER, on the key's list?")
        raise ToolError("plan", "TripAdvisor isn't available at the moment.") from None
