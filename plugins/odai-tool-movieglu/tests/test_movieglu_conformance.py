"""MovieGlu under the standard tests of every connector."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from odai_core.testing.kit import conformance

BOSTON = {"latitude": 42.3601, "longitude": -71.0589}
# Far enough that it is the future in every zone, and that no show of it has started.
LATER = f"{datetime.now(UTC) + timedelta(days=3):%Y-%m-%d}"

TestMovieGlu = conformance(
    "movieglu",
    happy={
        "get_films_showing_near_location": BOSTON,
        "get_nearby_theaters_near_location": BOSTON,
        "search_theaters_near_location": BOSTON | {"query": "cinema"},
        "search_films_near_location": BOSTON | {"query": "paper"},
        "get_theater_showtimes_near_location": [
            BOSTON | {"theater_id": 8845, "film_id": None, "date": LATER},
            BOSTON | {"theater_id": 8845, "film_id": 7772, "date": LATER},
        ],
        "get_film_showtimes_near_location": BOSTON | {"film_id": 7772, "date": LATER},
    },
    unknown={
        "get_films_showing_near_location": {"latitude": 51.5, "longitude": 0.1},
        "get_nearby_theaters_near_location": {"latitude": 51.5, "longitude": 0.1},
        "search_theaters_near_location": BOSTON | {"query": "nothing of the kind"},
        "search_films_near_location": BOSTON | {"query": "nothing of the kind"},
        "get_theater_showtimes_near_location": BOSTON | {"theater_id": 1, "film_id": None, "date": LATER},
        "get_film_showtimes_near_location": BOSTON | {"film_id": 1, "date": LATER},
    },
    samples={
        "get_theater_showtimes_near_location": BOSTON | {"theater_id": 201, "film_id": None, "date": LATER},
        "get_film_showtimes_near_location": BOSTON | {"film_id": 101, "date": LATER},
    },
)
