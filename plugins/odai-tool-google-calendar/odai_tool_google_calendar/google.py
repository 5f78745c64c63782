"""Asking Google Calendar with a user's own account, and what its refusals mean."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

from odai_core import Link, ToolContext, ToolError

T = TypeVar("T")
SERVICE = "Google Calendar"
SECONDS = 12.0
"""For one request; a tool makes two or three within its twenty."""
_REASON = re.compile(rb'"(?:reason|status)"\s*:\s*"(\w+)"')
_SCOPE = {b"insufficientPermissions", b"ACCESS_TOKEN_SCOPE_INSUFFICIENT"}
_BUSY = {b"rateLimitExceeded", b"userRateLimitExceeded", b"quotaExceeded", b"calendarUsageLimitsExceeded"}
_OFF = {b"accessNotConfigured", b"SERVICE_DISABLED"}


def sampled(ctx: ToolContext) -> bool:
    """Sample data stands in where nothing links accounts."""
    return ctx.demo and ctx.account is None


async def linked(ctx: ToolContext, call: Callable[[Link], Awaitable[T]]) -> T:
    """`call` with the user's account. Raises AccountNeeded, or not_configured where nothing links accounts."""
    if ctx.account is None:
        raise ToolError("not_configured", "Google accounts can't be connected here, so I can't see your calendar.")
    return await ctx.account.using(call)


async def ask(
    ctx: ToolContext,
    link: Link,
    method: str,
    *path: str,
    type: Any,
    params: Mapping[str, Any] | None = None,
    json: Any = None,
    fine: int = 0,
) -> Any:
    """The decoded answer, or None for the status that is `fine`. Only what changes nothing is asked again."""
    refused: list[tuple[int, set[bytes]]] = []

    def read(status: int, body: bytes) -> str | None:
        reasons = set(_REASON.findall(body))
        refused.append((status, reasons))
        return "rate_limited" if reasons & _BUSY else "not_configured" if reasons & _OFF else None

    try:
        return await ctx.http.request_json(
            method,
            ctx.settings["GOOGLE_CALENDAR_BASE_URL"],
            "calendars",
            "primary",
            "events",
            *path,
            params=params,
            json=json,
            retry=method == "GET",
            auth=link.token,
            personal=True,
            timeout=SECONDS,
            codes=read,
            service=SERVICE,
            type=type,
        )
    except ToolError:
        status, reasons = refused[-1] if refused else (0, set())
        if reasons & _SCOPE and ctx.account is not None:
            raise ctx.account.needed("I may not use your calendar yet. Please connect your Google account.") from None
        if status != fine or not fine:
            raise
    return None
