"""CoinMarketCap's API, version 3: the latest quotes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from odai_core.testing.upstreams import auth
from odai_core.testing.upstreams.service import Ask, Reply, Route, Service


def coin(number: int, name: str, symbol: str, rank: int | None, price: float | None, **more: Any) -> dict[str, Any]:
    """One coin with one quote, as CoinMarketCap sends it; `more` goes into the quote."""
    updated = f"{datetime.now(UTC) - timedelta(seconds=40):%Y-%m-%dT%H:%M:%S.000Z}"
    quote = {
        "id": 2781, "symbol": "USD", "price": price, "volume_24h": 41230000000.5, "volume_change_24h": -3.2,
        "percent_change_1h": 0.12, "percent_change_24h": -1.87, "percent_change_7d": 4.4, "percent_change_30d": -6.1,
        "market_cap": 1820240000000.0, "market_cap_dominance": 58.1, "fully_diluted_market_cap": 1915925923800.0,
        "last_updated": updated,
    } | more  # fmt: skip
    return {
        "id": number, "name": name, "symbol": symbol, "slug": name.lower().replace(" ", "-"), "cmc_rank": rank,
        "is_active": int(rank is not None), "is_fiat": 0, "num_market_pairs": 12011, "circulating_supply": 19951200,
        "total_supply": 19951200, "max_supply": None, "infinite_supply": False,
        "date_added": "2010-07-13T00:00:00.000Z", "platform": None, "tags": [], "last_updated": updated,
        "quote": [quote],
    }  # fmt: skip


def coins() -> list[dict[str, Any]]:
    """Several share the symbol BTC, one of them without rank and price."""
    return [
        coin(31469, "Boost Coin", "BTC", None, None, percent_change_24h=None, market_cap=None),
        coin(1, "Bitcoin", "BTC", 1, 91234.5678),
        coin(28850, "Bitcoin Twin", "BTC", 4021, 0.02, market_cap=0),
        coin(1027, "Ethereum", "ETH", 2, 3120.84, percent_change_24h=2.36, market_cap=376700000000.0),
        coin(5994, "Shiba Inu", "SHIB", 28, 0.00000912, percent_change_24h=-1.05, market_cap=5370000000.0),
        coin(24478, "Pepe", "PEPE", 31, 0.0000043219, percent_change_24h=12.0, market_cap=1820000000.0),
        coin(8916, "Forgotten", "FORGOT", None, None, percent_change_24h=None, market_cap=None),
    ]


def body(found: list[dict[str, Any]]) -> dict[str, Any]:
    """An answer with these coins."""
    return {"status": status(0, None), "data": found}


def status(code: int, message: str | None) -> dict[str, Any]:
    """What every answer begins with."""
    at = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.113Z}"
    return {
        "timestamp": at, "error_code": code, "error_message": message, "elapsed": 14, "credit_count": 1, "notice": None,
    }  # fmt: skip


def quotes(ask: Ask) -> Any:
    """By symbol, slug or id; an unknown one is left out when `skip_invalid` says so, else refused."""
    by = [name for name in ("symbol", "slug", "id") if ask.query.get(name)]
    if len(by) != 1:
        return failure(400, 400, '"value" must contain at least one of [id, slug, symbol]')
    asked = ask.query[by[0]].casefold().split(",")
    found = [one for one in coins() if str(one[by[0]]).casefold() in asked]
    if not found and ask.query.get("skip_invalid") != "true":
        return failure(400, 400, f'Invalid value for "{by[0]}": "{ask.query[by[0]]}"')
    return body(found)


def failure(http_status: int, code: int, message: str) -> Reply:
    """As CoinMarketCap shapes its errors."""
    return Reply({"status": status(code, message)}, http_status)


SERVICE = Service(
    name="coinmarketcap",
    settings={"COINMARKETCAP_API_KEY": "{key}", "COINMARKETCAP_BASE_URL": "{url}"},
    authorize=auth.header(
        "X-CMC_PRO_API_KEY",
        lambda given: failure(
            401, 1001 if given else 1002, "This API Key is invalid." if given else "API key missing."
        ),
    ),
    routes=[Route("GET", "/v3/cryptocurrency/quotes/latest", quotes)],
    errors={
        status: failure(status, code, message)
        for status, code, message in (
            (400, 400, 'Invalid value for "symbol": "XYZ"'),
            (401, 1001, "This API Key is invalid."),
            (402, 1004, "Your subscription plan has expired."),
            (403, 1006, "Your API Key subscription plan doesn't support this endpoint."),
            (429, 1008, "You have exceeded the HTTP request rate limit of your plan. Try again in a minute."),
            (500, 500, "An internal server error occurred."),
        )
    },
)
