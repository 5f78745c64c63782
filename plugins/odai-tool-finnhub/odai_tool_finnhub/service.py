"""Finnhub's calls, each answered by the sample data where those stand in."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Coroutine
from datetime import date
from typing import Any, Literal, TypeVar

from odai_core import ToolContext, ToolError
from odai_tool_finnhub import figures, names, samples
from odai_tool_finnhub.figures import Figures
from odai_tool_finnhub.shapes import Filing, Filings, Match, Matches, Profile, Quote, readable

T = TypeVar("T")

QUOTE_SECONDS = 15
REPORT_SECONDS = 900
NAME_SECONDS = 86_400
"""Prices move, filings come four times a year, names hardly ever change."""


def sampled(ctx: ToolContext) -> bool:
    """Sample data stand in for the missing key."""
    return ctx.demo and not ctx.settings["FINNHUB_API_KEY"]


async def found(
    ctx: ToolContext, said: str, ask: Callable[[str], Awaitable[T | None]], otherwise: str
) -> tuple[str, T]:
    """What `ask` finds for the ticker that was said, else for the company that a search finds, and its ticker.

    Raises `ToolError("not_found")` with the sentence `otherwise`.
    """
    guess = names.ticker(said)
    answer = await ask(guess) if guess else None
    if guess and answer is not None:
        return guess, answer
    symbol = await search(ctx, said)
    answer = await ask(symbol) if symbol and symbol != guess else None
    if symbol and answer is not None:
        return symbol, answer
    raise ToolError("not_found", otherwise)


async def search(ctx: ToolContext, said: str) -> str | None:
    """The ticker of the company whose name begins with these words, else of the one that has them in it."""
    words = names.search_words(said)
    matches: Matches = await _ask(
        ctx, "search", params={"q": " ".join(words), "exchange": "US"}, keep=NAME_SECONDS, type=Matches
    )
    ranked = [(_rank(match, words), match.symbol) for match in readable(matches.result, Match)]
    best = min(((rank, symbol) for rank, symbol in ranked if rank is not None), default=None)
    return best[1] if best else None


async def quote(ctx: ToolContext, symbol: str) -> Quote | None:
    """The price; None for an unknown symbol."""
    answer: Quote = await _ask(ctx, "quote", params={"symbol": symbol}, keep=QUOTE_SECONDS, type=Quote)
    return answer if answer.c else None


async def reports(
    ctx: ToolContext, symbol: str, freq: Literal["annual", "quarterly"], first: date, last: date
) -> list[Figures] | None:
    """Of periods that ended from `first` to `last`; None for a company that files none."""
    params = {"symbol": symbol, "freq": freq, "from": f"{first}", "to": f"{last}"}
    answer: Filings = await _ask(ctx, "stock", "financials-reported", params=params, keep=REPORT_SECONDS, type=Filings)
    return [figures.read(filing) for filing in readable(answer.data, Filing)] or None


async def with_profile(ctx: ToolContext, symbol: str, asked: Coroutine[Any, Any, T]) -> tuple[T, Profile]:
    """Together with the company's profile; one that cannot be had is an empty one."""
    # At the top it would double the time an import of this package takes; a running server has it already.
    from asyncio import TaskGroup

    try:
        async with TaskGroup() as group:
            answer = group.create_task(asked)
            profile = group.create_task(_profile(ctx, symbol))
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from None
    return answer.result(), profile.result()


async def _profile(ctx: ToolContext, symbol: str) -> Profile:
    try:
        answer: Profile = await _ask(
            ctx, "stock", "profile2", params={"symbol": symbol}, keep=NAME_SECONDS, type=Profile
        )
    except ToolError:
        return Profile()
    return answer


def _rank(match: Match, words: list[str]) -> tuple[int, int] | None:
    """Smaller is better: how it fits, and how many words it has beside those; None when it is something else."""
    named = re.findall(r"[a-z0-9]+", match.description[:200].casefold())
    if named[: len(words)] == words:
        return 0, len(named)
    if match.symbol.casefold() == "".join(words):
        return 1, len(named)
    return (2, len(named)) if set(words) <= set(named) else None


async def _ask(ctx: ToolContext, *path: str, params: dict[str, str], keep: float, type: type[T]) -> T:
    if sampled(ctx):
        return samples.answer("/".join(path), params, type)
    answer: T = await ctx.http.get_json(
        ctx.settings["FINNHUB_BASE_URL"],
        *path,
        params=params,
        headers={"X-Finnhub-Token": ctx.settings["FINNHUB_API_KEY"]},
        cache=keep,
        service="Finnhub",
        type=type,
    )
    return answer
