"""Asking Google Docs and Drive with a user's own account, and what their refusals mean."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

from odai_core import Link, ToolContext, ToolError

T = TypeVar("T")
SERVICE = "Google Drive"
SECONDS = 12.0
"""For one request."""
_REASON = re.compile(rb'"(?:reason|status)"\s*:\s*"(\w+)"')
_SCOPE = {b"insufficientPermissions", b"ACCESS_TOKEN_SCOPE_INSUFFICIENT"}
_BUSY = {b"rateLimitExceeded", b"userRateLimitExceeded", b"sharingRateLimitExceeded", b"dailyLimitExceeded"}
_OFF = {b"accessNotConfigured", b"SERVICE_DISABLED"}
Asking = Callable[..., Awaitable[T]]


def sampled(ctx: ToolContext) -> bool:
    """Sample data stands in where nothing links accounts."""
    return ctx.demo and ctx.account is None


async def linked(ctx: ToolContext, call: Callable[[Link], Awaitable[T]]) -> T:
    """`call` with the user's account. Raises AccountNeeded, or not_configured where nothing links accounts."""
    if ctx.account is None:
        raise ToolError("not_configured", "Google accounts can't be connected here, so I can't see your files.")
    return await ctx.account.using(call)


async def drive(
    ctx: ToolContext,
    link: Link,
    method: str,
    *path: str,
    type: Any,
    params: Mapping[str, Any] | None = None,
    json: Any = None,
) -> Any:
    """Ask Drive, and decode the answer."""
    base = ctx.settings["GOOGLE_DRIVE_BASE_URL"]
    return await _judged(
        ctx,
        link,
        ctx.http.request_json,
        method,
        base,
        *path,
        params=params,
        json=json,
        retry=method == "GET",
        type=type,
    )


async def document(ctx: ToolContext, link: Link, document_id: str, type: Any) -> Any:
    """Where a document ends, and its revision."""
    base, fields = ctx.settings["GOOGLE_DOCS_BASE_URL"], {"fields": "revisionId,body(content(endIndex))"}
    return await _judged(ctx, link, ctx.http.get_json, base, "documents", document_id, params=fields, type=type)


async def update(ctx: ToolContext, link: Link, document_id: str, change: Mapping[str, Any]) -> None:
    """Change a document. `document_id` must have been checked: it becomes part of an address as it is."""
    # As a segment, the colon of the method's name would be quoted.
    address = f"{ctx.settings['GOOGLE_DOCS_BASE_URL'].rstrip('/')}/documents/{document_id}:batchUpdate"
    await _judged(ctx, link, ctx.http.request_json, "POST", address, json=change, type=dict[str, Any])


async def text(ctx: ToolContext, link: Link, file_id: str, kind: str, limit: int) -> str:
    """A file's text, exported as this MIME type; at most `limit` bytes of it."""
    base, params = ctx.settings["GOOGLE_DRIVE_BASE_URL"], {"mimeType": kind}
    asked = _judged(ctx, link, ctx.http.get_text, base, "files", file_id, "export", params=params, limit=limit)
    return await asked


async def _judged(ctx: ToolContext, link: Link, asking: Asking[T], *positional: Any, **named: Any) -> T:
    """Ask, with what Google's reasons mean to us."""
    reasons: set[bytes] = set()

    def read(status: int, body: bytes) -> str | None:
        reasons.update(_REASON.findall(body))
        return "rate_limited" if reasons & _BUSY else "not_configured" if reasons & _OFF else None

    try:
        return await asking(
            *positional, auth=link.token, personal=True, timeout=SECONDS, codes=read, service=SERVICE, **named
        )
    except ToolError:
        if reasons & _SCOPE and ctx.account is not None:
            raise ctx.account.needed("I may not use your files yet. Please connect your Google account.") from None
        raise
