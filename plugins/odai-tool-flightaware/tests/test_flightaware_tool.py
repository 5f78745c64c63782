"""FlightAware's own answers; what every connector must do is in the conformance test."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from odai_tool_flightaware import get_current_flight_status, spoken
from odai_tool_flightaware.choose import choose
from odai_tool_flightaware.shapes import Airport, Flight

from odai_core import Caller, Secret, ToolContext, ToolResponse
from odai_core.testing.upstreams import UpstreamServer
from odai_core.tools.http import HttpClient
from odai_core.tools.invoke import invoke
from odai_core.tools.schema import describe

DELTA = {"flight_icao": "Delta one thirteen"}
NOW = datetime(2026, 11, 22, 16, 0, tzinfo=UTC)
NEW_YORK = Airport(city="New York", timezone="America/New_York")
LOS_ANGELES = Airport(city="Los Angeles", timezone="America/Los_Angeles")


def context(server: UpstreamServer | None = None, http: HttpClient | None = None, key: str = "test-key") -> ToolContext:
    base = server.url("flightaware") if server else "http://127.0.0.1:1"
    values = {"FLIGHTAWARE_API_KEY": Secret(key), "FLIGHTAWARE_BASE_URL": base}
    return ToolContext(
        http=http or HttpClient(), settings=values, caller=Caller(), log=logging.getLogger("test"), demo=not server
    )


async def call(arguments: dict[str, Any], ctx: ToolContext) -> ToolResponse:
    response = await invoke(describe(get_current_flight_status), json.dumps(arguments), ctx)
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


async def test_the_flight_in_the_air_is_told(ctx: ToolContext, server: UpstreamServer):
    response = await call(DELTA, ctx)
    assert response.response_type == "flight_info"
    assert response.spoken.startswith(
        "Delta one thirteen from New York to Los Angeles is in the air. It should arrive "
    )
    assert response.spoken.endswith(", fifteen minutes late, at terminal three, gate thirty six.")
    assert response.response["ident"] == "DAL113"
    assert (response.voice["arrival_delay_minutes"], response.voice["baggage_claim"]) == (15, "4")
    assert server.seen[0].path == "/flights/DAL113"
    assert server.seen[0].query["ident_type"] == "designator"


async def test_the_same_question_is_billed_once(ctx: ToolContext, server: UpstreamServer):
    for said in ("DL113", "Delta 113", "DAL 0113"):
        assert (await call({"flight_icao": said}, ctx)).ok
    assert len(server.seen) <= 2, "two only when the minute turned in between"


async def test_an_unknown_flight_is_a_sentence(ctx: ToolContext):
    response = await call({"flight_icao": "United 9999"}, ctx)
    assert response.response["code"] == "not_found"
    assert "United ninety nine ninety nine" in response.spoken


async def test_an_unknown_airline_is_asked_back(ctx: ToolContext, server: UpstreamServer):
    assert (await call({"flight_icao": "Foo 12"}, ctx)).response["code"] == "bad_request"
    assert not server.seen


async def test_a_wrong_key_is_the_operators_matter(server: UpstreamServer, ctx: ToolContext):
    assert (await call(DELTA, context(server, ctx.http, key="wrong"))).response["code"] == "auth"


# -- what is said ------------------------------------------------------------------------------------


def flight(leaves: float, **more: Any) -> Flight:
    """Leaves `leaves` hours from now and flies six."""
    out = NOW + timedelta(hours=leaves)
    times = {"scheduled_out": out, "scheduled_in": out + timedelta(hours=6)}
    return Flight(ident="DAL113", origin=NEW_YORK, destination=LOS_ANGELES, **(times | more))


def at(hours: float) -> datetime:
    return NOW + timedelta(hours=hours)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (flight(2, departure_delay=0, gate_origin="B32"), "X from New York to Los Angeles leaves at one PM, on time, "
         "from gate B thirty two."),
        (flight(2, departure_delay=-600), "X from New York to Los Angeles leaves at one PM, ten minutes early."),
        (flight(15), "X from New York to Los Angeles leaves tomorrow at two AM."),
        (flight(2, cancelled=True),
         "X from New York to Los Angeles is listed as cancelled. It was to leave at one PM."),
        (flight(-1, actual_out=at(-1)),
         "X from New York to Los Angeles has left the gate. It should arrive at one PM."),
        (flight(-1, actual_out=at(-1), actual_off=at(-0.5), diverted=True), "X from New York to Los Angeles has been "
         "diverted and is in the air. It should arrive at one PM."),
        (flight(-7, actual_out=at(-7), actual_in=at(-1), arrival_delay=3600, baggage_claim="T2"),
         "X from New York to Los Angeles landed at seven AM, one hour late. Bags come on belt T two."),
        (flight(2, gate_origin="https://evil.example", terminal_origin="3"),
         "X from New York to Los Angeles leaves at one PM, from terminal three."),
        (Flight(ident="DAL113"), "X leaves at a time I don't know."),
        (Flight(ident="DAL113", cancelled=True), "X is listed as cancelled."),
        (Flight(ident="DAL113", actual_out=at(-1), origin=Airport()),
         "X from an airport I can't name has left the gate."),
    ],
)  # fmt: skip
def test_each_state_has_its_sentence(told, expected):
    assert spoken.status(told, "X", NOW) == expected


AIR = flight(-2, actual_out=at(-2), actual_off=at(-1.8))
LANDED = flight(-9, actual_out=at(-9), actual_in=at(-3))
LANDED_BEFORE = flight(-33, actual_out=at(-33), actual_in=at(-27))
SOON, TOMORROW, CANCELLED = flight(1), flight(24), flight(1, cancelled=True)


@pytest.mark.parametrize(
    ("flights", "meant"),
    [
        ([TOMORROW, AIR, LANDED], AIR),
        ([TOMORROW, SOON, LANDED], SOON),
        ([TOMORROW, CANCELLED, LANDED], CANCELLED),
        ([TOMORROW, LANDED_BEFORE, LANDED], LANDED),
        ([TOMORROW], TOMORROW),
        ([Flight(ident="DAL113")], Flight(ident="DAL113")),
    ],
)
def test_the_flight_that_is_meant_is_chosen(flights, meant):
    assert choose(flights, NOW) is meant or choose(flights, NOW) == meant


# -- demo mode ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("Delta one thirteen", "is in the air"),
        ("UA 2150", "leaves"),
        ("JetBlue 915", "landed"),
        ("southwest fourteen thirty two", "listed as cancelled"),
        ("British Airways two one two", "thirty five minutes late"),
    ],
)
async def test_samples_have_every_state(said, expected):
    response = await call({"flight_icao": said}, context(key=""))
    assert response.sample
    assert expected in response.spoken


async def test_what_the_samples_lack_is_said():
    assert (await call({"flight_icao": "Alaska 3"}, context(key=""))).response["code"] == "not_found"
