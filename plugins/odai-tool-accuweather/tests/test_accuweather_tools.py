"""AccuWeather's tools over real HTTP against the stand-in; what every connector must do is in the conformance test."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import pytest
from msgspec.json import decode
from odai_tool_accuweather import odai_tools, spoken
from odai_tool_accuweather.shapes import Current, Daily, Day, Hour, Location

from odai_core import Caller, SettingError, ToolContext, ToolResponse
from odai_core.settings import Settings
from odai_core.testing.upstreams import UpstreamServer
from odai_core.testing.upstreams.services import accuweather
from odai_core.tools.http import HttpClient
from odai_core.tools.invoke import invoke
from odai_core.tools.schema import describe

PLUGIN = odai_tools()
NOW, DAILY, HOURLY = PLUGIN.tools
BOSTON, LONDON = {"latitude": 42.3601, "longitude": -71.0589}, {"latitude": 51.5, "longitude": -0.12}


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


async def test_the_weather_now_is_told_and_shown(ctx: ToolContext, server: UpstreamServer):
    response = await call(NOW, BOSTON, ctx)
    assert response.response_type == "current_weather_by_latitude_longitude"
    assert response.spoken == (
        "It's forty three degrees in Boston, Massachusetts, cloudy, and feels like thirty seven. The wind blows at "
        "twelve miles an hour."
    )
    assert (response.response["place"], response.response["unit"]) == ("Boston, Massachusetts", "F")
    assert response.response["current"]["Temperature"]["Imperial"] == {"Value": 43, "Unit": "F"}
    assert response.voice == {
        "place": "Boston, Massachusetts", "temperature": "43 F", "feels_like": 37, "condition": "cloudy",
        "humidity_percent": 61, "wind": "12 mph",
    }  # fmt: skip
    always = {"apikey": "test-key", "language": "en-us", "details": "true"}
    assert [(seen.path, seen.query) for seen in server.seen] == [
        ("/locations/v1/cities/geoposition/search", always | {"q": "42.36,-71.06"}),
        ("/currentconditions/v1/348735", always),
    ]


async def test_elsewhere_it_is_celsius_and_kilometers(ctx: ToolContext, server: UpstreamServer):
    response = await call(NOW, LONDON, ctx)
    assert response.spoken == (
        "It's six degrees Celsius in London, United Kingdom, cloudy. The wind blows at twenty kilometers an hour."
    )
    await call(DAILY, LONDON, ctx)
    assert server.seen[-1].query["metric"] == "true"


async def test_a_place_is_looked_up_once(ctx: ToolContext, server: UpstreamServer):
    for tool in (NOW, DAILY, HOURLY, NOW):
        assert (await call(tool, {"latitude": 42.3612, "longitude": -71.0571}, ctx)).ok
    assert [seen.path.split("/")[1] for seen in server.seen] == [
        "locations", "currentconditions", "forecasts", "forecasts",
    ]  # fmt: skip


async def test_days_are_told_and_shown(ctx: ToolContext, server: UpstreamServer):
    response = await call(DAILY, BOSTON, ctx)
    assert response.spoken.startswith(
        "In Boston, Massachusetts: Today, rain, high of forty eight, low of thirty six, seventy two percent chance of "
        "rain. Tomorrow, mostly sunny, high of forty nine, low of thirty five. "
    )
    assert len(response.response["days"]) == 5
    assert response.response["headline"] == {"Text": "Rain today", "Severity": 4}
    assert response.voice["days"][0]["night"] == "partly cloudy with showers"
    assert server.seen[1].path == "/forecasts/v1/daily/5day/348735"
    assert server.seen[1].query["metric"] == "false"


async def test_hours_are_told_and_shown(ctx: ToolContext, server: UpstreamServer):
    response = await call(HOURLY, BOSTON, ctx)
    assert response.spoken == (
        "In Boston, Massachusetts: at nine AM forty three degrees, cloudy; at three PM thirty seven degrees, cloudy; "
        "at eight PM thirty two degrees, cloudy. Around noon there is a fifty five percent chance of snow."
    )
    assert len(response.response["hours"]) == 12
    assert [hour["temperature"] for hour in response.voice["hours"]] == [43, 41, 39, 37, 35]
    assert server.seen[1].path == "/forecasts/v1/hourly/12hour/348735"


async def test_larger_plans_see_further(server: UpstreamServer, http: HttpClient):
    values = {**server.settings(PLUGIN), "ACCUWEATHER_DAYS": "10", "ACCUWEATHER_HOURS": "72"}
    large = context(values, http)
    assert len((await call(DAILY, BOSTON, large)).response["days"]) == 10
    assert len((await call(HOURLY, BOSTON, large)).response["hours"]) == 72
    too_large = context({**values, "ACCUWEATHER_DAYS": "15"}, http)
    assert (await call(DAILY, BOSTON, too_large)).response["code"] == "plan"


@pytest.mark.parametrize("values", [{"ACCUWEATHER_DAYS": "7"}, {"ACCUWEATHER_HOURS": "many"}])
def test_a_span_that_does_not_exist_is_a_setting_error(values):
    with pytest.raises((SettingError, ValueError)):
        Settings(values).bind(PLUGIN.settings)[next(iter(values))]


@pytest.mark.parametrize("where", [{"latitude": 91}, {"longitude": -180.5}, {"latitude": 1e300}])
async def test_what_is_no_place_is_asked_back(where, ctx: ToolContext, server: UpstreamServer):
    assert (await call(NOW, BOSTON | where, ctx)).response["code"] == "bad_request"
    assert not server.seen


@pytest.mark.parametrize("body", [None, b""])
async def test_at_sea_there_is_no_weather(body, ctx: ToolContext, server: UpstreamServer):
    server.answer("accuweather", body, status=204 if body is not None else 200)
    response = await call(NOW, BOSTON, ctx)
    assert response.spoken == "AccuWeather knows no weather for that place."


@pytest.mark.parametrize(
    ("failed", "code"),
    [
        (accuweather.USED_UP, "rate_limited"), (accuweather.UNKNOWN_KEY, "bad_request"),
        (accuweather.failure(403, "Forbidden", "Api Authorization failed"), "plan"),
        (accuweather.failure(401, "Unauthorized", "Api Authorization failed"), "auth"),
        (accuweather.failure(401, "Unauthorized", "You do not have permission"), "plan"),
        (accuweather.failure(500, "Error", "Oh"), "upstream"),
    ],
)  # fmt: skip
async def test_its_own_words_have_our_codes(failed, code, ctx: ToolContext, server: UpstreamServer):
    for _ in range(3):
        server.answer("accuweather", failed.body, status=failed.status)
    assert (await call(NOW, BOSTON, ctx)).response["code"] == code


async def test_odd_entries_are_left_out(ctx: ToolContext, server: UpstreamServer):
    await call(NOW, BOSTON, ctx)
    body = json.loads(json.dumps(accuweather.hourly(_ask("12hour"))))
    body[0]["Temperature"], body[1]["DateTime"] = None, "soon"
    server.answer("accuweather", body)
    assert len((await call(HOURLY, BOSTON, ctx)).response["hours"]) == 10


@pytest.mark.parametrize(("body", "code"), [([], "not_found"), ([{"x": 1}], "bad_shape")])
async def test_no_weather_is_a_sentence(body, code, ctx: ToolContext, server: UpstreamServer):
    await call(DAILY, BOSTON, ctx)
    server.answer("accuweather", body)
    assert (await call(NOW, BOSTON, ctx)).response["code"] == code


def _ask(span: str) -> Any:
    class Ask:
        args: dict[str, str] = {"key": accuweather.BOSTON, "span": span}  # noqa: RUF012
        query: dict[str, str] = {}  # noqa: RUF012

    return Ask()


# -- what is said ------------------------------------------------------------------------------------


def weather(shape: Any, **fields: Any) -> Any:
    return decode(json.dumps(fields).encode(), type=shape)


CHICAGO = weather(
    Location, Key="1", LocalizedName="Chicago", AdministrativeArea={"ID": "IL"}, Country={"ID": "US"}, TimeZone=None
)


def day(number: int, **more: Any) -> Day:
    low, high = {"Value": -1.2, "Unit": "F"}, {"Value": 1, "Unit": "F"}
    given = {"Date": f"2026-11-{number}T07:00:00-06:00", "Temperature": {"Minimum": low, "Maximum": high}} | more
    return weather(Day, **given)


def test_a_grave_headline_comes_first():
    news = weather(Daily, DailyForecasts=[], Headline={"Text": "Blizzard <b>tonight</b>.", "Severity": 1})
    said = spoken.daily(CHICAGO, [day(23)], news, date(2026, 11, 23))
    assert said == "Blizzard tonight. In Chicago, IL: Today, high of one, low of minus one."


def test_long_days_are_told_shortly():
    long = {"IconPhrase": "Intermittent clouds w/ flurries now and", "PrecipitationProbability": 80}
    days = [day(number, Day=long) for number in (23, 24, 25)]
    said = spoken.daily(CHICAGO, days, weather(Daily, DailyForecasts=[]), date(2026, 11, 23))
    assert said.startswith("In Chicago, IL: Today, intermittent clouds with flurries now and, high of one")
    assert "eighty percent chance of rain or snow" in said
    assert said.endswith("Wednesday, intermittent clouds with flurries now and, one to minus one.")


def test_one_hour_is_one():
    hour = weather(Hour, DateTime="2026-11-23T13:00:00-06:00", Temperature={"Value": 1.2})
    assert spoken.hourly(CHICAGO, [hour]) == "In Chicago, IL: at one PM one degree."


def test_what_is_not_known_is_not_told():
    both = {"Metric": {"Value": 1}, "Imperial": {"Value": 34}}
    current = weather(Current, Temperature=both)
    nowhere = weather(Location, Key="1")
    assert spoken.now(nowhere, current) == "It's one degree Celsius in that place."
    assert spoken.now_projection(nowhere, current)["wind"] is None


# -- demo mode ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("tool", [NOW, DAILY, HOURLY])
@pytest.mark.parametrize("point", [(42.4, -71.1), (40.7, -74), (37.8, -122.4), (41.9, -87.6), (51.5, 0), (35.7, 139.7)])
async def test_samples_know_six_cities(tool, point, http: HttpClient):
    response = await call(tool, {"latitude": point[0], "longitude": point[1]}, context({}, http, demo=True))
    assert response.ok
    assert response.sample


async def test_samples_begin_now(http: HttpClient):
    demo = context({}, http, demo=True)
    assert ": Today, " in (await call(DAILY, BOSTON, demo)).spoken
    nowhere = await call(DAILY, {"latitude": 0, "longitude": 0}, demo)
    assert nowhere.spoken.startswith("My sample data only knows Boston, ")
