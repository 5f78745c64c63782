"""TripAdvisor's tools, over real HTTP against the stand-in."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import odai_tool_tripadvisor
import pytest
from odai_tool_tripadvisor import (
    get_tripadvisor_location_details,
    get_tripadvisor_location_reviews,
    odai_tools,
    search_tripadvisor,
)

from odai_core import Caller, Secret, ToolContext, ToolResponse
from odai_core.testing.upstreams import UpstreamServer
from odai_core.testing.upstreams.services import tripadvisor
from odai_core.tools.http import HttpClient
from odai_core.tools.invoke import invoke
from odai_core.tools.schema import describe

HOTELS = {"query": "best hotels in Edgartown"}
HARBOR = {"location_id": tripadvisor.HARBOR}


def context(server: UpstreamServer | None, http: HttpClient, key: str = "test-key", referer: str = "") -> ToolContext:
    values = {
        "TRIPADVISOR_API_KEY": Secret(key),
        "TRIPADVISOR_REFERER": referer,
        "TRIPADVISOR_BASE_URL": server.url("tripadvisor") if server else "http://127.0.0.1:1",
    }
    caller = Caller(time_zone="America/New_York")
    log = logging.getLogger("odai.tools.tripadvisor")
    return ToolContext(http=http, settings=values, caller=caller, log=log, demo=not server)


async def call(tool: Any, arguments: dict[str, Any], ctx: ToolContext) -> ToolResponse:
    return await invoke(describe(tool), json.dumps(arguments), ctx)


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


# -- the search --------------------------------------------------------------------------------------


async def test_the_best_are_told_with_their_ratings(ctx: ToolContext, server: UpstreamServer):
    response = await call(search_tripadvisor, HOTELS, ctx)
    assert response.response_type == "tripadvisor_search"
    assert response.spoken == (
        "For hotels in Edgartown: First, Whaler's Inn, five stars from ninety three reviews. Second, Harbor View "
        "Hotel, four and a half stars from twelve hundred reviews, pricey. Third, The Old Lighthouse Rooms."
    )
    assert [place["name"] for place in response.response] == [
        "Whaler's Inn", "Harbor View Hotel", "The Old Lighthouse Rooms", "Nameless Cove",
    ]  # fmt: skip
    assert response.response[1]["details"]["rating_image_url"].endswith("4.5-66827-5.svg")
    assert response.response[2]["details"] is None
    assert response.voice["places"][1] == {
        "location_id": "321146", "name": "Harbor View Hotel", "rating": 4.5, "reviews": 1187, "price": "pricey",
        "area": "Edgartown",
    }  # fmt: skip
    first, *then = [seen.path for seen in server.seen]
    assert first == "/location/search"
    assert sorted(then) == [f"/location/{number}/details" for number in ("321146", "321147", "404404")]
    assert server.seen[0].query == {"searchQuery": "hotels in Edgartown", "language": "en", "key": "test-key"}
    assert server.seen[1].query == {"currency": "USD", "language": "en", "key": "test-key"}


async def test_a_name_costs_one_call(ctx: ToolContext, server: UpstreamServer):
    response = await call(search_tripadvisor, {"query": "Harbor View Hotel"}, ctx)
    assert response.spoken == (
        "For Harbor View Hotel in Edgartown: First, Harbor View Hotel. Second, Whaler's Inn. Third, The Old Lighthouse "
        "Rooms."
    )
    assert len(server.seen) == 1


async def test_near_a_point_distances_are_told(ctx: ToolContext, server: UpstreamServer):
    near = {"query": "Harbor View", "category": "hotels", "latitude": 0, "longitude": -70.5102}
    response = await call(search_tripadvisor, near, ctx)
    assert response.spoken == (
        "For Harbor View in Edgartown: First, Harbor View Hotel, half a mile north. Second, Whaler's Inn, one mile "
        "southwest. Third, The Old Lighthouse Rooms, right there."
    )
    assert [place["area"] for place in response.voice["places"]][3] == "thirteen miles west"
    assert server.seen[0].query == {
        "searchQuery": "Harbor View", "category": "hotels", "latLong": "0.00000,-70.51020", "language": "en",
        "key": "test-key",
    }  # fmt: skip


@pytest.mark.parametrize(
    "odd",
    [{"latitude": 5}, {"longitude": 5}, {"latitude": 91, "longitude": 0}, {"latitude": 0, "longitude": -181},
     {"query": " "}, {"query": "\u202e"}, {"category": "submarines"}],
)  # fmt: skip
async def test_what_cannot_be_asked_is_not_asked(odd, ctx: ToolContext, server: UpstreamServer):
    assert (await call(search_tripadvisor, HOTELS | odd, ctx)).response["code"] == "bad_request"
    assert not server.seen


async def test_a_long_query_is_cut(ctx: ToolContext, server: UpstreamServer):
    await call(search_tripadvisor, {"query": "harbor " * 100}, ctx)
    assert len(server.seen[0].query["searchQuery"]) <= 200


async def test_nothing_is_kept(ctx: ToolContext, server: UpstreamServer):
    for _ in range(2):
        await call(search_tripadvisor, {"query": "Harbor View"}, ctx)
        await call(get_tripadvisor_location_details, HARBOR, ctx)
        await call(get_tripadvisor_location_reviews, HARBOR, ctx)
    assert len(server.seen) == 6


async def test_details_that_fail_or_dawdle_cost_only_their_ratings(
    ctx: ToolContext, server: UpstreamServer, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(odai_tool_tripadvisor, "BUDGET", 0.4)
    server.answer("tripadvisor", tripadvisor.search_body())
    server.fail("tripadvisor", "403", "slow", "garbage")
    response = await call(search_tripadvisor, HOTELS, ctx)
    assert response.spoken == (
        "For hotels in Edgartown: First, Harbor View Hotel. Second, Whaler's Inn. Third, The Old Lighthouse Rooms."
    )
    assert all(place["details"] is None for place in response.response)


async def test_one_odd_hit_does_not_spoil_the_rest(ctx: ToolContext, server: UpstreamServer):
    body = tripadvisor.search_body()
    odd = [None, {"location_id": "../x", "name": "Climber"}, {"location_id": 7, "name": "\u200b"}, {"name": "No id"}]
    server.answer("tripadvisor", {"data": odd + body["data"][:1]})
    response = await call(search_tripadvisor, {"query": "Harbor"}, ctx)
    assert response.spoken == "I found Harbor View Hotel, in Edgartown."


async def test_nothing_found_is_a_sentence(ctx: ToolContext):
    response = await call(search_tripadvisor, {"query": "nothing"}, ctx)
    assert (response.response["code"], response.spoken) == ("not_found", "I couldn't find nothing on TripAdvisor.")


@pytest.mark.parametrize("tool", [search_tripadvisor, get_tripadvisor_location_reviews])
async def test_a_list_without_a_readable_item_is_no_answer(tool, ctx: ToolContext, server: UpstreamServer):
    server.answer("tripadvisor", {"data": [None, 7]})
    arguments = HARBOR if tool is get_tripadvisor_location_reviews else {"query": "Harbor"}
    assert (await call(tool, arguments, ctx)).response["code"] == "bad_shape"


# -- details and reviews -----------------------------------------------------------------------------


async def test_details_are_told(ctx: ToolContext, server: UpstreamServer):
    response = await call(get_tripadvisor_location_details, HARBOR, ctx)
    assert response.response_type == "tripadvisor_location_details"
    assert response.spoken == (
        "Harbor View Hotel: four and a half stars from twelve hundred reviews, number four of fourteen hotels in "
        "Edgartown, pricey, open today from five PM to ten PM. Historic waterfront hotel with a wide porch and a view "
        "of the lighthouse."
    )
    assert (response.response["rating"], response.response["timezone"]) == ("4.5", "America/New_York")
    assert response.voice == {
        "location_id": "321146", "name": "Harbor View Hotel", "rating": 4.5, "reviews": 1187, "price": "pricey",
        "rank": "number 4 of 14 hotels in Edgartown", "hours": "open today from five PM to ten PM", "area": "Edgartown",
    }  # fmt: skip
    assert server.seen[0].path == "/location/321146/details"


async def test_reviews_are_told_in_a_few_words(ctx: ToolContext, server: UpstreamServer):
    response = await call(get_tripadvisor_location_reviews, HARBOR, ctx)
    assert response.response_type == "tripadvisor_location_reviews"
    assert response.spoken.startswith("A couple gave five stars in September")
    assert response.spoken.endswith(": The room was loud at night, and nobody came when we called the desk about it.")
    assert len(response.response) == 3
    assert [review["who"] for review in response.voice["reviews"]] == ["A couple", "A family", None]
    assert (server.seen[0].path, server.seen[0].query["limit"]) == ("/location/321146/reviews", "5")


async def test_a_place_without_reviews_is_a_sentence(ctx: ToolContext):
    response = await call(get_tripadvisor_location_reviews, {"location_id": "321147"}, ctx)
    assert (response.response["code"], response.spoken) == (
        "not_found", "TripAdvisor has no reviews of that place yet.",
    )  # fmt: skip


@pytest.mark.parametrize("tool", [get_tripadvisor_location_details, get_tripadvisor_location_reviews])
@pytest.mark.parametrize("location", ["", "Harbor View Hotel", "../search", "1" * 16, "-5", "32\u0661"])
async def test_only_an_id_is_asked_about(tool, location, ctx: ToolContext, server: UpstreamServer):
    assert (await call(tool, {"location_id": location}, ctx)).response["code"] == "bad_request"
    assert not server.seen


async def test_an_unknown_place_is_a_sentence(ctx: ToolContext):
    response = await call(get_tripadvisor_location_details, {"location_id": "1"}, ctx)
    assert (response.response["code"], response.spoken) == ("not_found", "TripAdvisor doesn't know that place.")


# -- keys --------------------------------------------------------------------------------------------


async def test_a_refusal_tells_the_operator_what_to_look_at(server, http, caplog: pytest.LogCaptureFixture):
    response = await call(search_tripadvisor, HOTELS, context(server, http, key="wrong"))
    assert (response.response["code"], response.spoken) == ("plan", "TripAdvisor isn't available at the moment.")
    assert "is this server's address, or TRIPADVISOR_REFERER, on the key's list?" in caplog.text
    assert "wrong" not in caplog.text.replace("wrong key", "")


@pytest.mark.parametrize(
    ("referer", "sent"), [("", None), ("https://voice.example.com/", "https://voice.example.com/")]
)
async def test_the_referer_is_sent_when_there_is_one(referer, sent, server: UpstreamServer, http: HttpClient):
    assert (await call(get_tripadvisor_location_details, HARBOR, context(server, http, referer=referer))).ok
    assert server.seen[0].headers.get("referer") == sent


# -- demo mode ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        ({"query": "best hotels in Boston"}, ["Copley Garden Hotel", "Wharf Lantern Hotel", "Beacon Row Inn"]),
        ({"query": "seafood in San Francisco"}, ["Dungeness and Daughters", "Lantern Noodle Hall", "Mission Hearth"]),
        ({"query": "things to do in Paris"}, ["Museum of Light", "Iron Tower Ascent", "Garden of Statues"]),
        ({"query": "something nice", "category": "hotels", "latitude": 48.9, "longitude": 2.2},
         ["Hotel du Pont Bleu", "Maison Verlaine", "Auberge des Moulins"]),
        ({"query": "where to eat near me"}, ["Neptune Fish House", "Trattoria Luna", "Cider Barn"]),
        ({"query": "the Trattoria Luna"}, ["Trattoria Luna"]),
    ],
)  # fmt: skip
async def test_samples_are_of_the_kind_and_town_that_were_asked_for(arguments, names, http: HttpClient):
    response = await call(search_tripadvisor, arguments, context(None, http, key=""))
    assert (response.sample, [place["name"] for place in response.response]) == (True, names)
    assert names[0] in response.spoken


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        (search_tripadvisor, {"query": "hotels in Chicago"}, "only knows Boston, San Francisco, New York and Paris."),
        (search_tripadvisor, {"query": "submarines"}, "only knows hotels, restaurants and things to do."),
        (search_tripadvisor, {"query": "Boston", "category": "geos"}, "only knows hotels, restaurants"),
        (get_tripadvisor_location_details, {"location_id": "Harbor View"}, "doesn't know that place."),
        (get_tripadvisor_location_reviews, {"location_id": ""}, "doesn't know that place."),
    ],
)
async def test_what_the_samples_lack_is_said(tool, arguments, said, http: HttpClient):
    response = await call(tool, arguments, context(None, http, key=""))
    assert response.response["code"] == "not_found"
    assert said in response.spoken


@pytest.mark.parametrize("name", ["Trattoria Luna", "trattoria luna please", "900105"])
async def test_a_sample_is_known_by_name_and_by_id(name, http: HttpClient):
    ctx = context(None, http, key="")
    details = await call(get_tripadvisor_location_details, {"location_id": name}, ctx)
    assert details.sample
    assert details.spoken.startswith("Trattoria Luna: four and a half stars from two thousand reviews, number two of ")
    reviews = await call(get_tripadvisor_location_reviews, {"location_id": name}, ctx)
    assert reviews.sample
    assert reviews.spoken.startswith("A group of friends gave five stars in October")


async def test_with_a_key_demo_mode_is_live(ctx: ToolContext, server: UpstreamServer):
    assert not (await call(get_tripadvisor_location_details, HARBOR, replace(ctx, demo=True))).sample
    assert len(server.seen) == 1


def test_there_are_enough_examples():
    assert all(len(describe(tool).options.examples) >= 8 for tool in odai_tools().tools)
