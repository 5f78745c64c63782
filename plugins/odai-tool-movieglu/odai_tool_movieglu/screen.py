"""What a screen is shown: MovieGlu's own field names, without what nobody looks at."""

from __future__ import annotations

from typing import Any

from odai_tool_movieglu.shapes import Cinema, Film, Show


def film(of: Film) -> dict[str, Any]:
    """Without its showtimes."""
    return {
        "film_id": of.film_id,
        "film_name": of.film_name,
        "age_rating": of.rating or None,
        "synopsis_long": of.synopsis_long,
        "film_trailer": _link(of.film_trailer),
        "poster": of.poster,
    }


def cinema(of: Cinema) -> dict[str, Any]:
    """Without its showtimes; the distance in miles."""
    return {
        "cinema_id": of.cinema_id,
        "cinema_name": of.cinema_name,
        "address": of.address,
        "city": of.city,
        "state": of.state,
        "postcode": of.postcode,
        "distance": of.distance,
        "logo_url": _link(of.logo_url),
    }


def times(shows: list[Show]) -> dict[str, list[str]]:
    """The starts of each kind: {"Standard": ["2026-11-22T19:30"]}, in the cinema's own time."""
    kinds = dict.fromkeys(show.kind for show in shows)
    return {kind: [f"{show.at:%Y-%m-%dT%H:%M}" for show in shows if show.kind == kind] for kind in kinds}


def _link(text: str | None) -> str | None:
    return text if text and text.startswith("https://") else None
