"""The requests to EasyPost: a new tracker costs money, looking at one again does not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from odai_core import ToolContext, ToolError
from odai_tool_easypost.shapes import Tracker
from odai_tool_easypost.store import Package

KEEP = 30
"""Seconds; a new tracker without news may have some soon."""
AT_ONCE = 5
ALL_SECONDS = 6.5
"""For all of a user's packages; what has not come by then is left out."""


async def look_up(ctx: ToolContext, code: str, carrier: str | None, known: Package | None) -> Tracker:
    """The tracker of a number: the one we have, else a new one. Raises `ToolError`."""
    if known is not None:
        try:
            return await retrieve(ctx, known)
        except ToolError as error:
            if error.code != "not_found":
                raise
    wanted = {"tracking_code": code, "carrier": carrier or (known.carrier if known else None)}
    body = {"tracker": {name: value for name, value in wanted.items() if value}}
    try:
        return await _ask(ctx, "POST", "trackers", json=body)
    except ToolError as error:
        if error.code in ("bad_request", "not_found"):
            said = "EasyPost doesn't know that tracking number. Please check it, or tell me the carrier."
            raise ToolError(error.code, said) from None
        raise


async def retrieve(ctx: ToolContext, package: Package) -> Tracker:
    """The tracker by EasyPost's id. Raises `ToolError`."""
    return await _ask(ctx, "GET", "trackers", package.tracker)


async def retrieve_all(ctx: ToolContext, packages: Sequence[Package]) -> list[Tracker]:
    """Those that can be had, in their order. Raises the first `ToolError` when none can."""
    # 20 ms to import, and most commands of `odai` run no event loop.
    import asyncio

    gate = asyncio.Semaphore(AT_ONCE)
    deadline = asyncio.get_running_loop().time() + ALL_SECONDS

    async def one(package: Package) -> Tracker | ToolError:
        try:
            async with asyncio.timeout_at(deadline), gate:
                return await retrieve(ctx, package)
        except TimeoutError:
            return ToolError("timeout", "EasyPost took too long. Please try again in a moment.")
        except ToolError as error:
            return error

    async with asyncio.TaskGroup() as group:
        asked = [group.create_task(one(package)) for package in packages]
    answers = [task.result() for task in asked]
    found = [answer for answer in answers if isinstance(answer, Tracker)]
    errors = [answer for answer in answers if isinstance(answer, ToolError)]
    if errors and not found:
        raise errors[0]
    return found


async def _ask(ctx: ToolContext, method: str, *path: str, json: Any = None) -> Tracker:
    answer: Tracker = await ctx.http.request_json(
        method,
        ctx.settings["EASYPOST_BASE_URL"],
        *path,
        json=json,
        auth=(ctx.settings["EASYPOST_API_KEY"], ""),
        cache=KEEP,
        retry=method == "GET",
        service="EasyPost",
        type=Tracker,
    )
    return answer
