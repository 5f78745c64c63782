"""CoinMarketCap: what a cryptocurrency costs, and how it moved."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from msgspec import to_builtins
from msgspec.json import decode

from odai_core import Setting, ToolContext, ToolError, ToolPlugin, ToolResponse, hookimpl, speech, tool
from odai_tool_coinmarketcap import names, samples, spoken
from odai_tool_coinmarketcap.names import Query
from odai_tool_coinmarketcap.shapes import CURRENCY, Answer, Coin, coins

KEEP = 60
"""Seconds; CoinMarketCap renews its prices as often."""

_FIELDS = "cmc_rank,circulating_supply,max_supply"
"""The optional ones we use."""
_REFUSED = "CoinMarketCap isn't available at the moment."
_BUSY = "CoinMarketCap is busy. Please try again in a moment."
# CoinMarketCap's own codes come with any HTTP status, 200 too.
_CODES: dict[int, tuple[str, str, float | None]] = {
    1001: ("auth", _REFUSED, None), 1002: ("auth", _REFUSED, None), 1003: ("plan", _REFUSED, None),
    1004: ("plan", _REFUSED, None), 1005: ("auth", _REFUSED, None), 1006: ("plan", _REFUSED, None),
    1007: ("auth", _REFUSED, None), 1008: ("rate_limited", _BUSY, 60), 1009: ("rate_limited", _BUSY, None),
    1010: ("rate_limited", _BUSY, None), 1011: ("rate_limited", _BUSY, 60),
}  # fmt: skip


@tool(
    examples=[
        "what's the price of {crypto_symbol:bitcoin}",
        "how much is {crypto_symbol:ethereum} right now",
        "how is {crypto_symbol:Solana} doing today",
        "is {crypto_symbol:dogecoin} up or down",
        "check {crypto_symbol:XRP} for me",
        "what is one {crypto_symbol:BTC} worth in dollars",
        "give me the {crypto_symbol:Litecoin} price",
        "did {crypto_symbol:Cardano} go up since yesterday",
        "what's {crypto_symbol:shiba inu} trading at",
        "look up {crypto_symbol:ETH} on CoinMarketCap",
    ],
    progress="Checking the price with CoinMarketCap",
)
async def check_crypto_price_at_coinmarketcap(ctx: ToolContext, crypto_symbol: str) -> ToolResponse:
    """Look up what a cryptocurrency costs in dollars, and how its price moved.

    Args:
        crypto_symbol: The coin's symbol, such as "BTC", or its name, such as "Bitcoin".
    """
    queries = names.queries(crypto_symbol)
    now = datetime.now(UTC)
    sampled = ctx.demo and not ctx.settings["COINMARKETCAP_API_KEY"]
    found = samples.find(queries, now) if sampled else await _find(ctx, queries)
    said = speech.clean(crypto_symbol, 40) or "that"
    if not found:
        raise ToolError("not_found", f"I couldn't find a coin called {said}.")
    coin = found[0]
    quote = coin.in_dollars
    if quote is None:
        raise ToolError("not_found", f"CoinMarketCap has no price for {said} right now.")
    return ToolResponse(
        response_type="crypto_price",
        response=to_builtins(coin),
        spoken=spoken.price(coin, quote, now),
        voice=spoken.projection(coin, quote),
        sample=sampled,
    )


async def _find(ctx: ToolContext, queries: Iterable[Query]) -> list[Coin]:
    """What the first way of asking finds, else the next."""
    for query in queries:
        if found := await _ask(ctx, query):
            return found
    return []


async def _ask(ctx: ToolContext, query: Query) -> list[Coin]:
    """An unknown coin is an empty answer, or a bad request."""
    try:
        answer: Answer = await ctx.http.get_json(
            ctx.settings["COINMARKETCAP_BASE_URL"],
            "v3",
            "cryptocurrency",
            "quotes",
            "latest",
            params={query.by: query.value, "convert": CURRENCY, "skip_invalid": True, "aux": _FIELDS},
            headers={"X-CMC_PRO_API_KEY": ctx.settings["COINMARKETCAP_API_KEY"]},
            cache=KEEP,
            service="CoinMarketCap",
            codes=_code,
            type=Answer,
        )
    except ToolError as error:
        if error.code in ("bad_request", "not_found"):
            return []
        raise
    code = answer.status.error_code or 0
    if code in (0, 400):
        return coins(answer.data or [])
    kind, message, wait = _CODES.get(code, ("upstream", "CoinMarketCap isn't answering right now.", None))
    raise ToolError(kind, message, retry_after=wait)


def _code(status: int, body: bytes) -> str | None:
    """A 403 may be about the key or about its plan, and CoinMarketCap speaks of the key both times."""
    known = _CODES.get(decode(body, type=Answer, strict=False).status.error_code or 0)
    return known[0] if known else None


@hookimpl
def odai_tools() -> ToolPlugin:
    return ToolPlugin(
        name="coinmarketcap",
        api=1,
        title="CoinMarketCap",
        summary="tell you the price of a cryptocurrency",
        tools=[check_crypto_price_at_coinmarketcap],
        voice=True,
        samples=True,
        instructions="Give prices in dollars and name the coin. Never give advice on buying or selling.",
        voice_instructions="Tell the price and how it moved in a day; the market value only when asked.",
        settings=[
            Setting(
                name="COINMARKETCAP_API_KEY",
                help="A key of the CoinMarketCap API.",
                required=True,
                secret=True,
                where="CoinMarketCap's developer portal",
            ),
            Setting(
                name="COINMARKETCAP_BASE_URL",
                help="The API's address.",
                default="https://pro-api.coinmarketcap.com",
            ),
        ],
    )
