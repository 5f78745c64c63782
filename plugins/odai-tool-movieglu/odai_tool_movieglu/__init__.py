"""MovieGlu: what is on at the movies, where, and at what time."""

from __future__ import annotations

import re
from datetime import date as Day
from datetime import timedelta
from typing import Any

from odai_core import Setting, ToolContext, ToolError, ToolPlugin, ToolResponse, hookimpl, speech, tool
from odai_tool_movieglu import screen, service, spoken
from odai_tool_movieglu.service import Here, here, sampled
from odai_tool_movieglu.shapes import Cinema, Film, Show, shows

COUNT = 10
MAX_ID = 10**9


@tool(
    examples=[
        "what movies are playing in {latitude:Boston}",
        "what's on at the movies near {latitude:Seattle}",
        "which films are showing around {latitude:Chicago} right now",
        "what's playing in theaters in {latitude:San Francisco}",
        "any good movies out in {latitude:Denver}",
        "what can I see at the cinema in {latitude:New York}",
        "show me the movies that are now showing in {latitude:Austin}",
        "tell me what films are out in {latitude:Philadelphia}",
        "what's on at the movies near {latitude:42.36} {longitude:-71.06}",
    ],
    progress="Looking up what's on at the movies",
)
async def get_films_showing_near_location(ctx: ToolContext, latitude: float, longitude: float) -> ToolResponse:
    """Find the films that movie theaters near a place are showing now.

    Args:
        latitude: Latitude of the place in decimal degrees, such as 42.36.
        longitude: Longitude of the place in decimal degrees, such as -71.06.
    """
    where = here(ctx, latitude, longitude)
    found = await service.films(ctx, where, "filmsNowShowing", Film, n=COUNT)
    if not found:
        raise ToolError("not_found", "I couldn't find any films showing near there.")
    return _films("movieglu_films_showing_near_location", found, "Now showing:", ctx)


@tool(
    examples=[
        "find movie theaters near {latitude:Boston}",
        "where is the nearest movie theater in {latitude:Chicago}",
        "which cinemas are there around {latitude:Seattle}",
        "is there a movie theater in {latitude:Cambridge}",
        "list the theaters near {latitude:Los Angeles}",
        "how far is the closest cinema in {latitude:Houston}",
        "what movie theaters are near {latitude:Miami}",
        "I need a movie theater in {latitude:Portland}",
        "find movie theaters near {latitude:42.36} {longitude:-71.06}",
    ],
    progress="Looking for movie theaters",
)
async def get_nearby_theaters_near_location(ctx: ToolContext, latitude: float, longitude: float) -> ToolResponse:
    """Find the movie theaters near a place, nearest first, with their distance.

    Args:
        latitude: Latitude of the place in decimal degrees, such as 42.36.
        longitude: Longitude of the place in decimal degrees, such as -71.06.
    """
    where = here(ctx, latitude, longitude)
    found = await service.cinemas(ctx, where, "cinemasNearby", Cinema, n=COUNT)
    if not found:
        raise ToolError("not_found", "I couldn't find a movie theater near there.")
    return _theaters("movieglu_nearby_theaters", found, ctx)


@tool(
    examples=[
        "find the theater called {query:Grand Palace} in {latitude:Boston}",
        "is there a {query:Regal} cinema near {latitude:Seattle}",
        "look for {query:Alamo Drafthouse} movie theaters in {latitude:Austin}",
        "search for the {query:Roxy} theater around {latitude:San Francisco}",
        "where is the {query:Coolidge Corner} movie theater in {latitude:Boston}",
        "find an {query:AMC} theater near {latitude:Chicago}",
        "how far is the {query:Riverside Twelve} cinema in {latitude:Denver}",
        "look up the {query:Landmark} theater in {latitude:Los Angeles}",
        "find the {query:Regal} theater near {latitude:42.36} {longitude:-71.06}",
    ],
    progress="Looking for that movie theater",
)
async def search_theaters_near_location(
    ctx: ToolContext, latitude: float, longitude: float, query: str
) -> ToolResponse:
    """Find a movie theater near a place by its name or a part of it.

    Args:
        latitude: Latitude of the place in decimal degrees, such as 42.36.
        longitude: Longitude of the place in decimal degrees, such as -71.06.
        query: The theater's name or chain, at least three characters, such as "Regal".
    """
    where, query = here(ctx, latitude, longitude), _query(query, 3)
    found = await service.cinemas(ctx, where, "cinemaLiveSearch", Cinema, query=query, n=COUNT)
    if not found:
        raise ToolError("not_found", f"I couldn't find a movie theater called {query} near there.")
    return _theaters("movieglu_search_theaters", found, ctx)


@tool(
    examples=[
        "is the movie {query:The Last Lighthouse} playing in {latitude:Boston}",
        "find the film {query:Paper Moons} near {latitude:Seattle}",
        "search for a movie called {query:Zero Hour Express} in {latitude:Chicago}",
        "is {query:Orbit of Glass} out in theaters in {latitude:Denver}",
        "look up the movie {query:A Second Spring} around {latitude:New York}",
        "can I still see {query:Midnight at the Museum Cafe} at the movies in {latitude:Austin}",
        "what is the film {query:Paper Moons} rated in {latitude:Boston}",
        "find me the new {query:Indiana Jones} movie in {latitude:Los Angeles}",
        "find the film {query:Paper Moons} near {latitude:42.36} {longitude:-71.06}",
    ],
    progress="Looking for that film",
)
async def search_films_near_location(ctx: ToolContext, latitude: float, longitude: float, query: str) -> ToolResponse:
    """Find a film by its title or a part of it, to learn its id, rating and story.

    Args:
        latitude: Latitude of the place in decimal degrees, such as 42.36.
        longitude: Longitude of the place in decimal degrees, such as -71.06.
        query: The title or a part of it, such as "Raiders".
    """
    where, query = here(ctx, latitude, longitude), _query(query, 1)
    found = await service.films(ctx, where, "filmLiveSearch", Film, query=query, n=COUNT)
    if not found:
        raise ToolError("not_found", f"I couldn't find a film called {query}.")
    return _films("movieglu_search_films", found, "I found:", ctx)


@tool(
    examples=[
        "what's playing at the {theater_id:Grand Palace} in {latitude:Boston} {date:tomorrow}",
        "what are the showtimes at {theater_id:Riverside Twelve} in {latitude:Seattle} {date:today}",
        "which movies are on at the {theater_id:Old Roxy} in {latitude:Chicago} {date:tonight}",
        "when does {film_id:Paper Moons} play at the {theater_id:Grand Palace} in {latitude:Boston} {date:on Friday}",
        "get me the showtimes of the {theater_id:Starlight Drive-In} near {latitude:Denver} {date:this weekend}",
        "what can I see at the {theater_id:Coolidge Corner} theater in {latitude:Boston} {date:on Saturday}",
        "what time are the movies at the {theater_id:Harbor Lights} cinema in {latitude:Miami} {date:today}",
        "list the films at {theater_id:Cinema 5} in {latitude:Houston} {date:tomorrow}",
        "showtimes at the {theater_id:Roxy} near {latitude:42.36} {longitude:-71.06} {date:today}",
    ],
    progress="Getting the showtimes",
)
async def get_theater_showtimes_near_location(
    ctx: ToolContext, latitude: float, longitude: float, theater_id: int, film_id: int | None, date: str
) -> ToolResponse:
    """Get what one movie theater shows on a day and at what times, of all its films or of one.

    Args:
        latitude: Latitude of the place in decimal degrees, such as 42.36.
        longitude: Longitude of the place in decimal degrees, such as -71.06.
        theater_id: The theater's id, from a search for theaters.
        film_id: The film's id, from a search for films, to hear of that film only.
        date: The day, as YYYY-MM-DD.
    """
    where = here(ctx, latitude, longitude)
    day = _day(date, where)
    params: dict[str, Any] = {"cinema_id": _id(theater_id, "theater"), "film_id": film_id and _id(film_id, "film")}
    found = await service.ask(ctx, where, "cinemaShowTimes", date=f"{day}", sort="popularity", **params)
    films = service.read(found.films, Film) if found else []
    listed = [(film, shows(film, day)) for film in films]
    if not found or not any(times for _, times in listed):
        raise ToolError("not_found", f"I couldn't find any showtimes there {speech.day(day, where.now.date())}.")
    coming = [(film, left) for film, times in listed if (left := _left(times, where))]
    name = found.cinema.cinema_name if found.cinema else "that theater"
    return ToolResponse(
        response_type="movieglu_theater_showtimes",
        response={
            "cinema": found.cinema and screen.cinema(found.cinema),
            "date": f"{day}",
            "films": [screen.film(film) | {"showings": screen.times(times)} for film, times in listed],
        },
        spoken=spoken.at_theater(name, coming, speech.day(day, where.now.date())),
        voice={
            "theater": name[:60],
            "films": [
                spoken.film_projection(film) | {"about": None, "times": spoken.times_projection(left)}
                for film, left in coming[:5]
            ],
        },
        sample=sampled(ctx),
    )


@tool(
    examples=[
        "when is {film_id:The Last Lighthouse} playing near {latitude:Boston} {date:tonight}",
        "where can I see {film_id:Paper Moons} in {latitude:Seattle} {date:tomorrow}",
        "what are the showtimes for {film_id:Zero Hour Express} in {latitude:Chicago} {date:today}",
        "which theaters show the movie {film_id:A Second Spring} around {latitude:Denver} {date:on Saturday}",
        "get showtimes of the film {film_id:Orbit of Glass} in {latitude:Austin} {date:on Friday}",
        "what time is {film_id:Paper Moons} on in {latitude:New York} {date:tonight}",
        "when does the movie {film_id:Raiders of the Lost Ark} start in {latitude:Miami} {date:tomorrow}",
        "is {film_id:Midnight at the Museum Cafe} on in {latitude:Houston} {date:this weekend}",
        "showtimes for {film_id:Paper Moons} near {latitude:42.36} {longitude:-71.06} {date:today}",
    ],
    progress="Getting the showtimes",
)
async def get_film_showtimes_near_location(
    ctx: ToolContext, latitude: float, longitude: float, film_id: int, date: str
) -> ToolResponse:
    """Get the movie theaters near a place that show one film on a day, and at what times.

    Args:
        latitude: Latitude of the place in decimal degrees, such as 42.36.
        longitude: Longitude of the place in decimal degrees, such as -71.06.
        film_id: The film's id, from a search for films.
        date: The day, as YYYY-MM-DD.
    """
    where = here(ctx, latitude, longitude)
    day = _day(date, where)
    found = await service.ask(ctx, where, "filmShowTimes", film_id=_id(film_id, "film"), date=f"{day}", n=COUNT)
    cinemas = service.read(found.cinemas, Cinema) if found else []
    listed = [(cinema, shows(cinema, day)) for cinema in cinemas]
    if not found or not any(times for _, times in listed):
        raise ToolError("not_found", f"I couldn't find that film near there {speech.day(day, where.now.date())}.")
    coming = [(cinema, left) for cinema, times in listed if (left := _left(times, where))]
    name = found.film.film_name if found.film else "That film"
    return ToolResponse(
        response_type="movieglu_film_showtimes",
        response={
            "film": found.film and screen.film(found.film),
            "date": f"{day}",
            "cinemas": [screen.cinema(cinema) | {"showings": screen.times(times)} for cinema, times in listed],
        },
        spoken=spoken.of_film(name, coming, speech.day(day, where.now.date())),
        voice={
            "film": name[:60],
            "theaters": [
                spoken.theater_projection(cinema) | {"times": spoken.times_projection(left)}
                for cinema, left in coming[:5]
            ],
        },
        sample=sampled(ctx),
    )


def _films(kind: str, found: list[Film], opening: str, ctx: ToolContext) -> ToolResponse:
    return ToolResponse(
        response_type=kind,
        response=[screen.film(film) for film in found],
        spoken=spoken.films(found, opening),
        voice={"films": [spoken.film_projection(film) for film in found[:5]]},
        sample=sampled(ctx),
    )


def _theaters(kind: str, found: list[Cinema], ctx: ToolContext) -> ToolResponse:
    found = sorted(found, key=lambda cinema: cinema.distance is None)
    return ToolResponse(
        response_type=kind,
        response=[screen.cinema(cinema) for cinema in found],
        spoken=spoken.theaters(found, "I found:" if len(found) > 1 else "I found"),
        voice={"theaters": [spoken.theater_projection(cinema) for cinema in found[:5]]},
        sample=sampled(ctx),
    )


def _left(times: list[Show], where: Here) -> list[Show]:
    return [show for show in times if show.at > where.now]


def _query(text: str, least: int) -> str:
    words = " ".join(re.sub(r"[\x00-\x1f\x7f]", " ", text).split())[:60]
    if len(words) < least:
        raise ToolError("bad_request", "Which one? Please tell me more of its name.")
    return words


def _id(number: int, what: str) -> int:
    if not 0 < number <= MAX_ID:
        raise ToolError("bad_request", f"I have to find that {what} first. Please tell me its name.")
    return number


def _day(text: str, where: Here) -> Day:
    """A day that is not over yet at the place."""
    said = text.strip().casefold()
    try:
        day = where.today + _DAYS[said] if said in _DAYS else Day.fromisoformat(said[:10])
    except ValueError:
        raise ToolError("bad_request", "Which day do you mean?") from None
    if day < where.today:
        raise ToolError("bad_request", "That day is over. For which day would you like the showtimes?")
    return day


_DAYS = {"today": timedelta(), "tonight": timedelta(), "": timedelta(), "tomorrow": timedelta(days=1)}


def _territory(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z]{2}", text):
        raise ValueError("a territory has two letters, such as US")
    return text.upper()


def _settings() -> list[Setting]:
    mail = "the licence mail of MovieGlu"
    licence: dict[str, Any] = {"required": True, "where": mail}
    return [
        Setting(name="MOVIEGLU_CLIENT", help="The account's user name.", **licence),
        Setting(name="MOVIEGLU_API_KEY", help="The API key of the account.", secret=True, **licence),
        Setting(name="MOVIEGLU_API_AUTHORIZATION", help='The authorization text, "Basic ...".', secret=True, **licence),
        Setting(
            name="MOVIEGLU_TERRITORY",
            help="The licence's country: US, UK, CA, IE, FR, ES, DE or IN.",
            default="US",
            type=_territory,
        ),
        Setting(name="MOVIEGLU_API_VERSION", help="The version of the API.", default="v201"),
        Setting(name="MOVIEGLU_BASE_URL", help="The API's address.", default="https://api-gate2.movieglu.com"),
    ]


@hookimpl
def odai_tools() -> ToolPlugin:
    return ToolPlugin(
        name="movieglu",
        api=1,
        title="MovieGlu",
        summary="tell you what is on at the movies near you, and when",
        tools=[
            get_films_showing_near_location,
            get_nearby_theaters_near_location,
            search_theaters_near_location,
            search_films_near_location,
            get_theater_showtimes_near_location,
            get_film_showtimes_near_location,
        ],
        voice=True,
        samples=True,
        instructions=(
            "Search for the film or the theater first: showtimes need its id. Take the coordinates from the place the "
            "user names; ask for the town when none is known."
        ),
        voice_instructions="Tell the title, the theater and the next two or three times; say IMAX or 3D if it is.",
        settings=_settings(),
    )
