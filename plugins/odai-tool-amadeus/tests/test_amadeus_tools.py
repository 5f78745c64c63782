"""Flights and hotels over real HTTP against the stand-in; what every connector must do is in the conformance test."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from odai_tool_amadeus import (
    airports,
    amadeus,
    dates,
    get_flight_info,
    get_hotel_prices,
    odai_tools,
    providers,
    spoken,
    tokens,
    trips,
)
from odai_tool_amadeus.offers import Fare, Hotel, journey, moment

from odai_core import Caller, SettingError, ToolContext, ToolError, ToolResponse
from odai_core.settings import Settings
from odai_core.testing.upstreams import UpstreamServer
from odai_core.testing.upstreams.services import amadeus as standin
from odai_core.testing.upstreams.services import serpapi
from odai_core.tools.http import HttpClient
from odai_core.tools.invoke import invoke
from odai_core.tools.schema import describe

TODAY = date.today()
DAY = TODAY + timedelta(days=40)
BACK = DAY + timedelta(days=3)
FLIGHT = {"originIATA": "BOS", "destinationIATA": "LHR", "departure_date": f"{DAY}"}
STAY = {"latitude": 42.36, "longitude": -71.06, "check_in_date": f"{DAY}", "check_out_date": f"{BACK}"}
PLUGIN = odai_tools()


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
def google(server: UpstreamServer, http: HttpClient) -> ToolContext:
    return context(server.settings(PLUGIN), http)


@pytest.fixture
def enterprise(server: UpstreamServer, http: HttpClient) -> ToolContext:
    return context({**server.settings(PLUGIN), "TRAVEL_PROVIDER": "Amadeus"}, http)


# -- Google ------------------------------------------------------------------------------------------


async def test_flights_are_told_and_shown(google: ToolContext, server: UpstreamServer):
    response = await call(get_flight_info, FLIGHT, google)
    assert response.response_type == "amadeus_flight_info"
    when = spoken.speech.day(DAY, TODAY)
    assert response.spoken == (
        f"Boston to London {when}: First, British Airways, six hundred twelve dollars, nonstop, leaves at six forty PM "
        "and lands at six ten AM the next day. Second, Aer Lingus, five hundred forty eight dollars, one stop. "
        "Third, Virgin Atlantic, five hundred ninety dollars, nonstop."
    )
    shown = response.response
    assert (shown["source"], shown["return_date"], shown["seat_class"]) == ("Google Flights", None, "ECONOMY")
    assert [flight["price"] for flight in shown["flights"]] == [612, 548, 590, 990]
    assert [flight["best"] for flight in shown["flights"]] == [True, True, False, False]
    assert shown["flights"][1]["outbound"]["segments"][0]["aircraft"] is None
    assert response.voice["flights"][1] == {
        "price": "548 USD", "airline": "Aer Lingus", "departs": f"{DAY} 17:05",
        "arrives": f"{DAY + timedelta(days=1)} 07:55", "stops": 1, "minutes": 840,
    }  # fmt: skip
    assert server.seen[0].path == "/search.json"
    assert server.seen[0].query == {
        "engine": "google_flights", "departure_id": "BOS", "arrival_id": "LHR", "outbound_date": f"{DAY}", "type": "2",
        "adults": "1", "travel_class": "1", "currency": "USD", "hl": "en", "gl": "us", "api_key": "test-key",
    }  # fmt: skip


async def test_everything_asked_for_is_asked_on(google: ToolContext, server: UpstreamServer):
    wanted = {
        "originIATA": "new york", "destinationIATA": "lon", "return_date": f"{BACK}", "adults": 2, "non_stop": True,
        "seat_class": "FIRST",
    }  # fmt: skip
    response = await call(get_flight_info, FLIGHT | wanted, google)
    assert response.spoken.startswith("New York to London ")
    assert ", there and back: " in response.spoken
    query = server.seen[0].query
    assert (query["departure_id"], query["arrival_id"]) == ("JFK,LGA,EWR", "LHR,LGW,STN,LTN,LCY")
    assert (query["type"], query["return_date"], query["adults"]) == ("1", f"{BACK}", "2")
    assert (query["travel_class"], query["stops"]) == ("4", "1")


async def test_hotels_are_told_and_shown(google: ToolContext, server: UpstreamServer):
    response = await call(get_hotel_prices, STAY | {"adults": 3, "children": 3, "room_count": 2}, google)
    assert response.response_type == "amadeus_hotel_prices"
    assert response.spoken.startswith("For three nights from ")
    told = response.spoken.partition(": ")[2].split(". ")
    assert told[0] == "First, The Beacon House, four stars, less than a mile away, two hundred nineteen dollars a night"
    assert told[1].startswith("Second, Harborlight Hotel, ")
    assert told[2] == "Third, Loft by the Common, one hundred eighty dollars a night."
    hotels = response.response["hotels"]
    assert [hotel["name"] for hotel in hotels] == [
        "The Beacon House", "Harborlight Hotel", "Loft by the Common", "Airport Lodge",
    ]  # fmt: skip
    assert [hotel["total"] for hotel in hotels] == [219 * 6, 264 * 6, 180 * 6, 98 * 6], "both rooms, three nights"
    assert hotels[1]["link"] is None
    assert hotels[3]["distance_miles"] == 8.0
    assert response.voice["hotels"][0] == {
        "name": "The Beacon House", "price_a_night": "219 USD", "price_of_the_stay": "1314 USD", "stars": 4,
        "rating": 4.4, "miles_away": 0.3,
    }  # fmt: skip
    assert server.seen[0].query == {
        "engine": "google_hotels", "q": "hotels near 42.36,-71.06", "check_in_date": f"{DAY}",
        "check_out_date": f"{BACK}", "adults": "2", "children": "2", "children_ages": "8,8", "hotel_class": "3,4,5",
        "currency": "USD", "hl": "en", "gl": "us", "api_key": "test-key",
    }  # fmt: skip


@pytest.mark.parametrize(("ratings", "asked"), [([1, 2, 3, 4, 5], None), ([], None), ([1, 5, 5, 9], "5"), ([1], None)])
async def test_only_classes_that_exist_are_asked_for(ratings, asked, google: ToolContext, server: UpstreamServer):
    await call(get_hotel_prices, STAY | {"ratings": ratings}, google)
    assert server.seen[0].query.get("hotel_class") == asked
    assert "children" not in server.seen[0].query


async def test_the_same_question_is_asked_once(google: ToolContext, server: UpstreamServer):
    for _ in range(2):
        await call(get_flight_info, FLIGHT, google)
    assert len(server.seen) == 1


@pytest.mark.parametrize(
    ("status", "text", "code"),
    [(429, "Your account has run out of searches.", "plan"), (429, "Too many this hour.", "rate_limited")],
)
async def test_searches_used_up_are_the_plans(status, text, code, google: ToolContext, server: UpstreamServer):
    server.answer("serpapi", {"error": text}, status=status)
    if code == "rate_limited":
        server.fail("serpapi", "429", "429")
    assert (await call(get_flight_info, FLIGHT, google)).response["code"] == code


@pytest.mark.parametrize("status", ["Error", "Processing"])
async def test_a_search_that_did_not_finish_is_not_kept(status, google: ToolContext, server: UpstreamServer):
    server.answer("serpapi", {"search_metadata": serpapi.metadata(status), "error": "It went wrong."})
    assert (await call(get_flight_info, FLIGHT, google)).response["code"] == "bad_shape"
    assert (await call(get_flight_info, FLIGHT, google)).ok


@pytest.mark.parametrize(
    ("tool", "arguments", "body"),
    [
        (get_flight_info, FLIGHT, {"best_flights": [{"flights": [], "price": 3}], "other_flights": []}),
        (get_flight_info, FLIGHT, {"other_flights": [{"price": 3}]}),
        (get_hotel_prices, STAY, {"properties": [{"name": 3}]}),
        (get_hotel_prices, STAY, {}),
    ],
)
async def test_what_cannot_be_read_is_no_empty_answer(tool, arguments, body, google, server):
    server.answer("serpapi", body)
    assert (await call(tool, arguments, google)).response["code"] == "bad_shape"


async def test_a_time_that_is_none_spoils_one_flight_only(google: ToolContext, server: UpstreamServer):
    body = serpapi.flights_body("BOS", "LHR", f"{DAY}")
    body["best_flights"][0]["flights"][0]["departure_airport"]["time"] = "soon"
    server.answer("serpapi", body)
    assert len((await call(get_flight_info, FLIGHT, google)).response["flights"]) == 3


async def test_hotels_without_a_price_are_nothing_found(google: ToolContext, server: UpstreamServer):
    server.answer("serpapi", {"properties": [serpapi.hotel("Full House", 1, 1, rate_per_night={})]})
    response = await call(get_hotel_prices, STAY, google)
    assert response.spoken == "I couldn't find a free hotel room there for these days."


async def test_no_flight_is_a_sentence(google: ToolContext):
    response = await call(get_flight_info, FLIGHT | {"destinationIATA": "XXX"}, google)
    assert response.response["code"] == "not_found"
    assert response.spoken.startswith("I couldn't find a flight from Boston to X X X on ")


# -- Amadeus -----------------------------------------------------------------------------------------


async def test_amadeus_tells_both_ways(enterprise: ToolContext, server: UpstreamServer):
    response = await call(get_flight_info, FLIGHT | {"return_date": f"{BACK}"}, enterprise)
    shown = response.response
    assert shown["source"] == "Amadeus"
    assert [flight["price"] for flight in shown["flights"]] == [548.1, 612.4]
    first, second = shown["flights"]
    assert first["outbound"]["minutes"] == 26 * 60
    assert first["outbound"]["segments"][0]["airline"] == "Aer Lingus"
    assert second["inbound"]["segments"][0]["departs"] == f"{BACK}T11:20:00"
    assert second["outbound"]["segments"][0]["aircraft"] == "Airbus A350-1000"
    assert [seen.path for seen in server.seen] == ["/v1/security/oauth2/token", "/v2/shopping/flight-offers"]
    assert server.seen[0].headers["content-type"] == "application/x-www-form-urlencoded"
    assert server.seen[1].query == {
        "originLocationCode": "BOS", "destinationLocationCode": "LHR", "departureDate": f"{DAY}",
        "returnDate": f"{BACK}", "adults": "1", "travelClass": "ECONOMY", "nonStop": "false", "currencyCode": "USD",
        "max": "10",
    }  # fmt: skip
    assert server.seen[1].headers["authorization"] == f"Bearer {standin.TOKEN}"


async def test_amadeus_hotels_take_two_steps(enterprise: ToolContext, server: UpstreamServer):
    response = await call(get_hotel_prices, STAY | {"adults": 3, "room_count": 2}, enterprise)
    hotels = response.response["hotels"]
    assert [(hotel["per_night"], hotel["total"]) for hotel in hotels] == [(98, 588), (219, 1314), (264, 1584)]
    assert hotels[0]["distance_miles"] is None
    assert hotels[1] | {"name": "", "room": ""} == hotels[1] | {"name": "", "room": "", "stars": 4, "currency": "USD"}
    assert hotels[1]["room"] == "King bed, city view"
    near, rooms = server.seen[1], server.seen[2]
    assert near.path == "/v1/reference-data/locations/hotels/by-geocode"
    assert near.query == {
        "latitude": "42.36", "longitude": "-71.06", "radius": "5", "radiusUnit": "KM", "ratings": "3,4,5",
    }  # fmt: skip
    assert rooms.path == "/v3/shopping/hotel-offers"
    assert rooms.query == {
        "hotelIds": "HSBOSAAA,BWBOSBBB,XTBOSCCC,ZZBOSDDD", "adults": "2", "checkInDate": f"{DAY}",
        "checkOutDate": f"{BACK}", "roomQuantity": "2", "currency": "USD", "bestRateOnly": "true",
    }  # fmt: skip


async def test_all_classes_are_not_asked_for(enterprise: ToolContext, server: UpstreamServer):
    assert (await call(get_hotel_prices, STAY | {"ratings": [1, 2, 3, 4, 5]}, enterprise)).ok
    assert "ratings" not in server.seen[1].query


async def test_one_token_serves_everybody(enterprise: ToolContext, server: UpstreamServer):
    days = [f"{DAY + timedelta(days=more)}" for more in range(5)]
    asked = [call(get_flight_info, FLIGHT | {"departure_date": day}, enterprise) for day in days]
    assert all(response.ok for response in await asyncio.gather(*asked))
    assert [seen.path for seen in server.seen].count("/v1/security/oauth2/token") == 1


async def test_a_token_is_fetched_anew_when_it_is_over(enterprise: ToolContext, server: UpstreamServer):
    server.answer("amadeus", {"access_token": standin.TOKEN, "expires_in": tokens.EARLY})
    for day in (DAY, BACK):
        assert (await call(get_flight_info, FLIGHT | {"departure_date": f"{day}"}, enterprise)).ok
    assert [seen.path for seen in server.seen].count("/v1/security/oauth2/token") == 2


async def test_a_token_that_is_refused_is_fetched_anew_once(enterprise: ToolContext, server: UpstreamServer):
    server.answer("amadeus", {"access_token": "an old one", "expires_in": 1799})
    assert (await call(get_flight_info, FLIGHT, enterprise)).ok
    assert len(server.seen) == 4
    server.fail("amadeus", "401", always=True)
    response = await call(get_flight_info, FLIGHT | {"departure_date": f"{BACK}"}, enterprise)
    assert response.response["code"] == "auth"
    assert len(server.seen) == 6


async def test_other_credentials_have_another_token(server: UpstreamServer, http: HttpClient):
    values = {**server.settings(PLUGIN), "TRAVEL_PROVIDER": "amadeus"}
    assert (await call(get_flight_info, FLIGHT, context(values, http))).ok
    wrong = context({**values, "AMADEUS_CLIENT_SECRET": "wrong"}, http)
    assert (await call(get_flight_info, FLIGHT | {"adults": 2}, wrong)).response["code"] == "auth"


@pytest.mark.parametrize(
    ("path", "status", "code", "ours"),
    [
        (get_hotel_prices, 400, 895, "not_found"), (get_hotel_prices, 400, 3664, "not_found"),
        (get_flight_info, 400, 477, "bad_request"), (get_flight_info, 429, 38195, "rate_limited"),
    ],
)  # fmt: skip
async def test_amadeus_own_codes(path, status, code, ours, enterprise: ToolContext, server: UpstreamServer):
    server.answer("amadeus", {"access_token": standin.TOKEN, "expires_in": 1799})
    failed = {"errors": [{"status": status, "code": code, "title": "NO", "detail": "no"}]}
    for _ in range(3):
        server.answer("amadeus", failed, status=status)
    response = await call(path, FLIGHT if path is get_flight_info else STAY, enterprise)
    assert response.response["code"] == ours


async def test_no_hotel_near_asks_for_no_rooms(enterprise: ToolContext, server: UpstreamServer):
    server.answer("amadeus", {"access_token": standin.TOKEN, "expires_in": 1799})
    server.answer("amadeus", {"data": []})
    assert (await call(get_hotel_prices, STAY, enterprise)).response["code"] == "not_found"
    assert len(server.seen) == 2


@pytest.mark.parametrize("answers", [[{"data": [{"hotelId": "../x"}]}], [None, {"data": [{"hotel": 1}]}]])
async def test_hotels_that_cannot_be_read_are_said(answers, enterprise: ToolContext, server: UpstreamServer):
    ask = standin.Ask(method="GET", path="", args={}, query={}, headers={}, body=b"", key="", base="", **_more())
    server.answer("amadeus", {"access_token": standin.TOKEN, "expires_in": 1799})
    for body in answers:
        server.answer("amadeus", body or standin.near(ask))
    assert (await call(get_hotel_prices, STAY, enterprise)).response["code"] == "bad_shape"


def _more() -> dict[str, Any]:
    """What the stand-in has been taught to remember since."""
    known = {"method", "path", "args", "query", "headers", "body", "key", "base"}
    return {name: [] if name == "done" else {} for name in set(standin.Ask.__dataclass_fields__) - known}


async def test_a_wild_itinerary_spoils_itself_only():
    offer = {
        "itineraries": [{"segments": [standin.segment("BOS", "soon", "LHR", "later")]}],
        "price": {"total": "1.00", "currency": "usd"},
    }
    good = {**offer, "itineraries": [{"segments": [standin.segment("BOS", f"{DAY}T10:00", "LHR", f"{DAY}T20:00")]}]}
    body = amadeus.decode(json.dumps({"data": [offer, good]}).encode(), type=amadeus.Flights)
    (fare,) = amadeus.read_flights(body)
    assert (fare.outbound.segments[0].airline, fare.currency) == ("BA", "USD")
    with pytest.raises(ToolError):
        amadeus.read_flights(amadeus.decode(json.dumps({"data": [offer]}).encode(), type=amadeus.Flights))


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("PT6H30M", 390), ("P1DT2H", 1560), ("PT45M", 45), ("", None), (None, None), ("six hours", None), ("P", None)],
)
def test_durations(text, minutes):
    assert amadeus._minutes(text) == minutes


# -- what is asked for -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong",
    [
        {"originIATA": "Atlantis"}, {"originIATA": ""}, {"destinationIATA": "b0s"}, {"destinationIATA": "bos"},
        {"departure_date": "someday"}, {"departure_date": "2020-01-01"}, {"departure_date": "2026-02-30"},
        {"departure_date": f"{TODAY + timedelta(days=400)}"}, {"return_date": f"{DAY - timedelta(days=1)}"},
        {"return_date": "later"}, {"adults": 10}, {"adults": 10**30},
    ],
)  # fmt: skip
async def test_what_is_no_flight_is_asked_back(wrong, google: ToolContext, server: UpstreamServer):
    response = await call(get_flight_info, FLIGHT | wrong, google)
    assert response.response["code"] == "bad_request"
    assert not server.seen


@pytest.mark.parametrize(
    "wrong",
    [
        {"latitude": 91}, {"longitude": -181}, {"latitude": 1e308}, {"check_out_date": f"{DAY}"},
        {"check_in_date": "never"}, {"check_out_date": f"{DAY + timedelta(days=31)}"}, {"room_count": 9},
        {"children": 10}, {"adults": 99},
    ],
)  # fmt: skip
async def test_what_is_no_stay_is_asked_back(wrong, google: ToolContext, server: UpstreamServer):
    response = await call(get_hotel_prices, STAY | wrong, google)
    assert response.response["code"] == "bad_request"
    assert not server.seen


async def test_less_than_one_is_one(google: ToolContext, server: UpstreamServer):
    assert (await call(get_hotel_prices, STAY | {"adults": 0, "room_count": -2, "children": -1}, google)).ok
    assert server.seen[0].query["adults"] == "1"


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("BOS", "BOS"), (" lhr ", "LHR"), ("Boston", "BOS"), ("São Paulo", "SAO"), ("New York City", "NYC"),
        ("O'Hare", "ORD"), ("Logan Airport", "BOS"), ("the San Diego International Airport", "SAN"), ("L.A.", "LAX"),
    ],
)  # fmt: skip
def test_places_have_codes(said, code):
    assert airports.code(said) == code


def test_codes_have_names():
    names = [airports.city(code) for code in ("BOS", "HND", "SVO", "QQQ")]
    assert names == ["Boston", "Tokyo", "Moscow", "Q Q Q"]


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("2026-12-20", date(2026, 12, 20)), ("2026-12-20T10:00:00", date(2026, 12, 20)), ("today", date(2026, 11, 23)),
        (" Tomorrow ", date(2026, 11, 24)), ("December 20", date(2026, 12, 20)), ("Dec. 20th", date(2026, 12, 20)),
        ("January 3rd", date(2027, 1, 3)), ("January 3, 2026", date(2026, 1, 3)), ("Smarch 3", None), ("", None),
        ("february 30", None), ("2026-13-01", None), ("٢٠٢٦-12-20", None), ("mayday 4", date(2027, 5, 4)),
    ],
)  # fmt: skip
def test_days_are_read(said, read):
    assert dates.read(said, date(2026, 11, 23)) == read


@settings(deadline=None)
@given(st.text(max_size=70), st.text(max_size=70))
def test_anything_is_a_trip_or_a_question(place, day):
    try:
        found = trips.flight_search(
            place, "BOS", day, None, adults=1, nonstop=False, cabin="ECONOMY", today=date(2026, 11, 23)
        )
    except ToolError as error:
        found = error
    assert found.code == "bad_request" if isinstance(found, ToolError) else len(found.origin) == 3


# -- what is said ------------------------------------------------------------------------------------


def fare(price: float, *airlines: str) -> Fare:
    leaves, lands = moment("2026-12-20 09:00"), moment("2026-12-22 10:30")
    planes = [
        amadeus.Segment(airline=name, flight="", origin="BOS", destination="SIN", departs=leaves, arrives=lands)
        for name in airlines
    ]
    return Fare(price=price, outbound=journey(planes, None))


SEARCH = trips.FlightSearch(
    origin="BOS", destination="SIN", departs=date(2026, 11, 24), returns=None, adults=1, nonstop=False, cabin="ECONOMY"
)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (fare(100, "Delta"), "Delta, one hundred dollars, nonstop, leaves at nine AM and lands at ten thirty AM two "
         "days later."),
        (fare(0.4, "Delta", "KLM"), "Delta and KLM, one dollar, one stop, leaves at nine AM and lands at ten thirty AM "
         "two days later."),
        (fare(5, "A", "B", "C"), "A and others, five dollars, two stops, leaves at nine AM and lands at ten thirty AM "
         "two days later."),
        (fare(5, ""), "an airline, five dollars, nonstop, leaves at nine AM and lands at ten thirty AM two days "
         "later."),
    ],
)  # fmt: skip
def test_each_fare_has_its_sentence(told, expected):
    assert spoken.flights([told], SEARCH, date(2026, 11, 23)) == f"Boston to Singapore tomorrow: {expected}"


def test_a_hotel_down_the_road():
    stay = trips.hotel_search(
        0, 0, "tomorrow", "2026-11-25", adults=1, children=0, rooms=1, ratings=(5,), today=date(2026, 11, 23)
    )
    hotel = Hotel(name="Inn Inc.", per_night=80, total=80, currency="EUR", distance_miles=2.2)
    assert spoken.hotels([hotel], stay, date(2026, 11, 23)) == (
        "For one night from tomorrow: Inn Inc, two miles away, eighty euros a night."
    )


# -- settings and demo mode --------------------------------------------------------------------------


def test_the_chosen_provider_needs_its_keys():
    def problem(**values: str) -> str:
        found = providers.check(Settings(values).bind(PLUGIN.settings))
        return found.cause if found else ""

    assert problem() == "SERPAPI_API_KEY is not set."
    assert problem(TRAVEL_PROVIDER="amadeus") == "AMADEUS_CLIENT_KEY and AMADEUS_CLIENT_SECRET are not set."
    assert not problem(SERPAPI_API_KEY="x")


def test_an_unknown_provider_is_a_setting_error():
    with pytest.raises((SettingError, ValueError)):
        Settings({"TRAVEL_PROVIDER": "duffel"}).bind(PLUGIN.settings)["TRAVEL_PROVIDER"]


async def test_without_a_key_nobody_is_asked(server: UpstreamServer, http: HttpClient):
    ctx = context({"SERPAPI_BASE_URL": server.url("serpapi")}, http)
    assert (await call(get_flight_info, FLIGHT, ctx)).response["code"] == "not_configured"
    assert not server.seen


@pytest.mark.parametrize("example", [e for e in describe(get_flight_info).options.examples if "JFK" not in e])
async def test_samples_know_the_routes_of_the_examples(example, http: HttpClient):
    marked: dict[str, Any] = dict(re.findall(r"\{(\w+):([^{}]+)\}", example))
    response = await call(get_flight_info, marked, context({}, http, demo=True))
    assert response.ok, response.spoken
    assert response.sample


async def test_samples_follow_the_arguments(http: HttpClient):
    ctx = context({}, http, demo=True)
    both = (await call(get_flight_info, FLIGHT | {"return_date": f"{BACK}"}, ctx)).response["flights"]
    direct = (await call(get_flight_info, FLIGHT | {"non_stop": True, "adults": 2}, ctx)).response["flights"]
    assert (len(both), len(direct)) == (3, 2)
    assert both[0]["price"] == 612
    assert direct[0]["price"] == round(612 * 2 * 0.6)
    assert direct[0]["outbound"]["segments"][0]["departs"] == f"{DAY}T18:40:00"
    unknown = await call(get_flight_info, FLIGHT | {"destinationIATA": "SYD"}, ctx)
    assert unknown.response["code"] == "not_found"


async def test_sample_hotels_follow_the_arguments(http: HttpClient):
    ctx = context({}, http, demo=True)
    response = await call(get_hotel_prices, STAY | {"ratings": [2]}, ctx)
    assert [hotel["name"] for hotel in response.response["hotels"]] == ["Common Ground Hostel"]
    assert (await call(get_hotel_prices, STAY | {"ratings": [1]}, ctx)).response["code"] == "not_found"
    nowhere = await call(get_hotel_prices, STAY | {"latitude": 10}, ctx)
    assert nowhere.spoken == "My sample data only knows hotels in Boston, New York, San Francisco and London."
