"""Yelp's own answers; what every connector must do is in the conformance test."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest
from odai_tool_yelp import get_business_reviews_at_yelp, search_businesses_at_yelp

from odai_core import Caller, Secret, ToolContext, ToolResponse
from odai_core.testing.upstreams import UpstreamServer
from odai_core.tools.http import HttpClient
from odai_core.tools.invoke import invoke
from odai_core.tools.schema import describe

RICKYS = "gR9DTbKCON2g1Z23bWcEp1"
SEARCH = {"location": "Boston", "search_term": "tacos"}
TOOLS = [(search_businesses_at_yelp, SEARCH), (get_business_reviews_at_yelp, {"business_id": RICKYS})]


def context(server: UpstreamServer | None = None, http: HttpClient | None = None, key: str = "test-key") -> ToolContext:
    values = {"YELP_API_KEY": Secret(key), "YELP_BASE_URL": server.url("yelp") if server else "http://127.0.0.1:1"}
    return ToolContext(
        http=http or HttpClient(), settings=values, caller=Caller(), log=logging.getLogger("test"), demo=not server
    )


async def call(tool: Any, arguments: dict[str, Any], ctx: ToolContext) -> ToolResponse:
    response = await invoke(describe(tool), json.dumps(arguments), ctx)
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


async def test_a_search_is_spoken_and_shown(ctx: ToolContext, server: UpstreamServer):
    response = await call(search_businesses_at_yelp, SEARCH, ctx)
    assert response.response_type == "yelp_search_results"
    assert response.spoken == (
        "For tacos near Boston: First, Ricky's Tacos, four and a half stars from thirteen hundred reviews, moderately "
        "priced, on Congress Street, open now. Second, Casa Azul, four stars from three hundred eighty reviews, on "
        "Congress Street."
    )
    assert [business["name"] for business in response.response] == ["Ricky's Tacos", "Casa Azul"]
    assert response.voice["businesses"][0] == {
        "id": RICKYS, "name": "Ricky's Tacos", "rating": 4.5, "reviews": 1289, "price": "moderately priced",
        "street": "Congress Street", "open_now": True,
    }  # fmt: skip
    assert server.seen[0].query == {"location": "Boston", "term": "tacos", "sort_by": "best_match", "limit": "10"}


@pytest.mark.parametrize(("limit", "sent"), [(0, "10"), (-5, "1"), (1, "1"), (50, "50"), (9999, "50"), (None, "10")])
async def test_a_limit_is_kept_within_what_yelp_takes(limit, sent, ctx: ToolContext, server: UpstreamServer):
    asked = SEARCH | {"limit": limit, "sort_by_rating": True, "open_now": True}
    assert (await call(search_businesses_at_yelp, asked, ctx)).ok
    assert server.seen[0].query["limit"] == sent
    assert (server.seen[0].query["sort_by"], server.seen[0].query["open_now"]) == ("rating", "true")


async def test_the_same_question_is_asked_once(ctx: ToolContext, server: UpstreamServer):
    await call(search_businesses_at_yelp, SEARCH, ctx)
    await call(search_businesses_at_yelp, SEARCH, ctx)
    assert len(server.seen) == 1


async def test_reviews_are_read_in_the_reviewers_words(ctx: ToolContext):
    response = await call(get_business_reviews_at_yelp, {"business_id": RICKYS}, ctx)
    assert response.response_type == "yelp_reviews"
    assert response.spoken == (
        "Ella A gave five stars: Best al pastor in town, the salsa bar. Marcus T gave three stars: Good, but loud."
    )


@pytest.mark.parametrize(
    ("tool", "arguments", "code"),
    [
        (search_businesses_at_yelp, {"location": "Boston", "search_term": "nothing"}, "not_found"),
        (search_businesses_at_yelp, {"location": "Nowhere", "search_term": "tacos"}, "bad_request"),
        (search_businesses_at_yelp, {"location": "", "search_term": "tacos"}, "bad_request"),
        (get_business_reviews_at_yelp, {"business_id": "base-plan"}, "plan"),
        (get_business_reviews_at_yelp, {"business_id": "unknown"}, "not_found"),
        (get_business_reviews_at_yelp, {"business_id": "../search"}, "bad_request"),
        (get_business_reviews_at_yelp, {"business_id": "Ricky's Tacos"}, "bad_request"),
    ],
)
async def test_what_yelp_does_not_have_is_a_sentence(tool, arguments, code, ctx: ToolContext):
    assert (await call(tool, arguments, ctx)).response["code"] == code


async def test_a_place_without_reviews_is_a_sentence(ctx: ToolContext, server: UpstreamServer):
    server.answer("yelp", {"reviews": []})
    response = await call(get_business_reviews_at_yelp, {"business_id": RICKYS}, ctx)
    assert response.response["code"] == "not_found"


async def test_a_wrong_key_is_the_operators_matter(server: UpstreamServer, ctx: ToolContext):
    response = await call(search_businesses_at_yelp, SEARCH, context(server, ctx.http, key="wrong"))
    assert (response.response["code"], response.response["retryable"]) == ("auth", False)


# -- demo mode ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("location", "term", "names"),
    [
        ("Union Square", "sushi", ["Sakura Sushi", "Blue Wave Sushi", "The Omakase Room"]),
        ("Boston", "tacos", ["Ricky's Tacos", "Casa Azul", "La Fonda"]),
        ("Brooklyn", "a good pizza place", ["Brick Oven Brothers", "Slice of Carmine", "Mulberry Pie"]),
        ("Cambridge Massachusetts", "Sushi restaurants", ["Harbor Sushi"]),
    ],
)
async def test_samples_answer_the_question_that_was_asked(location, term, names):
    response = await call(search_businesses_at_yelp, {"location": location, "search_term": term}, context(key=""))
    assert (response.sample, [business["name"] for business in response.response]) == (True, names)
    assert names[0] in response.spoken


async def test_samples_name_their_own_city_when_asked_for_another():
    asked = {"location": "Chicago", "search_term": "ramen"}
    assert "San Francisco" in (await call(search_businesses_at_yelp, asked, context(key=""))).spoken


async def test_samples_are_sorted_and_filtered_as_asked():
    asked = {"location": "Union Square", "search_term": "sushi", "sort_by_rating": True, "open_now": True}
    response = await call(search_businesses_at_yelp, asked, context(key=""))
    assert [business["name"] for business in response.response] == ["Sakura Sushi", "Blue Wave Sushi"]


@pytest.mark.parametrize(("business", "said"), [("Sakura Sushi", "freshest fish"), ("sample-la-fonda", "Friendly")])
async def test_sample_reviews_are_found_by_name_or_id(business, said):
    response = await call(get_business_reviews_at_yelp, {"business_id": business}, context(key=""))
    assert response.sample
    assert said in response.spoken


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        (search_businesses_at_yelp, {"location": "Boston", "search_term": "submarines"}),
        (get_business_reviews_at_yelp, {"business_id": "No Such Place"}),
        (get_business_reviews_at_yelp, {"business_id": ""}),
    ],
)
async def test_what_the_samples_lack_is_said(tool, arguments):
    assert (await call(tool, arguments, context(key=""))).response["code"] == "not_found"
