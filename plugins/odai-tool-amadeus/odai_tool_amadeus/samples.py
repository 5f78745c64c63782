"""Answers for demo mode, in SerpApi's own shape: invented fares on a few routes, invented hotels in four cities."""

from __future__ import annotations

import re
from datetime import date, timedelta
from functools import cache
from typing import Any

import msgspec

from odai_core import ToolError
from odai_tool_amadeus import serpapi
from odai_tool_amadeus.airports import airports
from odai_tool_amadeus.offers import Fare, Hotel
from odai_tool_amadeus.trips import FlightSearch, HotelSearch, miles

_TIME = re.compile(r'"day([01]) ([0-9:]{5})"')
_CLASSES = {"ECONOMY": 1.0, "PREMIUM_ECONOMY": 1.7, "BUSINESS": 3.4, "FIRST": 5.2}
_ONE_WAY = 0.6
_AROUND = 30
"""Miles."""


class Route(msgspec.Struct, frozen=True):
    between: tuple[str, str]
    body: msgspec.Raw


class Samples(msgspec.Struct, frozen=True):
    routes: list[Route]
    properties: list[dict[str, Any]]


def flights(search: FlightSearch) -> list[Fare]:
    """Of the route, on the day that was asked for, at the price of the class and the number of people."""
    for route in _samples().routes:
        if route.between[0] in airports(search.origin) and route.between[1] in airports(search.destination):
            body = _dated(route.body, search.departs)
            found = serpapi.read_flights(msgspec.json.decode(body, type=serpapi.Flights))
            share = _CLASSES[search.cabin] * search.adults * (1 if search.returns else _ONE_WAY)
            wanted = [fare for fare in found if not (search.nonstop and fare.outbound.stops)]
            return [msgspec.structs.replace(fare, price=round(fare.price * share)) for fare in wanted]
    known = "Boston to London or San Francisco, New York to Los Angeles or Paris, and Chicago to Miami"
    raise ToolError("not_found", f"My sample data only knows flights from {known}.")


def hotels(search: HotelSearch) -> list[Hotel]:
    """Those near the point that have the stars."""
    near = []
    for one in _samples().properties:
        point = one["gps_coordinates"]
        if miles(search, point["latitude"], point["longitude"]) <= _AROUND:
            near.append(one)
    if not near:
        raise ToolError("not_found", "My sample data only knows hotels in Boston, New York, San Francisco and London.")
    fitting = [one for one in near if not search.stars or one["extracted_hotel_class"] in search.stars]
    body = msgspec.json.encode({"properties": fitting})
    return serpapi.read_hotels(msgspec.json.decode(body, type=serpapi.Hotels), search)


def _dated(body: msgspec.Raw, departs: date) -> str:
    """With "day1 06:10" as the time of the day after `departs`."""
    return _TIME.sub(lambda match: f'"{departs + timedelta(days=int(match[1]))} {match[2]}"', bytes(body).decode())


@cache
def _samples() -> Samples:
    # Here, because it costs a third of the package's import, and a server with a key never needs it.
    from importlib.resources import files

    return msgspec.json.decode(files(__package__).joinpath("samples.json").read_bytes(), type=Samples)
