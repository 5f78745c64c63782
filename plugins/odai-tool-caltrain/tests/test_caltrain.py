"""Caltrain's own answers; what every connector must do is in the conformance test."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from odai_tool_caltrain import get_caltrain_status, shapes, spoken, stations
from odai_tool_caltrain.shapes import Train

from odai_core import Caller, Secret, ToolContext, ToolError, ToolResponse
from odai_core.testing.upstreams import UpstreamServer
from odai_core.testing.upstreams.services.caltrain import visit
from odai_core.tools.http import HttpClient
from odai_core.tools.invoke import invoke
from odai_core.tools.schema import describe

NOON = datetime(2026, 11, 22, 20, 0, tzinfo=UTC)


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
    values = {"CALTRAIN_API_KEY": Secret(key), "CALTRAIN_BASE_URL": server.url("caltrain") if server else "http://x"}
    return ToolContext(http=http, settings=values, caller=Caller(), log=logging.getLogger("test"), demo=not server)


async def call(ctx: ToolContext, station: Any = "Palo Alto", direction: Any = "northbound") -> ToolResponse:
    arguments = json.dumps({"station": station, "direction": direction})
    return await invoke(describe(get_caltrain_status), arguments, ctx)


async def test_the_next_train_and_the_one_after_it(ctx: ToolContext):
    response = await call(ctx)
    assert response.response_type == "caltrain_status"
    assert response.spoken.startswith(
        "The next northbound train from Palo Alto is an express to San Francisco in nine minutes, at "
    )
    assert ", three minutes late. After that a local at " in response.spoken
    assert [train["number"] for train in response.response["trains"]] == ["412", "140"]
    expected = datetime.fromisoformat(response.response["trains"][0]["expected"])
    assert expected.utcoffset() == expected.astimezone(ZoneInfo("America/Los_Angeles")).utcoffset()
    first = response.voice["trains"][0]
    assert (first["kind"], first["in_minutes"], first["minutes_late"]) == ("Express", 9, 3)


async def test_every_station_is_asked_for_once(ctx: ToolContext, server: UpstreamServer):
    await call(ctx)
    south = await call(ctx, direction="southbound")
    other = await call(ctx, "Mountain View")
    assert len(server.seen) == 1
    assert server.seen[0].query == {"api_key": "test-key", "agency": "CT", "format": "json"}
    assert south.response["trains"][0]["destination"] == "San Jose Diridon"
    assert other.response["station"] == "Mountain View"


async def test_a_station_without_trains_now(ctx: ToolContext):
    response = await call(ctx, "Gilroy")
    assert (response.response["code"], response.spoken) == (
        "not_found", "I see no northbound train coming to Gilroy at the moment.",
    )  # fmt: skip


@pytest.mark.parametrize("direction", ["north", "", "up", 1, None])
async def test_a_direction_is_one_of_two(direction, ctx: ToolContext, server: UpstreamServer):
    assert (await call(ctx, direction=direction)).response["code"] == "bad_request"
    assert not server.seen


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("palo alto", "Palo Alto"),
        ("the Palo Alto station", "Palo Alto"),
        ("PALO ALTO CALTRAIN", "Palo Alto"),
        ("Montain View", "Mountain View"),
        ("4th and King", "San Francisco"),
        ("twenty second street", "22nd Street"),
        ("Cal Ave", "California Avenue"),
        ("San Jose", "San Jose Diridon"),
        ("South San Francisco", "South San Francisco"),
    ],
)
def test_stations_by_the_names_people_use(said, name):
    assert stations.find(said).name == name


@pytest.mark.parametrize("said", ["", "   ", "the station", "Atlantis", "x" * 10_000, "\x00", "🚂"])
def test_no_such_station(said):
    with pytest.raises(ToolError, match="no station of that name"):
        stations.find(said)


def test_the_table_is_whole():
    table = stations.north_to_south()
    codes = [code for station in table for code in (station.north, station.south)]
    assert len(table) == 31
    assert len(set(codes)) == 62


def test_it_is_read_in_both_shapes():
    row = visit("70171", "Palo Alto", "N", "412", "Express", 9, 3)
    bare = {
        "ServiceDelivery": {"StopMonitoringDelivery": {"MonitoredStopVisit": [row, {"MonitoringRef": []}, 7, None]}}
    }
    wrapped = {"Siri": {"ServiceDelivery": {"StopMonitoringDelivery": [{"MonitoredStopVisit": [row]}, {}]}}}
    assert shapes.trains(bare, "70171") == shapes.trains(wrapped, "70171")
    assert len(shapes.trains(bare, "70171")) == 1
    assert shapes.trains(bare, "70172") == []


def test_a_time_without_a_zone_is_no_time():
    row = visit("70171", "Palo Alto", "N", "412", "Express", 9, 3)
    for name in ("AimedArrivalTime", "ExpectedArrivalTime", "AimedDepartureTime", "ExpectedDepartureTime"):
        row["MonitoredVehicleJourney"]["MonitoredCall"][name] = "2026-11-22T17:59:00"
    assert shapes.trains({"ServiceDelivery": {"StopMonitoringDelivery": {"MonitoredStopVisit": [row]}}}, "70171") == []


KEYS = st.sampled_from(
    ["Siri", "ServiceDelivery", "StopMonitoringDelivery", "MonitoredStopVisit", "MonitoredVehicleJourney"]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=12,
)


@given(JSON)
def test_any_body_is_trains_or_a_bad_shape(body):
    with suppress(ToolError):
        assert shapes.trains(body, "70171") == []


async def test_a_byte_order_mark_is_read(ctx: ToolContext, server: UpstreamServer):
    row = visit("70171", "Palo Alto", "N", "412", "Express", 9, 3)
    body = {"ServiceDelivery": {"StopMonitoringDelivery": {"MonitoredStopVisit": [row]}}}
    server.answer("caltrain", b"\xef\xbb\xbf" + json.dumps(body).encode())
    assert (await call(ctx)).ok


@pytest.mark.parametrize(
    ("minutes", "late", "line", "said"),
    [
        (0.2, 0, "Local", "a local to Gilroy leaving now."),
        (12, 1, "", "a train to Gilroy in twelve minutes, at twelve twelve PM."),
        (90, 30, "Limited", "a limited to Gilroy today at one thirty PM, thirty minutes late."),
    ],
)  # fmt: skip
def test_what_is_said(minutes, late, line, said):
    expected = NOON + timedelta(minutes=minutes)
    train = Train("1", line, "Gilroy", expected - timedelta(minutes=late), expected)
    assert spoken.status([train], "Belmont", "southbound", NOON) == f"The next southbound train from Belmont is {said}"


async def test_samples(ctx: ToolContext):
    response = await call(context(None, ctx.http, key=""), "Burlingame", "southbound")
    assert response.sample
    assert response.response["trains"][0]["destination"] == "San Jose Diridon"
    assert "three minutes late" in response.spoken
