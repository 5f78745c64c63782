"""MovieGlu: films, cinemas and showtimes around a point of the United States."""

from __future__ import annotations

import re
from typing import Any

from odai_core.testing.upstreams.service import Ask, Reply, Route, Service

HEADERS = ("client", "x-api-key", "authorization", "territory", "api-version", "geolocation", "device-datetime")
_HERE = re.compile(r"-?\d{1,2}(\.\d{1,6})?;-?\d{1,3}(\.\d{1,6})?")
_LOCAL_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
FILMS = {7772: "Raiders of the Lost Ark", 8101: "The Lighthouse Keeper", 8102: "Paper Moons", 8103: "Zero Hour"}
CINEMAS = {8845: "Cinema 5", 9001: "Harbor Lights Theatre", 9002: "The Old Roxy"}


def film(number: int, **more: Any) -> dict[str, Any]:
    """One film as the lists have it; ratings carry trailing blanks."""
    return {
        "film_id": number, "imdb_id": 1000000 + number, "imdb_title_id": f"tt{1000000 + number}",
        "film_name": FILMS[number], "other_titles": {"EN": FILMS[number]},
        "release_dates": [{"release_date": "2026-11-06", "notes": "USA"}],
        "age_rating": [{"rating": "PG-13 ", "age_rating_image": "https://images.example/pg13.png", "age_advisory": ""}],
        "film_trailer": "https://trailers.example/1.mp4", "synopsis_long": "An archaeologist races for a relic.",
        "images": {"poster": {"1": {"image_orientation": "portrait", "medium": {
            "film_image": "https://images.example/1.jpg", "width": 200, "height": 300}}}, "still": {}},
    } | more  # fmt: skip


def films_body() -> dict[str, Any]:
    """Four films: a full one, one without rating or pictures, one with nulls, a British one."""
    bare = {name: film(8101)[name] for name in ("film_id", "imdb_id", "film_name")}
    nulls = film(8102, age_rating=None, synopsis_long=None, film_trailer=None, images=None)
    return {"films": [film(7772), bare, nulls, film(8103, age_rating=[{"rating": "12A "}])], **status(4)}


def cinema(number: int, distance: float) -> dict[str, Any]:
    """One cinema as the lists have it."""
    return {
        "cinema_id": number, "cinema_name": CINEMAS[number], "address": "1 Main Street", "address2": "",
        "city": "Boston", "state": "MA", "county": "", "postcode": "02116", "lat": 42.35, "lng": -71.07,
        "distance": distance, "logo_url": "https://images.example/logo.jpg",
    }  # fmt: skip


def cinemas_body() -> dict[str, Any]:
    """Three cinemas, the last with nulls."""
    third = cinema(9002, 11.4) | {"address": None, "distance": None, "logo_url": None}
    return {"cinemas": [cinema(8845, 1.27), cinema(9001, 0.3), third], **status(3)}


def showings(number: int, standard: list[str], imax: list[str]) -> dict[str, Any]:
    """Start times as "19:30"; a film ends 2 h 20 min later."""

    def shows(name: str, starts: list[str]) -> dict[str, Any]:
        times = [{"start_time": start, "end_time": f"{(int(start[:2]) + 2) % 24:02}:{start[3:]}"} for start in starts]
        return {"film_id": number, "film_name": name, "times": times}

    kinds = {"Standard": (FILMS[number], standard), "IMAX": (f"{FILMS[number]} (IMAX)", imax)}
    return {kind: shows(name, starts) for kind, (name, starts) in kinds.items() if starts}


def theater_body(cinema_id: int, day: str) -> dict[str, Any]:
    """What one cinema shows on a day."""
    films = [
        {"film_id": 7772, "film_name": FILMS[7772], "version_type": "Standard", "age_rating": [{"rating": "PG-13 "}],
         "showings": showings(7772, ["14:50", "19:30", "22:10"], ["20:00"]), "show_dates": [{"date": day}]},
        {"film_id": 8102, "film_name": FILMS[8102], "version_type": "Standard", "age_rating": None,
         "showings": showings(8102, ["12:00", "01:15"], []), "show_dates": [{"date": day}]},
    ]  # fmt: skip
    return {"cinema": {"cinema_id": cinema_id, "cinema_name": CINEMAS[cinema_id]}, "films": films, **status(2)}


def film_body(film_id: int, day: str) -> dict[str, Any]:
    """Where one film is shown on a day."""
    return {
        "film": {"film_id": film_id, "film_name": FILMS[film_id], "age_rating": [{"rating": "PG-13 "}]},
        "cinemas": [
            {"cinema_id": 8845, "cinema_name": CINEMAS[8845], "distance": 1.27, "logo_url": "https://x.example/l.jpg",
             "showings": showings(film_id, ["19:30", "22:10"], ["20:00"])},
            {"cinema_id": 9001, "cinema_name": CINEMAS[9001], "distance": None, "logo_url": None,
             "showings": showings(film_id, ["18:15"], [])},
        ],
        "show_dates": [{"date": day}],
        **status(2),
    }  # fmt: skip


def status(count: int) -> dict[str, Any]:
    """The trailer of every body."""
    return {"status": {"count": count, "state": "OK", "message": None, "request_method": "GET", "territory": "US"}}


def nothing(reason: str) -> Reply:
    """No data: 204, and the reason in a header."""
    return Reply(b"", 204, {"MG-message": reason})


def authorize(ask: Ask) -> Reply | None:
    """Every header, in its form, on every call."""
    if not all(ask.headers.get(name) for name in HEADERS):
        return Reply(b"", 400, {"MG-message": "Missing header"})
    if not (_HERE.fullmatch(ask.headers["geolocation"]) and _LOCAL_TIME.fullmatch(ask.headers["device-datetime"])):
        return Reply(b"", 400, {"MG-message": "Malformed header"})
    if ask.headers["x-api-key"] != ask.key or ask.headers["authorization"] != f"Basic {ask.key}":
        return Reply({"message": "Forbidden"}, 403)
    return None


def now_showing(ask: Ask) -> Any:
    """The same four anywhere in the western hemisphere; elsewhere is outside the territory."""
    return _cut(ask, films_body(), "films")


def film_search(ask: Ask) -> Any:
    """By a part of the name."""
    return _named(ask, films_body(), "films", "film_name")


def nearby(ask: Ask) -> Any:
    """The same three."""
    return _cut(ask, cinemas_body(), "cinemas")


def cinema_search(ask: Ask) -> Any:
    """By a part of the name, from three characters on."""
    if len(ask.query.get("query", "")) < 3:
        return Reply(b"", 400, {"MG-message": "Invalid query"})
    return _named(ask, cinemas_body(), "cinemas", "cinema_name")


def theater_showtimes(ask: Ask) -> Any:
    """Of a known cinema, of one film if asked."""
    wanted, day = ask.query.get("film_id"), ask.query.get("date", "")
    if not _DAY.fullmatch(day):
        return Reply(b"", 400, {"MG-message": "Invalid date"})
    number = int(ask.query.get("cinema_id", "0"))
    if number not in CINEMAS:
        return nothing("Cinema not found")
    body = theater_body(number, day)
    films = [one for one in body["films"] if wanted in (None, str(one["film_id"]))]
    return body | {"films": films} if films else nothing("No showings")


def film_showtimes(ask: Ask) -> Any:
    """Of a known film."""
    number, day = int(ask.query.get("film_id", "0")), ask.query.get("date", "")
    if not _DAY.fullmatch(day):
        return Reply(b"", 400, {"MG-message": "Invalid date"})
    return film_body(number, day) if number in FILMS else nothing("Film not found")


def _cut(ask: Ask, body: dict[str, Any], name: str) -> Any:
    if not ask.headers["geolocation"].partition(";")[2].startswith("-"):
        return nothing("Outside of the territory")
    count = int(ask.query.get("n", "10"))
    return body | {name: body[name][: min(count, 25)]}


def _named(ask: Ask, body: dict[str, Any], name: str, field: str) -> Any:
    wanted = ask.query.get("query", "").casefold()
    found = [one for one in body[name] if wanted in one[field].casefold()]
    return _cut(ask, body | {name: found}, name) if found else nothing("No match")


SERVICE = Service(
    name="movieglu",
    settings={
        "MOVIEGLU_CLIENT": "ODAI_1", "MOVIEGLU_API_KEY": "{key}", "MOVIEGLU_API_AUTHORIZATION": "Basic {key}",
        "MOVIEGLU_BASE_URL": "{url}",
    },
    authorize=authorize,
    routes=[
        Route("GET", "/filmsNowShowing/", now_showing),
        Route("GET", "/filmLiveSearch/", film_search),
        Route("GET", "/cinemasNearby/", nearby),
        Route("GET", "/cinemaLiveSearch/", cinema_search),
        Route("GET", "/cinemaShowTimes/", theater_showtimes),
        Route("GET", "/filmShowTimes/", film_showtimes),
    ],
    errors={
        400: Reply(b"", 400, {"MG-message": "Missing header"}),
        403: {"message": "Forbidden"},
        429: {"message": "Limit Exceeded"},
        500: Reply(b"", 500),
    },
)  # fmt: skip
