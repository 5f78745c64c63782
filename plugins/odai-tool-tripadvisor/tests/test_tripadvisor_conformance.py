"""The standard tests of every connector, for TripAdvisor."""

from odai_core.testing.kit import conformance

TestTripAdvisor = conformance(
    "tripadvisor",
    happy={
        "search_tripadvisor": [
            {"query": "best hotels in Edgartown"},
            {"query": "Harbor View Hotel", "category": "hotels", "latitude": 41.39, "longitude": -70.51},
        ],
        "get_tripadvisor_location_details": [{"location_id": "321146"}, {"location_id": "321147"}],
        "get_tripadvisor_location_reviews": {"location_id": "321146"},
    },
    unknown={
        "search_tripadvisor": {"query": "nothing"},
        "get_tripadvisor_location_details": {"location_id": "999999"},
        "get_tripadvisor_location_reviews": {"location_id": "999999"},
    },
    samples={
        "search_tripadvisor": {"query": "best hotels in Boston"},
        "get_tripadvisor_location_details": {"location_id": "Trattoria Luna"},
        "get_tripadvisor_location_reviews": {"location_id": "Trattoria Luna"},
    },
)
