"""Exchange rates' own answers; what every connector must do is in the conformance test."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest
from odai_tool_exchange_rate import (
    currencies,
    get_exchange_rate_for_currency_pair,
    get_exchange_rates_for_currency,
    spoken,
)

from odai_core import Caller, Secret, ToolContext, ToolError, ToolResponse
from odai_core.testing.upstreams import UpstreamServer
from odai_core.tools.http import HttpClient
from odai_core.tools.invoke import invoke
from odai_core.tools.schema import describe


@pytest.fixture
async def server() -> AsyncIterator[UpstreamServer]:
    async with UpstreamServer() as running:
        yield running


@pytest.fixture
async def ctx(server: UpstreamServer) -> AsyncIterator[ToolContext]:
    http = HttpClient(timeout=2)
    yield context(server, http)
    await http.aclose()


def context(server: UpstreamServer | None, http: HttpClient, key: str = "test-key") -> ToolContext:
    url = server.url("exchange-rate") if server else "http://127.0.0.1:1"
    values = {"EXCHANGERATE_API_KEY": Secret(key), "EXCHANGERATE_BASE_URL": url}
    return ToolContext(http=http, settings=values, caller=Caller(), log=logging.getLogger("test"), demo=not server)


async def rates(ctx: ToolContext, base: str) -> ToolResponse:
    return await invoke(describe(get_exchange_rates_for_currency), json.dumps({"currency_ISO4217": base}), ctx)


async def pair(ctx: ToolContext, base: str, target: str, amount: Any = None) -> ToolResponse:
    arguments = {"from_currency_ISO4217": base, "to_currency_ISO4217": target, "amount": amount}
    return await invoke(describe(get_exchange_rate_for_currency_pair), json.dumps(arguments), ctx)


async def test_a_pair(ctx: ToolContext, server: UpstreamServer):
    response = await pair(ctx, "dollars", "eur", 100)
    assert response.spoken == "One hundred dollars are ninety one euros and twenty three cents at today's rate."
    assert response.response == {
        "from": "USD", "to": "EUR", "amount": 100.0, "rate": 0.9123, "result": 91.23, "updated_at": 1795305601,
    }  # fmt: skip
    assert server.seen[0].path == "/v6/pair/USD/EUR"
    assert "test-key" not in server.seen[0].raw_path


async def test_one_unit_unless_said(ctx: ToolContext):
    response = await pair(ctx, "GBP", "USD")
    assert response.spoken == "One pound is one dollar and twenty eight cents at today's rate."


async def test_all_rates(ctx: ToolContext, server: UpstreamServer):
    response = await rates(ctx, "USD")
    assert response.spoken.startswith(
        "One dollar is zero point nine one euros, zero point seven eight British pounds and"
    )
    assert list(response.response["rates"])[:4] == ["EUR", "GBP", "JPY", "CAD"]
    assert response.response["rates"]["VND"] == 25410.5
    assert len(response.voice["rates"]) <= 8
    await rates(ctx, "US dollar")
    assert len(server.seen) == 1


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("unsupported-code", "not_found"),
        ("malformed-request", "bad_request"),
        ("invalid-key", "auth"),
        ("inactive-account", "auth"),
        ("quota-reached", "plan"),
        ("something-new", "upstream"),
        (None, "upstream"),
    ],
)
async def test_failures_with_status_200(kind, code, ctx: ToolContext, server: UpstreamServer):
    server.answer("exchange-rate", {"result": "error", "error-type": kind})
    assert (await pair(ctx, "USD", "EUR")).response["code"] == code


async def test_a_quota_is_no_busy_hour(ctx: ToolContext, server: UpstreamServer):
    server.answer("exchange-rate", {"result": "error", "error-type": "quota-reached"}, status=429)
    assert (await pair(ctx, "USD", "EUR")).response["code"] == "plan"


@pytest.mark.parametrize("body", [{"result": "success"}, {"result": "success", "conversion_rates": {}}])
async def test_success_without_rates(body, ctx: ToolContext, server: UpstreamServer):
    server.answer("exchange-rate", body)
    server.answer("exchange-rate", body)
    assert (await pair(ctx, "USD", "EUR")).response["code"] == "bad_shape"
    assert (await rates(ctx, "USD")).response["code"] == "bad_shape"


@pytest.mark.parametrize("rate", [0, -1, 1e300, "x"])
async def test_a_rate_that_is_none(rate, ctx: ToolContext, server: UpstreamServer):
    server.answer("exchange-rate", {"result": "success", "conversion_rate": rate})
    assert (await pair(ctx, "USD", "EUR")).response["code"] == "bad_shape"


@pytest.mark.parametrize("said", ["", "money", "US", "USDX", "../USD", "ＵＳＤ", "U5D", "x" * 10_000])
async def test_no_such_currency(said, ctx: ToolContext, server: UpstreamServer):
    assert (await rates(ctx, said)).response["code"] == "bad_request"
    assert not server.seen


@pytest.mark.parametrize("amount", [0, -5, 1e12, 1e300])
async def test_no_such_amount(amount, ctx: ToolContext, server: UpstreamServer):
    assert (await pair(ctx, "USD", "EUR", amount)).response["code"] == "bad_request"
    assert not server.seen


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("euros", "EUR"), ("the euro", None), ("British pounds", "GBP"), ("Swiss Franc", "CHF"), ("yen", "JPY"),
        ("Japanese yen", "JPY"), ("€", "EUR"), ("Mexican pesos", "MXN"), ("cad", "CAD"), ("bucks", "USD"),
    ],
)  # fmt: skip
def test_currencies_by_name(said, code):
    if code is None:
        with pytest.raises(ToolError):
            currencies.code(said)
    else:
        assert currencies.code(said) == code


@pytest.mark.parametrize(
    ("amount", "iso", "said"),
    [
        (2.5, "EUR", "two euros and fifty cents"),
        (91.23, "CHF", "ninety one point two Swiss francs"),
        (14821, "JPY", "fourteen thousand eight hundred twenty one Japanese yen"),
        (0.0000421, "EUR", "zero point zero zero zero zero four two euros"),
        (0.5, "USD", "zero point five US dollars"),
        (3, "XYZ", "three X Y Z"),
    ],
)
def test_amounts_aloud(amount, iso, said):
    assert spoken.said(amount, iso) == said


async def test_samples(ctx: ToolContext):
    demo = context(None, ctx.http, key="")
    response = await pair(demo, "EUR", "USD", 10)
    assert (response.sample, response.response["result"]) == (True, 10.99)
    assert (await rates(demo, "JPY")).sample
    assert (await rates(demo, "XXZ")).response["code"] == "not_found"
    assert (await pair(demo, "EUR", "XXZ")).response["code"] == "not_found"
