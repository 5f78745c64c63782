"""The standard tests of connectors, for AviationStack's."""

from __future__ import annotations

from odai_core.testing.kit import conformance

BY_CODE, BY_NAME = "get_flight_info_by_iata", "get_flight_info_by_airline_and_flight_number"

TestFlights = conformance(
    "flights",
    happy={
        BY_CODE: [{"flight_iata": "DL113"}, {"flight_iata": "DAL 2150"}],
        BY_NAME: [{"airline": "Delta", "flight_number": "113"}, {"airline": "DL", "flight_number": "0113"}],
    },
    unknown={BY_CODE: {"flight_iata": "UA9999"}, BY_NAME: {"airline": "United", "flight_number": "9999"}},
)
