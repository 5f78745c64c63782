"""AviationStack's tools over real HTTP; what every connector must do is in the conformance test."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from odai_tool_flights import airlines, dates, odai_tools, spoken
from odai_tool_flights.choose import choose
from odai_tool_flights.shapes import End, Flight, Number, shown

from odai_core import Caller, ToolContext, ToolError, ToolResponse
from odai_core.settings import Settings
from odai_core.testing.upstreams import UpstreamServer
from odai_core.testing.upstreams.services import aviationstack
from odai_core.tools.http import HttpClient
from odai_core.tools.invoke import invoke
from odai_core.tools.schema import describe

PLUGIN = odai_tools()
BY_CODE, BY_NAME = PLUGIN.tools
DELTA = {"airline": "Delta", "flight_number": "113"}
NOW = datetime(2026, 11, 22, 16, 0, tzinfo=UTC)


def context(values: dict[str, str], http: HttpClient, *, demo: bool = False) -> ToolContext:
    bound = Settings(values).bind(PLUGIN.settings)
    return ToolContext(http=http, settings=bound, caller=Caller(), log=logging.getLogger("test"), demo=demo)


async def call(tool: Any, arguments: dict[str, Any], ctx: ToolContext) -> ToolResponse:
    response = await invoke(describe(tool), json.dumps(arguments), ctx)
    assert 0 < len(response.spoken) <= 300
    return response


@pytest.fixture
async def server() -> AsyncIterator[UpstreamServer]:
    async with UpstreamServer() as running:
        yield running


@pytest.fixture
async def http() -> AsyncIterator[HttpClient]:
    async def no_pause(_: float) -> None: ...

    client = HttpClient(timeout=2, sleep=no_pause)
    yield client
    await client.aclose()


@pytest.fixture
def ctx(server: UpstreamServer, http: HttpClient) -> ToolContext:
    return context(server.settings(PLUGIN), http)


async def test_the_flight_in_the_air_is_told(ctx: ToolContext, server: UpstreamServer):
    response = await call(BY_CODE, {"flight_iata": "DL113"}, ctx)
    assert response.response_type == "flight_info"
    assert response.spoken.startswith(
        "Delta one thirteen from John F Kennedy International to Los Angeles International is in the air. It should "
        "arrive "
    )
    assert response.spoken.endswith(", fifteen minutes late, at terminal three, gate thirty six.")
    assert server.seen[0].path == "/flights"
    assert server.seen[0].query == {"access_key": "test-key", "flight_iata": "DL113"}


async def test_times_get_the_offset_they_should_have(ctx: ToolContext):
    response = await call(BY_CODE, {"flight_iata": "dl 113"}, ctx)
    leaves = datetime.fromisoformat(response.response["departure"]["actual"])
    away = (datetime.now(UTC) - leaves).total_seconds() / 60
    assert 117 <= away <= 121, "it left 119 minutes ago, whatever AviationStack's offset says"
    assert response.response["arrival"]["delay"] == 15
    assert response.voice["departs"] == f"{leaves:%Y-%m-%d %H:%M}"


async def test_the_number_may_name_the_airline(ctx: ToolContext, server: UpstreamServer):
    for number in ("Delta flight 113", "DL113"):
        assert (await call(BY_NAME, {"airline": None, "flight_number": number}, ctx)).ok
    assert len(server.seen) == 1


async def test_three_letters_are_asked_for_as_icao(ctx: ToolContext, server: UpstreamServer):
    assert (await call(BY_CODE, {"flight_iata": "DAL113"}, ctx)).ok
    assert server.seen[0].query["flight_icao"] == "DAL113"


async def test_the_same_question_is_asked_once(ctx: ToolContext, server: UpstreamServer):
    for said in ("DL113", "DL 0113", "Delta 113"):
        await call(BY_CODE, {"flight_iata": said}, ctx)
    assert (await call(BY_NAME, DELTA | {"flight_date": "today"}, ctx)).response_type in ("flight_info", "error")
    assert len(server.seen) == 1


async def test_a_day_far_away_is_asked_for(ctx: ToolContext, server: UpstreamServer):
    day = datetime.now(UTC).date() - timedelta(days=10)
    response = await call(BY_NAME, DELTA | {"flight_date": f"{day}"}, ctx)
    assert " landed " in response.spoken
    assert server.seen[0].query["flight_date"] == f"{day}"


async def test_a_day_nearby_is_in_the_plain_answer(ctx: ToolContext, server: UpstreamServer):
    first = aviationstack.flight("113", -1580, "landed")
    response = await call(BY_NAME, DELTA | {"flight_date": first["flight_date"]}, ctx)
    assert response.response["flight_date"] == first["flight_date"]
    assert len(server.seen) == 1


@pytest.mark.parametrize("away", [1, 20])
async def test_a_day_beyond_the_plan_is_said(away, ctx: ToolContext, server: UpstreamServer):
    day = datetime.now(UTC).date() + timedelta(days=away)
    response = await call(BY_NAME, DELTA | {"flight_date": f"{day}"}, ctx)
    assert (response.response["code"], response.spoken) == ("plan", "I can only look up flights of today.")


async def test_another_failure_about_a_day_stays_what_it_is(ctx: ToolContext, server: UpstreamServer):
    server.fail("aviationstack", "500", always=True)
    day = f"{datetime.now(UTC).date() + timedelta(days=20)}"
    assert (await call(BY_NAME, DELTA | {"flight_date": day}, ctx)).response["code"] == "upstream"


async def test_an_unknown_flight_is_a_sentence(ctx: ToolContext):
    response = await call(BY_NAME, {"airline": "United", "flight_number": "9999", "flight_date": "today"}, ctx)
    assert response.spoken == "I couldn't find United ninety nine ninety nine today."


@pytest.mark.parametrize(
    ("failed", "code"),
    [
        (aviationstack.failure(429, "usage_limit_reached", "x"), "plan"),
        (aviationstack.failure(429, "rate_limit_reached", "x"), "rate_limited"),
        (aviationstack.failure(401, "inactive_user", "x"), "auth"),
        (aviationstack.failure(403, "https_access_restricted", "x"), "plan"),
        (aviationstack.failure(422, "validation_error", "x"), "bad_request"),
    ],
)
async def test_its_own_codes_have_ours(failed, code, ctx: ToolContext, server: UpstreamServer):
    for _ in range(3):
        server.answer("aviationstack", failed.body, status=failed.status)
    assert (await call(BY_CODE, {"flight_iata": "DL113"}, ctx)).response["code"] == code


@pytest.mark.parametrize(("data", "code"), [([], "not_found"), ([{}], "bad_shape"), ([{"arrival": 3}], "bad_shape")])
async def test_what_cannot_be_read_is_no_empty_answer(data, code, ctx: ToolContext, server: UpstreamServer):
    server.answer("aviationstack", {"data": data})
    assert (await call(BY_CODE, {"flight_iata": "DL113"}, ctx)).response["code"] == code


# -- names and days ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "ident"),
    [
        ("DL113", "DL113"), ("dl-0113", "DL113"), ("DAL 113", "DAL113"), ("B6 915", "B6915"), ("9E5001", "9E5001"),
        ("BA5a", "BA5A"), ("Delta 113", "DL113"), ("Delta Air Lines flight 113", "DL113"), ("ANA 12", "NH12"),
        ("KLM 644", "KL644"), ("ITA 610", "AZ610"),
        ("Fooo 12", None), ("", None), ("113", None), ("DL11345", None), ("DL\u0661", None), ("Virgin 3", None),
    ],
)  # fmt: skip
def test_a_flight_is_found_as_it_is_written(said, ident):
    if ident is None:
        with pytest.raises(ToolError) as caught:
            airlines.parse(said)
        assert caught.value.code == "bad_request"
    else:
        assert "".join(airlines.parse(said)) == ident


@pytest.mark.parametrize(
    ("airline", "number", "ident"),
    [
        ("Delta", "113", "DL113"), ("dl", "#0113", "DL113"), ("DAL", "113", "DAL113"), ("Delta", "DL113", "DL113"),
        ("Aeroméxico", "1", "AM1"), ("the British Airways", "5a", "BA5A"), ("Lufth", "400", "LH400"),
        ("South African", "2", "SA2"), ("JetBlue Airways", "915", "B6915"), ("XX", "1", "XX1"), ("el al", "1", "LY1"),
    ],
)  # fmt: skip
def test_an_airline_is_found_by_name(airline, number, ident):
    assert "".join(airlines.named(airline, number)) == ident


def test_an_ambiguous_name_is_asked_back_by_name():
    with pytest.raises(ToolError, match="Is that Virgin Atlantic or Virgin Australia"):
        airlines.named("Virgin", "3")


def test_the_table_is_whole():
    assert all(re.fullmatch(r"[A-Z0-9]{2}", code) and not code.isdigit() for code in airlines._NAMES)
    assert {code for codes in airlines._BY_NAME.values() for code in codes} == set(airlines._NAMES)


def test_flights_are_named_as_people_say_them():
    assert airlines.Ident("BA", "5A").name == "British Airways five A"
    assert airlines.Ident("XYZ", "2150").name == "X Y Z twenty one fifty"


@pytest.mark.parametrize(
    ("said", "read"),
    [
        (None, None), (" ", None), ("today", date(2026, 11, 22)), ("Tomorrow", date(2026, 11, 23)),
        ("yesterday", date(2026, 11, 21)), ("2026-12-01", date(2026, 12, 1)),
        ("2026-12-01T10:00:00", date(2026, 12, 1)),
    ],
)  # fmt: skip
def test_days_are_read(said, read):
    assert dates.read(said, NOW.date()) == read


@pytest.mark.parametrize("said", ["soon", "2026-02-30", "2020-01-01", "2030-01-01"])
def test_what_is_no_day_is_asked_back(said):
    with pytest.raises(ToolError):
        dates.read(said, NOW.date())


@settings(deadline=None)
@given(st.text(max_size=90), st.text(max_size=40))
def test_anything_is_a_flight_or_a_question(airline, number):
    for read in (lambda: airlines.named(airline, number), lambda: airlines.parse(f"{airline} {number}")):
        try:
            ident = read()
        except ToolError:
            continue
        assert re.fullmatch(r"[A-Z0-9]{2,3}", ident.code)
        assert re.fullmatch(r"[0-9]{1,4}[A-Z]?", ident.number)


# -- what is said ------------------------------------------------------------------------------------

NEW_YORK = {"airport": "Kennedy", "timezone": "America/New_York"}
LOS_ANGELES = {"airport": "Los Angeles", "timezone": "America/Los_Angeles"}


def flight(leaves: float, status: str = "scheduled", *, out: Any = None, into: Any = None) -> Flight:
    """Leaves `leaves` hours after 11 AM in New York, which is now, and lands six hours later."""
    local = datetime(2026, 11, 22, 11, 0, tzinfo=UTC) + timedelta(hours=leaves)
    landing = local + timedelta(hours=6 - 3)
    return Flight(
        flight_status=status,
        departure=End(**({**NEW_YORK, "scheduled": local} | (out or {}))),
        arrival=End(**({**LOS_ANGELES, "scheduled": landing} | (into or {}))),
        flight=Number(number="113"),
    )


def clock(hour: int, day: int = 22) -> datetime:
    return datetime(2026, 11, day, hour, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (flight(2, out={"delay": 2, "gate": "B32"}), "leaves at one PM, on time, from gate B thirty two."),
        (flight(2, out={"delay": -10}), "leaves at one PM, ten minutes early."),
        (flight(15), "leaves tomorrow at two AM."),
        (flight(2, "cancelled"), "is listed as cancelled. It was to leave at one PM."),
        (flight(-1, "diverted"), "has been diverted. It should arrive at one PM."),
        (flight(-7, "landed", into={"actual": clock(8), "baggage": "T2"}), "landed at eight AM, one hour late. Bags "
         "come on belt T two."),
        (flight(-1, out={"actual": clock(10)}, into={"scheduled": None}), "is in the air."),
        (flight(2, out={"gate": "https://evil.example", "terminal": "3"}), "leaves at one PM, from terminal three."),
        (flight(2, out={"scheduled": None}), "leaves at a time I don't know."),
        (flight(2, "cancelled", out={"scheduled": None}), "is listed as cancelled."),
    ],
)  # fmt: skip
def test_each_state_has_its_sentence(told, expected):
    assert spoken.status(told, "X", NOW) == f"X from Kennedy to Los Angeles {expected}"


def test_an_unknown_zone_is_utc_and_an_unknown_airport_has_no_name():
    odd = flight(2, out={"timezone": "Nowhere/Land", "airport": None})
    assert shown(odd)["departure"]["scheduled"] == "2026-11-22T13:00:00+00:00"
    assert spoken.status(odd, "X", NOW).startswith("X from an airport I can't name to Los Angeles leaves at ")


def test_a_delay_nobody_believes_is_none():
    assert End(scheduled=clock(1), actual=datetime(2036, 1, 1, tzinfo=UTC)).late is None


AIR = flight(-2, "active", out={"actual": clock(9)})
LOST = flight(-40, "active")
LANDED, LANDED_BEFORE = flight(-9, "landed"), flight(-33, "landed")
SOON, TOMORROW, CANCELLED = flight(1), flight(24), flight(1, "cancelled")


@pytest.mark.parametrize(
    ("flights", "meant"),
    [
        ([TOMORROW, AIR, LANDED], AIR), ([TOMORROW, SOON, LANDED], SOON), ([TOMORROW, CANCELLED, LANDED], CANCELLED),
        ([TOMORROW, LANDED_BEFORE, LANDED], LANDED), ([TOMORROW], TOMORROW), ([LOST, SOON], SOON), ([LOST], LOST),
        ([Flight(flight_status="active")], Flight(flight_status="active")),
    ],
)  # fmt: skip
def test_the_flight_that_is_meant_is_chosen(flights, meant):
    assert choose(flights, NOW) == meant


# -- demo mode ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("DL113", "is in the air"), ("UA 2150", "leaves"), ("JBU915", "landed"), ("WN1432", "listed as cancelled"),
        ("British Airways 212", "thirty five minutes late"),
    ],
)  # fmt: skip
async def test_samples_have_every_state(said, expected, http: HttpClient):
    response = await call(BY_CODE, {"flight_iata": said}, context({}, http, demo=True))
    assert response.sample
    assert expected in response.spoken


async def test_what_the_samples_lack_is_said(http: HttpClient):
    response = await call(BY_CODE, {"flight_iata": "AS3"}, context({}, http, demo=True))
    assert response.spoken.startswith("My sample data only knows Delta 113, ")
