"""Sentences about events, venues and performers, on one day in November."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import msgspec
import pytest
from odai_tool_ticketmaster import spoken
from odai_tool_ticketmaster.shapes import Attraction, Event, Venue, for_screen

from odai_core.testing.kit import ear
from odai_core.testing.upstreams.services import ticketmaster as standin

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
"""Still Sunday the 22nd in Boston."""


def event(name: str = "Goo Goo Dolls", start: Any = None, **more: Any) -> Event:
    dates = {"start": start or {"localDate": "2026-12-04", "localTime": "19:30:00"}, "timezone": "America/New_York"}
    dates["status"] = {"code": more.pop("status", "onsale")}
    body = standin.event(name=name, **({"dates": dates} | more))
    return msgspec.json.decode(msgspec.json.encode(body), type=Event)


def venue(**more: Any) -> Venue:
    return msgspec.convert(standin.venue(**more), Venue)


@pytest.mark.parametrize(
    ("start", "said"),
    [
        ({"localDate": "2026-12-04", "localTime": "19:30:00"}, "on Friday, December fourth at seven thirty PM"),
        ({"localDate": "2026-11-22", "localTime": "23:00:00"}, "today at eleven PM"),
        ({"localDate": "2026-11-23", "localTime": "12:00:00"}, "tomorrow at noon"),
        ({"localDate": "2026-12-04", "localTime": "19:30:00", "timeTBA": True}, "on Friday, December fourth"),
        ({"localDate": "2026-12-04", "localTime": "00:00:00", "noSpecificTime": True}, "on Friday, December fourth"),
        ({"localDate": "2026-12-04", "localTime": "late"}, "on Friday, December fourth"),
        ({"localDate": "2027-12-04"}, "on Saturday, December fourth, twenty twenty seven"),
        ({"localDate": "2026-12-04", "dateTBD": True}, "on a day to be announced"),
        ({"localDate": "2026-12-04", "dateTBA": True}, "on a day to be announced"),
        ({"localDate": "soon"}, "on a day to be announced"),
        ({}, "on a day to be announced"),
    ],
)
def test_the_day_is_the_one_at_the_place(start, said):
    assert spoken.when(event(start=start or {"localDate": None}), NOW) == said


def test_without_a_time_zone_the_callers_day_counts():
    bare = Event(id="x", name="X", dates=msgspec.structs.replace(event().dates, timezone=None), embedded=None)
    assert bare.zone is None
    assert spoken.when(bare, NOW) == "on Friday, December fourth at seven thirty PM"
    assert spoken.when(Event(id="x", name="X"), NOW) == "on a day to be announced"
    assert spoken.event_projection(Event(id="x", name="X"), NOW) == {
        "name": "X", "when": "a day to be announced", "eventId": "x",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({}, "Tickets are on sale from thirty nine dollars and fifty cents."),
        ({"priceRanges": None}, "Tickets are on sale."),
        ({"priceRanges": [{"min": 0, "currency": "USD"}]}, "Tickets are on sale."),
        ({"priceRanges": [{"min": 80, "currency": "EUR"}, {"min": 20, "currency": "EUR"}]},
         "Tickets are on sale from twenty euros."),
        ({"priceRanges": [{"min": 20, "currency": "<b>"}]}, "Tickets are on sale."),
        ({"status": "offsale"}, "Tickets are not on sale."),
        ({"status": "cancelled"}, "It has been cancelled."),
        ({"status": "canceled"}, "It has been cancelled."),
        ({"status": "postponed"}, "It has been postponed."),
        ({"status": "rescheduled"}, "It has been rescheduled. Tickets start from thirty nine dollars and fifty cents."),
        ({"status": "rescheduled", "priceRanges": None}, "It has been rescheduled."),
        ({"sales": {"public": {"startDateTime": "2026-11-27T15:00:00Z"}}},
         "Tickets go on sale on Friday, November twenty seventh at ten AM, from thirty nine dollars and fifty cents."),
        ({"sales": {"public": {"startDateTime": "2026-11-27T15:00:00Z"}}, "priceRanges": None},
         "Tickets go on sale on Friday, November twenty seventh at ten AM."),
        ({"sales": {"public": {"startDateTime": "2026-11-27T15:00:00Z", "startTBD": True}}, "priceRanges": None},
         "Tickets are on sale."),
        ({"sales": {"public": {"startDateTime": "soon"}}, "priceRanges": None}, "Tickets are on sale."),
        ({"sales": None, "priceRanges": None}, "Tickets are on sale."),
    ],
)  # fmt: skip
def test_tickets_have_their_sentence(more, said):
    start = "Goo Goo Dolls is on Friday, December fourth at seven thirty PM at TD Garden in Boston."
    assert spoken.event_details(event(**more), NOW).rstrip() == f"{start} {said}"


def test_what_is_not_on_sale_yet_is_not_on_sale():
    early = event(sales={"public": {"startDateTime": "2026-11-27T15:00:00Z"}})
    assert spoken.event_projection(early, NOW)["status"] == "not on sale yet"
    assert spoken.event_projection(event(), NOW)["status"] == "on sale"


def test_what_events_share_is_said_once():
    second = event(start={"localDate": "2026-12-05"}, priceRanges=None)
    assert spoken.events([event(), second], 2, NOW) == (
        "Goo Goo Dolls in Boston: First, on Friday, December fourth at seven thirty PM, TD Garden, from thirty nine "
        "dollars and fifty cents. Second, on Saturday, December fifth, TD Garden."
    )
    others = [event("Celtics vs. Heat"), event("Bruins v Rangers", priceRanges=None)]
    assert spoken.events(others, 40, NOW, at=others[0].venue) == (
        "At TD Garden: First, Celtics versus Heat, on Friday, December fourth at seven thirty PM, from thirty nine "
        "dollars and fifty cents. Second, Bruins versus Rangers, on Friday, December fourth at seven thirty PM. Forty "
        "events in all."
    )
    assert spoken.events([event()], 1, NOW) == (
        "Goo Goo Dolls, on Friday, December fourth at seven thirty PM, TD Garden in Boston, from thirty nine dollars "
        "and fifty cents."
    )


def test_long_names_lose_their_subtitles_before_events_are_lost():
    long = [
        event(f"{name} and the Orchestra of the Whole Town: A Celebration of Light") for name in ("Ann", "Bo", "Cy")
    ]
    said = spoken.events(long, 3, NOW)
    assert said.startswith("In Boston: First, Ann and the Orchestra of the Whole")
    assert "Third, Cy" in said
    assert ".," not in said
    assert not ear.problems(said)
    assert len(spoken.events([event("Supercalifragilistic " * 9)] * 3, 3, NOW)) <= 300
    assert spoken.title(event("\u202e"), 50) == "An event"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"address": None, "boxOfficeInfo": None, "upcomingEvents": None}, "TD Garden is in Boston, Massachusetts."),
        ({"address": {"line1": "12b Main St."}, "boxOfficeInfo": None, "upcomingEvents": {"_total": 0}},
         "TD Garden is at 12b Main Street in Boston, Massachusetts. It has no upcoming events."),
        ({"address": None, "city": None, "state": None, "country": {"name": "Ireland"}, "boxOfficeInfo": None,
          "upcomingEvents": {"_total": 10**9}}, "TD Garden is in Ireland."),
        ({"address": None, "city": None, "state": None, "country": None, "boxOfficeInfo": None, "upcomingEvents": None},
         "I found TD Garden, but not where it is."),
    ],
)  # fmt: skip
def test_a_venue_is_told_as_far_as_it_is_known(more, said):
    assert spoken.venue_details(venue(**more)) == said


def test_a_place_without_a_name_is_its_address_or_city():
    nameless = msgspec.structs.replace(event().embedded, venues=[venue(name=None)])
    assert spoken.place_of(msgspec.structs.replace(event(), embedded=nameless)) == "Boston"
    lost = msgspec.structs.replace(event().embedded, venues=[venue(name=None, city=None, address=None)])
    assert spoken.place_of(msgspec.structs.replace(event(), embedded=lost)) == "a venue"
    assert spoken.called(venue(name=None), 40) == "100 Legends Way"


@pytest.mark.parametrize(
    ("classifications", "genre"),
    [
        ([{"segment": {"name": "Music"}, "genre": {"name": "Rock"}}], "Rock"),
        ([{"segment": {"name": "Music"}, "genre": {"name": "Undefined"}}], "Music"),
        ([{"segment": {"name": "Miscellaneous"}, "genre": None}], ""),
        ([], ""),
        (None, ""),
    ],
)
def test_a_performer_has_a_genre_when_it_says_something(classifications, genre):
    one = msgspec.convert(standin.attraction(classifications=classifications), Attraction)
    assert spoken.genre(one) == genre


def test_the_year_is_said_only_when_it_is_far():
    assert spoken.day(date(2027, 1, 2), date(2026, 11, 22)) == "on Saturday, January second"
    assert spoken.day(date(2026, 11, 21), date(2026, 11, 22)) == "on Saturday, November twenty first"


def test_the_screen_gets_one_picture_of_each():
    shown = for_screen([event()])
    assert len(shown[0]["images"]) == len(shown[0]["_embedded"]["attractions"][0]["images"]) == 1
    assert shown[0]["images"][0]["width"] == 1136
