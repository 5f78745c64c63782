"""Asking Gmail with a user's own account, and what its refusals mean."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

from odai_core import Link, ToolContext, ToolError

T = TypeVar("T")
SERVICE = "Gmail"
SECONDS = 12.0
"""For one request."""
_REASON = re.compile(rb'"(?:reason|status)"\s*:\s*"(\w+)"')
_SCOPE = {b"insufficientPermissions", b"ACCESS_TOKEN_SCOPE_INSUFFICIENT"}
_BUSY = {b"rateLimitExceeded", b"userRateLimitExceeded", b"dailyLimitExceeded"}
_OFF = {b"accessNotConfigured", b"SERVICE_DISABLED"}


def sampled(ctx: ToolContext) -> bool:
    """Sample data stands in where nothing links accounts."""
    return ctx.demo and ctx.account is None


async def linked(ctx: ToolContext, call: Callable[[Link], Awaitable[T]], sender: str | None = None) -> T:
    """`call` with the user's account. Raises AccountNeeded, or not_configured where nothing links accounts.

    With a `sender` it is the account of that address: that is the one a person has read and agreed to.
    """
    if ctx.account is None:
        raise ToolError("not_configured", "Google accounts can't be connected here, so I can't see your mail.")
    return await ctx.account.using(call, None if sender is None else await sending(ctx, sender))


async def sending(ctx: ToolContext, sender: str) -> Link | None:
    """Of several accounts the one a mail leaves from. None: there is no choice. Raises bad_request for none of them."""
    links = () if ctx.account is None else await ctx.account.links()
    if len(links) < 2:
        return None
    wanted = sender.strip().casefold()
    found = next((link for link in links if link.label.casefold() == wanted), None)
    if found is None:
        raise ToolError("bad_request", "You have several Google accounts here. From which address should the mail go?")
    return found


async def ask(
    ctx: ToolContext,
    link: Link,
    *path: str,
    type: Any,
    params: Mapping[str, Any] | None = None,
    send: Mapping[str, Any] | None = None,
) -> Any:
    """The decoded answer. With `send`, a POST of that; it is never asked again."""
    reasons: set[bytes] = set()

    def read(status: int, body: bytes) -> str | None:
        reasons.update(_REASON.findall(body))
        return "rate_limited" if reasons & _BUSY else "not_configured" if reasons & _OFF else None

    try:
        return await ctx.http.request_json(
            "GET" if send is None else "POST",
            ctx.settings["GMAIL_BASE_URL"],
            "users",
            "me",
            *path,
            params=params,
            json=send,
            retry=send is None,
            auth=link.token,
            personal=True,
            timeout=SECONDS,
            codes=read,
            service=SERVICE,
            type=type,
        )
    except ToolError:
        if reasons & _SCOPE and ctx.account is not None:
            raise ctx.account.needed("I may not use your mail yet. Please connect your Google account.") from None
        raise
