"""Who is asked what a trip costs. `TRAVEL_PROVIDER` names one; all of them answer in the shapes of `offers`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from odai_core import Problem, ToolContext, Values
from odai_tool_amadeus import amadeus, serpapi
from odai_tool_amadeus.offers import Fare, Hotel
from odai_tool_amadeus.trips import FlightSearch, HotelSearch


@dataclass(frozen=True, kw_only=True)
class Provider:
    """A service that knows fares and rooms."""

    flights_title: str
    hotels_title: str
    keys: tuple[str, ...]
    """The settings it cannot do without."""
    flights: Callable[[ToolContext, FlightSearch], Awaitable[list[Fare]]]
    """Raises `ToolError`; [] when there are none."""
    hotels: Callable[[ToolContext, HotelSearch], Awaitable[list[Hotel]]]

    def ready(self, settings: Values) -> bool:
        """Its keys are there; whether they are good is not known."""
        return all(settings[key] for key in self.keys)


PROVIDERS = {
    "serpapi": Provider(
        flights_title="Google Flights",
        hotels_title="Google Hotels",
        keys=("SERPAPI_API_KEY",),
        flights=serpapi.flights,
        hotels=serpapi.hotels,
    ),
    "amadeus": Provider(
        flights_title="Amadeus",
        hotels_title="Amadeus",
        keys=("AMADEUS_CLIENT_KEY", "AMADEUS_CLIENT_SECRET"),
        flights=amadeus.flights,
        hotels=amadeus.hotels,
    ),
}


def known(text: str) -> str:
    """The value of `TRAVEL_PROVIDER`; ValueError for a provider we do not have."""
    name = text.strip().casefold()
    if name not in PROVIDERS:
        raise ValueError(f"it is one of {', '.join(PROVIDERS)}")
    return name


def chosen(settings: Values) -> Provider:
    return PROVIDERS[settings["TRAVEL_PROVIDER"]]


def check(settings: Values) -> Problem | None:
    """The keys of the chosen provider are there."""
    missing = [key for key in chosen(settings).keys if not settings[key]]
    if not missing:
        return None
    return Problem(
        cause=f"{' and '.join(missing)} {'are' if len(missing) > 1 else 'is'} not set.",
        remedy="Set it, or choose another TRAVEL_PROVIDER: serpapi or amadeus.",
    )
