"""Amazon's own answers; what every connector must do is in the conformance test."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest
from odai_tool_amazon import get_product_details, search_amazon, spoken
from odai_tool_amazon.shapes import Price, Product, Review

from odai_core import Caller, Secret, ToolContext, ToolResponse
from odai_core.testing.upstreams import UpstreamServer
from odai_core.tools.http import HttpClient
from odai_core.tools.invoke import invoke
from odai_core.tools.schema import describe


@pytest.fixture
async def server() -> AsyncIterator[UpstreamServer]:
    async with UpstreamServer() as running:
        yield running


def context(server: UpstreamServer | None, http: HttpClient, key: str = "test-key") -> ToolContext:
    address = f"{server.url('amazon')}/" if server else "http://127.0.0.1:1/"
    values = {"CANOPY_API_KEY": Secret(key), "CANOPY_BASE_URL": address}
    return ToolContext(http=http, settings=values, caller=Caller(), log=logging.getLogger("test"), demo=not server)


@pytest.fixture
async def http() -> AsyncIterator[HttpClient]:
    client = HttpClient(timeout=2)
    yield client
    await client.aclose()


@pytest.fixture
def ctx(server: UpstreamServer, http: HttpClient) -> ToolContext:
    return context(server, http)


async def call(tool: Any, ctx: ToolContext, **arguments: Any) -> ToolResponse:
    return await invoke(describe(tool), json.dumps(arguments), ctx)


async def test_a_search_tells_what_nobody_paid_for_and_shows_all(ctx: ToolContext, server: UpstreamServer):
    response = await call(search_amazon, ctx, query="  cordless \n vacuum ")
    assert response.spoken == (
        "For cordless vacuum on Amazon: First, Acme V8 Cordless Vacuum, three hundred dollars, four and a half stars. "
        "Second, Bolt Stick Vacuum, four stars. Third, Plain Broom, three hundred dollars."
    )
    assert [product["asin"] for product in response.response] == [f"B0EXAMPLE{number}" for number in (1, 2, 3, 4)]
    assert response.voice["products"][0] == {
        "asin": "B0EXAMPLE1", "title": "Acme V8 Cordless Vacuum", "price": "$299.99", "rating": 4.4, "ratings": 21877,
        "sponsored": None,
    }  # fmt: skip
    sent = json.loads(server.seen[0].body)
    assert sent["variables"] == {"searchTerm": "cordless vacuum", "limit": 10}
    assert "vacuum" not in sent["query"]


async def test_a_product_is_told_with_a_buyers_words(ctx: ToolContext, server: UpstreamServer):
    response = await call(get_product_details, ctx, asin=" b0example1 ")
    assert response.spoken == (
        "Acme V8 Cordless Vacuum, three hundred dollars, four and a half stars from twenty two thousand ratings. Runs "
        "for forty minutes on one charge. One buyer gave five stars and says: Best vacuum."
    )
    assert response.voice["features"] == ["Runs for forty minutes on one charge", "Filter can be washed"]
    assert json.loads(server.seen[0].body)["variables"] == {"asin": "B0EXAMPLE1"}


@pytest.mark.parametrize(
    ("code", "ours"),
    [
        ("UNAUTHENTICATED", "auth"),
        ("QUOTA_EXCEEDED", "plan"),
        ("RATE_LIMITED", "rate_limited"),
        ("NOT_FOUND", "not_found"),
        ("BAD_USER_INPUT", "bad_request"),
        ("SOMETHING_NEW", "upstream"),
        (None, "upstream"),
    ],
)
async def test_failures_told_with_status_200(code, ours, ctx: ToolContext, server: UpstreamServer):
    server.answer("amazon", {"errors": [{"message": "key test-key", "extensions": {"code": code}}], "data": None})
    response = await call(search_amazon, ctx, query="x")
    assert response.response["code"] == ours
    assert "test-key" not in response.spoken


@pytest.mark.parametrize("body", [{"data": None}, {}, {"data": {"amazonProductSearchResults": {"productResults": {}}}}])
async def test_answers_without_products(body, ctx: ToolContext, server: UpstreamServer):
    server.answer("amazon", body)
    assert (await call(search_amazon, ctx, query="x")).response["code"] in ("bad_shape", "not_found")


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        (search_amazon, {"query": ""}),
        (search_amazon, {"query": " \n "}),
        (get_product_details, {"asin": "../../etc"}),
        (get_product_details, {"asin": "B0EXAMPLE11"}),
        (get_product_details, {"asin": "Ｂ0EXAMPLE1"}),
    ],
)
async def test_what_cannot_be_asked_is_not(tool, arguments, ctx: ToolContext, server: UpstreamServer):
    assert (await call(tool, ctx, **arguments)).response["code"] == "bad_request"
    assert not server.seen


async def test_samples(http: HttpClient):
    demo = context(None, http, key="")
    found = await call(search_amazon, demo, query="Headphones")
    assert (found.sample, [product["brand"] for product in found.response]) == (True, ["Hush", "Humble"])
    assert (await call(get_product_details, demo, asin=found.response[0]["asin"])).sample
    assert (await call(search_amazon, demo, query="submarine")).response["code"] == "not_found"
    assert (await call(get_product_details, demo, asin="B0EXAMPLE9")).response["code"] == "not_found"


def test_odd_products_are_still_told():
    bare = Product(asin="B0", title="!!!", price=Price(value=12, currency="XXX"))
    assert spoken.search([bare], "x") == "For x on Amazon: A product without a name."
    only_paid = Product(asin="B0", title="Lamp", sponsored=True, price=Price(value=4.5, currency="USD"))
    assert spoken.search([only_paid], "x") == "For x on Amazon: Lamp, four dollars and fifty cents."
    wordless = Product(asin="B0", title="Lamp", topReviews=[Review(title="https://x.example/")])
    assert spoken.details(wordless).startswith("Lamp.")
