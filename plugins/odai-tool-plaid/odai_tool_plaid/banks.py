"""All of a user's banks at once, where one that is broken does not hide the others."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from msgspec import Struct

from odai_core import Account, AccountNeeded, Link, ToolContext, ToolError, speech
from odai_tool_plaid import samples
from odai_tool_plaid.shapes import Bank

MOST_BANKS = 10
Read = Callable[[ToolContext, Link], Awaitable[Bank]]


class Missing(Struct, frozen=True):
    """A bank that could not be read, and why."""

    bank: str
    reason: str
    connect_url: str | None = None
    """Where its owner connects it again."""


class Banks(Struct, frozen=True):
    """At least one that could be read."""

    found: tuple[Bank, ...]
    missing: tuple[Missing, ...] = ()

    def names_missing(self) -> list[str]:
        return [one.bank for one in self.missing[:3]]

    def shown(self) -> list[dict[str, Any]]:
        """Those that are missing, for a screen."""
        return [{"bank": one.bank, "reason": one.reason, "connect_url": one.connect_url} for one in self.missing]


def sampled(ctx: ToolContext) -> bool:
    """Sample data stands in where nothing links accounts."""
    return ctx.demo and ctx.account is None


def account_of(ctx: ToolContext) -> Account:
    """The user's. Raises not_configured where nothing links accounts."""
    if ctx.account is None:
        raise ToolError("not_configured", "Banks can't be connected here, so I can't see your accounts.")
    return ctx.account


async def read(ctx: ToolContext, one: Read) -> Banks:
    """`one` of every bank. Raises `ToolError` when there is none, or none that can be read."""
    if sampled(ctx):
        return Banks(found=samples.banks())
    account = account_of(ctx)
    links = (await account.links())[:MOST_BANKS]
    import asyncio  # 20 ms, for whoever only lists plugins

    async with asyncio.TaskGroup() as together:
        asked = [together.create_task(_tried(ctx, account, link, one)) for link in links]
    answers = [task.result() for task in asked]
    found = tuple(answer for answer in answers if isinstance(answer, Bank))
    failed = [(link, answer) for link, answer in zip(links, answers, strict=True) if isinstance(answer, ToolError)]
    if not found:
        # What its owner can mend goes before what is only busy.
        raise next((error for _, error in failed if isinstance(error, AccountNeeded)), failed[0][1])
    return Banks(found=found, missing=tuple(_missing(link, error) for link, error in failed))


async def _tried(ctx: ToolContext, account: Account, link: Link, one: Read) -> Bank | ToolError:
    try:
        return await account.using(lambda fresh: one(ctx, fresh), link)
    except ToolError as error:
        return error


def _missing(link: Link, error: ToolError) -> Missing:
    again = error.connect_url if isinstance(error, AccountNeeded) else None
    return Missing(bank=speech.clean(link.label, 60) or "a bank", reason=error.message, connect_url=again)
