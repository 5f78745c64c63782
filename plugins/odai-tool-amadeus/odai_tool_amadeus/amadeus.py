"""Amadeus, for who still has a key: the self-service portal has closed, enterprise customers go on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any

from msgspec import Meta, Raw, Struct
from msgspec.json import decode

from odai_core import ToolContext, ToolError, speech
from odai_tool_amadeus import offers, tokens
from odai_tool_amadeus.offers import Fare, Hotel, Journey, Price, Segment
from odai_tool_amadeus.trips import FlightSearch, HotelSearch, miles

KEEP = 300
"""Seconds; fares change by the minute, and a price is only sure when it is booked."""
PATIENCE = 9
"""Seconds for each of the two steps of a hotel search."""
RADIUS_KM = 5
MOST_HOTELS = 20
_DURATION = re.compile(r"P(?:([0-9]{1,2})D)?T?(?:([0-9]{1,3})H)?(?:([0-9]{1,4})M)?", re.ASCII)
_INITIALS = frozenset({"ANA", "ITA", "JAL", "KLM", "LOT", "SAS", "TAP", "USA"})
_CODES = {895: "not_found", 3664: "not_found", 38194: "rate_limited", 38195: "rate_limited"}
"""Nothing near, no room left, too many a second, too many at all."""


class Trouble(Struct, frozen=True):
    code: int


class Failure(Struct, frozen=True):
    errors: list[Trouble]


class Call(Struct, frozen=True):
    iataCode: str
    at: str
    terminal: str | None = None


class Flight(Struct, frozen=True):
    departure: Call
    arrival: Call
    carrierCode: str
    number: str
    aircraft: dict[str, str | None] | None = None


class Itinerary(Struct, frozen=True):
    segments: Annotated[list[Flight], Meta(min_length=1, max_length=8)]
    duration: str | None = None


class Total(Struct, frozen=True):
    total: Price
    currency: str = "USD"


class Offer(Struct, frozen=True):
    itineraries: Annotated[list[Itinerary], Meta(min_length=1, max_length=2)]
    price: Total


class Dictionaries(Struct, frozen=True):
    carriers: dict[str, str] = {}
    aircraft: dict[str, str] = {}


class Flights(Struct, frozen=True):
    data: list[Raw]
    dictionaries: Dictionaries | None = None


class Point(Struct, frozen=True):
    latitude: Annotated[float, Meta(ge=-90, le=90)]
    longitude: Annotated[float, Meta(ge=-180, le=180)]


class Place(Struct, frozen=True):
    hotelId: Annotated[str, Meta(pattern="^[A-Z0-9]{8}$")]
    name: str = ""
    geoCode: Point | None = None
    rating: Annotated[int, Meta(ge=1, le=5)] | None = None


class Places(Struct, frozen=True):
    data: list[Raw]


class Text(Struct, frozen=True):
    text: str | None = None


class Room(Struct, frozen=True):
    description: Text | None = None


class RoomOffer(Struct, frozen=True):
    price: Total
    room: Room | None = None


class Known(Struct, frozen=True):
    hotelId: str
    name: str


class Stay(Struct, frozen=True):
    hotel: Known
    offers: Annotated[list[RoomOffer], Meta(min_length=1)]


async def flights(ctx: ToolContext, search: FlightSearch) -> list[Fare]:
    """The cheapest first, as Amadeus sorts them."""
    params = {
        "originLocationCode": search.origin,
        "destinationLocationCode": search.destination,
        "departureDate": f"{search.departs}",
        "returnDate": f"{search.returns}" if search.returns else None,
        "adults": search.adults,
        "travelClass": search.cabin,
        "nonStop": search.nonstop,
        "currencyCode": "USD",
        "max": offers.MOST_OFFERS,
    }
    found: Flights = await _ask(ctx, ("v2", "shopping", "flight-offers"), params, Flights)
    return read_flights(found)


async def hotels(ctx: ToolContext, search: HotelSearch) -> list[Hotel]:
    """First the hotels around the point, then what they ask for a room. Amadeus' prices are for adults."""
    near = {
        "latitude": search.latitude,
        "longitude": search.longitude,
        "radius": RADIUS_KM,
        "radiusUnit": "KM",
        "ratings": ",".join(map(str, search.stars)) or None,
    }
    places: Places = await _ask(ctx, ("v1", "reference-data", "locations", "hotels", "by-geocode"), near, Places)
    known = {place.hotelId: place for place in offers.readable(places.data, Place)[:MOST_HOTELS]}
    if places.data and not known:
        raise offers.unreadable("Amadeus")
    if not known:
        return []
    params = {
        "hotelIds": ",".join(known),
        "adults": search.adults_a_room,
        "checkInDate": f"{search.check_in}",
        "checkOutDate": f"{search.check_out}",
        "roomQuantity": search.rooms,
        "currency": "USD",
        "bestRateOnly": True,
    }
    stays: Places = await _ask(ctx, ("v3", "shopping", "hotel-offers"), params, Places)
    found = offers.readable(stays.data, Stay)
    if stays.data and not found:
        raise offers.unreadable("Amadeus")
    priced = [_hotel(stay, known.get(stay.hotel.hotelId), search) for stay in found]
    return sorted((hotel for hotel in priced if hotel.name), key=lambda hotel: hotel.per_night)


def read_flights(found: Flights) -> list[Fare]:
    """Raises `ToolError("bad_shape")` when there is something and none of it can be read."""
    names = found.dictionaries or Dictionaries()
    fares = []
    for offer in offers.readable(found.data, Offer):
        try:
            ways = [_journey(itinerary, names) for itinerary in offer.itineraries]
        except ValueError:
            continue
        inbound = ways[1] if len(ways) > 1 else None
        fares.append(Fare(price=offer.price.total, currency=_currency(offer.price), outbound=ways[0], inbound=inbound))
    if found.data and not fares:
        raise offers.unreadable("Amadeus")
    return fares


def _journey(itinerary: Itinerary, names: Dictionaries) -> Journey:
    return offers.journey([_segment(flight, names) for flight in itinerary.segments], _minutes(itinerary.duration))


def _segment(flight: Flight, names: Dictionaries) -> Segment:
    plane = (flight.aircraft or {}).get("code") or ""
    return Segment(
        airline=_titled(names.carriers.get(flight.carrierCode)) or speech.clean(flight.carrierCode, 5),
        flight=speech.clean(f"{flight.carrierCode[:3]} {flight.number}", 10),
        origin=speech.clean(flight.departure.iataCode, 5),
        destination=speech.clean(flight.arrival.iataCode, 5),
        departs=offers.moment(flight.departure.at),
        arrives=offers.moment(flight.arrival.at),
        origin_terminal=speech.clean(flight.departure.terminal, 10) or None,
        destination_terminal=speech.clean(flight.arrival.terminal, 10) or None,
        aircraft=_titled(names.aircraft.get(plane)) or None,
    )


def _titled(name: str | None) -> str:
    """Amadeus shouts: "BRITISH AIRWAYS" -> "British Airways"."""
    return " ".join(word if word in _INITIALS else word.capitalize() for word in speech.clean(name, 60).split())


def _minutes(duration: str | None) -> int | None:
    found = _DURATION.fullmatch((duration or "")[:20])
    days, hours, minutes = (int(part or 0) for part in found.groups()) if found else (0, 0, 0)
    total = (days * 24 + hours) * 60 + minutes
    return total if 0 < total <= 10_000 else None


def _hotel(stay: Stay, place: Place | None, search: HotelSearch) -> Hotel:
    cheapest = min(stay.offers, key=lambda offer: offer.price.total)
    point = place.geoCode if place else None
    text = cheapest.room and cheapest.room.description and cheapest.room.description.text
    return Hotel(
        name=_titled(stay.hotel.name),
        per_night=round(cheapest.price.total / search.nights / search.rooms, 2) or 0.01,
        total=cheapest.price.total,
        currency=_currency(cheapest.price),
        stars=place.rating if place else None,
        distance_miles=round(miles(search, point.latitude, point.longitude), 1) if point else None,
        room=speech.clean(text, 120) or None,
    )


def _currency(price: Total) -> str:
    return price.currency if re.fullmatch(r"[A-Z]{3}", price.currency) else "USD"


async def _ask(ctx: ToolContext, path: tuple[str, ...], params: Mapping[str, Any], type: Any) -> Any:
    """With the token we have, and once more with a new one when Amadeus does not take it any more."""
    token = await tokens.token(ctx)
    try:
        return await _asked(ctx, path, params, token, type)
    except ToolError as error:
        if error.code != "auth":
            raise
    return await _asked(ctx, path, params, await tokens.token(ctx, refused=token), type)


async def _asked(ctx: ToolContext, path: tuple[str, ...], params: Mapping[str, Any], token: Any, type: Any) -> Any:
    return await ctx.http.get_json(
        ctx.settings["AMADEUS_BASE_URL"],
        *path,
        params=params,
        auth=token,
        cache=KEEP,
        timeout=PATIENCE,
        service="Amadeus",
        codes=_code,
        type=type,
    )


def _code(status: int, body: bytes) -> str | None:
    return _CODES.get(decode(body, type=Failure, strict=False).errors[0].code)
