"""The standard tests of connectors, for flights and hotels: once with each provider."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from odai_core.testing.kit import conformance

SOON, LATER = (f"{datetime.now(UTC).date() + timedelta(days=days)}" for days in (30, 33))
FLIGHT = {"originIATA": "BOS", "destinationIATA": "LHR", "departure_date": SOON}
STAY = {"latitude": 42.36, "longitude": -71.06, "check_in_date": SOON, "check_out_date": LATER}
HAPPY = {
    "get_flight_info": [FLIGHT, FLIGHT | {"return_date": LATER, "seat_class": "BUSINESS"}],
    "get_hotel_prices": [STAY, STAY | {"adults": 3, "room_count": 2}],
}
UNKNOWN = {
    "get_flight_info": FLIGHT | {"destinationIATA": "XXX"},
    "get_hotel_prices": STAY | {"latitude": 0, "longitude": 0},
}

TestGoogle = conformance("amadeus", happy=HAPPY, unknown=UNKNOWN)
TestAmadeus = conformance("amadeus", happy=HAPPY, unknown=UNKNOWN, settings={"TRAVEL_PROVIDER": "amadeus"})
