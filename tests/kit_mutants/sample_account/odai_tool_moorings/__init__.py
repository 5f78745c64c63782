"""Moorings: places for a boat, in a harbour's own account."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from odai_core import Link, Setting, ToolContext, ToolError, ToolPlugin, ToolResponse, hookimpl, speech, tool


class Mooring(msgspec.Struct, frozen=True):
    id: str
    harbour: str


class Moorings(msgspec.Struct, frozen=True):
    moorings: list[Mooring]


@tool(examples=["which moorings have I got", "show my moorings", "where can I moor", "list my places", "my moorings"])
async def get_my_moorings(ctx: ToolContext) -> ToolResponse:
    """List the moorings of the user."""
    sample = ctx.demo and ctx.account is None
    if sample:
        found = Moorings(moorings=[Mooring(id="M-0", harbour="Dover")])
    else:
        found = await linked(ctx, lambda link: ask(ctx, link, "GET", "moorings", type=Moorings))
    if not found.moorings:
        raise ToolError("not_found", "You have no mooring yet.")
    names = [speech.clean(mooring.harbour, 40) or "a harbour" for mooring in found.moorings[:3]]
    return ToolResponse(
        response_type="moorings",
        response=msgspec.to_builtins(found),
        spoken=f"You have moorings in {speech.join(names)}.",
        sample=sample,
    )


@tool(
    confirm=True,
    examples=[
        "book a mooring in {harbour:Dover}",
        "I need a place in {harbour:Ramsgate}",
        "moor us in {harbour:Dover}",
        "get me a mooring at {harbour:Deal}",
        "reserve a mooring in {harbour:Rye}",
    ],
)
async def book_mooring(ctx: ToolContext, harbour: str) -> ToolResponse:
    """Book a mooring in a harbour.

    Args:
        harbour: The harbour's name.
    """
    sample = ctx.demo and ctx.account is None
    if not sample:
        booking = hashlib.sha256((ctx.write_id or secrets.token_hex(16)).encode()).hexdigest()
        await linked(ctx, lambda link: book(ctx, link, {"id": booking, "harbour": harbour[:100]}))
    return ToolResponse(
        response_type="mooring_booked",
        response={"harbour": harbour},
        spoken=f"Your mooring in {speech.clean(harbour, 60) or 'the harbour'} is booked.",
        sample=sample,
    )


async def ask_before_cancelling(ctx: ToolContext, mooring: str) -> str:
    return "Shall I give it back?"


@tool(
    confirm=True,
    question=ask_before_cancelling,
    examples=[
        "cancel the mooring {mooring:M-1}",
        "give {mooring:M-1} back",
        "I don't need {mooring:M-2} any more",
        "drop my mooring {mooring:M-1}",
        "free the place {mooring:M-1}",
    ],
)
async def cancel_mooring(ctx: ToolContext, mooring: str) -> ToolResponse:
    """Give a mooring back to its harbour.

    Args:
        mooring: The id of the mooring.
    """
    sample = ctx.demo and ctx.account is None
    if not sample:
        await linked(ctx, lambda link: ask(ctx, link, "DELETE", "moorings", mooring[:40], type=Mooring, fine=gone))
    return ToolResponse(
        response_type="mooring_cancelled", response={"mooring": mooring}, spoken="It is given back.", sample=sample
    )


async def linked(ctx: ToolContext, call: Callable[[Link], Awaitable[Any]]) -> Any:
    if ctx.account is None:
        raise ToolError("not_configured", "I can't look into your moorings here.")
    return await ctx.account.using(call)


async def book(ctx: ToolContext, link: Link, booking: dict[str, Any]) -> Any:
    return await ask(ctx, link, "POST", "bookings", type=Mooring, json=booking, fine=gone)


async def ask(
    ctx: ToolContext,
    link: Link,
    method: str,
    *path: str,
    type: Any,
    json: Any = None,
    fine: Callable[[int], bool] = lambda status: False,
) -> Any:
    """The answer; None where a refusal is `fine`."""
    refused: list[int] = []
    try:
        return await ctx.http.request_json(
            method,
            ctx.settings["MOORINGS_BASE_URL"],
            *path,
            json=json,
            auth=link.token,
            personal=True,
            codes=lambda status, body: refused.append(status),
            service="The harbour",
            type=type,
        )
    except ToolError:
        if ctx.account is not None and 403 in refused:
            raise ctx.account.needed("I need your permission for that. Please connect your account again.") from None
        if not any(map(fine, refused)):
            raise
    return None


def gone(status: int) -> bool:
    """Booked already, or given back already."""
    return status in (409, 410)


@hookimpl
def odai_tools() -> ToolPlugin:
    return ToolPlugin(
        name="moorings",
        api=1,
        title="Moorings",
        summary="find and book a mooring",
        tools=[get_my_moorings, book_mooring, cancel_mooring],
        samples=True,
        account="harbours",
        scopes=["moorings.read", "moorings.book"],
        settings=[
            Setting(name="MOORINGS_BASE_URL", help="The service's address.", default="https://api.moorings.example"),
        ],
    )
