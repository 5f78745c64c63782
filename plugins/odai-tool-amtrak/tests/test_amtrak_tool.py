"""Amtrak's own answers; what every connector must do is in the conformance test."""

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
from odai_tool_amtrak import get_amtrak_train_status, spoken
from odai_tool_amtrak.numbers import train_number
from odai_tool_amtrak.shapes import Stop, Train, moment

from odai_core import Caller, ToolContext, ToolError, ToolResponse
from odai_core.testing.upstreams import UpstreamServer
from odai_core.tools.http import HttpClient
from odai_core.tools.invoke import invoke
from odai_core.tools.schema import describe

ACELA = {"train_number": "2150"}
NOW = datetime(2026, 11, 22, 16, 0, tzinfo=UTC)


def context(base: str, http: HttpClient, *, demo: bool = False) -> ToolContext:
    settings = {"AMTRAKER_BASE_URL": base}
    return ToolContext(http=http, settings=settings, caller=Caller(), log=logging.getLogger("test"), demo=demo)


async def call(arguments: dict[str, Any], ctx: ToolContext) -> ToolResponse:
    response = await invoke(describe(get_amtrak_train_status), json.dumps(arguments), ctx)
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
    yield context(server.url("amtrak"), http)
    await http.aclose()


async def test_the_next_station_and_the_end_are_told(ctx: ToolContext, server: UpstreamServer):
    response = await call(ACELA, ctx)
    assert response.response_type == "amtrak_train_status"
    assert response.spoken.startswith("Acela train twenty one fifty reaches New York Penn ")
    assert response.spoken.count("twelve minutes late") == 2
    assert "It is expected in Boston South" in response.spoken
    assert [train["trainNum"] for train in response.response] == ["2150"]
    assert [stop["code"] for stop in response.voice["stops"]] == ["NYP", "BOS"]
    assert server.seen[0].path == "/v3/trains/2150"
    assert "odai" in server.seen[0].headers["user-agent"]


@pytest.mark.parametrize(
    ("station", "expected"),
    [("Boston", "expected in Boston South"), ("bos", "expected in Boston South"),
     ("Washington DC", "It left Washington Union"), ("New Haven", "doesn't stop there"),
     ("Union Station, Washington", "It left Washington Union"), ("New York Penn Station", "reaches New York Penn"),
     ("Miami", "doesn't stop there"), ("station", "doesn't stop there")],
)  # fmt: skip
async def test_a_station_is_found_as_it_is_said(station, expected, ctx: ToolContext):
    assert expected in (await call(ACELA | {"station": station}, ctx)).spoken


async def test_two_trains_of_one_number_are_told_apart_by_their_day(ctx: ToolContext):
    response = await call({"train_number": "5"}, ctx)
    assert response.spoken.startswith("Several trains with that number are under way. The one that started ")
    assert [train["id"] for train in response.voice] == ["5-22", "5-21"]
    assert (await call({"train_number": "5-21"}, ctx)).voice["id"] == "5-21"


async def test_an_unknown_train_is_a_sentence(ctx: ToolContext):
    assert (await call({"train_number": "9999"}, ctx)).response["code"] == "not_found"


# -- what is said ------------------------------------------------------------------------------------


def stop(name: str, hours: float, late: float = 0, status: str = "Enroute") -> Stop:
    planned = NOW + timedelta(hours=hours)
    actual = (planned + timedelta(minutes=late)).isoformat()
    return Stop(name=name, code=name[:3].upper(), schArr=planned.isoformat(), arr=actual, dep=actual, status=status)


def train(*stops: Stop, **more: Any) -> Train:
    return Train(trainID="5-22", trainNum="5", routeName="Zephyr", stations=list(stops), **more)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (train(stop("A", -2, status="Departed"), stop("B", 1, 30)), "Zephyr train five reaches B at twelve thirty PM, "
         "thirty minutes late."),
        (train(stop("A", -2, status="Departed"), stop("B", 0, 1, "Station"), stop("C", 15)),
         "Zephyr train five is in B, on time. It is expected in C tomorrow at two AM, on time."),
        (train(stop("A", 1), stop("B", 2, -5)),
         "Zephyr train five leaves A at noon, on time. It is expected in B at twelve fifty five PM, five minutes "
         "early."),
        (train(stop("A", -3, status="Departed"), stop("B", -1, 9, "Departed")),
         "Zephyr train five has arrived in B, nine minutes late."),
        (train(stop("A", -2, status="Departed"), Stop(name="", code="BBB", status="Enroute")),
         "Zephyr train five reaches BBB at a time I don't know."),
        (train(stop("A", -2, status="Departed"), stop("B", 1), lastValTS=(NOW - timedelta(minutes=40)).isoformat()),
         "Zephyr train five reaches B at noon, on time. That is as of forty minutes ago."),
    ],
)  # fmt: skip
def test_each_state_has_its_sentence(told, expected):
    assert spoken.status(told, None, NOW) == expected


@pytest.mark.parametrize("text", [None, "", "soon", "2026-11-22", "2026-11-22T06:00:00", "2026-13-01T06:00:00Z"])
def test_what_is_not_a_moment_is_none(text):
    assert moment(text) is None


@pytest.mark.parametrize(
    ("said", "number"),
    [("2150", "2150"), ("the twenty one fifty", "2150"), ("train #5", "5"), ("5-9", "5-9"), ("5-09", "5-9"),
     ("one seventy one", "171"), ("one hundred seventy one", "171"), ("a hundred", "100"), ("two oh five", "205"),
     ("Amtrak 0011 please", "11"), ("train nineteen to Washington", "19")],
)  # fmt: skip
def test_a_number_is_found_as_it_is_said(said, number):
    assert train_number(said) == number


@pytest.mark.parametrize("example", describe(get_amtrak_train_status).options.examples)
def test_every_example_names_a_train(example):
    assert train_number(re.search(r"number:(.*?)}", example)[1])


@settings(deadline=None)
@given(st.text(max_size=40) | st.from_regex(r"(one|two|twenty|hundred|oh|12|7|-)( (hundred|five|9))*"))
def test_anything_is_a_number_or_a_question(said):
    try:
        number = train_number(said)
    except ToolError as error:
        number = "1" if error.code == "bad_request" else ""
    assert number.replace("-", "").isdecimal()


# -- demo mode ---------------------------------------------------------------------------------------


@pytest.fixture
async def offline() -> AsyncIterator[ToolContext]:
    async def no_pause(_: float) -> None: ...

    http = HttpClient(sleep=no_pause)
    yield context("http://127.0.0.1:1", http, demo=True)
    await http.aclose()


@pytest.mark.parametrize(
    ("number", "expected"),
    [("2150", "reaches New York Penn"), ("5", "is in Denver Union"), ("19", "leaves New York Penn"),
     ("171", "has arrived in Washington Union"), ("11", "on time")],
)  # fmt: skip
async def test_samples_have_every_state(number, expected, offline: ToolContext):
    response = await call({"train_number": number}, offline)
    assert response.sample
    assert expected in response.spoken


async def test_what_the_samples_lack_is_said(offline: ToolContext):
    assert (await call({"train_number": "7"}, offline)).response["code"] == "not_found"


async def test_without_demo_mode_there_are_no_samples(offline: ToolContext):
    response = await call(ACELA, context("http://127.0.0.1:1", offline.http))
    assert response.response["code"] == "upstream"


async def test_with_a_network_demo_mode_is_live(server: UpstreamServer, ctx: ToolContext):
    assert not (await call(ACELA, context(server.url("amtrak"), ctx.http, demo=True))).sample
