"""Finnhub: quotes, a search, profiles and the filings of companies as they reported them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from odai_core.testing.upstreams import auth
from odai_core.testing.upstreams.service import Ask, Reply, Route, Service

PRICES = {"AAPL": (241.35, -2.1), "F": (11.84, 0.12), "FORD": (5.02, None), "APLE": (12.3, 0.0), "BRK.B": (498.2, 1.0)}
NAMES = {
    "AAPL": "APPLE INC", "APLE": "APPLE HOSPITALITY REIT INC", "F": "FORD MOTOR CO", "FORD": "FORWARD INDUSTRIES INC",
    "BRK.B": "BERKSHIRE HATHAWAY INC-CL B",
}  # fmt: skip


def last_year(now: datetime) -> int:
    """The last fiscal year, ended in September, whose report is filed."""
    return (now - timedelta(days=310)).year


def quote(ask: Ask) -> Any:
    """Zeros for an unknown symbol; foreign exchanges, which have a suffix, need another plan."""
    symbol = ask.query.get("symbol", "")
    if symbol.endswith((".TO", ".L")):
        return failure(403, "You don't have access to this resource.")
    price, change = PRICES.get(symbol, (0, None))
    if not price:
        return {"c": 0, "d": None, "dp": None, "h": 0, "l": 0, "o": 0, "pc": 0, "t": 0}
    before = price - (change or 0)
    return {
        "c": price, "d": change, "dp": change and round(change / before * 100, 4), "h": price + 3.55, "l": price - 1.33,
        "o": before, "pc": before, "t": int(datetime.now(UTC).timestamp()) - 60,
    }  # fmt: skip


def search(ask: Ask) -> Any:
    """Those whose name or symbol has all the words in it."""
    words = ask.query.get("q", "").casefold().split()
    found = [
        {"description": name, "displaySymbol": symbol, "symbol": symbol, "type": "Common Stock"}
        for symbol, name in NAMES.items()
        if words and all(word in f"{name} {symbol}".casefold() for word in words)
    ]
    return {"count": len(found), "result": found}


def profile(ask: Ask) -> Any:
    """An empty object for an unknown symbol; Ford's has little in it."""
    symbol = ask.query.get("symbol", "")
    if symbol == "F":
        return {"name": "Ford Motor Co", "ticker": "F", "currency": "USD", "logo": ""}
    if symbol not in NAMES:
        return {}
    return {
        "country": "US", "currency": "USD", "estimateCurrency": "USD", "exchange": "NASDAQ NMS - GLOBAL MARKET",
        "finnhubIndustry": "Technology", "ipo": "1980-12-12", "logo": "https://static.example/logo.png",
        "marketCapitalization": 3560000.0, "name": NAMES[symbol].title(), "phone": "14085550100",
        "shareOutstanding": 14840.4, "ticker": symbol, "weburl": "https://www.example.com/",
    }  # fmt: skip


def line(concept: str, label: str | None, value: Any, unit: str = "usd") -> dict[str, Any]:
    """One line of a statement."""
    return {"concept": concept, "label": label, "unit": unit, "value": value}


def filing(year: int, quarter: int, end: str, revenue: Any, income: Any, share: Any) -> dict[str, Any]:
    """One report of Apple's, with a few of its 150 lines."""
    form = "10-Q" if quarter else "10-K"
    return {
        "accessNumber": f"0000320193-{year}-{quarter:06}", "symbol": "AAPL", "cik": "320193", "year": year,
        "quarter": quarter, "form": form, "startDate": f"{year - 1}-09-28 00:00:00", "endDate": f"{end} 00:00:00",
        "filedDate": f"{end} 00:00:00", "acceptedDate": f"{end} 18:04:11",
        "report": {
            "bs": [line("us-gaap_Assets", "Total assets", 371082000000),
                   line("us-gaap_StockholdersEquity", "Total shareholders' equity", 66708000000),
                   line("us-gaap_CommitmentsAndContingencies", "Commitments and contingencies", "N/A")],
            "ic": [line("us-gaap_RevenueFromContractWithCustomerExcludingAssessedTax", "Total net sales", revenue),
                   line("us-gaap_NetIncomeLoss", "Net income", income),
                   line("us-gaap_EarningsPerShareDiluted", None, share, "usd/shares")],
            "cf": [line("us-gaap_NetCashProvidedByUsedInOperatingActivities", "Operating activities", 118300000000)],
        },
    }  # fmt: skip


def annual(year: int) -> list[dict[str, Any]]:
    """Three fiscal years, the newest first."""
    return [
        filing(year, 0, f"{year}-09-26", 401500000000, 104200000000, 7.09),
        filing(year - 1, 0, f"{year - 1}-09-27", 377300000000, 94000000000, 6.21),
        filing(year - 2, 0, f"{year - 2}-09-28", 391000000000, 93700000000, 6.08),
    ]


def quarterly(year: int) -> list[dict[str, Any]]:
    """Five quarters; there is no report of a fourth one."""
    return [
        filing(year, 3, f"{year}-06-27", 94036000000, 23434000000, 1.57),
        filing(year, 2, f"{year}-03-28", 95359000000, 24780000000, 1.65),
        filing(year, 1, f"{year - 1}-12-27", 124300000000, 36330000000, 2.4),
        filing(year - 1, 3, f"{year - 1}-06-28", 85777000000, "21448000000", 1.4),
        filing(year - 1, 2, f"{year - 1}-03-29", 90753000000, 23636000000, 1.53),
    ]


def reported(ask: Ask) -> Any:
    """Apple's alone, of periods that ended between `from` and `to`."""
    symbol, freq = ask.query.get("symbol", ""), ask.query.get("freq", "annual")
    if freq not in ("annual", "quarterly"):
        return failure(400, "Invalid freq.")
    year = last_year(datetime.now(UTC))
    filings = annual(year) if freq == "annual" else quarterly(year)
    first, last = ask.query.get("from", ""), ask.query.get("to", "9999")
    within = [one for one in filings if first <= one["endDate"][:10] <= last]
    return {"cik": "320193", "symbol": symbol, "data": within if symbol == "AAPL" else []}


def failure(status: int, text: str) -> Reply:
    """As Finnhub shapes its errors."""
    return Reply({"error": text}, status)


SERVICE = Service(
    name="finnhub",
    settings={"FINNHUB_API_KEY": "{key}", "FINNHUB_BASE_URL": "{url}"},
    authorize=auth.header(
        "X-Finnhub-Token", lambda given: failure(401, "Invalid API key" if given else "Please use an API key.")
    ),
    routes=[
        Route("GET", "/quote", quote),
        Route("GET", "/search", search),
        Route("GET", "/stock/profile2", profile),
        Route("GET", "/stock/financials-reported", reported),
    ],
    errors={
        401: failure(401, "Invalid API key"),
        403: failure(403, "You don't have access to this resource."),
        429: failure(429, "API limit reached. Please try again later. Remaining Limit: 0"),
    },
)
