"""Ticketmaster's tools, over real HTTP against the stand-in."""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Any

import odai_tool_ticketmaster as ticketmaster
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from odai_tool_ticketmaster import discovery, odai_tools

from odai_core import Caller, Secret, ToolContext, ToolResponse, speech
from odai_core.testing.upstreams import FAULTS, UpstreamServer, mutate
from odai_core.testing.upstreams.services import ticketmaster as standin
from odai_core.tools.compact import for_model
from odai_core.tools.http import HttpClient
from odai_core.tools.invoke import invoke
from odai_core.tools.schema import describe

TOOLS = {tool.__name__: tool for tool in odai_tools().tools}
NEAR = "get_ticketmaster_events_near_location"
EVENT = "get_ticketmaster_event_details"
FIND_VENUES = "find_ticketmaster_venues_near_location"
VENUE = "get_ticketmaster_venue_details"
ATTRACTIONS = "get_ticketmaster_attractions_by_query"
AT_VENUE = "get_ticketmaster_events_by_venue_id"
OF_ATTRACTION = "get_ticketmaster_events_by_attraction_id"

NOWHERE = {"query": "", "city": "", "stateCode": "", "countryCode": ""}
HAPPY: dict[str, dict[str, Any]] = {
    NEAR: NOWHERE | {"city": "Boston", "stateCode": "MA", "countryCode": "US"},
    EVENT: {"eventId": "vvG1zZ9YkAbCd"},
    FIND_VENUES: {"query": "garden", "stateCode": "", "countryCode": ""},
    VENUE: {"venueId": standin.GARDEN},
    ATTRACTIONS: {"query": "goo goo dolls"},
    AT_VENUE: {"venueId": standin.GARDEN},
    OF_ATTRACTION: {"attractionId": standin.DOLLS},
}
BODIES: dict[str, Any] = {
    NEAR: standin.listed("events", standin.events(), 37, 10),
    EVENT: standin.event(),
    FIND_VENUES: standin.listed("venues", [standin.venue(), standin.venue("x", None)], 2, 10),
    VENUE: standin.venue(),
    ATTRACTIONS: standin.listed("attractions", [standin.attraction()], 1, 10),
}
CODES = {
    "400": "bad_request", "401": "auth", "402": "plan", "403": "plan", "404": "not_found", "422": "bad_request",
    "429": "rate_limited", "500": "upstream", "502": "upstream", "503": "upstream", "504": "upstream",
    "html": "bad_shape", "garbage": "bad_shape", "empty": "bad_shape", "truncated": "upstream", "huge": "bad_shape",
    "deep": "bad_shape", "redirect": "bad_shape", "slow": "timeout",
}  # fmt: skip


def context(
    server: UpstreamServer | None = None,
    http: HttpClient | None = None,
    key: str = "test-key",
    caller: Caller = Caller(),  # noqa: B008 - frozen
) -> ToolContext:
    base = server.url("ticketmaster") if server else "http://127.0.0.1:1"
    values = {"TICKETMASTER_CONSUMER_KEY": Secret(key), "TICKETMASTER_BASE_URL": base}
    return ToolContext(
        http=http or HttpClient(), settings=values, caller=caller, log=logging.getLogger("test"), demo=not server
    )


async def call(tool: str, arguments: dict[str, Any], ctx: ToolContext) -> ToolResponse:
    response = await invoke(describe(TOOLS[tool]), json.dumps(arguments), ctx)
    assert 0 < len(response.spoken) <= 300
    assert "http" not in response.spoken
    assert len(for_model(response).encode()) <= 1500
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


def said_day(days: int) -> str:
    when = date.today() + timedelta(days=days)
    return f"{when:%A}, {when:%B} {speech.ordinal(when.day)}"


# -- happy paths -------------------------------------------------------------------------------------


async def test_events_are_spoken_and_shown(ctx: ToolContext):
    response = await call(NEAR, HAPPY[NEAR], ctx)
    assert response.response_type == "ticketmaster_events_near_location"
    assert "First, Goo Goo Dolls: Winter Tour, on " in response.spoken
    assert "Second, Open Studio, on a day to be announced." in response.spoken
    assert response.spoken.endswith("Symphony Hall in Boston, cancelled. Thirty six events in all.")
    shown = response.response["events"]
    assert [event["name"] for event in shown] == ["Goo Goo Dolls: Winter Tour", "Open Studio", "Holiday Pops"]
    assert response.response["total"] == 36, "an event of Ticketmaster's own tests is none"
    assert [image["width"] for image in shown[0]["images"]] == [1136]
    assert response.voice["events"][0] == {
        "name": "Goo Goo Dolls: Winter Tour", "when": f"{said_day(12)} at seven thirty PM",
        "place": "TD Garden in Boston", "status": "on sale", "price_from": "thirty nine dollars and fifty cents",
        "eventId": "vvG1zZ9YkAbCd", "venueId": standin.GARDEN, "attractionId": standin.DOLLS,
    }  # fmt: skip


async def test_an_event_is_told_with_its_tickets(ctx: ToolContext):
    response = await call(EVENT, HAPPY[EVENT], ctx)
    assert response.response_type == "ticketmaster_event_details"
    assert response.spoken == (
        f"Goo Goo Dolls: Winter Tour is on {said_day(12)} at seven thirty PM at TD Garden in Boston. Tickets are on "
        "sale from thirty nine dollars and fifty cents."
    )
    assert response.response["priceRanges"][0]["max"] == 129.0
    assert response.response["_embedded"]["venues"][0]["address"] == {"line1": "100 Legends Way"}
    assert (response.voice["performers"], response.voice["note"]) == (["Goo Goo Dolls"], "No re-entry.")


async def test_venues_are_named_with_their_towns(ctx: ToolContext):
    response = await call(FIND_VENUES, HAPPY[FIND_VENUES], ctx)
    assert response.response_type == "ticketmaster_venues_near_location"
    assert response.spoken == (
        "First, TD Garden in Boston, Massachusetts, one hundred forty upcoming events. Second, Symphony Hall in "
        "Boston, Massachusetts, one upcoming event. Third, 12 Derby St in Salem, Massachusetts."
    )
    assert response.voice["venues"][0]["venueId"] == standin.GARDEN


async def test_a_venue_is_told_with_its_address(ctx: ToolContext):
    response = await call(VENUE, HAPPY[VENUE], ctx)
    assert response.response_type == "ticketmaster_venue_details"
    assert response.spoken == (
        "TD Garden is at one hundred Legends Way in Boston, Massachusetts. It has one hundred forty upcoming events. "
        "Box office hours: Weekdays ten AM to five PM."
    )
    assert response.voice["parking"] == "Public parking is under the building."
    assert response.response["location"] == {"longitude": "-71.0620", "latitude": "42.3662"}


async def test_performers_are_named_with_their_kind(ctx: ToolContext):
    response = await call(ATTRACTIONS, HAPPY[ATTRACTIONS], ctx)
    assert response.response_type == "ticketmaster_attractions_by_query"
    assert response.spoken == (
        "First, Goo Goo Dolls, rock, twenty two upcoming events. Second, The Goo Goo Trolls, no upcoming events."
    )
    assert response.voice["attractions"][0] == {
        "name": "Goo Goo Dolls", "genre": "Rock", "upcoming_events": 22, "attractionId": standin.DOLLS,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("tool", "kind", "start"),
    [
        (AT_VENUE, "ticketmaster_events_by_venue_id", "At TD Garden: First, Goo Goo Dolls: Winter Tour, on "),
        (OF_ATTRACTION, "ticketmaster_events_by_attraction_id", "First, Goo Goo Dolls: Winter Tour, on "),
    ],
)
async def test_the_events_of_one_venue_or_performer_are_listed(tool, kind, start, ctx: ToolContext):
    response = await call(tool, HAPPY[tool], ctx)
    assert response.response_type == kind
    assert response.spoken.startswith(start)


# -- what is asked -----------------------------------------------------------------------------------

LIST = {"apikey": "test-key", "size": "10", "locale": "*"}
DATED = LIST | {"sort": "date,asc"}
BEST = LIST | {"sort": "relevance,desc"}


@pytest.mark.parametrize(
    ("tool", "arguments", "path", "query"),
    [
        (NEAR, HAPPY[NEAR], "/events.json", DATED | {"city": "Boston", "stateCode": "MA", "countryCode": "US"}),
        (NEAR, NOWHERE | {"query": "Adele & Söhne?"}, "/events.json", DATED | {"keyword": "Adele & Söhne?"}),
        (NEAR, NOWHERE | {"query": "rock Concerts"}, "/events.json", DATED | {"keyword": "rock"}),
        (NEAR, NOWHERE | {"query": "The Main Event"}, "/events.json", DATED | {"keyword": "The Main Event"}),
        (NEAR, NOWHERE | {"query": "concerts", "city": "Boston"}, "/events.json",
         DATED | {"classificationName": "music", "city": "Boston"}),
        (NEAR, NOWHERE | {"query": "events", "city": "Salem, Massachusetts"}, "/events.json",
         DATED | {"city": "Salem", "stateCode": "MA"}),
        (NEAR, NOWHERE | {"city": "Paris, France"}, "/events.json", DATED | {"city": "Paris", "countryCode": "FR"}),
        (NEAR, NOWHERE | {"city": "Delhi, Delhi"}, "/events.json", DATED | {"city": "Delhi"}),
        (NEAR, NOWHERE | {"city": "London", "stateCode": "ON", "countryCode": "u.k."}, "/events.json",
         DATED | {"city": "London", "countryCode": "GB"}),
        (NEAR, NOWHERE | {"stateCode": "quebec", "countryCode": "ca"}, "/events.json",
         DATED | {"stateCode": "QC", "countryCode": "CA"}),
        (EVENT, HAPPY[EVENT], "/events/vvG1zZ9YkAbCd.json", {"apikey": "test-key"}),
        (FIND_VENUES, {"query": "", "stateCode": "nv", "countryCode": ""}, "/venues.json", BEST | {"stateCode": "NV"}),
        (FIND_VENUES, {"query": "Wembley", "stateCode": "", "countryCode": "England"}, "/venues.json",
         BEST | {"keyword": "Wembley", "countryCode": "GB"}),
        (VENUE, HAPPY[VENUE], "/venues/KovZpa2Xke.json", {"apikey": "test-key"}),
        (ATTRACTIONS, {"query": "x" * 500}, "/attractions.json", BEST | {"keyword": "x" * 200}),
        (AT_VENUE, HAPPY[AT_VENUE], "/events.json", DATED | {"venueId": standin.GARDEN}),
        (OF_ATTRACTION, HAPPY[OF_ATTRACTION], "/events.json", DATED | {"attractionId": standin.DOLLS}),
    ],
)  # fmt: skip
async def test_arguments_become_the_query(tool, arguments, path, query, ctx: ToolContext, server: UpstreamServer):
    assert (await call(tool, arguments, ctx)).ok
    (seen,) = server.seen
    asked = dict(seen.query)
    assert ("startDateTime" in asked) == (path == "/events.json")
    asked.pop("startDateTime", None)
    assert (seen.path, asked) == (path, query)


@pytest.mark.parametrize("query", ["", "concerts"])
async def test_nothing_in_particular_is_looked_for_around_the_caller(query, server: UpstreamServer, ctx: ToolContext):
    here = context(server, ctx.http, caller=Caller(place="Austin, Texas"))
    assert (await call(NEAR, NOWHERE | {"query": query}, here)).ok
    assert (server.seen[0].query["city"], server.seen[0].query["stateCode"]) == ("Austin", "TX")


async def test_the_same_question_is_asked_once(ctx: ToolContext, server: UpstreamServer, monkeypatch):
    monkeypatch.setattr(discovery, "_now", lambda: "2026-11-22T12:00:00Z")
    for _ in range(2):
        assert (await call(NEAR, HAPPY[NEAR], ctx)).ok
    assert len(server.seen) == 1


def test_the_beginning_is_a_full_five_minutes():
    start = discovery._now()
    assert len(start) == 20
    assert (int(start[14:16]) % 5, start[16:]) == (0, ":00Z")


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        (NEAR, NOWHERE),
        (NEAR, NOWHERE | {"city": "Boston", "stateCode": "Atlantis"}),
        (NEAR, NOWHERE | {"city": "Boston", "countryCode": "Middle-earth"}),
        (NEAR, NOWHERE | {"city": "Boston", "countryCode": "\u0661\u0662"}),
        (FIND_VENUES, {"query": "", "stateCode": "", "countryCode": ""}),
        (ATTRACTIONS, {"query": ""}),
        (EVENT, {"eventId": "Winter Tour"}),
        (EVENT, {"eventId": "../venues/KovZpa2Xke"}),
        (VENUE, {"venueId": "TD Garden"}),
        (AT_VENUE, {"venueId": "x" * 61}),
        (OF_ATTRACTION, {"attractionId": "\u0661"}),
    ],
)
async def test_what_cannot_be_asked_is_asked_back(tool, arguments, ctx: ToolContext, server: UpstreamServer):
    response = await call(tool, arguments, ctx)
    assert response.response["code"] == "bad_request"
    assert response.spoken.endswith("?")
    assert not server.seen


# -- bad days ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        (NEAR, NOWHERE | {"query": "nothing", "city": "Boston"}, "any upcoming events for nothing in Boston"),
        (NEAR, NOWHERE | {"city": "Nowhere"}, "any upcoming events in Nowhere"),
        (EVENT, {"eventId": "unknown"}, "doesn't know that event any more"),
        (FIND_VENUES, {"query": "nothing", "stateCode": "", "countryCode": ""}, "any venues for nothing"),
        (VENUE, {"venueId": "unknown"}, "doesn't know that venue any more"),
        (ATTRACTIONS, {"query": "nothing"}, "any performers for nothing"),
        (AT_VENUE, {"venueId": "unknown"}, "no upcoming events at that venue"),
        (OF_ATTRACTION, {"attractionId": "unknown"}, "no upcoming dates"),
    ],
)
async def test_what_is_not_there_is_a_sentence(tool, arguments, said, ctx: ToolContext):
    response = await call(tool, arguments, ctx)
    assert response.response["code"] == "not_found"
    assert said in response.spoken


async def test_a_wrong_key_is_the_operators_matter(server: UpstreamServer, ctx: ToolContext, caplog):
    caplog.set_level(logging.DEBUG)
    response = await call(NEAR, HAPPY[NEAR], context(server, ctx.http, key="wrong-key"))
    assert (response.response["code"], response.response["retryable"]) == ("auth", False)
    assert "wrong-key" not in caplog.text


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("tool", [NEAR, EVENT])
async def test_every_fault_has_its_code_and_sentence(fault, tool, ctx: ToolContext, server: UpstreamServer):
    server.fail("ticketmaster", fault, fault, fault)
    assert (await call(tool, HAPPY[tool], ctx)).response["code"] == CODES[fault]


async def test_one_odd_event_does_not_spoil_the_others(ctx: ToolContext, server: UpstreamServer):
    odd: list[Any] = [None, 7, {"id": 1}, {"id": "a", "name": "x", "priceRanges": [{"min": -1}]}]
    server.answer("ticketmaster", standin.listed("events", [*odd, standin.event()], 5, 10))
    response = await call(NEAR, HAPPY[NEAR], ctx)
    assert [event["name"] for event in response.response["events"]] == ["Goo Goo Dolls: Winter Tour"]
    server.answer("ticketmaster", standin.listed("events", odd, 4, 10))
    assert (await call(NEAR, HAPPY[NEAR] | {"city": "Salem"}, ctx)).response["code"] == "bad_shape"


@pytest.mark.parametrize("tool", BODIES)
def test_no_answer_is_too_odd(tool):
    times = itertools.count(0, 1000)
    with asyncio.Runner() as runner:
        server = runner.run(UpstreamServer().__aenter__())
        http = HttpClient(timeout=30, clock=lambda: float(next(times)))

        @settings(max_examples=100, deadline=None)
        @given(st.randoms(use_true_random=False))
        def check(random: Any) -> None:
            server.answer("ticketmaster", mutate(BODIES[tool], random))
            response = runner.run(call(tool, HAPPY[tool], context(server, http)))
            assert response.ok or response.response["code"] in ("bad_shape", "not_found")

        check()
        runner.run(http.aclose())
        runner.run(server.__aexit__(None, None, None))


def test_the_plugin_is_what_the_catalogue_expects():
    plugin = ticketmaster.odai_tools()
    assert (plugin.name, plugin.api, plugin.voice, plugin.samples, len(plugin.tools)) == (
        "ticketmaster", 1, True, True, 7,
    )  # fmt: skip
    for tool in plugin.tools:
        spec = describe(tool)
        assert len(spec.options.examples) >= 8
        assert spec.options.progress
        assert spec.options.timeout <= 8
