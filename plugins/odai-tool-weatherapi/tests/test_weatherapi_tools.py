"""WeatherAPI.com's tools, over real HTTP against the stand-in."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from odai_tool_weatherapi import (
    get_current_weather_by_location,
    get_forecast_weather_by_location,
    odai_tools,
    places,
    spoken,
)
from odai_tool_weatherapi.shapes import Alert, Condition, Current, Day, ForecastDay, Location

from odai_core import Caller, Secret, ToolContext, ToolError, ToolResponse
from odai_core.testing.upstreams import UpstreamServer
from odai_core.testing.upstreams.services import weatherapi
from odai_core.tools.http import HttpClient
from odai_core.tools.invoke import invoke
from odai_core.tools.schema import describe

NOW, FORECAST = get_current_weather_by_location, get_forecast_weather_by_location
AT_HOME = Caller(place="Boston, Massachusetts", time_zone="America/New_York")


def context(server: UpstreamServer | None = None, http: HttpClient | None = None, **more: Any) -> ToolContext:
    base = server.url("weatherapi") if server else "http://127.0.0.1:1"
    values = {"WEATHERAPI_API_KEY": Secret(more.pop("key", "test-key")), "WEATHERAPI_BASE_URL": base}
    given = {"caller": AT_HOME, "log": logging.getLogger("test"), "demo": not server} | more
    return ToolContext(http=http or HttpClient(), settings=values, **given)


async def call(tool: Any, arguments: dict[str, Any], ctx: ToolContext) -> ToolResponse:
    response = await invoke(describe(tool), json.dumps(arguments), ctx)
    assert 0 < len(response.spoken) <= 300
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


# -- now ---------------------------------------------------------------------------------------------


async def test_the_weather_now_is_spoken_and_shown(ctx: ToolContext, server: UpstreamServer):
    response = await call(NOW, {"location": "Boston, MA"}, ctx)
    assert response.response_type == "current_weather_by_location"
    assert response.spoken == (
        "It's forty three degrees in Boston, Massachusetts, partly cloudy, and feels like thirty eight."
    )
    assert response.response["current"]["uv"] == 1.2
    assert response.voice == {
        "place": "Boston, Massachusetts", "temperature": "43 F", "feels_like": 38, "condition": "partly cloudy",
        "humidity_percent": 61, "wind": "9 mph",
    }  # fmt: skip
    assert server.seen[0].path == "/current.json"
    assert server.seen[0].query == {"key": "test-key", "q": "Boston, MA", "aqi": "no"}


async def test_elsewhere_it_is_celsius_and_kilometers(ctx: ToolContext):
    response = await call(NOW, {"location": "Paris"}, ctx)
    assert response.spoken == (
        "It's six degrees Celsius in Paris, France, partly cloudy. The wind blows at twenty nine kilometers an hour."
    )
    assert (response.voice["temperature"], response.voice["wind"]) == ("6 C", "29 km/h")


async def test_the_same_question_is_asked_once(ctx: ToolContext, server: UpstreamServer):
    for said in ("Boston", " Boston ", "Boston"):
        await call(NOW, {"location": said}, ctx)
    assert len(server.seen) == 1


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ("here", "Boston, Massachusetts"), ("", "Boston, Massachusetts"), ("My location", "Boston, Massachusetts"),
        ("ZIP code 02139", "02139"), ("42.36,-71.06", "42.36,-71.06"), (" +42.360 , -71.06", "42.36,-71.06"),
        ("IATA: bos", "iata:BOS"), ("metar:kbos", "metar:KBOS"), ("zip code", "zip code"),
    ],
)  # fmt: skip
async def test_a_place_is_asked_as_it_is_said(said, asked, ctx: ToolContext, server: UpstreamServer):
    await call(NOW, {"location": said}, ctx)
    assert server.seen[0].query["q"] == asked


@pytest.mark.parametrize(
    "said", ["auto:ip", "AUTO : IP", "bulk:1", "id:2801268", "iata:", "!?", "x" * 101, "91,0", "0,181", "999,999"]
)
@pytest.mark.parametrize("tool", [NOW, FORECAST])
async def test_what_is_no_place_is_asked_back(tool, said, ctx: ToolContext, server: UpstreamServer):
    response = await call(tool, {"location": said}, ctx)
    assert response.response["code"] == "bad_request"
    assert response.spoken.endswith("?")
    assert not server.seen


async def test_here_is_asked_back_when_nobody_knows_where(ctx: ToolContext, server: UpstreamServer):
    response = await call(NOW, {"location": "here"}, context(server, ctx.http, caller=Caller()))
    assert response.spoken == "For which town or ZIP code do you want the weather?"


async def test_an_unknown_place_is_named(ctx: ToolContext):
    response = await call(NOW, {"location": "Nowhere <b>"}, ctx)
    assert response.response == {"code": "not_found", "message": "I couldn't find Nowhere.", "retryable": False}


@pytest.mark.parametrize("tool", [NOW, FORECAST])
@pytest.mark.parametrize(
    ("status", "error", "code"),
    [
        (400, 1003, "bad_request"), (400, 1005, "bad_request"), (400, 1006, "not_found"), (400, "1006", "not_found"),
        (400, 9000, "bad_request"), (400, 9999, "upstream"), (400, 4711, "bad_request"), (400, None, "bad_request"),
        (401, 1002, "auth"), (401, 2006, "auth"), (403, 2007, "plan"), (403, 2008, "auth"), (403, 2009, "plan"),
        (403, "many", "auth"), (500, 4711, "upstream"),
    ],
)  # fmt: skip
async def test_its_own_code_says_more_than_the_status(
    tool, status, error, code, ctx: ToolContext, server: UpstreamServer
):
    refusal = weatherapi.failure(status, error, "API key test-key: <b>so it is worded</b>.").body
    server.answer("weatherapi", refusal, status=status)
    response = await call(tool, {"location": "Boston"}, ctx)
    assert response.response["code"] == code
    assert ("Boston" in response.spoken) == (code == "not_found")
    assert "test-key" not in json.dumps(response.to_wire())
    assert len(server.seen) == 1


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"error": null}', b'{"error": "1006"}', b"[" * 9000])
async def test_a_bad_request_nobody_can_read_is_no_missing_place(body, ctx: ToolContext, server: UpstreamServer):
    server.answer("weatherapi", body, status=400)
    assert (await call(NOW, {"location": "Boston"}, ctx)).response["code"] == "bad_request"


@pytest.mark.parametrize("key", ["wrong-key", ""])
async def test_a_wrong_key_is_the_operators_matter(key, server: UpstreamServer, ctx: ToolContext, caplog):
    with caplog.at_level("DEBUG"):
        response = await call(NOW, {"location": "Boston"}, context(server, ctx.http, key=key))
    assert (response.response["code"], response.response["retryable"]) == ("auth", False)
    assert "wrong-key" not in caplog.text


# -- days --------------------------------------------------------------------------------------------


async def test_the_forecast_begins_with_the_alert(ctx: ToolContext, server: UpstreamServer):
    response = await call(FORECAST, {"location": "Boston"}, ctx)
    assert response.response_type == "forecast_weather_by_location"
    until = datetime.now(ZoneInfo("America/New_York")) + timedelta(days=9)
    assert response.spoken.startswith(f"Weather alert: Wind Advisory until {until:%B} ")
    assert (
        "at six AM. In Boston, Massachusetts: Today, patchy rain nearby, forty eight to thirty six, seventy two "
        "percent rain. Tomorrow, sunny, fifty two to thirty nine." in response.spoken
    )
    assert [len(day["hour"]) for day in response.response["days"]] == [24, 24, 24]
    assert [alert["event"] for alert in response.response["alerts"]] == ["Wind Advisory"]
    assert response.voice["alerts"][0]["event"] == "Wind Advisory"
    assert response.voice["days"][0] | {"date": ""} == {
        "date": "", "condition": "patchy rain nearby", "high": 48, "low": 36, "rain_percent": 72, "snow_percent": 0,
    }  # fmt: skip
    assert server.seen[0].path == "/forecast.json"
    assert server.seen[0].query == {"key": "test-key", "q": "Boston", "aqi": "no", "days": "3", "alerts": "yes"}


@pytest.mark.parametrize(
    ("days", "sent", "told"),
    [(1, "1", 1), (2, "2", 2), (None, "3", 3), (0, "1", 1), (-4, "1", 1), (10, "10", 3), (10**6, "14", 3)],
)
async def test_days_are_kept_within_what_there_is(days, sent, told, ctx: ToolContext, server: UpstreamServer):
    response = await call(FORECAST, {"location": "Paris", "days": days}, ctx)
    assert server.seen[0].query["days"] == sent
    assert len(response.voice["days"]) == told
    assert response.spoken.startswith("I can only see three days ahead. In Paris") is (int(sent) > 3)


async def test_days_are_told_in_celsius_elsewhere(ctx: ToolContext):
    response = await call(FORECAST, {"location": "Paris", "days": 2}, ctx)
    assert response.spoken == (
        "In Paris, France, in Celsius: Today, patchy rain nearby, high of nine, low of two, seventy two percent chance "
        "of rain. Tomorrow, sunny, high of eleven, low of four."
    )
    assert "alerts" not in response.voice


def without(body: Any, name: str) -> Any:
    return {key: value for key, value in body.items() if key != name}


async def test_odd_days_hours_and_alerts_do_not_spoil_the_rest(ctx: ToolContext, server: UpstreamServer):
    def odd(body: Any) -> Any:
        days = body["forecast"]["forecastday"]
        days[0] = without(days[0], "astro") | {"hour": [{"time": 7, "temp_f": "x"}, *days[0]["hour"]]}
        body["alerts"]["alert"] += [None, {"event": ["x"]}]
        return body | {"forecast": {"forecastday": [{"date": "someday"}, *days]}}

    server.alter("weatherapi", odd)
    response = await call(FORECAST, {"location": "Boston"}, ctx)
    assert [len(day["hour"]) for day in response.response["days"]] == [24, 24, 24]
    assert len(response.response["alerts"]) == 1


@pytest.mark.parametrize(
    ("days", "code"), [([], "not_found"), (None, "not_found"), ([{"date": "someday"}], "bad_shape")]
)
async def test_no_day_at_all_is_a_sentence(days, code, ctx: ToolContext, server: UpstreamServer):
    server.alter("weatherapi", lambda body: body | {"forecast": {"forecastday": days}, "alerts": None})
    response = await call(FORECAST, {"location": "Boston"}, ctx)
    assert response.response["code"] == code


# -- what is said ------------------------------------------------------------------------------------

OSLO = Location(name="Oslo", country="Norway", tz_id="Europe/Oslo")
MIAMI = Location(name="Miami", region="Florida", country="USA", tz_id="America/New_York")


@pytest.mark.parametrize(
    ("location", "current", "expected"),
    [
        (OSLO, Current(temp_c=-1.2, temp_f=29.8), "It's minus one degree Celsius in Oslo, Norway."),
        (OSLO, Current(temp_c=0, temp_f=32, wind_mph=20), "It's zero degrees Celsius in Oslo, Norway. The wind blows "
         "at twenty miles an hour."),
        (MIAMI, Current(temp_c=32, temp_f=90, feelslike_f=93.9, wind_mph=14.9),
         "It's ninety degrees in Miami, Florida."),
        (MIAMI, Current(temp_c=32, temp_f=90, feelslike_f=101, wind_mph=15, condition=Condition(text="Clear ")),
         "It's ninety degrees in Miami, Florida, clear, and feels like one hundred one. The wind blows at fifteen "
         "miles an hour."),
        (Location(name="Singapore", country="Singapore"), Current(temp_c=30, temp_f=86),
         "It's thirty degrees Celsius in Singapore."),
        (Location(name="<i>"), Current(temp_c=1, temp_f=34), "It's one degree Celsius in that place."),
    ],
)  # fmt: skip
def test_each_weather_has_its_sentence(location, current, expected):
    assert spoken.now(location, current) == expected


def days(*conditions: str, **more: Any) -> list[ForecastDay]:
    day = {"maxtemp_c": -1.0, "maxtemp_f": 30.2, "mintemp_c": -12.0, "mintemp_f": 10.4} | more
    return [
        ForecastDay(date=date(2026, 11, 22) + timedelta(days=number), day=Day(condition=Condition(text=text), **day))
        for number, text in enumerate(conditions)
    ]


SUNDAY = datetime(2026, 11, 22, 9, 0, tzinfo=ZoneInfo("Europe/Oslo"))


@pytest.mark.parametrize(
    ("told", "alerts", "expected"),
    [
        (days("Snow", "", "Sunny"), [], "In Oslo, Norway, in Celsius: Today, snow, high of minus one, low of minus "
         "twelve. Tomorrow, high of minus one, low of minus twelve. Tuesday, sunny, high of minus one, low of minus "
         "twelve."),
        (days("Snow", daily_chance_of_rain=10, daily_chance_of_snow=85),
         [Alert(headline="Blizzard warning", expires=SUNDAY + timedelta(hours=7))],
         "Weather alert: Blizzard warning until four PM. In Oslo, Norway, in Celsius: Today, snow, high of minus one, "
         "low of minus twelve, eighty five percent chance of snow."),
        (days("Fog"), [Alert(event="Ice", expires=datetime(2026, 11, 23, 11, tzinfo=UTC))],
         "Weather alert: Ice until tomorrow at noon. In Oslo, Norway, in Celsius: Today, fog, high of minus one, low "
         "of minus twelve."),
        (days("Fog"), [Alert()], "Weather alert: a warning. In Oslo, Norway, in Celsius: Today, fog, high of minus "
         "one, low of minus twelve."),
    ],
)  # fmt: skip
def test_each_forecast_has_its_sentence(told, alerts, expected):
    assert spoken.forecast(OSLO, told, alerts, len(told), SUNDAY) == expected


def test_a_long_forecast_loses_its_last_details_first():
    told = days(*["Moderate or heavy snow showers"] * 5, daily_chance_of_snow=77)
    said = spoken.forecast(OSLO, told, [], 5, SUNDAY)
    each = "moderate or heavy snow showers, minus one to minus twelve, seventy seven percent snow."
    assert said == f"In Oslo, Norway, in Celsius: Today, {each} Tomorrow, {each}"


def test_an_alert_at_the_end_of_time_is_told_too():
    forever = Alert(event="Ice", expires=datetime.fromisoformat("9999-12-31T23:59:59-14:00"))
    assert spoken.forecast(OSLO, days("Fog"), [forever], 1, SUNDAY).startswith("Weather alert: Ice until December")


@settings(deadline=None)
@given(st.text(max_size=120) | st.from_regex(r"-?[0-9]{1,4}(\.[0-9]*)?,-?[0-9]{1,4}|(iata|auto|metar):[a-z]{1,5}"))
def test_anything_is_a_place_or_a_question(said):
    try:
        query = places.query(said, "Boston")
    except ToolError as error:
        query = "asked" if error.code == "bad_request" else ""
    assert 0 < len(query) <= 100
    assert ":" not in query or re.fullmatch("(iata|metar):[A-Z0-9]{3,4}", query)


# -- demo mode ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tool", "said", "expected"),
    [
        (NOW, "here", "It's forty three degrees in Boston, Massachusetts"),
        (NOW, "Brooklyn", "It's forty seven degrees in New York"),
        (NOW, "zip code 94102", "in San Francisco, California, fog. The wind blows at seventeen miles an hour."),
        (NOW, "iata:HND", "It's thirteen degrees Celsius in Tokyo, Japan, clear."),
        (FORECAST, "London, England", "In London, United Kingdom, in Celsius: Today, light drizzle, "),
        (FORECAST, "Chicago", "Weather alert: Winter Weather Advisory. In Chicago, Illinois: Today, moderate snow, "),
    ],
)
async def test_samples_answer_the_question_that_was_asked(tool, said, expected):
    response = await call(tool, {"location": said}, context(key=""))
    assert response.sample
    assert expected in response.spoken


async def test_samples_give_the_days_that_were_asked_for():
    response = await call(FORECAST, {"location": "Tokyo", "days": 1}, context(key=""))
    today = datetime.now(ZoneInfo("Asia/Tokyo")).date()
    assert [day["date"] for day in response.response["days"]] == [f"{today}"]


async def test_what_the_samples_lack_is_said():
    response = await call(NOW, {"location": "Bostonia"}, context(key=""))
    assert response.response["code"] == "not_found"
    assert response.spoken.startswith("My sample data only knows Boston")


def test_the_plugin_is_what_the_catalogue_expects():
    plugin = odai_tools()
    assert (plugin.name, plugin.api, plugin.voice, plugin.samples) == ("weatherapi", 1, True, True)
    assert all(len(describe(tool).options.examples) >= 8 for tool in plugin.tools)
    assert describe(FORECAST).function.__defaults__ == (weatherapi.PLAN_DAYS,)
