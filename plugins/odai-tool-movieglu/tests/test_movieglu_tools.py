"""MovieGlu's tools, over real HTTP against the stand-in."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import odai_tool_movieglu as movieglu
import pytest
from hypothesis import given
from hypothesis import strategies as st
from odai_tool_movieglu import service, spoken
from odai_tool_movieglu.shapes import Cinema, Film, Rating, Show, Shows, each, shows
from odai_tool_movieglu.zones import zone_at

from odai_core import Caller, Secret, ToolContext, ToolResponse
from odai_core.testing.upstreams import UpstreamServer
from odai_core.tools.http import HttpClient
from odai_core.tools.invoke import invoke
from odai_core.tools.schema import describe

BOSTON = {"latitude": 42.36012345678, "longitude": -71.0589}
LONDON = {"latitude": 51.5, "longitude": 0.1}
FIVE = datetime(2026, 11, 22, 22, 0, tzinfo=UTC)
"""Five in the afternoon in Boston."""
TODAY, TOMORROW = "2026-11-22", "2026-11-23"
AT_CINEMA_5 = BOSTON | {"theater_id": 8845, "film_id": None, "date": TOMORROW}
RAIDERS = BOSTON | {"film_id": 7772, "date": TOMORROW}


@pytest.fixture(autouse=True)
def five_o_clock(monkeypatch):
    monkeypatch.setattr(service, "now", lambda: FIVE)


@pytest.fixture
async def server() -> AsyncIterator[UpstreamServer]:
    async with UpstreamServer() as running:
        yield running


@pytest.fixture
async def http() -> AsyncIterator[HttpClient]:
    async def no_pause(_: float) -> None: ...

    client = HttpClient(timeout=1, sleep=no_pause)
    yield client
    await client.aclose()


def context(http: HttpClient, base: str, **more: Any) -> ToolContext:
    values = {
        "MOVIEGLU_CLIENT": "ODAI_1", "MOVIEGLU_API_KEY": Secret("test-key"), "MOVIEGLU_API_VERSION": "v201",
        "MOVIEGLU_API_AUTHORIZATION": Secret("Basic test-key"), "MOVIEGLU_TERRITORY": "US", "MOVIEGLU_BASE_URL": base,
    }  # fmt: skip
    return ToolContext(
        http=http, settings=values | more, caller=Caller(), log=logging.getLogger("test"), demo="demo" in base
    )


@pytest.fixture
def ctx(server: UpstreamServer, http: HttpClient) -> ToolContext:
    return context(http, server.url("movieglu"))


@pytest.fixture
def demo(http: HttpClient) -> ToolContext:
    return context(http, "http://demo.invalid", MOVIEGLU_API_KEY=Secret(""))


async def call(tool: Any, arguments: dict[str, Any], ctx: ToolContext) -> ToolResponse:
    response = await invoke(describe(tool), json.dumps(arguments), ctx)
    assert 0 < len(response.spoken) <= 300
    assert "http" not in response.spoken
    return response


# -- what is asked, said and shown -------------------------------------------------------------------


async def test_every_call_carries_the_seven_headers(ctx: ToolContext, server: UpstreamServer):
    assert (await call(movieglu.get_film_showtimes_near_location, RAIDERS, ctx)).ok
    seen = server.seen[0]
    assert (seen.raw_path, seen.query) == ("/filmShowTimes/", {"film_id": "7772", "date": TOMORROW, "n": "10"})
    expected = {
        "client": "ODAI_1", "x-api-key": "test-key", "authorization": "Basic test-key", "territory": "US",
        "api-version": "v201", "geolocation": "42.360;-71.059", "device-datetime": "2026-11-22T17:00:00.000",
    }  # fmt: skip
    assert {name: seen.headers[name] for name in expected} == expected


async def test_an_authorization_without_its_first_word_is_mended(server: UpstreamServer, http: HttpClient):
    bare = context(http, server.url("movieglu") + "/", MOVIEGLU_API_AUTHORIZATION=Secret(" test-key "))
    assert (await call(movieglu.get_films_showing_near_location, BOSTON, bare)).ok


async def test_films_are_told_with_their_rating(ctx: ToolContext, server: UpstreamServer):
    response = await call(movieglu.get_films_showing_near_location, BOSTON, ctx)
    assert response.response_type == "movieglu_films_showing_near_location"
    assert response.spoken == (
        "Now showing: First, Raiders of the Lost Ark, rated PG thirteen. Second, The Lighthouse Keeper. "
        "Third, Paper Moons."
    )
    assert [film["film_id"] for film in response.response] == [7772, 8101, 8102, 8103]
    assert response.response[0]["poster"] == "https://images.example/1.jpg"
    assert response.response[2]["poster"] is None
    assert response.voice["films"][0] == {
        "film_id": 7772, "name": "Raiders of the Lost Ark", "rating": "PG-13",
        "about": "An archaeologist races for a relic.",
    }  # fmt: skip
    assert (server.seen[0].raw_path, server.seen[0].query) == ("/filmsNowShowing/", {"n": "10"})


async def test_lists_are_asked_for_once_a_day_and_place(ctx: ToolContext, server: UpstreamServer, monkeypatch):
    for hours in (0, 1, 9, 11):
        monkeypatch.setattr(service, "now", lambda hours=hours: FIVE + timedelta(hours=hours))
        assert (await call(movieglu.get_films_showing_near_location, BOSTON, ctx)).ok
    times = [seen.headers["device-datetime"] for seen in server.seen]
    assert times == ["2026-11-22T12:00:00.000", "2026-11-23T12:00:00.000"]


async def test_showtimes_are_never_kept(ctx: ToolContext, server: UpstreamServer):
    await call(movieglu.get_film_showtimes_near_location, RAIDERS, ctx)
    await call(movieglu.get_film_showtimes_near_location, RAIDERS, ctx)
    assert len(server.seen) == 2


async def test_theaters_are_told_with_their_distance(ctx: ToolContext):
    response = await call(movieglu.get_nearby_theaters_near_location, BOSTON, ctx)
    assert response.response_type == "movieglu_nearby_theaters"
    assert response.spoken == (
        "I found: First, Cinema 5, about one and a half miles away. Second, Harbor Lights Theatre, less than half a "
        "mile away. Third, The Old Roxy."
    )
    assert response.voice["theaters"][0] == {
        "theater_id": 8845, "name": "Cinema 5", "miles": 1.3, "street": "1 Main Street"
    }  # fmt: skip


async def test_a_theater_is_found_by_name(ctx: ToolContext, server: UpstreamServer):
    asked = BOSTON | {"query": " harbor\n LIGHTS "}
    response = await call(movieglu.search_theaters_near_location, asked, ctx)
    assert response.response_type == "movieglu_search_theaters"
    assert response.spoken == "I found Harbor Lights Theatre, less than half a mile away."
    assert server.seen[0].query == {"query": "harbor LIGHTS", "n": "10"}


async def test_a_film_is_found_by_title(ctx: ToolContext):
    response = await call(movieglu.search_films_near_location, BOSTON | {"query": "zero"}, ctx)
    assert response.response_type == "movieglu_search_films"
    assert response.spoken == "I found: Zero Hour, rated twelve A."


async def test_a_theater_tells_its_films_and_times(ctx: ToolContext, server: UpstreamServer):
    response = await call(movieglu.get_theater_showtimes_near_location, AT_CINEMA_5, ctx)
    assert response.response_type == "movieglu_theater_showtimes"
    assert response.spoken == (
        "At Cinema 5 tomorrow: First, Raiders of the Lost Ark at two fifty, seven thirty and ten ten PM, and in IMAX "
        "at eight PM. Second, Paper Moons at noon and one fifteen AM."
    )
    assert server.seen[0].query == {"cinema_id": "8845", "date": TOMORROW, "sort": "popularity"}
    assert response.response["films"][1]["showings"] == {"Standard": ["2026-11-23T12:00", "2026-11-24T01:15"]}
    assert response.voice["films"][0]["times"] == ["2:50 PM", "7:30 PM", "8:00 PM IMAX", "10:10 PM"]


async def test_one_film_at_one_theater(ctx: ToolContext, server: UpstreamServer):
    response = await call(movieglu.get_theater_showtimes_near_location, AT_CINEMA_5 | {"film_id": 7772}, ctx)
    assert response.spoken == (
        "Raiders of the Lost Ark, rated PG thirteen, is at Cinema 5 tomorrow at two fifty, seven thirty and ten ten "
        "PM, and in IMAX at eight PM."
    )
    assert server.seen[0].query["film_id"] == "7772"


async def test_a_film_tells_its_theaters_and_times(ctx: ToolContext):
    response = await call(movieglu.get_film_showtimes_near_location, RAIDERS, ctx)
    assert response.response_type == "movieglu_film_showtimes"
    assert response.spoken == (
        "Raiders of the Lost Ark tomorrow: First, at Cinema 5, about one and a half miles away, at seven thirty and "
        "ten ten PM, and in IMAX at eight PM. Second, at Harbor Lights Theatre, at six fifteen PM."
    )
    assert [theater["theater_id"] for theater in response.voice["theaters"]] == [8845, 9001]


@pytest.mark.parametrize("day", [TODAY, "today", "Tonight", ""])
async def test_what_has_started_is_not_told(day, ctx: ToolContext):
    response = await call(movieglu.get_theater_showtimes_near_location, AT_CINEMA_5 | {"date": day}, ctx)
    assert response.spoken == (
        "At Cinema 5 today: First, Raiders of the Lost Ark at seven thirty and ten ten PM, and in IMAX at eight PM. "
        "Second, Paper Moons at one fifteen AM."
    )


async def test_after_the_last_show_that_is_said(ctx: ToolContext, monkeypatch):
    monkeypatch.setattr(service, "now", lambda: datetime(2026, 11, 23, 7, 30, tzinfo=UTC))
    late = {"date": TODAY}
    response = await call(movieglu.get_theater_showtimes_near_location, AT_CINEMA_5 | late, ctx)
    assert response.spoken == "At Cinema 5, every show yesterday has already started."
    response = await call(movieglu.get_film_showtimes_near_location, RAIDERS | late, ctx)
    assert response.spoken == "Every show of Raiders of the Lost Ark near there yesterday has already started."


async def test_an_answer_that_names_nothing_is_still_told(ctx: ToolContext, server: UpstreamServer):
    server.alter("movieglu", lambda body: body | {"cinema": None, "film": None})
    response = await call(movieglu.get_theater_showtimes_near_location, AT_CINEMA_5, ctx)
    assert response.spoken.startswith("At that theater tomorrow: First, Raiders")
    response = await call(movieglu.get_film_showtimes_near_location, RAIDERS, ctx)
    assert response.spoken.startswith("That film tomorrow: First, at Cinema 5")


# -- what cannot be answered -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tool", "arguments", "code", "said"),
    [
        (movieglu.get_films_showing_near_location, LONDON, "not_found", "any films"),
        (movieglu.get_nearby_theaters_near_location, LONDON, "not_found", "a movie theater near"),
        (movieglu.search_theaters_near_location, BOSTON | {"query": "Odeon"}, "not_found", "called Odeon"),
        (movieglu.search_theaters_near_location, BOSTON | {"query": " x "}, "bad_request", "Which one"),
        (movieglu.search_films_near_location, BOSTON | {"query": "\x00"}, "bad_request", "Which one"),
        (movieglu.search_films_near_location, BOSTON | {"query": "Casablanca"}, "not_found", "called Casablanca"),
        (movieglu.get_films_showing_near_location, {"latitude": 91, "longitude": 0}, "bad_request", "Which town"),
        (movieglu.get_films_showing_near_location, {"latitude": 0, "longitude": -181}, "bad_request", "Which town"),
        (movieglu.get_theater_showtimes_near_location, AT_CINEMA_5 | {"theater_id": 1}, "not_found", "tomorrow"),
        (movieglu.get_theater_showtimes_near_location, AT_CINEMA_5 | {"theater_id": 0}, "bad_request", "that theater"),
        (movieglu.get_theater_showtimes_near_location, AT_CINEMA_5 | {"film_id": -4}, "bad_request", "that film"),
        (movieglu.get_theater_showtimes_near_location, AT_CINEMA_5 | {"film_id": 99}, "not_found", "tomorrow"),
        (movieglu.get_film_showtimes_near_location, RAIDERS | {"film_id": 10**12}, "bad_request", "that film"),
        (movieglu.get_film_showtimes_near_location, RAIDERS | {"film_id": 1}, "not_found", "near there tomorrow"),
        (movieglu.get_film_showtimes_near_location, RAIDERS | {"date": "2026-11-21"}, "bad_request", "is over"),
        (movieglu.get_film_showtimes_near_location, RAIDERS | {"date": "some day"}, "bad_request", "Which day"),
    ],
)  # fmt: skip
async def test_what_cannot_be_answered_is_a_sentence(tool, arguments, code, said, ctx: ToolContext):
    response = await call(tool, arguments, ctx)
    assert (response.response["code"], said in response.spoken) == (code, True)


async def test_no_number_of_the_universe_is_a_place(ctx: ToolContext):
    with pytest.raises(movieglu.ToolError, match="bad_request"):
        await movieglu.get_films_showing_near_location(ctx, float("nan"), float("inf"))


async def test_a_wrong_key_is_the_operators_matter(server: UpstreamServer, http: HttpClient):
    wrong = context(http, server.url("movieglu"), MOVIEGLU_API_KEY=Secret("wrong"))
    response = await call(movieglu.get_films_showing_near_location, BOSTON, wrong)
    # MovieGlu knows no 401, and its 403 does not say whether it is about the key or about the licence.
    assert (response.response["code"], response.response["retryable"]) == ("plan", False)


async def test_shows_without_a_readable_time_are_no_shows(ctx: ToolContext, server: UpstreamServer):
    odd = [{"start_time": "soon"}, {"start_time": None}, None, {"start_time": "25:00"}]
    server.answer("movieglu", {"films": [{"film_id": 1, "film_name": "A", "showings": {"Standard": {"times": odd}}}]})
    response = await call(movieglu.get_theater_showtimes_near_location, AT_CINEMA_5, ctx)
    assert response.response["code"] == "not_found"


async def test_one_odd_item_does_not_spoil_the_rest(ctx: ToolContext, server: UpstreamServer):
    server.alter("movieglu", lambda body: body | {"films": [None, {"film_id": "x"}, *body["films"]]})
    response = await call(movieglu.get_films_showing_near_location, BOSTON, ctx)
    assert len(response.response) == 4


# -- the parts ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("latitude", "longitude", "territory", "zone"),
    [
        (42.36, -71.06, "US", "America/New_York"), (39.77, -86.16, "US", "America/New_York"),
        (41.88, -87.63, "US", "America/Chicago"), (31.99, -102.08, "US", "America/Chicago"),
        (39.74, -104.99, "US", "America/Denver"), (33.45, -112.07, "US", "America/Phoenix"),
        (43.62, -116.2, "US", "America/Boise"), (34.05, -118.24, "US", "America/Los_Angeles"),
        (36.17, -115.14, "US", "America/Los_Angeles"), (61.22, -149.9, "US", "America/Anchorage"),
        (21.31, -157.86, "US", "Pacific/Honolulu"), (43.65, -79.38, "CA", "America/Toronto"),
        (44.65, -63.57, "CA", "America/Halifax"), (47.56, -52.71, "CA", "America/St_Johns"),
        (49.9, -97.14, "CA", "America/Winnipeg"), (50.45, -104.6, "CA", "America/Regina"),
        (51.05, -114.07, "CA", "America/Edmonton"), (49.28, -123.12, "CA", "America/Vancouver"),
        (51.5, -0.1, "UK", "Europe/London"), (48.85, 2.35, "FR", "Europe/Paris"), (48.85, 2.35, "US", "Etc/Other"),
        (42.36, -71.06, "XX", "Etc/Other"),
    ],
)  # fmt: skip
def test_a_place_has_its_zone(latitude, longitude, territory, zone):
    assert zone_at(latitude, longitude, territory, "Etc/Other") == zone


@given(st.floats(-90, 90), st.floats(-180, 180), st.sampled_from(["US", "CA"]))
def test_every_place_has_a_zone_that_exists(latitude, longitude, territory):
    assert ZoneInfo(zone_at(latitude, longitude, territory, "UTC"))


@pytest.mark.parametrize(
    ("miles", "said"),
    [(0.1, "less than half a mile"), (0.6, "about half a mile"), (0.8, "about one mile"), (2.6, "about two and a half"),
     (11.4, "about eleven miles"), (None, "X.")],
)  # fmt: skip
def test_distances_are_rounded_as_one_says_them(miles, said):
    assert said in spoken.theaters([Cinema(cinema_id=1, cinema_name="X", distance=miles)], "I found")


def test_long_answers_are_cut_to_a_breath():
    name = "A Film with a Very Long Name That Goes on "
    day = date(2026, 11, 22)
    times = [Show(datetime(2026, 11, 22, 13 + hour, 35), kind) for kind in ("Standard", "IMAX3D") for hour in range(9)]
    films = [(Film(film_id=number, film_name=f"{name}{number}"), times) for number in range(1, 9)]
    said = spoken.at_theater(f"The {name}", films, "today")
    assert len(said) <= 300
    assert said.count("A Film with") >= 2
    assert shows(Film(film_id=1, film_name="", showings={"Standard": Shows(times=["x"])}), day) == []
    only = [Show(datetime(2026, 11, 22, 20), "IMAX3D")]
    assert spoken.at_theater("Y", [(Film(1, "X"), only)], "today") == "X, is at Y today in IMAX three D at eight PM."
    assert spoken.films([Film(film_id=1, film_name="\x00")], "Now showing:") == "Now showing: one without a name."


@pytest.mark.parametrize(
    "images", [None, [], {"poster": []}, {"poster": {"1": {"medium": {"film_image": "javascript:x"}}}}]
)
def test_a_poster_is_an_address_or_nothing(images):
    film = Film(film_id=1, film_name="X", images=images, age_rating=[Rating(None)])
    assert (film.poster, film.rating) == (None, "")


def test_a_list_of_nothing_readable_is_refused():
    assert each([], Film) == []
    with pytest.raises(msgspec.ValidationError):
        each([1, {}], Film)


@pytest.mark.parametrize("territory", ["", "USA", "1", "../"])
def test_a_territory_has_two_letters(territory):
    read = next(setting.type for setting in movieglu.odai_tools().settings if setting.name == "MOVIEGLU_TERRITORY")
    assert read("uk") == "UK"
    with pytest.raises(ValueError, match="two letters"):
        read(territory)


# -- demo mode ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        (movieglu.get_films_showing_near_location, {}, "First, The Last Lighthouse, rated PG thirteen."),
        (movieglu.get_nearby_theaters_near_location, {}, "First, Grand Palace Cinema, about one mile away."),
        (movieglu.search_theaters_near_location, {"query": "the Roxy theater"}, "I found The Old Roxy, about four mil"),
        (movieglu.search_theaters_near_location, {"query": "movie theater"}, "Second, Riverside Twelve"),
        (movieglu.search_films_near_location, {"query": "paper moons"}, "I found: Paper Moons, rated PG."),
        (movieglu.get_theater_showtimes_near_location, {"theater_id": 203, "film_id": None, "date": TODAY},
         "At The Old Roxy today: First, Paper Moons at five forty PM."),
        (movieglu.get_theater_showtimes_near_location, {"theater_id": 201, "film_id": 101, "date": TOMORROW},
         "is at Grand Palace Cinema tomorrow at one forty five, four ten and six thirty PM, and in IMAX at two fifty"),
        (movieglu.get_film_showtimes_near_location, {"film_id": 103, "date": TODAY},
         "Zero Hour Express today: at Riverside Twelve, about two and a half miles away, at five fifty, eight twenty"),
    ],
)  # fmt: skip
async def test_samples_answer_the_question_that_was_asked(tool, arguments, said, demo: ToolContext):
    response = await call(tool, BOSTON | arguments, demo)
    assert (response.sample, said in response.spoken) == (True, True), response.spoken


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        (movieglu.search_films_near_location, {"query": "Casablanca"}),
        (movieglu.get_theater_showtimes_near_location, {"theater_id": 9, "film_id": None, "date": TODAY}),
        (movieglu.get_theater_showtimes_near_location, {"theater_id": 201, "film_id": 106, "date": TODAY}),
        (movieglu.get_film_showtimes_near_location, {"film_id": 9, "date": TODAY}),
    ],
)
async def test_what_the_samples_lack_is_said(tool, arguments, demo: ToolContext):
    assert (await call(tool, BOSTON | arguments, demo)).response["code"] == "not_found"


async def test_without_demo_mode_there_are_no_samples(demo: ToolContext):
    response = await call(movieglu.get_films_showing_near_location, BOSTON, replace(demo, demo=False))
    assert not response.ok


async def test_a_licence_in_part_is_no_licence(demo: ToolContext):
    part = replace(demo, settings={**demo.settings, "MOVIEGLU_API_KEY": Secret("k"), "MOVIEGLU_CLIENT": ""})
    assert (await call(movieglu.get_films_showing_near_location, BOSTON, part)).sample


def test_the_plugin_is_what_the_catalogue_expects():
    plugin = movieglu.odai_tools()
    assert (plugin.name, plugin.api, plugin.voice, plugin.samples) == ("movieglu", 1, True, True)
    assert len(plugin.tools) == 6
    for tool in plugin.tools:
        assert len(describe(tool).options.examples) >= 8
