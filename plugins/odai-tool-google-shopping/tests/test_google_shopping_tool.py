"""Google Shopping's tool, over real HTTP against the stand-in."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from odai_tool_google_shopping import get_google_products, spoken
from odai_tool_google_shopping.shapes import Product

from odai_core import Caller, Secret, ToolContext, ToolResponse
from odai_core.testing.upstreams import UpstreamServer
from odai_core.testing.upstreams.services import serpapi
from odai_core.tools.http import HttpClient
from odai_core.tools.invoke import invoke
from odai_core.tools.schema import describe

HEADPHONES = "noise-cancelling headphones"


def context(server: UpstreamServer | None, http: HttpClient, key: str = "test-key") -> ToolContext:
    values = {
        "SERPAPI_API_KEY": Secret(key),
        "SERPAPI_BASE_URL": server.url("serpapi") if server else "http://127.0.0.1:1",
    }
    return ToolContext(http=http, settings=values, caller=Caller(), log=logging.getLogger("test"), demo=not server)


async def call(query: str, ctx: ToolContext) -> ToolResponse:
    return await invoke(describe(get_google_products), json.dumps({"query": query}), ctx)


@pytest.fixture
async def server() -> AsyncIterator[UpstreamServer]:
    async with UpstreamServer() as running:
        yield running


@pytest.fixture
async def http() -> AsyncIterator[HttpClient]:
    client = HttpClient(timeout=2)
    yield client
    await client.aclose()


@pytest.fixture
def ctx(server: UpstreamServer, http: HttpClient) -> ToolContext:
    return context(server, http)


async def test_three_products_are_told_and_all_are_shown(ctx: ToolContext, server: UpstreamServer):
    response = await call(HEADPHONES, ctx)
    assert response.response_type == "google_products"
    assert response.spoken == (
        "For noise-cancelling headphones: First, Acme Noise-Cancelling Headphones X2, two hundred dollars at Best Buy. "
        "Second, Bolt Studio Wireless, one thousand two hundred forty nine dollars. The cheapest is Humble Headphones, "
        "twenty four dollars and fifty cents at Walmart."
    )
    assert len(response.response) == 6
    assert response.response[0]["thumbnail"].startswith("https://")
    assert response.voice["products"][0] == {
        "title": "Acme Noise-Cancelling Headphones X2", "price": "$199.99", "shop": "Best Buy", "rating": 4.6,
        "reviews": 3120, "condition": "new",
    }  # fmt: skip
    assert len(response.voice["products"]) == 4
    assert server.seen[0].path == "/search.json"
    assert server.seen[0].query == {
        "engine": "google_shopping_light", "q": HEADPHONES, "gl": "us", "hl": "en", "api_key": "test-key",
    }  # fmt: skip


async def test_what_is_used_comes_last_and_a_picture_in_text_is_left_out(ctx: ToolContext):
    shown = (await call(HEADPHONES, ctx)).response
    assert [product["second_hand_condition"] for product in shown] == [None] * 5 + ["refurbished"]
    assert next(product for product in shown if product["title"] == "Humble Headphones")["thumbnail"] is None


async def test_what_is_used_is_told_when_it_is_asked_for(ctx: ToolContext):
    response = await call("refurbished headphones", ctx)
    assert "First, Acme Noise-Cancelling Headphones X2, refurbished, eighty nine dollars at eBay." in response.spoken
    assert response.response[0]["second_hand_condition"] == "refurbished"


async def test_the_same_question_is_asked_once(ctx: ToolContext, server: UpstreamServer):
    assert [(await call(HEADPHONES, ctx)).ok for _ in range(2)] == [True, True]
    assert len(server.seen) == 1


async def test_a_long_question_is_cut(ctx: ToolContext, server: UpstreamServer):
    await call("headphones " * 100, ctx)
    assert len(server.seen[0].query["q"]) <= 200


@pytest.mark.parametrize("query", ["", "   ", "\u202e", "***"])
async def test_a_question_without_words_is_not_asked(query, ctx: ToolContext, server: UpstreamServer):
    assert (await call(query, ctx)).response["code"] == "bad_request"
    assert not server.seen


async def test_nothing_found_is_a_sentence(ctx: ToolContext):
    response = await call("nothing", ctx)
    assert (response.response["code"], response.spoken) == (
        "not_found",
        "I couldn't find nothing on Google Shopping.",
    )


@pytest.mark.parametrize("status", ["Error", "Processing"])
async def test_a_failed_search_is_asked_again(status, ctx: ToolContext, server: UpstreamServer):
    server.answer("serpapi", {"search_metadata": serpapi.metadata(status), "error": "It went wrong."})
    assert (await call(HEADPHONES, ctx)).response["code"] == "bad_shape"
    assert (await call(HEADPHONES, ctx)).ok


@pytest.mark.parametrize("status", [401, 403, 429])
async def test_a_refusal_has_its_code(status, ctx: ToolContext, server: UpstreamServer):
    server.fail("serpapi", str(status))
    code = {401: "auth", 403: "plan", 429: "rate_limited"}[status]
    assert (await call(HEADPHONES, ctx)).response["code"] == code


@pytest.mark.parametrize(
    ("status", "text", "code"),
    [
        (429, "Your account has run out of searches.", "plan"), (429, "You are over the hourly limit.", "rate_limited"),
        (429, "", "rate_limited"), (500, "Your account has run out of searches.", "upstream"),
    ],
)  # fmt: skip
async def test_searches_used_up_are_the_plans(status, text, code, ctx: ToolContext, server: UpstreamServer):
    for _ in range(3):
        server.answer("serpapi", serpapi.failure(status, text).body, status=status)
    response = await call(HEADPHONES, ctx)
    assert response.response["code"] == code
    assert "account" not in response.spoken
    assert len(server.seen) == (3 if code == "rate_limited" else 1)


async def test_one_odd_product_does_not_spoil_the_rest(ctx: ToolContext, server: UpstreamServer):
    body = serpapi.shopping_body()
    odd = [None, {"title": 5}, {"title": "\u200b"}, {"title": "Free", "extracted_price": -1}, []]
    body["shopping_results"] = odd + body["shopping_results"]
    server.answer("serpapi", body)
    assert len((await call(HEADPHONES, ctx)).response) == 6


@pytest.mark.parametrize("body", [{}, {"shopping_results": [None, 7]}, {"shopping_results": None}])
async def test_an_answer_without_a_readable_product_is_no_answer(body, ctx: ToolContext, server: UpstreamServer):
    server.answer("serpapi", body)
    assert (await call(HEADPHONES, ctx)).response["code"] == "bad_shape"


# -- what is said ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("title", "said"),
    [
        ("Acme Headphones X2 - Over-Ear, Black", "Acme Headphones X2"),
        ("Acme Tent (Two-Person) | Green", "Acme Tent"),
        ("Case for Orchid Phone 12, Clear", "Case for Orchid Phone 12, Clear"),
        ("Kettle with Thermometer and Timer", "Kettle with Thermometer and Timer"),
        ("Blue Kettle with Thermometer", "Blue Kettle"),
        ("one two three four five six seven eight nine", "one two three four five six seven"),
        ("<b>Booking.com</b> Gift Card", "Booking Gift Card"),
    ],
)
def test_a_title_is_brand_and_model(title, said):
    assert spoken.name(Product(title=title)) == said


def product(title: str, price: str | None = "$20.00", amount: float | None = 20, **more: Any) -> Product:
    return Product(title=title, price=price, extracted_price=amount, **more)


@pytest.mark.parametrize(
    ("products", "said"),
    [
        ([product("Red Mug", source="Amazon.com")], "For mugs: Red Mug, twenty dollars at Amazon."),
        ([product("Red Mug", "£5.50", 5.5)], "For mugs: Red Mug, five pounds and fifty pence."),
        ([product("Red Mug", "¥900", 900, source="Muji")], "For mugs: Red Mug, at Muji."),
        ([product("Red Mug", None, 9), product("Mug", "$5", 5, second_hand_condition="used")],
         "For mugs: First, Red Mug. Second, Mug, used, five dollars. The second is the cheapest."),
        ([product("Red Mug"), product("Blue Mug", rating=4), product("Mug"),
          product("Tin Mug", "$3", 2.99, source="Ace")],
         "For mugs: First, Red Mug, twenty dollars. Second, Blue Mug, twenty dollars, four stars. Third, Mug, twenty "
         "dollars. The cheapest is Tin Mug, three dollars at Ace."),
        ([product("Phone", "$20/mo", 20), product("Phone 2", None, None)],
         "For mugs: First, Phone, twenty dollars a month. Second, Phone 2."),
    ],
)  # fmt: skip
def test_each_case_has_its_sentence(products, said):
    assert spoken.search(products, "mugs") == said


def test_long_names_and_shops_still_fit_a_breath():
    title = f"Extraordinarily {'Long' * 8} Name"
    long = [product(title, "$1.99", 1.99, source="Shop " * 9, rating=3.5) for _ in range(5)]
    said = spoken.search(long, "x" * 90)
    assert len(said) <= 300
    assert said.endswith(".")


# -- demo mode ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("wireless headphones", "Acme Noise-Cancelling Headphones X2 - Over-Ear, Black"),
        ("a backpack for my laptop", "Northwind Air 13 Laptop, 16 GB, 512 GB SSD"),
        ("laptop backpack", "Ridgeline 28 Liter Hiking Backpack"),
        ("running shoes under 100 dollars", "Swift Trail 4 Running Shoes, Men's"),
        ("a Nintendo Switch", "Brick City Building Set, 640 Pieces"),
    ],
)
async def test_samples_are_of_the_kind_that_was_asked_for(query, first, http: HttpClient):
    response = await call(query, context(None, http, key=""))
    assert (response.sample, response.response[0]["title"]) == (True, first)


async def test_what_the_samples_lack_is_said(http: HttpClient):
    response = await call("submarines", context(None, http, key=""))
    assert response.response["code"] == "not_found"
    assert "My sample data only knows headphones" in response.spoken


async def test_with_a_key_demo_mode_is_live(server: UpstreamServer, http: HttpClient):
    ctx = ToolContext(**{**vars(context(server, http)), "demo": True})
    assert not (await call(HEADPHONES, ctx)).sample
    assert len(server.seen) == 1


def test_every_example_marks_what_is_wanted():
    examples = describe(get_google_products).options.examples
    assert len(examples) >= 8
    assert all(re.search(r"\{query:[^{}]+\}", example) for example in examples)
