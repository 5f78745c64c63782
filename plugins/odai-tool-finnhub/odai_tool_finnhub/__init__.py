"""Finnhub: what a stock costs, and what a company earned."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Literal

from msgspec import to_builtins

from odai_core import Setting, ToolContext, ToolError, ToolPlugin, ToolResponse, hookimpl, speech, tool
from odai_tool_finnhub import service, spoken
from odai_tool_finnhub.figures import Figures, choose
from odai_tool_finnhub.shapes import Profile, Quote, currency_of

OLDEST = 1993
"""Filings are kept from this year on."""
LATEST_YEARS = timedelta(days=1000)
LATEST_QUARTERS = timedelta(days=640)
"""Back to the period a year before the last one that may be filed."""


@tool(
    examples=[
        "what's {symbol:Apple} stock at",
        "how much is a share of {symbol:Tesla}",
        "what is the price of {symbol:MSFT}",
        "how is {symbol:Nvidia} doing today",
        "did {symbol:Amazon} close up or down",
        "check the {symbol:Google} stock price",
        "where is {symbol:Coca-Cola} trading right now",
        "get me a quote for {symbol:AMD}",
        "is {symbol:Berkshire Hathaway} up today",
    ],
    progress="Checking the price with Finnhub",
)
async def get_stock_price_at_finnhub(ctx: ToolContext, symbol: str) -> ToolResponse:
    """Look up what a stock costs now, and how it moved today.

    Args:
        symbol: The ticker symbol, such as "AAPL", or the company's name, such as "Apple".
    """
    now = datetime.now(UTC)

    async def ask(ticker: str) -> tuple[Quote, Profile] | None:
        quote, profile = await service.with_profile(ctx, ticker, service.quote(ctx, ticker))
        return (quote, profile) if quote else None

    try:
        ticker, (quote, profile) = await service.found(
            ctx, symbol, ask, f"I couldn't find a stock called {speech.clean(symbol, 40)}."
        )
    except ToolError as error:
        if error.code != "plan":
            raise
        raise ToolError("plan", "I can only see prices of stocks that trade in the United States.") from None
    company = spoken.name(profile, ticker)
    return ToolResponse(
        response_type="stock_price",
        response={"symbol": ticker, "quote": to_builtins(quote), "company": to_builtins(profile)},
        spoken=spoken.price(quote, company, currency_of(profile.currency), now),
        voice=spoken.price_projection(quote, company, ticker),
        sample=service.sampled(ctx),
    )


@tool(
    examples=[
        "how much did {symbol:Apple} earn last year",
        "what was {symbol:Microsoft}'s revenue in {year:2024}",
        "give me the annual financials of {symbol:Tesla}",
        "how profitable was {symbol:Nvidia} in {year:2023}",
        "what's the yearly revenue of {symbol:Amazon}",
        "did {symbol:Boeing} make money last year",
        "show me the {year:2022} annual report for {symbol:Netflix}",
        "what was the net income of {symbol:JPM} for {year:2025}",
    ],
    progress="Reading the annual report",
)
async def get_annual_financials_at_finnhub(
    ctx: ToolContext, symbol: str, year: int | None = None, most_recent: bool = True
) -> ToolResponse:
    """Read what a company earned in a year, from its annual report: revenue, net income, earnings per share.

    Args:
        symbol: The ticker symbol, such as "AAPL", or the company's name, such as "Apple".
        year: The fiscal year; null for the last one.
        most_recent: The last report; a year that is given goes before it.
    """
    if year is None and not most_recent:
        raise ToolError("bad_request", "Which year do you mean?")
    return await _report(ctx, symbol, "annual", _checked(year), None)


@tool(
    examples=[
        "what did {symbol:Apple} make last quarter",
        "how was {symbol:Tesla}'s latest quarter",
        "what was {symbol:Microsoft}'s revenue in quarter {quarter:2} of {year:2025}",
        "give me the quarterly results of {symbol:Nvidia}",
        "{symbol:Amazon} earnings for the {quarter:3} quarter of {year:2024}",
        "did {symbol:Netflix} make a profit last quarter",
        "show me quarter {quarter:1} {year:2026} for {symbol:AAPL}",
        "how much did {symbol:Starbucks} earn in the most recent quarter",
    ],
    progress="Reading the quarterly report",
)
async def get_quarterly_stock_financials_at_finnhub(
    ctx: ToolContext,
    symbol: str,
    year: int | None = None,
    quarter: Literal[1, 2, 3, 4] | None = None,
    most_recent: bool = True,
) -> ToolResponse:
    """Read what a company earned in a quarter, from its quarterly report: revenue, net income, earnings per share.

    Args:
        symbol: The ticker symbol, such as "AAPL", or the company's name, such as "Apple".
        year: The fiscal year; null for the last one.
        quarter: The fiscal quarter, 1 to 4; null for the last one.
        most_recent: The last report; a year or a quarter that is given goes before it.
    """
    if year is None and quarter is None and not most_recent:
        raise ToolError("bad_request", "Which quarter do you mean, and of which year?")
    return await _report(ctx, symbol, "quarterly", _checked(year), quarter)


async def _report(
    ctx: ToolContext, symbol: str, freq: Literal["annual", "quarterly"], year: int | None, quarter: int | None
) -> ToolResponse:
    first, last = _window(freq, year)

    async def ask(ticker: str) -> tuple[list[Figures], Profile] | None:
        reports, profile = await service.with_profile(ctx, ticker, service.reports(ctx, ticker, freq, first, last))
        return (reports, profile) if reports else None

    none = f"I couldn't find such reports of {speech.clean(symbol, 40)}. Companies outside the United States file none."
    ticker, (reports, profile) = await service.found(ctx, symbol, ask, none)
    chosen, before = choose(reports, year, quarter)
    if chosen.revenue is None and chosen.net_income is None:
        raise ToolError("not_found", "That report doesn't tell the revenue or the net income in a way I can read.")
    company = spoken.name(profile, ticker)
    return ToolResponse(
        response_type="get_annual_stock_financials" if freq == "annual" else "get_quarterly_stock_financials",
        response={
            "symbol": ticker,
            "company": to_builtins(profile),
            "reports": [to_builtins(one) for one in (chosen, before) if one],
        },
        spoken=spoken.report(chosen, before, company),
        voice=spoken.report_projection(chosen, before, company, ticker),
        sample=service.sampled(ctx),
    )


def _checked(year: int | None) -> int | None:
    newest = date.today().year + 1
    if year is not None and not OLDEST <= year <= newest:
        raise ToolError("bad_request", f"Which year do you mean? I can look from {OLDEST} on.")
    return year


def _window(freq: str, year: int | None) -> tuple[date, date]:
    """When the period asked for and the one a year before it may end; fiscal years end up to a year off their name."""
    today = date.today()
    if year is not None:
        return date(year - 2, 12, 1), date(year + 1, 12, 31)
    return today - (LATEST_YEARS if freq == "annual" else LATEST_QUARTERS), today


@hookimpl
def odai_tools() -> ToolPlugin:
    return ToolPlugin(
        name="finnhub",
        api=1,
        title="Finnhub",
        summary="tell you stock prices and what companies earned",
        tools=[get_stock_price_at_finnhub, get_annual_financials_at_finnhub, get_quarterly_stock_financials_at_finnhub],
        voice=True,
        samples=True,
        instructions="Companies may be named or given by ticker. Never give advice on buying or selling.",
        voice_instructions="Tell the price and today's change. Of a report tell revenue and net income, no more.",
        settings=[
            Setting(
                name="FINNHUB_API_KEY",
                help="A key of the Finnhub API.",
                required=True,
                secret=True,
                where="Finnhub's dashboard",
            ),
            Setting(name="FINNHUB_BASE_URL", help="The API's address.", default="https://finnhub.io/api/v1"),
        ],
    )
