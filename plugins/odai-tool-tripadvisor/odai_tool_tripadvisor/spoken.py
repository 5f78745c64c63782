"""What is said of places and reviews, made from the data."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from odai_core import speech
from odai_tool_tripadvisor import hours
from odai_tool_tripadvisor.shapes import Address, Found, Hit, Place, Ranking, Review, number

_ORDINALS = ("First", "Second", "Third")
_PRICES = {1: "inexpensive", 2: "moderately priced", 3: "pricey", 4: "very expensive"}
_RANK = re.compile(r"#(\d[\d,]{0,8}) of (\d[\d,]{0,8}) (.+)", re.ASCII)
_DOT = re.compile(r"\.(?=(?:com|org|net|io|gov|edu)\b)", re.IGNORECASE)
_WHO = {
    "business": "Somebody on business", "couples": "A couple", "family": "A family", "friends": "A group of friends",
    "solo": "Somebody traveling alone", "solo travel": "Somebody traveling alone",
}  # fmt: skip


def search(found: Sequence[Found], query: str) -> str:
    """At most three places: the first in full, the others as fully as a breath allows."""
    if len(found) == 1:
        return speech.fit(*(f"I found {_describe(found[0], fullness, '')}." for fullness in (2, 1)))
    about, town = plain(query, 50).rstrip("."), _common_city(found[:3])
    if town and town.casefold() not in about.casefold():
        about = f"{about} in {town}"
    levels = ((2, 2, 2), (2, 1, 1), (1, 1, 1), (1, 0, 0), (0, 0, 0), (0, 0))
    return speech.fit(*(_told(f"For {about}:", found, level, town) for level in levels))


def details(place: Place, now: datetime) -> str:
    """Rating, rank, price and today's hours, and a sentence of the description where there is breath for it."""
    known = (_rating(place), _rank(place.ranking_data), price(place), hours.today(place.hours, now))
    facts, city = [fact for fact in known if fact], _city(place.address_obj)
    told = f"{plain(place.name, 60)}{f' in {city}' if city and city not in ' '.join(facts) else ''}"
    said = f"{told}: {', '.join(facts)}." if facts else f"{told} has no rating on TripAdvisor."
    return speech.fit(f"{said} {_first_sentence(place.description)}".strip(), said)


def reviews(found: Sequence[Review], now: datetime) -> str:
    """Two of them in a few words: the latest, and the one that differs most from it."""
    latest, *others = found
    stars = number(latest.rating) or 0
    other = sorted(others, key=lambda review: -abs((number(review.rating) or stars) - stars))[:1]
    return speech.fit(*(" ".join(_gist(review, now, length) for review in (latest, *other)) for length in (80, 50)))


def place_for_voice(place: Place, now: datetime) -> dict[str, Any]:
    """What a voice model needs to talk about it and to ask for its reviews."""
    return {
        "location_id": str(place.location_id),
        "name": plain(place.name, 60),
        "rating": place.stars,
        "reviews": place.reviews or None,
        "rank": speech.clean(place.ranking_data.ranking_string, 80) if place.ranking_data else None,
        "price": price(place) or None,
        "hours": hours.today(place.hours, now) or None,
        "area": _city(place.address_obj) or None,
    }


def found_for_voice(found: Found) -> dict[str, Any]:
    """The same for one hit of a search."""
    return {
        "location_id": str(found.hit.location_id),
        "name": plain(found.hit.name, 60),
        "rating": found.details.stars if found.details else None,
        "reviews": (found.details.reviews or None) if found.details else None,
        "price": (price(found.details) or None) if found.details else None,
        "area": _away(found.hit) or _city(found.hit.address_obj) or None,
    }


def review_for_voice(review: Review, now: datetime) -> dict[str, Any]:
    """Never the whole text: TripAdvisor's terms, and a caller's patience."""
    return {
        "rating": number(review.rating),
        "title": plain(review.title, 60) or None,
        "gist": plain(review.text, 100) or None,
        "who": _WHO.get((review.trip_type or "").casefold()),
        "when": _month(review, now) or None,
    }


def price(place: Place) -> str:
    """In words; of two levels, as in "$$ - $$$", the lower one."""
    level = re.match(r"\$+", (place.price_level or "").strip())
    return _PRICES.get(len(level[0]), "") if level else ""


def plain(text: str | None, limit: int) -> str:
    return _DOT.sub(" dot ", speech.clean(text, limit))


def _first_sentence(text: str | None) -> str:
    """The first one or two, as long as they are whole and short."""
    whole = plain(text, 300)
    short = speech.clean(whole, 120)
    return short if whole.startswith(short) and short.endswith((".", "!", "?")) else ""


def _common_city(found: Sequence[Found]) -> str:
    """The town all of them are in; it is said once."""
    cities = {_city(one.hit.address_obj) for one in found}
    return cities.pop() if len(cities) == 1 else ""


def _told(opening: str, found: Sequence[Found], level: Sequence[int], town: str) -> str:
    told = [_describe(one, fullness, town) for fullness, one in zip(level, found, strict=False)]
    return " ".join([opening, *(f"{nth}, {said}." for nth, said in zip(_ORDINALS, told, strict=False))])


def _describe(found: Found, fullness: int, town: str) -> str:
    """0: the name; 1: with rating and place; 2: with the number of reviews and the price."""
    parts = [plain(found.hit.name, 50).rstrip(".")]
    if found.details and found.details.stars and fullness:
        parts.append(_rating(found.details) if fullness > 1 else speech.stars(found.details.stars))
    if found.details and fullness > 1:
        parts.append(price(found.details))
    if fullness:
        city = _city(found.hit.address_obj)
        parts.append(_away(found.hit) or (f"in {city}" if city and city != town else ""))
    return ", ".join(part for part in parts if part)


def _rating(place: Place) -> str:
    if not place.stars:
        return ""
    return speech.stars(place.stars) + (f" from {speech.count(place.reviews, 'review')}" if place.reviews else "")


def _rank(ranking: Ranking | None) -> str:
    """In words: "#4 of 14 hotels in Edgartown" -> "number four of fourteen hotels in Edgartown"."""
    parts = _RANK.fullmatch((ranking.ranking_string or "").strip()) if ranking else None
    if parts is None:
        return ""
    rank, among, kind = int(parts[1].replace(",", "")), int(parts[2].replace(",", "")), plain(parts[3], 60).rstrip(".")
    return f"number {speech.number(rank)} of {speech.roughly(among)} {kind[:1].lower()}{kind[1:]}"


def _city(address: Address | None) -> str:
    return plain(address.city, 30).rstrip(".") if address else ""


def _away(hit: Hit) -> str:
    """From the coordinates that were asked about: "half a mile north"."""
    miles = number(hit.distance)
    if miles is None:
        return ""
    if miles < 0.1:
        return "right there"
    quarters = ("a quarter mile", "half a mile", "three quarters of a mile")
    said = quarters[max(round(miles * 4), 1) - 1] if miles < 0.875 else speech.count(round(miles), "mile")
    return f"{said} {speech.clean(hit.bearing, 12)}".strip()


def _gist(review: Review, now: datetime, length: int) -> str:
    who = _WHO.get((review.trip_type or "").casefold(), "Somebody")
    stars = number(review.rating)
    gave = f"gave {speech.stars(stars)}" if stars and stars <= 5 else "wrote"
    when = _month(review, now)
    said = (plain(review.title, length) or plain(review.text, length)).rstrip(" .!")
    return f"{who} {gave}{f' {when}' if when else ''}: {said}."


def _month(review: Review, now: datetime) -> str:
    """When they were there, "in October"; with the year when it is not this one."""
    for text in (review.travel_date, review.published_date):
        try:
            when = date.fromisoformat((text or "")[:10])
        except ValueError:
            continue
        year = "" if when.year == now.year else f" {speech.digits(str(when.year))}"
        return f"in {when:%B}{year}"
    return ""
