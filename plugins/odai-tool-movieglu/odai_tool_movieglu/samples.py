"""Answers for demo mode, in MovieGlu's own shape: invented films and cinemas wherever one asks, at times to come."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec

_MATINEE = time(13, 0)
"""On other days the shows are told from here."""


def answer(call: str, params: dict[str, Any], now: datetime) -> dict[str, Any]:
    """What MovieGlu would send; `now` is the wall clock of the place."""
    known = _samples()
    match call:
        case "filmsNowShowing":
            return {"films": known["films"]}
        case "filmLiveSearch":
            return {"films": _named(known["films"], "film_name", params["query"])}
        case "cinemasNearby":
            return {"cinemas": _plain(known["cinemas"])}
        case "cinemaLiveSearch":
            return {"cinemas": _plain(_named(known["cinemas"], "cinema_name", params["query"]))}
        case "cinemaShowTimes":
            return _in_cinema(params["cinema_id"], params.get("film_id"), _opening(params["date"], now))
        case _:
            return _of_film(params["film_id"], _opening(params["date"], now))


def _in_cinema(cinema_id: int, film_id: int | None, opening: datetime) -> dict[str, Any]:
    cinema = next((one for one in _samples()["cinemas"] if one["cinema_id"] == cinema_id), None)
    if cinema is None:
        return {"films": []}
    films = [
        film | {"showings": _showings(film, cinema, opening)}
        for film in _samples()["films"]
        if str(film["film_id"]) in cinema["showings"] and film_id in (None, film["film_id"])
    ]
    return {"cinema": _plain([cinema])[0], "films": films}


def _of_film(film_id: int, opening: datetime) -> dict[str, Any]:
    film = next((one for one in _samples()["films"] if one["film_id"] == film_id), None)
    if film is None:
        return {"cinemas": []}
    shown = [one for one in _samples()["cinemas"] if str(film_id) in one["showings"]]
    return {"film": film, "cinemas": [one | {"showings": _showings(film, one, opening)} for one in shown]}


def _showings(film: dict[str, Any], cinema: dict[str, Any], opening: datetime) -> dict[str, Any]:
    """Minutes after `opening` -> times of the clock, to five minutes."""
    return {
        kind: {"times": [{"start_time": f"{_round(opening + timedelta(minutes=minute)):%H:%M}"} for minute in minutes]}
        for kind, minutes in cinema["showings"][str(film["film_id"])].items()
    }


def _opening(day: str, now: datetime) -> datetime:
    asked = date.fromisoformat(day)
    return now if asked == now.date() else datetime.combine(asked, _MATINEE)


def _round(moment: datetime) -> datetime:
    return moment - timedelta(minutes=moment.minute % 5)


def _plain(cinemas: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: value for name, value in one.items() if name != "showings"} for one in cinemas]


def _named(items: list[dict[str, Any]], field: str, query: str) -> list[dict[str, Any]]:
    """Those with a word of the query in their name; all of them when it asks for nothing in particular."""
    asked = set(re.findall(r"\w{3,}", query.casefold())) - _EMPTY
    return [one for one in items if not asked or asked & set(re.findall(r"\w+", one[field].casefold()))]


@cache
def _samples() -> dict[str, Any]:
    found: dict[str, Any] = msgspec.json.decode(files(__package__).joinpath("samples.json").read_bytes())
    return found


_EMPTY = {"the", "and", "cinema", "cinemas", "theater", "theaters", "theatre", "movie", "movies", "film", "films"}
