"""Google Flights and Google Hotels, as SerpApi reads them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from msgspec import Meta, Raw, Struct

from odai_core import ToolContext, speech
from odai_tool_amadeus import airports, offers
from odai_tool_amadeus.offers import Fare, Hotel, Journey, Minutes, Price, Segment
from odai_tool_amadeus.trips import FlightSearch, HotelSearch, miles

KEEP = 900
"""Seconds; SerpApi itself gives the same answer for an hour."""
PATIENCE = 18
"""Seconds; Google takes up to a dozen over a long way."""
_CHILD = 8
"""Google wants ages, and nobody has told us."""
_CLASSES = {"ECONOMY": 1, "PREMIUM_ECONOMY": 2, "BUSINESS": 3, "FIRST": 4}


class Airport(Struct, frozen=True):
    id: str
    time: str
    name: str | None = None


class Flight(Struct, frozen=True):
    departure_airport: Airport
    arrival_airport: Airport
    airline: str
    flight_number: str = ""
    airplane: str | None = None
    travel_class: str | None = None


class Option(Struct, frozen=True):
    flights: Annotated[list[Flight], Meta(min_length=1, max_length=8)]
    price: Price
    total_duration: Minutes | None = None


class Metadata(Struct, frozen=True):
    status: str = ""

    def __post_init__(self) -> None:
        # An answer that cannot be decoded is not cached: a failed search must not answer the next caller as well.
        if self.status in ("Error", "Processing", "Queued"):
            raise ValueError("the search did not finish")


class Flights(Struct, frozen=True):
    """Without results there is no list, and a sentence in `error`."""

    search_metadata: Metadata = Metadata()
    best_flights: list[Raw] | None = None
    other_flights: list[Raw] | None = None
    error: str | None = None


class Rate(Struct, frozen=True):
    extracted_lowest: Price | None = None


class Point(Struct, frozen=True):
    latitude: Annotated[float, Meta(ge=-90, le=90)]
    longitude: Annotated[float, Meta(ge=-180, le=180)]


class Property(Struct, frozen=True):
    name: str
    rate_per_night: Rate
    total_rate: Rate = Rate()
    extracted_hotel_class: Annotated[int, Meta(ge=1, le=5)] | None = None
    overall_rating: Annotated[float, Meta(ge=0, le=5)] | None = None
    reviews: Annotated[int, Meta(ge=0, le=10**9)] | None = None
    gps_coordinates: Point | None = None
    check_in_time: str | None = None
    amenities: list[str] | None = None
    link: str | None = None


class Hotels(Struct, frozen=True):
    search_metadata: Metadata = Metadata()
    properties: list[Raw] | None = None
    error: str | None = None


async def flights(ctx: ToolContext, search: FlightSearch) -> list[Fare]:
    """Those Google recommends first, then the others by price. The way back is in the price only."""
    params = {
        "engine": "google_flights",
        "departure_id": ",".join(airports.airports(search.origin)),
        "arrival_id": ",".join(airports.airports(search.destination)),
        "outbound_date": f"{search.departs}",
        "return_date": f"{search.returns}" if search.returns else None,
        "type": 1 if search.returns else 2,
        "adults": search.adults,
        "travel_class": _CLASSES[search.cabin],
        "stops": 1 if search.nonstop else None,
    }
    found: Flights = await _ask(ctx, params, "Google Flights", Flights)
    return read_flights(found)


async def hotels(ctx: ToolContext, search: HotelSearch) -> list[Hotel]:
    """In Google's order. Google knows one room at a time, so the people are shared out among the rooms."""
    params = {
        "engine": "google_hotels",
        "q": f"hotels near {search.latitude:g},{search.longitude:g}",
        "check_in_date": f"{search.check_in}",
        "check_out_date": f"{search.check_out}",
        "adults": search.adults_a_room,
        "children": -(-search.children // search.rooms) or None,
        "children_ages": ",".join([str(_CHILD)] * -(-search.children // search.rooms)) or None,
        # Google's classes begin with two stars.
        "hotel_class": ",".join(str(star) for star in search.stars if star > 1) or None,
    }
    found: Hotels = await _ask(ctx, params, "Google Hotels", Hotels)
    return read_hotels(found, search)


def read_flights(found: Flights) -> list[Fare]:
    """Raises `ToolError("bad_shape")` when there is something and none of it can be read."""
    best = _fares(found.best_flights, best=True)
    others = sorted(_fares(found.other_flights, best=False), key=lambda fare: fare.price)
    _look(best or others, found.best_flights, found.other_flights, found.error, "Google Flights")
    return [*best, *others]


def read_hotels(found: Hotels, search: HotelSearch) -> list[Hotel]:
    """Raises `ToolError("bad_shape")` when there is something and none of it can be read."""
    known = offers.readable(found.properties, Property)
    _look(known, found.properties, None, found.error, "Google Hotels")
    return [hotel for one in known if (hotel := _hotel(one, search)) is not None]


def _look(
    known: Sequence[object], first: list[Raw] | None, second: list[Raw] | None, error: str | None, service: str
) -> None:
    nothing_said = first is None and second is None and error is None
    if nothing_said or ((first or second) and not known):
        raise offers.unreadable(service)


def _fares(options: list[Raw] | None, *, best: bool) -> list[Fare]:
    found = []
    for option in offers.readable(options, Option):
        try:
            found.append(Fare(price=option.price, outbound=_journey(option), best=best))
        except ValueError:
            continue
    return found


def _journey(option: Option) -> Journey:
    return offers.journey([_segment(flight) for flight in option.flights], option.total_duration)


def _segment(flight: Flight) -> Segment:
    return Segment(
        airline=speech.clean(flight.airline, 40),
        flight=speech.clean(flight.flight_number, 10),
        origin=speech.clean(flight.departure_airport.id, 5),
        destination=speech.clean(flight.arrival_airport.id, 5),
        departs=offers.moment(flight.departure_airport.time),
        arrives=offers.moment(flight.arrival_airport.time),
        aircraft=speech.clean(flight.airplane, 40) or None,
        cabin=speech.clean(flight.travel_class, 20) or None,
    )


def _hotel(one: Property, search: HotelSearch) -> Hotel | None:
    price, name = one.rate_per_night.extracted_lowest, speech.clean(one.name, 80)
    if price is None or not name:
        return None
    point = one.gps_coordinates
    link = one.link or ""
    return Hotel(
        name=name,
        per_night=price,
        total=(one.total_rate.extracted_lowest or price * search.nights) * search.rooms,
        stars=one.extracted_hotel_class,
        rating=one.overall_rating,
        reviews=one.reviews,
        distance_miles=round(miles(search, point.latitude, point.longitude), 1) if point else None,
        check_in_time=speech.clean(one.check_in_time, 20) or None,
        amenities=tuple(speech.clean(amenity, 40) for amenity in (one.amenities or ())[:10]),
        link=link if link.startswith(("https://", "http://")) else None,
    )


async def _ask(ctx: ToolContext, params: dict[str, Any], service: str, type: Any) -> Any:
    return await ctx.http.get_json(
        ctx.settings["SERPAPI_BASE_URL"],
        "search.json",
        params={**params, "currency": "USD", "hl": "en", "gl": "us", "api_key": ctx.settings["SERPAPI_API_KEY"]},
        cache=KEEP,
        timeout=PATIENCE,
        service=service,
        codes=_code,
        type=type,
    )


def _code(status: int, body: bytes) -> str | None:
    """Too many searches in an hour and none left in the plan differ by nothing but the text."""
    return "plan" if status == 429 and b"run out of searches" in body else None
