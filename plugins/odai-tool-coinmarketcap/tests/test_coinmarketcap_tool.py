"""CoinMarketCap's tool, over real HTTP against the stand-in."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from odai_tool_coinmarketcap import check_crypto_price_at_coinmarketcap, odai_tools, spoken
from odai_tool_coinmarketcap.names import queries
from odai_tool_coinmarketcap.shapes import Coin, Quote

from odai_core import Caller, Secret, ToolContext, ToolError, ToolResponse
from odai_core.testing.upstreams import UpstreamServer
from odai_core.testing.upstreams.services import coinmarketcap
from odai_core.tools.http import HttpClient
from odai_core.tools.invoke import invoke
from odai_core.tools.schema import describe

BITCOIN = {"crypto_symbol": "bitcoin"}
NOW = datetime(2026, 11, 22, 16, 0, tzinfo=UTC)


def context(server: UpstreamServer | None = None, http: HttpClient | None = None, key: str = "test-key") -> ToolContext:
    base = server.url("coinmarketcap") if server else "http://127.0.0.1:1"
    values = {"COINMARKETCAP_API_KEY": Secret(key), "COINMARKETCAP_BASE_URL": base}
    return ToolContext(
        http=http or HttpClient(), settings=values, caller=Caller(), log=logging.getLogger("test"), demo=not server
    )


async def call(arguments: dict[str, Any], ctx: ToolContext) -> ToolResponse:
    response = await invoke(describe(check_crypto_price_at_coinmarketcap), json.dumps(arguments), ctx)
    assert 0 < len(response.spoken) <= 300
    assert "http" not in response.spoken
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


async def test_a_price_is_spoken_and_shown(ctx: ToolContext, server: UpstreamServer):
    response = await call(BITCOIN, ctx)
    assert response.response_type == "crypto_price"
    assert response.spoken == (
        "Bitcoin is at ninety one thousand two hundred thirty five dollars, down one point nine percent in a day. Its "
        "market value is about one point eight trillion dollars."
    )
    assert (response.response["id"], response.response["quote"][0]["volume_24h"]) == (1, 41230000000.5)
    assert response.voice == {
        "name": "Bitcoin", "symbol": "BTC", "price_usd": 91234.57, "change_24h_percent": -1.87,
        "change_7d_percent": 4.4, "market_cap_usd": 1820240000000,
    }  # fmt: skip
    assert server.seen[0].path == "/v3/cryptocurrency/quotes/latest"
    assert server.seen[0].query == {
        "symbol": "BTC", "convert": "USD", "skip_invalid": "true", "aux": "cmc_rank,circulating_supply,max_supply",
    }  # fmt: skip
    assert server.seen[0].headers["x-cmc_pro_api_key"] == "test-key"


@pytest.mark.parametrize(
    ("said", "expected", "asked"),
    [
        ("ETH", "Ethereum is at three thousand one hundred twenty one dollars, up two point four percent", ["ETH"]),
        ("shiba inu coin", "Shiba Inu is at zero point zero zero zero nine one two cents, down one", ["SHIB"]),
        ("pepe", "Pepe is at zero point zero zero zero four three two two cents, up twelve percent", ["PEPE"]),
        ("Bitcoin Twin", "Bitcoin Twin is at two cents, down one point nine percent in a day.", ["bitcoin-twin"]),
        ("Forgotten", "CoinMarketCap has no price for Forgotten right now.", ["forgotten"]),
        ("FORGOT", "CoinMarketCap has no price for FORGOT right now.", ["FORGOT"]),
        ("XYZ", "I couldn't find a coin called XYZ.", ["XYZ", "xyz"]),
        ("wonderful", "I couldn't find a coin called wonderful.", ["wonderful", "WONDERFUL"]),
        ("no such coin", "I couldn't find a coin called no such coin.", ["no-such"]),
        ("", "Which coin do you mean? Tell me its name or its symbol.", []),
        ("\u0661\u202e", "Which coin do you mean? Tell me its name or its symbol.", []),
    ],
)  # fmt: skip
async def test_a_coin_is_found_as_it_is_said(said, expected, asked, ctx: ToolContext, server: UpstreamServer):
    assert (await call({"crypto_symbol": said}, ctx)).spoken.startswith(expected)
    assert [seen.query.get("symbol") or seen.query["slug"] for seen in server.seen] == asked


async def test_the_same_question_is_paid_once(ctx: ToolContext, server: UpstreamServer):
    for said in ("bitcoin", "BTC", "$btc", "the B T C price"):
        assert (await call({"crypto_symbol": said}, ctx)).ok
    assert len(server.seen) == 1


@pytest.mark.parametrize(
    ("status", "code", "wait"),
    [
        (1001, "auth", None), (1002, "auth", None), ("1003", "plan", None), (1004, "plan", None), (1005, "auth", None),
        (1006, "plan", None), (1007, "auth", None), ("1008", "rate_limited", 60), (1009, "rate_limited", None),
        (1010, "rate_limited", None), (1011, "rate_limited", 60), (500, "upstream", None), (400, "not_found", None),
        ("many", "bad_shape", None),
    ],
)  # fmt: skip
async def test_an_error_inside_a_good_status_is_an_error(status, code, wait, ctx: ToolContext, server: UpstreamServer):
    server.answer("coinmarketcap", {"status": {"error_code": status, "error_message": "<b>test-key</b>"}})
    response = await call({"crypto_symbol": "B T C X"}, ctx)
    assert (response.response["code"], response.response.get("retry_after")) == (code, wait)
    assert "test-key" not in json.dumps(response.to_wire())


@pytest.mark.parametrize(
    ("status", "error", "code"),
    [
        (401, 1001, "auth"), (401, 1002, "auth"), (402, 1003, "plan"), (402, "1004", "plan"), (403, 1005, "auth"),
        (403, 1006, "plan"), (403, "1006", "plan"), (403, 1007, "auth"), (403, "many", "auth"), (403, None, "auth"),
        (429, 1008, "rate_limited"), (429, 1010, "rate_limited"), (500, 500, "upstream"), (400, 400, "not_found"),
    ],
)  # fmt: skip
async def test_a_refusal_is_the_keys_or_the_plans(status, error, code, ctx: ToolContext, server: UpstreamServer):
    refusal = coinmarketcap.failure(status, error, "Your API Key test-key is refused.").body
    for _ in range(3):
        server.answer("coinmarketcap", refusal, status=status)
    response = await call({"crypto_symbol": "B T C X"}, ctx)
    assert response.response["code"] == code
    assert "test-key" not in json.dumps(response.to_wire())


async def test_one_odd_coin_does_not_spoil_the_rest(ctx: ToolContext, server: UpstreamServer):
    server.answer("coinmarketcap", coinmarketcap.body([{"id": "x"}, 7, *coinmarketcap.coins()[:2]]))
    assert (await call(BITCOIN, ctx)).voice["name"] == "Bitcoin"


async def test_nothing_but_odd_coins_is_an_answer_nobody_can_read(ctx: ToolContext, server: UpstreamServer):
    server.answer("coinmarketcap", coinmarketcap.body([{"id": "x"}]))
    assert (await call(BITCOIN, ctx)).response["code"] == "bad_shape"


async def test_a_wrong_key_is_the_operators_matter(server: UpstreamServer, ctx: ToolContext, caplog):
    with caplog.at_level("DEBUG"):
        response = await call(BITCOIN, context(server, ctx.http, key="wrong-key"))
    assert (response.response["code"], response.response["retryable"]) == ("auth", False)
    assert "wrong-key" not in caplog.text


# -- what is said ------------------------------------------------------------------------------------


def told(price: float, **more: Any) -> str:
    quote = Quote(symbol="USD", price=price, **more)
    return spoken.price(Coin(id=1, name="X", symbol="X", quote=[quote]), quote, NOW)


@pytest.mark.parametrize(
    ("quote", "expected"),
    [
        ({"price": 0.4321}, "X is at forty three point two one cents."),
        ({"price": 0.01}, "X is at one cent."),
        ({"price": 0.99999}, "X is at one dollar."),
        ({"price": 0.9999}, "X is at ninety nine point nine nine cents."),
        ({"price": 1e-12}, "X is at less than a millionth of a cent."),
        ({"price": 0}, "X is at less than a millionth of a cent."),
        ({"price": 12.345}, "X is at twelve dollars and thirty four cents."),
        ({"price": 1.0, "percent_change_24h": 0.01}, "X is at one dollar, unchanged from a day ago."),
        ({"price": 1.0, "percent_change_24h": 412.3},
         "X is at one dollar, up four hundred ten percent in a day."),
        ({"price": 1.0, "market_cap": 7_240_000.0},
         "X is at one dollar. Its market value is about seven point two million dollars."),
        ({"price": 1.0, "market_cap": 999_990_000.0},
         "X is at one dollar. Its market value is about one billion dollars."),
        ({"price": 1.0, "market_cap": 184.3e9},
         "X is at one dollar. Its market value is about one hundred eighty billion dollars."),
        ({"price": 1.0, "last_updated": NOW - timedelta(minutes=15)}, "X is at one dollar."),
        ({"price": 1.0, "last_updated": NOW - timedelta(hours=3)},
         "X is at one dollar. That is as of three hours ago."),
        ({"price": 1.0, "last_updated": NOW - timedelta(days=9)}, "X is at one dollar. That price is days old."),
    ],
)  # fmt: skip
def test_each_price_has_its_sentence(quote, expected):
    assert told(**quote) == expected


def test_a_coin_without_a_speakable_name_is_called_by_its_symbol():
    quote = Quote(symbol="USD", price=2)
    assert spoken.price(Coin(id=1, name="<>", symbol="ABC"), quote, NOW) == "ABC is at two dollars."
    assert spoken.price(Coin(id=1, name="<>", symbol="#"), quote, NOW) == "That coin is at two dollars."


@settings(deadline=None)
@given(st.floats(0, 1e15))
def test_every_price_can_be_said(price):
    assert re.fullmatch(r"X is at [a-z0-9 ]+\.", told(price))


@pytest.mark.parametrize("example", describe(check_crypto_price_at_coinmarketcap).options.examples)
def test_every_example_names_a_coin(example):
    assert queries(re.search(r":(.*?)}", example)[1])


@settings(deadline=None)
@given(st.text(max_size=80) | st.from_regex(r"[a-z$]{1,20}( coin| [a-z0-9]{1,9})*"))
def test_anything_is_a_coin_or_a_question(said):
    try:
        found = queries(said)
    except ToolError as error:
        found = [] if error.code == "bad_request" else [error]
    assert len(found) <= 2
    assert all(re.fullmatch(r"[A-Z0-9]{1,15}|[a-z0-9-]{1,120}", query.value) for query in found)


# -- demo mode ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "expected"),
    [("bitcoin", "Bitcoin is at ninety one thousand"), ("X R P", "XRP is at two dollars and twenty two cents, down"),
     ("dogecoin", "Dogecoin is at sixteen point"),
     ("tether", "Tether USDt is at one dollar, unchanged"), ("Litecoin", "ninety four dollars and sixty two cents"),
     ("cardano", "Cardano is at forty five point one eight cents, up one point two percent")],
)  # fmt: skip
async def test_samples_answer_the_question_that_was_asked(said, expected):
    response = await call({"crypto_symbol": said}, context(key=""))
    assert response.sample
    assert expected in response.spoken


async def test_what_the_samples_lack_is_said():
    response = await call({"crypto_symbol": "monero"}, context(key=""))
    assert (response.response["code"], response.sample) == ("not_found", False)


def test_the_plugin_is_what_the_catalogue_expects():
    plugin = odai_tools()
    assert (plugin.name, plugin.api, plugin.voice, plugin.samples) == ("coinmarketcap", 1, True, True)
    assert len(describe(plugin.tools[0]).options.examples) >= 8
