"""FlightAware passes the standard tests."""

from __future__ import annotations

from odai_core.testing.kit import conformance

TestFlightaware = conformance(
    "flightaware",
    happy={"get_current_flight_status": [{"flight_icao": "Delta one thirteen"}, {"flight_icao": "DAL2150"}]},
    unknown={"get_current_flight_status": {"flight_icao": "United 9999"}},
)
