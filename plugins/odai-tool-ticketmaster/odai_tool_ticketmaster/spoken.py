"""What is said of events, venues and performers, with the day and hour of the place they are in."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import partial
from typing import Any

from odai_core import speech
from odai_tool_ticketmaster.shapes import Attraction, Event, Venue

TOLD = 3
FAR = 300
"""Days after which the year is said as well."""

_STATUS = {
    "cancelled": "cancelled", "canceled": "cancelled", "postponed": "postponed", "rescheduled": "rescheduled",
    "offsale": "not on sale",
}  # fmt: skip
_ORDINALS = ("First", "Second", "Third")
_STREETS = {"St": "Street", "Ave": "Avenue", "Blvd": "Boulevard", "Rd": "Road", "Dr": "Drive", "Sq": "Square"}


def events(found: Sequence[Event], total: int, now: datetime, *, at: Venue | None = None) -> str:
    """The first three, and how many there are; what they share is said once. `at` is the venue they are all at."""
    told = found[:TOLD]
    name = _shared(told, lambda event: title(event, 50))
    city = "" if at else _shared(told, _city)
    lead = " ".join(part for part in (name, f"at {called(at, 40)}" if at else f"in {city}" if city else "") if part)
    lead = f"{lead[0].upper()}{lead[1:]}: " if lead else ""

    def said(event: Event, level: int) -> list[str]:
        where = "" if at or level > 2 else called(event.venue, 40) if city and event.venue else place_of(event)
        what = "" if name else title(event, 50 if level < 2 else 36)
        return [what, when(event, now, brief=level > 1), where, _status(event), _price(event) if level == 0 else ""]

    levels = ((0, TOLD), (1, TOLD), (2, TOLD), (3, TOLD), (3, 2), (3, 1))
    texts = (_list(told[:many], partial(said, level=level)) + _rest(total, many, "event") for level, many in levels)
    return speech.fit(*(lead + text for text in texts))


def event_details(event: Event, now: datetime) -> str:
    """When, where, whether tickets are sold and from which price on."""
    name, place = title(event, 70), place_of(event)
    start = f"{name} is {when(event, now)}{f' at {place}' if place else ''}."
    return speech.fit(f"{start} {_tickets(event, now)}".rstrip(), start)


def attractions(found: Sequence[Attraction], total: int) -> str:
    """The first three with their kind and how often one can see them."""

    def full(one: Attraction) -> list[str]:
        return [speech.clean(one.name, 50), genre(one).lower(), _upcoming(one)]

    def short(one: Attraction) -> list[str]:
        return [speech.clean(one.name, 50), _upcoming(one)]

    return speech.fit(*(_list(found[:TOLD], told) + _rest(total, TOLD, "match", "matches") for told in (full, short)))


def venues(found: Sequence[Venue], total: int) -> str:
    """The first three with their town and how much is on."""

    def full(one: Venue) -> list[str]:
        return [f"{called(one, 50)}{_town(one)}", _upcoming(one)]

    def short(one: Venue) -> list[str]:
        return [called(one, 40) + _town(one)]

    return speech.fit(*(_list(found[:TOLD], told) + _rest(total, TOLD, "venue") for told in (full, short)))


def venue_details(venue: Venue) -> str:
    """Where it is, how much is on there, and when the box office is open."""
    street = _street(venue)
    start = f"{called(venue, 50)} is{f' at {street}' if street else ''}{_town(venue)}."
    if not (street or _town(venue)):
        start = f"I found {called(venue, 50)}, but not where it is."
    count = f" It has {_upcoming(venue)}." if _upcoming(venue) else ""
    hours = speech.clean(venue.boxOfficeInfo and venue.boxOfficeInfo.openHoursDetail, 110).rstrip(".")
    office = f" Box office hours: {hours}." if hours else ""
    return speech.fit(start + count + office, start + count)


# -- for a voice model -------------------------------------------------------------------------------


def event_projection(event: Event, now: datetime) -> dict[str, Any]:
    """What a voice model needs to talk about it and to ask on."""
    return _told({
        "name": title(event, 50),
        "when": when(event, now).removeprefix("on "),
        "place": place_of(event),
        "status": _status(event) or _on_sale(event, now),
        "price_from": _amount(event),
        "eventId": event.id[:60],
        "venueId": event.venue and event.venue.id[:60],
        "attractionId": event.attraction and event.attraction.id[:60],
    })  # fmt: skip


def attraction_projection(one: Attraction) -> dict[str, Any]:
    """As above, of a performer, a team or a show."""
    return _told({
        "name": speech.clean(one.name, 50),
        "genre": genre(one),
        "upcoming_events": _total(one),
        "attractionId": one.id[:60],
    })  # fmt: skip


def venue_projection(one: Venue) -> dict[str, Any]:
    """As above, of a venue."""
    return _told({
        "name": called(one, 50),
        "city": speech.clean(one.city and one.city.name, 40),
        "state": speech.clean(one.state and one.state.name, 30),
        "upcoming_events": _total(one),
        "venueId": one.id[:60],
    })  # fmt: skip


def venue_extras(one: Venue) -> dict[str, Any]:
    """What else is told of one venue when asked."""
    office = one.boxOfficeInfo
    return _told({
        "street": _street(one),
        "box_office_hours": speech.clean(office and office.openHoursDetail, 150),
        "parking": speech.clean(one.parkingDetail, 150),
        "accessible_seating": speech.clean(one.accessibleSeatingDetail, 150),
    })  # fmt: skip


def event_extras(event: Event) -> dict[str, Any]:
    """What else is told of one event when asked."""
    return _told({
        "performers": [speech.clean(one.name, 40) for one in _performers(event)[:4]],
        "note": speech.clean(event.pleaseNote or event.info, 150),
        "age_limit": True if event.ageRestrictions and event.ageRestrictions.legalAgeEnforced else None,
    })  # fmt: skip


def _performers(event: Event) -> Sequence[Attraction]:
    return (event.embedded and event.embedded.attractions) or ()


def _told(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value not in (None, "", [])}


# -- parts of sentences ------------------------------------------------------------------------------


def title(event: Event, limit: int) -> str:
    """What it is called; without its subtitle when that is too long."""
    name = re.sub(r"\bvs?\.? ", "versus ", speech.clean(event.name, 120))
    short = name if len(name) <= limit else name.partition(":")[0]
    return speech.clean(short, limit).rstrip(".") or "An event"


def when(event: Event, now: datetime, *, brief: bool = False) -> str:
    """Say "on Friday, December fourth at seven thirty PM", as clocks at the event show it; `brief`: no weekday."""
    start = event.dates and event.dates.start
    if not start or start.day is None:
        return "on a day to be announced"
    hour = start.hour
    at = f" at {speech.clock(datetime.combine(start.day, hour))}" if hour else ""
    return day(start.day, _there(now, event, now).date(), brief=brief) + at


def day(which: date, today: date, *, brief: bool = False) -> str:
    """Say "today", "tomorrow", "on Friday, December fourth"; with the year when it is far away."""
    away = (which - today).days
    if away in (0, 1):
        return ("today", "tomorrow")[away]
    year = f", {speech.digits(str(which.year))}" if abs(away) > FAR else ""
    weekday = "" if brief else f"{which:%A}, "
    return f"on {weekday}{which:%B} {speech.ordinal(which.day)}{year}"


def place_of(event: Event) -> str:
    """Say "TD Garden in Boston"."""
    venue = event.venue
    if venue is None:
        return ""
    city = _city(event)
    name = called(venue, 40) if venue.name or not city else ""
    return f"{name} in {city}" if name and city else name or city


def called(venue: Venue, limit: int) -> str:
    """Its name, else its address: small places have none."""
    return speech.clean(venue.name or (venue.address and venue.address.line1), limit).rstrip(".") or "a venue"


def genre(one: Attraction) -> str:
    """Its genre, "Rock", else its kind, "Music", else ""."""
    for kind in (one.classifications or ())[:1]:
        names = [speech.clean(part.name, 30) for part in (kind.genre, kind.segment) if part]
        return next((name for name in names if name and name not in ("Undefined", "Other", "Miscellaneous")), "")
    return ""


def _city(event: Event) -> str:
    venue = event.venue
    return speech.clean(venue.city.name, 30).rstrip(".") if venue and venue.city else ""


def _shared(found: Sequence[Event], part: Callable[[Event], str]) -> str:
    """What all of them have in common, when there are several."""
    parts = {part(event) for event in found}
    return parts.pop() if len(found) > 1 and len(parts) == 1 else ""


def _list(found: Sequence[Any], told: Callable[[Any], list[str]]) -> str:
    said = [", ".join(part for part in told(one) if part).rstrip(".") for one in found]
    if len(said) == 1:
        return f"{said[0]}."
    return " ".join(f"{nth}, {one}." for nth, one in zip(_ORDINALS, said, strict=False))


def _rest(total: int, told: int, noun: str, plural: str = "") -> str:
    return f" {speech.count(total, noun, plural).capitalize()} in all." if total > told else ""


def _status(event: Event) -> str:
    return _STATUS.get(event.status, "")


def _amount(event: Event) -> str:
    price = event.price
    if price is None or price.min is None:
        return ""
    currency = (price.currency or "USD").upper()
    return speech.money(price.min, currency) if re.fullmatch("[A-Z]{3}", currency) else ""


def _price(event: Event) -> str:
    return f"from {_amount(event)}" if _amount(event) else ""


def _tickets(event: Event, now: datetime) -> str:
    """What about tickets, in a sentence or two."""
    price = f" from {_amount(event)}" if _amount(event) else ""
    if event.status in ("cancelled", "canceled", "postponed"):
        return f"It has been {_status(event)}."
    moved = "It has been rescheduled. " if event.status == "rescheduled" else ""
    if event.status == "offsale":
        return "Tickets are not on sale."
    opens = _opens(event, now)
    if opens:
        there = _there(opens, event, now)
        start = day(there.date(), _there(now, event, now).date())
        return f"{moved}Tickets go on sale {start} at {speech.clock(there)}{price and f',{price}'}."
    if event.status == "onsale":
        return f"Tickets are on sale{price}."
    return f"{moved}{f'Tickets start{price}.' if price else ''}"


def _opens(event: Event, now: datetime) -> datetime | None:
    """When tickets go on sale; None when they do already, or nobody knows."""
    sale = event.sales.public if event.sales else None
    try:
        found = datetime.fromisoformat(sale.startDateTime or "") if sale and not sale.startTBD else None
    except ValueError:
        return None
    return found if found is not None and found.utcoffset() is not None and found > now else None


def _on_sale(event: Event, now: datetime) -> str | None:
    if event.status != "onsale":
        return None
    return "not on sale yet" if _opens(event, now) else "on sale"


def _there(moment: datetime, event: Event, now: datetime) -> datetime:
    """By the clocks at the event, else by those `now` was read from."""
    return speech.local(moment, event.zone) if event.zone else moment.astimezone(now.tzinfo)


def _total(one: Attraction | Venue) -> int | None:
    total = one.upcomingEvents.total if one.upcomingEvents else None
    return total if total is not None and 0 <= total < 10**6 else None


def _upcoming(one: Attraction | Venue) -> str:
    total = _total(one)
    if total is None:
        return ""
    return speech.count(total, "upcoming event") if total else "no upcoming events"


def _town(venue: Venue) -> str:
    region = (venue.state and venue.state.name) or (venue.country and venue.country.name)
    parts = [speech.clean(part, 30).rstrip(".") for part in (venue.city and venue.city.name, region)]
    said = ", ".join(part for part in parts if part)
    return f" in {said}" if said else ""


def _street(venue: Venue) -> str:
    line = speech.clean(venue.address and venue.address.line1, 50)
    head, _, rest = line.partition(" ")
    number = speech.digits(head) if head.isascii() and head.isdecimal() and rest else head
    return " ".join([number, *(_STREETS.get(word.rstrip("."), word) for word in rest.split())]).strip()
