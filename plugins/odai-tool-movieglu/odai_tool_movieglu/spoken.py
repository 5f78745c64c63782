"""What is said of films, cinemas and showtimes, made from the data."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, TypeVar

from odai_core import speech
from odai_tool_movieglu.shapes import Cinema, Film, Show

T = TypeVar("T")
_ORDINALS = ("First", "Second", "Third")
_KINDS = {"3D": "three D", "IMAX": "IMAX", "IMAX3D": "IMAX three D"}


def films(found: Sequence[Film], opening: str) -> str:
    """Up to three, with what they are rated."""
    return speech.fit(*(_listed(opening, found[:count], _film) for count in (3, 2, 1)))


def theaters(found: Sequence[Cinema], opening: str) -> str:
    """Up to three, with how far they are."""
    return speech.fit(*(_listed(opening, found[:count], _theater) for count in (3, 2, 1)))


def at_theater(theater: str, found: Sequence[tuple[Film, Sequence[Show]]], day: str) -> str:
    """What is still to come there: of one film in full, else of the first three."""
    if not found:
        return f"At {_name(theater)}, every show {day} has already started."
    if len(found) == 1:
        film, shows = found[0]
        return speech.fit(*(f"{_film(film)}, is at {_name(theater)} {day} {times}." for times in _briefer(shows)))

    def told(one: tuple[Film, Sequence[Show]], times: int) -> str:
        return f"{_name(one[0].film_name)} {_times(one[1], times)}"

    return _levels(f"At {_name(theater)} {day}:", found, told)


def of_film(film: str, found: Sequence[tuple[Cinema, Sequence[Show]]], day: str) -> str:
    """Where it is still to come: the first three cinemas."""
    if not found:
        return f"Every show of {_name(film)} near there {day} has already started."

    def told(one: tuple[Cinema, Sequence[Show]], times: int) -> str:
        return f"at {_theater(one[0])}, {_times(one[1], times)}"

    return _levels(f"{_name(film)} {day}:", found, told)


def film_projection(film: Film) -> dict[str, Any]:
    """What a voice model needs to talk about it and to ask for its showtimes."""
    about = speech.clean(film.synopsis_long, 90)
    return {"film_id": film.film_id, "name": speech.clean(film.film_name, 60), "rating": film.rating, "about": about}


def theater_projection(cinema: Cinema) -> dict[str, Any]:
    """What a voice model needs to talk about it and to ask for its showtimes."""
    return {
        "theater_id": cinema.cinema_id,
        "name": speech.clean(cinema.cinema_name, 60),
        "miles": None if cinema.distance is None else round(cinema.distance, 1),
        "street": speech.clean(cinema.address, 50),
    }


def times_projection(shows: Sequence[Show]) -> list[str]:
    """The next five, such as "7:30 PM" and "8:00 PM IMAX"."""
    return [f"{show.at:%I:%M %p}{f' {show.kind}' if show.kind in _KINDS else ''}".lstrip("0") for show in shows[:5]]


def _levels(opening: str, found: Sequence[T], told: Callable[[T, int], str]) -> str:
    """Three with three times each, or as much of it as a breath allows."""
    levels = ((3, 3), (3, 2), (3, 1), (2, 2), (2, 1), (1, 3), (1, 1))
    return speech.fit(*(_listed(opening, found[:many], lambda one: told(one, times)) for many, times in levels))  # noqa: B023


def _listed(opening: str, found: Sequence[T], told: Callable[[T], str]) -> str:
    said = [told(one) for one in found]
    if len(said) == 1:
        return f"{opening} {said[0]}."
    return " ".join([opening, *(f"{nth}, {one}." for nth, one in zip(_ORDINALS, said, strict=False))])


def _film(film: Film) -> str:
    """As one says it: "Raiders of the Lost Ark, rated PG thirteen"."""
    rating = re.sub(r"-?(\d{1,2})", lambda digits: f" {speech.number(int(digits[1]))} ", film.rating, flags=re.ASCII)
    rating = " ".join(speech.clean(rating, 20).split())
    return f"{_name(film.film_name)}, rated {rating}" if rating else _name(film.film_name)


def _theater(cinema: Cinema) -> str:
    away = _distance(cinema.distance)
    return f"{_name(cinema.cinema_name)}, {away} away" if away else _name(cinema.cinema_name)


def _distance(miles: float | None) -> str:
    """To the half mile: 1.27 -> "about one and a half miles"; "" when nobody knows."""
    if miles is None:
        return ""
    if miles < 0.75:
        return "about half a mile" if miles >= 0.4 else "less than half a mile"
    whole, half = (round(miles), 0) if miles >= 10 else divmod(round(miles * 2), 2)
    return f"about {speech.number(whole)}{' and a half' * half} mile{'' if (whole, half) == (1, 0) else 's'}"


def _briefer(shows: Sequence[Show]) -> Iterable[str]:
    return (_times(shows, most) for most in (3, 2, 1))


def _times(shows: Sequence[Show], most: int) -> str:
    """The next `most` in plain and in one special kind: "at two fifty and seven thirty PM, and in IMAX at eight PM"."""
    plain = [show.at for show in shows if show.kind not in _KINDS]
    special = next((show.kind for show in shows if show.kind in _KINDS), "")
    parts = [f"at {_clocks(plain[:most])}"] if plain else []
    if special and (most > 1 or not plain):
        parts.append(f"in {_KINDS[special]} at {_clocks([one.at for one in shows if one.kind == special][:most])}")
    return ", and ".join(parts)


def _clocks(times: Sequence[datetime]) -> str:
    """AM and PM once where neighbours share them: "seven thirty and ten PM"."""
    said = [speech.clock(time) for time in times]
    following = [*said[1:], ""]
    return speech.join(
        one[:-3] if one[-3:] in (" AM", " PM") and one[-3:] == after[-3:] else one
        for one, after in zip(said, following, strict=True)
    )


def _name(text: str) -> str:
    return speech.clean(text, 45).rstrip(".") or "one without a name"
