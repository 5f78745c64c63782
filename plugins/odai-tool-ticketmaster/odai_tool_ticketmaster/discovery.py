"""The requests to Ticketmaster's Discovery API, checked before they are sent and read when they come back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from odai_core import ToolContext, ToolError
from odai_tool_ticketmaster.places import where
from odai_tool_ticketmaster.shapes import Attraction, Event, Found, Venue, each

KEEP = 300
"""Seconds an answer may be given again: what is on changes over days, and a day has 5000 calls."""
SIZE = 10

Kind = Literal["events", "venues", "attractions"]
_TYPES: Mapping[Kind, Any] = {"events": Event, "venues": Venue, "attractions": Attraction}
_ID = re.compile(r"[A-Za-z0-9_-]{1,60}")
_CLASSES = {
    "music": "music", "concert": "music", "concerts": "music", "live music": "music", "sport": "sports",
    "sports": "sports", "games": "sports", "sports games": "sports", "sporting events": "sports", "comedy": "comedy",
    "stand up comedy": "comedy", "theater": "theatre", "theatre": "theatre", "plays": "theatre", "family": "family",
    "family shows": "family", "kids shows": "family",
}  # fmt: skip
_KIND_OF_THING = re.compile(r"(?<=\w)\s+(?:concert|ticket)s?\Z", re.IGNORECASE)
_ANYTHING = frozenset({"", "anything", "events", "event", "shows", "show", "tickets", "things to do", "all"})


def search_terms(query: str) -> dict[str, str | None]:
    """A word for a whole class of events asks for the class; as a keyword it would only match names.

    "rock concerts" is the keyword "rock": the second word is in no event's name.
    """
    word = query.casefold().strip()
    return {
        "classificationName": _CLASSES.get(word),
        "keyword": None if word in _CLASSES or word in _ANYTHING else _KIND_OF_THING.sub("", query[:200]),
    }


def place_terms(ctx: ToolContext, query: str, city: str, state: str, country: str) -> dict[str, str | None]:
    """Where to look. Nothing in particular and no place given: around the caller."""
    place = where(city, state, country)
    if any(place.values()) or search_terms(query)["keyword"]:
        return place
    if not ctx.caller.place:
        raise ToolError("bad_request", "Which artist or team are you interested in, or which city?")
    return where(ctx.caller.place, "", "")


def identifier(text: str, what: str) -> str:
    """An id as it is. Raises `ToolError("bad_request")` for what is none, such as a name."""
    if not _ID.fullmatch(text):
        raise ToolError("bad_request", f"I have to find that {what} first. What is it called?")
    return text


async def events(ctx: ToolContext, **wanted: str | None) -> tuple[list[Event], int]:
    """The next ones, and how many there are; tests of Ticketmaster's own left out."""
    found, total = await _list(ctx, "events", sort="date,asc", startDateTime=_now(), **wanted)
    real = [event for event in found if not event.test]
    return real, max(total - (len(found) - len(real)), len(real))


async def attractions(ctx: ToolContext, **wanted: str | None) -> tuple[list[Attraction], int]:
    """The best matches, and how many there are."""
    return await _list(ctx, "attractions", sort="relevance,desc", **wanted)


async def venues(ctx: ToolContext, **wanted: str | None) -> tuple[list[Venue], int]:
    """The best matches, and how many there are."""
    return await _list(ctx, "venues", sort="relevance,desc", **wanted)


async def one(ctx: ToolContext, kind: Kind, which: str) -> Any:
    """An event or a venue by its id."""
    what = kind.removesuffix("s")
    try:
        return await _get(ctx, kind, f"{identifier(which, what)}.json", type=_TYPES[kind])
    except ToolError as error:
        if error.code == "not_found":
            raise ToolError("not_found", f"Ticketmaster doesn't know that {what} any more.") from None
        raise


async def _list(ctx: ToolContext, kind: Kind, **wanted: str | None) -> tuple[list[Any], int]:
    found: Found = await _get(ctx, f"{kind}.json", type=Found, params={"size": SIZE, "locale": "*", **wanted})
    items = (found.embedded and getattr(found.embedded, kind)) or []
    read = each(items, _TYPES[kind])
    if items and not read:
        raise ToolError("bad_shape", "Ticketmaster gave an answer I can't read. Please try again in a moment.")
    total = (found.page and found.page.totalElements) or 0
    return read, max(total, len(read))


async def _get(ctx: ToolContext, *path: str, type: Any, params: Mapping[str, Any] | None = None) -> Any:
    return await ctx.http.get_json(
        ctx.settings["TICKETMASTER_BASE_URL"],
        *path,
        params={"apikey": ctx.settings["TICKETMASTER_CONSUMER_KEY"], **(params or {})},
        cache=KEEP,
        service="Ticketmaster",
        type=type,
    )


def _now() -> str:
    """The last full five minutes, so that the next question can be answered from the cache."""
    now = datetime.now(UTC)
    return f"{now - timedelta(seconds=now.timestamp() % KEEP):%Y-%m-%dT%H:%M:%SZ}"


def nothing(what: str, query: str = "", city: str = "") -> ToolError:
    """That nothing was found, in the caller's own words."""
    about = f" for {query[:60]}" if query else ""
    around = f" in {city[:60]}" if city else ""
    return ToolError("not_found", f"I couldn't find any {what}{about}{around} on Ticketmaster.")
