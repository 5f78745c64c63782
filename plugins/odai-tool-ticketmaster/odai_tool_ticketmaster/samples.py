"""Answers for demo mode, in Ticketmaster's own shape: invented events, with days around now ("now+4d")."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from typing import TypeVar

import msgspec

from odai_core import ToolError, speech
from odai_tool_ticketmaster.shapes import Attraction, Classification, Event, Venue

_DAY = re.compile(r"now([+-]\d+)d")
_EMPTY = frozenset(
    {"", "a", "an", "the", "and", "of", "in", "at", "tour", "ticket", "event", "thing", "to", "do", "anything", "live"}
)
_ALSO = {"Music": "music concert band gig show", "Sports": "sport game match", "Arts & Theatre": "show stage art play"}
_ALSO |= {"Theatre": "theater musical", "Dance": "ballet", "Comedy": "stand up comedian"}


T = TypeVar("T", Attraction, Venue)


class Samples(msgspec.Struct, frozen=True):
    events: list[Event]
    venues: list[Venue]
    attractions: list[Attraction]


def events(query: str, city: str) -> tuple[list[Event], int]:
    """In that city; in all of ours when we have nothing there."""
    asked = _words(query)
    known = _in_order(_samples().events)
    near = (
        [one for one in known if one.venue and one.venue.city and _same(city, one.venue.city.name)] if city else known
    )
    for around in (near, known):
        found = [one for one in around if asked <= _tags(one)]
        if found:
            return found, len(found)
    names = speech.join(dict.fromkeys(one.name.partition(":")[0] for one in (near or known)[:3]), "or")
    raise ToolError("not_found", f"My sample data doesn't have that. Ask for {names}.")


def event(which: str) -> Event:
    """By its id, or the first whose name has those words."""
    asked = _words(which)
    for one in _in_order(_samples().events):
        if one.id == which or (asked and asked <= _tags(one)):
            return one
    raise ToolError("not_found", "My sample data doesn't know that event. Search for one first.")


def venues(query: str, state: str) -> tuple[list[Venue], int]:
    """By name or city, and state."""
    asked = _words(query)
    found = [
        one
        for one in _samples().venues
        if asked <= _words(f"{one.name} {one.city and one.city.name} venue hall arena theater")
        and (not state or (one.state and one.state.stateCode == state))
    ]
    if not found:
        raise ToolError("not_found", "My sample data only knows Harbor Arena, Copley Hall and a few other venues.")
    return found, len(found)


def venue(which: str) -> Venue:
    """By its id or name."""
    found = _named(_samples().venues, which)
    if found is None:
        raise ToolError("not_found", "My sample data doesn't know that venue. Try Harbor Arena in Boston.")
    return found


def attractions(query: str) -> tuple[list[Attraction], int]:
    """By name or kind."""
    asked = _words(query)
    found = [one for one in _samples().attractions if asked and asked <= _words(one.name) | _kinds(one.classifications)]
    if not found:
        raise ToolError("not_found", "My sample data only knows The Paper Lanterns, Marble Arcade and a few others.")
    return found, len(found)


def events_at(which: str) -> tuple[list[Event], int]:
    """At a venue, by its id or name."""
    place = venue(which)
    found = [one for one in _in_order(_samples().events) if one.venue and one.venue.id == place.id]
    return found, len(found)


def events_of(which: str) -> tuple[list[Event], int]:
    """Of a performer, by id or name."""
    who = _named(_samples().attractions, which)
    if who is None:
        raise ToolError("not_found", "My sample data doesn't know them. Try The Paper Lanterns.")
    found = [one for one in _in_order(_samples().events) if one.attraction and one.attraction.id == who.id]
    return found, len(found)


def _samples() -> Samples:
    """Read anew each time, for its days count from today."""
    today = datetime.now(UTC).date()
    text = files(__package__).joinpath("samples.json").read_text(encoding="utf-8")
    return msgspec.json.decode(_DAY.sub(lambda match: str(today + timedelta(days=int(match[1]))), text), type=Samples)


def _in_order(found: Iterable[Event]) -> list[Event]:
    return sorted(found, key=lambda one: (one.dates and one.dates.start and one.dates.start.day) or date.max)


def _named(known: Sequence[T], which: str) -> T | None:
    asked = _words(which)
    return next((one for one in known if one.id == which or (asked and asked <= _words(one.name or ""))), None)


def _same(city: str, name: str | None) -> bool:
    return name is not None and name.casefold() in city.casefold()


def _tags(one: Event) -> set[str]:
    place = f"{one.venue.name} {one.venue.city and one.venue.city.name}" if one.venue else ""
    who = one.attraction.name if one.attraction else ""
    return _words(f"{one.name} {place} {who}") | _kinds(one.classifications)


def _kinds(classifications: Sequence[Classification] | None) -> set[str]:
    names = [
        part.name
        for kind in classifications or ()
        for part in (kind.segment, kind.genre)
        if part is not None and part.name
    ]
    return _words(" ".join([*names, *(_ALSO.get(name, "") for name in names)]))


def _words(text: str) -> set[str]:
    """Words without their plural s, and without those that tell nothing."""
    return {word.rstrip("s") for word in re.findall(r"[a-z]+", text.casefold())} - _EMPTY
