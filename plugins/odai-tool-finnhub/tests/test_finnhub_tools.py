"""Finnhub's tools, over real HTTP against the stand-in."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from odai_tool_finnhub import (
    get_annual_financials_at_finnhub,
    get_quarterly_stock_financials_at_finnhub,
    get_stock_price_at_finnhub,
    odai_tools,
    samples,
    service,
)

from odai_core import Caller, Secret, ToolContext, ToolResponse
from odai_core.testing.upstreams import UpstreamServer
from odai_core.testing.upstreams.services.finnhub import annual, filing, last_year
from odai_core.tools.http import HttpClient
from odai_core.tools.invoke import invoke
from odai_core.tools.schema import describe

YEAR = last_year(datetime.now(UTC))
PRICE, ANNUAL, QUARTERLY = (
    get_stock_price_at_finnhub,
    get_annual_financials_at_finnhub,
    get_quarterly_stock_financials_at_finnhub,
)


def context(server: UpstreamServer | None = None, http: HttpClient | None = None, key: str = "test-key") -> ToolContext:
    base = server.url("finnhub") if server else "http://127.0.0.1:1"
    values = {"FINNHUB_API_KEY": Secret(key), "FINNHUB_BASE_URL": base}
    return ToolContext(
        http=http or HttpClient(), settings=values, caller=Caller(), log=logging.getLogger("test"), demo=not server
    )


async def call(tool: Any, arguments: dict[str, Any], ctx: ToolContext) -> ToolResponse:
    response = await invoke(describe(tool), json.dumps(arguments), ctx)
    assert 0 < len(response.spoken) <= 300
    return response


@pytest.fixture
async def server() -> AsyncIterator[UpstreamServer]:
    async with UpstreamServer() as running:
        yield running


@pytest.fixture
async def ctx(server: UpstreamServer) -> AsyncIterator[ToolContext]:
    async def no_pause(_: float) -> None: ...

    http = HttpClient(timeout=1, sleep=no_pause)
    yield context(server, http)
    await http.aclose()


def timeless(body: Any) -> Any:
    """A quote that does not tell when it was."""
    return {name: value for name, value in body.items() if name != "t"}


# -- prices ------------------------------------------------------------------------------------------


async def test_a_price_is_spoken_and_shown(ctx: ToolContext, server: UpstreamServer):
    server.alter("finnhub", timeless)
    response = await call(PRICE, {"symbol": "Apple"}, ctx)
    assert response.response_type == "stock_price"
    assert response.spoken == (
        "Apple is at two hundred forty one dollars and thirty five cents, down two dollars and ten cents, or zero "
        "point nine percent."
    )
    assert response.response["company"]["exchange"] == "NASDAQ NMS - GLOBAL MARKET"
    assert response.voice == {
        "symbol": "AAPL", "name": "Apple", "price": 241.35, "change": -2.1, "change_percent": -0.86,
        "day_low": 240.02, "day_high": 244.9,
    }  # fmt: skip
    assert {(seen.path, seen.query["symbol"]) for seen in server.seen} == {
        ("/quote", "AAPL"), ("/stock/profile2", "AAPL"),
    }  # fmt: skip
    assert {seen.headers["x-finnhub-token"] for seen in server.seen} == {"test-key"}


@pytest.mark.parametrize(
    ("said", "symbol", "searched"),
    [
        ("Ford", "F", None), ("FORD", "F", None), ("aapl", "AAPL", "aapl"), ("Apple Hospitality", "APLE",
         "apple hospitality"), ("apple reit", "APLE", "apple reit"), ("forward", "FORD", "forward"), ("BRK.B", "BRK.B",
         None), ("APPL", None, "appl"), ("wonderful widgets", None, "wonderful widgets"), ("industries", "FORD",
         "industries"),
    ],
)  # fmt: skip
async def test_a_company_is_found_as_it_is_said(said, symbol, searched, ctx: ToolContext, server: UpstreamServer):
    response = await call(PRICE, {"symbol": said}, ctx)
    assert (response.voice or {}).get("symbol") == symbol
    assert [seen.query["q"] for seen in server.seen if seen.path == "/search"] == ([searched] if searched else [])
    if symbol is None:
        assert response.response == {
            "code": "not_found", "message": f"I couldn't find a stock called {said}.", "retryable": False,
        }  # fmt: skip


async def test_the_same_question_is_asked_once(ctx: ToolContext, server: UpstreamServer):
    for said in ("Apple", "AAPL", "apple stock"):
        await call(PRICE, {"symbol": said}, ctx)
    assert len(server.seen) == 2


async def test_a_stock_from_elsewhere_is_said_to_be_one(ctx: ToolContext, server: UpstreamServer):
    server.alter("finnhub", lambda body: body | {"result": [{"symbol": "SHOP.TO", "description": "SHOPS OF CANADA"}]})
    response = await call(PRICE, {"symbol": "shops of canada"}, ctx)
    assert response.response["code"] == "plan"
    assert response.spoken == "I can only see prices of stocks that trade in the United States."


async def test_a_missing_profile_does_not_hide_the_price(ctx: ToolContext, server: UpstreamServer):
    server.alter("finnhub", lambda body: [] if "name" in body else timeless(body))
    response = await call(PRICE, {"symbol": "AAPL"}, ctx)
    assert response.spoken.startswith("A A P L is at two hundred forty one dollars")


async def test_a_wrong_key_is_the_operators_matter(server: UpstreamServer, ctx: ToolContext, caplog):
    with caplog.at_level("DEBUG"):
        response = await call(PRICE, {"symbol": "Apple"}, context(server, ctx.http, key="wrong-key"))
    assert (response.response["code"], response.response["retryable"]) == ("auth", False)
    assert "wrong-key" not in caplog.text


# -- reports -----------------------------------------------------------------------------------------


async def test_the_last_year_is_told_against_the_one_before(ctx: ToolContext, server: UpstreamServer):
    response = await call(ANNUAL, {"symbol": "Apple"}, ctx)
    assert response.response_type == "get_annual_stock_financials"
    assert response.spoken.endswith(
        ", ended September twenty sixth, Apple reported revenue of four hundred one point five billion dollars, up six "
        "point four percent from the year before, and net income of one hundred four point two billion dollars, up ten "
        "point nine percent."
    )
    assert [report["year"] for report in response.response["reports"]] == [YEAR, YEAR - 1]
    assert response.response["reports"][0]["operating_cash_flow"] == 118300000000
    assert response.voice["reports"][0] == {
        "fiscal_year": YEAR, "period_end": f"{YEAR}-09-26", "revenue": "401.5 billion", "gross_profit": None,
        "operating_income": None, "net_income": "104.2 billion", "assets": "371.1 billion", "eps": 7.09,
    }  # fmt: skip
    asked = next(seen.query for seen in server.seen if seen.path == "/stock/financials-reported")
    assert (asked["symbol"], asked["freq"], asked["to"]) == ("AAPL", "annual", f"{date.today()}")
    assert 990 < (date.today() - date.fromisoformat(asked["from"])).days < 1010


async def test_a_year_that_is_given_goes_before_the_last_one(ctx: ToolContext, server: UpstreamServer):
    response = await call(ANNUAL, {"symbol": "AAPL", "year": YEAR - 1, "most_recent": True}, ctx)
    assert "down three point five percent" in response.spoken
    asked = next(seen.query for seen in server.seen if seen.path == "/stock/financials-reported")
    assert (asked["from"], asked["to"]) == (f"{YEAR - 3}-12-01", f"{YEAR}-12-31")


@pytest.mark.parametrize(
    ("arguments", "year", "quarter", "said"),
    [
        ({}, YEAR, 3, "For the third quarter of fiscal"),
        ({"quarter": 2}, YEAR, 2, "For the second quarter of fiscal"),
        ({"year": YEAR, "quarter": 1}, YEAR, 1, "ended December twenty seventh twenty "),
        ({"year": YEAR - 1}, YEAR - 1, 3, "For the third quarter of fiscal"),
        (
            {"year": str(YEAR), "quarter": "3", "most_recent": False},
            YEAR,
            3,
            "up nine point six percent from",
        ),
    ],
)
async def test_a_quarter_is_chosen_as_asked(arguments, year, quarter, said, ctx: ToolContext):
    response = await call(QUARTERLY, {"symbol": "Apple"} | arguments, ctx)
    assert response.response_type == "get_quarterly_stock_financials"
    told = response.voice["reports"][0]
    assert (told["fiscal_year"], told["quarter"]) == (year, quarter)
    assert said in response.spoken


@pytest.mark.parametrize(
    ("tool", "arguments", "code", "said"),
    [
        (ANNUAL, {"symbol": "Ford"}, "not_found", "I couldn't find such reports of Ford. Companies outside"),
        (ANNUAL, {"symbol": "AAPL", "year": 1999}, "not_found", "I couldn't find such reports of AAPL."),
        (ANNUAL, {"symbol": "AAPL", "year": 1492}, "bad_request", "Which year do you mean? I can look from"),
        (ANNUAL, {"symbol": "AAPL", "year": 10**9}, "bad_request", "Which year do you mean? I can look from"),
        (ANNUAL, {"symbol": "AAPL", "most_recent": False}, "bad_request", "Which year do you mean?"),
        (ANNUAL, {"symbol": ""}, "bad_request", "Which company do you mean?"),
        (QUARTERLY, {"symbol": "AAPL", "quarter": 4}, "not_found",
         "I couldn't find a report for that time. The fourth quarter is part of the year's report."),
        (QUARTERLY, {"symbol": "AAPL", "quarter": 1, "year": YEAR - 1}, "not_found",
         "I couldn't find a report for that time."),
        (QUARTERLY, {"symbol": "AAPL", "quarter": 5}, "bad_request", "I didn't understand the quarter."),
        (QUARTERLY, {"symbol": "AAPL", "most_recent": False}, "bad_request", "Which quarter do you mean, and of which"),
    ],
)  # fmt: skip
async def test_what_is_not_there_is_a_sentence(tool, arguments, code, said, ctx: ToolContext):
    response = await call(tool, arguments, ctx)
    assert response.response["code"] == code
    assert response.spoken.startswith(said)


async def test_one_odd_filing_does_not_spoil_the_rest(ctx: ToolContext, server: UpstreamServer):
    server.alter("finnhub", lambda body: body | {"data": [7, {"year": "x"}, *annual(YEAR)]} if "data" in body else body)
    assert (await call(ANNUAL, {"symbol": "Apple"}, ctx)).voice["reports"][0]["fiscal_year"] == YEAR


async def test_a_report_without_figures_is_a_sentence(ctx: ToolContext, server: UpstreamServer):
    bare = filing(YEAR, 0, f"{YEAR}-09-26", "N/A", None, True)
    server.alter("finnhub", lambda body: body | {"data": [bare]} if "data" in body else body)
    response = await call(ANNUAL, {"symbol": "Apple"}, ctx)
    assert response.spoken == "That report doesn't tell the revenue or the net income in a way I can read."


# -- demo mode ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tool", "said", "expected"),
    [
        (PRICE, "Tesla", "four hundred four dollars and twelve cents, down nine dollars and eighty eight cents"),
        (PRICE, "msft", "five hundred eight dollars and seventy two cents, up three dollars"),
        (ANNUAL, "Nvidia", "two hundred twelve point six billion dollars, up sixty two percent"),
        (ANNUAL, "amazon.com", "Amazon reported revenue of seven hundred six point three billion dollars"),
        (QUARTERLY, "google", "For the third quarter of fiscal"),
        (QUARTERLY, "Tesla", "net income of one point two billion dollars, down thirty one percent"),
    ],
)
async def test_samples_answer_the_question_that_was_asked(tool, said, expected):
    response = await call(tool, {"symbol": said}, context(key=""))
    assert response.sample
    assert expected in response.spoken


@pytest.mark.parametrize("tool", [PRICE, ANNUAL, QUARTERLY])
@pytest.mark.parametrize("said", ["Boeing", "XYZ", "wonderful widgets"])
async def test_what_the_samples_lack_is_said(tool, said):
    response = await call(tool, {"symbol": said}, context(key=""))
    assert response.response["code"] == "not_found"
    assert response.spoken.startswith("My sample data only knows Apple")


@pytest.mark.parametrize(
    ("now", "last"),
    [
        ("2026-11-20T15:00:30-05:00", "2026-11-20T15:00:30-05:00"),
        ("2026-11-20T16:00:00-05:00", "2026-11-20T16:00:00-05:00"),
        ("2026-11-20T09:29:00-05:00", "2026-11-19T16:00:00-05:00"),
        ("2026-11-22T12:00:00-05:00", "2026-11-20T16:00:00-05:00"),
        ("2026-11-23T08:00:00-05:00", "2026-11-20T16:00:00-05:00"),
    ],
)
def test_the_last_sample_trade_is_one_that_could_have_been(now, last):
    assert samples._last_trade(datetime.fromisoformat(now)) == datetime.fromisoformat(last).timestamp()


def test_the_plugin_is_what_the_catalogue_expects():
    plugin = odai_tools()
    assert (plugin.name, plugin.api, plugin.voice, plugin.samples) == ("finnhub", 1, True, True)
    assert all(len(describe(tool).options.examples) >= 8 for tool in plugin.tools)
    assert service.QUOTE_SECONDS < service.REPORT_SECONDS < service.NAME_SECONDS
