"""Flights and hotels: what a trip costs, from Google Flights and Hotels through SerpApi, or from Amadeus."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from odai_core import Setting, ToolContext, ToolError, ToolPlugin, ToolResponse, hookimpl, speech, tool
from odai_tool_amadeus import airports, offers, providers, samples, spoken, trips
from odai_tool_amadeus.trips import Cabin, FlightSearch, HotelSearch

SECONDS = 20.0
STARS = (3, 4, 5)


@tool(
    examples=[
        "find flights from {originIATA:Boston} to {destinationIATA:London} on {departure_date:December 20}",
        "what is a flight from {originIATA:New York} to {destinationIATA:Los Angeles} on {departure_date:January 15}",
        "flights {originIATA:BOS} to {destinationIATA:SFO} {departure_date:tomorrow}",
        "I want to fly from {originIATA:Chicago} to {destinationIATA:Miami} on {departure_date:March 3} and come back "
        "on {return_date:March 10}",
        "is there a nonstop flight from {originIATA:New York} to {destinationIATA:Paris} on {departure_date:June 1}",
        "what does business class from {originIATA:Boston} to {destinationIATA:London} cost on {departure_date:May 4}",
        "cheapest ticket from {originIATA:ORD} to {destinationIATA:MIA} on {departure_date:February 14}",
        "airfare for {adults:2} people from {originIATA:Boston} to {destinationIATA:San Francisco} on "
        "{departure_date:April 2}",
        "search plane tickets from {originIATA:JFK} to {destinationIATA:CDG} leaving {departure_date:July 8}",
    ],
    progress="Looking for flights",
    timeout=SECONDS,
)
async def get_flight_info(
    ctx: ToolContext,
    originIATA: str,
    destinationIATA: str,
    departure_date: str,
    return_date: str | None = None,
    adults: int = 1,
    non_stop: bool = False,
    seat_class: Cabin = "ECONOMY",
) -> ToolResponse:
    """Find flights that can be booked between two airports on a day, with prices, airlines, times and stops.

    Args:
        originIATA: Where the trip begins: the three-letter code of an airport or city, such as BOS or NYC.
        destinationIATA: Where it leads: the three-letter code of an airport or city, such as LHR or LON.
        departure_date: The day of departure, YYYY-MM-DD.
        return_date: The day of the way back, YYYY-MM-DD; null for one way.
        adults: How many people fly, 1 to 9.
        non_stop: True for nonstop flights only.
        seat_class: The class to fly in.
    """
    today = _today(ctx)
    search = trips.flight_search(
        originIATA, destinationIATA, departure_date, return_date, adults=adults, nonstop=non_stop, cabin=seat_class,
        today=today,
    )  # fmt: skip
    sampled, provider = _provider(ctx)
    found = samples.flights(search) if sampled else await provider.flights(ctx, search)
    if not found:
        where = f"from {airports.city(search.origin)} to {airports.city(search.destination)}"
        raise ToolError("not_found", f"I couldn't find a flight {where} {speech.day(search.departs, today)}.")
    return ToolResponse(
        response_type="amadeus_flight_info",
        response=_flights_shown(search, found[: offers.MOST_OFFERS], provider.flights_title),
        spoken=spoken.flights(found, search, today),
        voice={"flights": [spoken.fare_projection(fare) for fare in found[:4]]},
        sample=sampled,
    )


@tool(
    examples=[
        "find hotels in {latitude:Boston} from {check_in_date:December 20} to {check_out_date:December 23}",
        "what does a hotel in {latitude:New York} cost from {check_in_date:January 10} to {check_out_date:January 12}",
        "I need a room in {latitude:San Francisco} from {check_in_date:March 3} until {check_out_date:March 5}",
        "hotel prices in {latitude:London} for {adults:2} people from {check_in_date:May 1} to {check_out_date:May 8}",
        "five star hotels near {latitude:Boston} from {check_in_date:June 4} to {check_out_date:June 6}",
        "book me a place to stay in {latitude:Boston} from {check_in_date:April 9} to {check_out_date:April 10}",
        "how much are {room_count:2} hotel rooms in {latitude:New York} from {check_in_date:July 2} to "
        "{check_out_date:July 4}",
        "somewhere to sleep near {latitude:42.36} {longitude:-71.06} from {check_in_date:August 1} to "
        "{check_out_date:August 3}",
    ],
    progress="Looking for hotels",
    timeout=SECONDS,
)
async def get_hotel_prices(
    ctx: ToolContext,
    latitude: float,
    longitude: float,
    check_in_date: str,
    check_out_date: str,
    adults: int = 1,
    children: int = 0,
    room_count: int = 1,
    ratings: list[int] | None = None,
) -> ToolResponse:
    """Find hotels around a point with the price of a room, for a stay between two days.

    Args:
        latitude: Latitude of the place in decimal degrees, such as 42.36.
        longitude: Longitude of the place in decimal degrees, such as -71.06.
        check_in_date: The day of arrival, YYYY-MM-DD.
        check_out_date: The day of departure, YYYY-MM-DD.
        adults: How many adults stay, 1 to 9.
        children: How many children stay with them, 0 to 9.
        room_count: How many rooms, 1 to 8.
        ratings: The star classes that will do, 1 to 5. Null means 3, 4 and 5.
    """
    today = _today(ctx)
    search = trips.hotel_search(
        latitude, longitude, check_in_date, check_out_date, adults=adults, children=children, rooms=room_count,
        ratings=STARS if ratings is None else ratings, today=today,
    )  # fmt: skip
    sampled, provider = _provider(ctx)
    found = samples.hotels(search) if sampled else await provider.hotels(ctx, search)
    if not found:
        raise ToolError("not_found", "I couldn't find a free hotel room there for these days.")
    return ToolResponse(
        response_type="amadeus_hotel_prices",
        response=_hotels_shown(search, found[: 2 * offers.MOST_OFFERS], provider.hotels_title),
        spoken=spoken.hotels(found, search, today),
        voice={"hotels": [spoken.hotel_projection(hotel) for hotel in found[:4]]},
        sample=sampled,
    )


def _flights_shown(search: FlightSearch, found: Any, source: str) -> dict[str, Any]:
    return {
        "source": source,
        "origin": search.origin,
        "destination": search.destination,
        "departure_date": f"{search.departs}",
        "return_date": f"{search.returns}" if search.returns else None,
        "adults": search.adults,
        "seat_class": search.cabin,
        "flights": offers.shown(found),
    }


def _hotels_shown(search: HotelSearch, found: Any, source: str) -> dict[str, Any]:
    return {
        "source": source,
        "check_in_date": f"{search.check_in}",
        "check_out_date": f"{search.check_out}",
        "nights": search.nights,
        "rooms": search.rooms,
        "adults": search.adults,
        "children": search.children,
        "hotels": offers.shown(found),
    }


def _provider(ctx: ToolContext) -> tuple[bool, providers.Provider]:
    """Whether samples answer, and who does otherwise."""
    provider = providers.chosen(ctx.settings)
    if provider.ready(ctx.settings):
        return False, provider
    if not ctx.demo:
        raise ToolError("not_configured", "I can't look up trips right now.")
    return True, provider


def _today(ctx: ToolContext) -> date:
    return speech.local(datetime.now(UTC), ctx.caller.time_zone).date()


@hookimpl
def odai_tools() -> ToolPlugin:
    return ToolPlugin(
        name="amadeus",
        api=1,
        title="Flights & Hotels",
        summary="find flights and hotel rooms with their prices",
        tools=[get_flight_info, get_hotel_prices],
        voice=False,
        samples=True,
        instructions=(
            "Turn places into IATA codes or coordinates and days into YYYY-MM-DD yourself; ask for a day that is "
            "missing. Show a table of price, airline, times and stops, or of hotel, stars and price a night. Prices "
            "are in the currency shown and change until they are booked; nothing can be booked here. The way back is "
            "part of a return price even where only the way there is listed."
        ),
        voice_instructions="Name the best two or three with price and time. Nothing can be booked here.",
        check=providers.check,
        settings=[
            Setting(
                name="TRAVEL_PROVIDER",
                help="Who is asked: serpapi (Google Flights and Hotels) or amadeus.",
                default="serpapi",
                type=providers.known,
            ),
            Setting(
                name="SERPAPI_API_KEY",
                help="A key of SerpApi, which reads Google.",
                secret=True,
                where="SerpApi's dashboard, under Api Key",
            ),
            Setting(name="SERPAPI_BASE_URL", help="SerpApi's own address.", default="https://serpapi.com"),
            Setting(
                name="AMADEUS_CLIENT_KEY",
                help="The API key of an Amadeus application; only for TRAVEL_PROVIDER=amadeus.",
                secret=True,
                where="Amadeus, for enterprise customers",
            ),
            Setting(name="AMADEUS_CLIENT_SECRET", help="The API secret of that application.", secret=True),
            Setting(name="AMADEUS_BASE_URL", help="Amadeus' own address.", default="https://api.amadeus.com"),
        ],
    )
