"""What is said of places: questions, hours, ranks and reviews."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from odai_tool_tripadvisor import hours, question, shapes, spoken
from odai_tool_tripadvisor.shapes import Address, Found, Hit, Hours, Moment, Period, Place, Ranking, Review

MONDAY = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SUNDAY = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("query", "text", "best", "choosing"),
    [
        ("best restaurants in Boston", "restaurants in Boston", True, True),
        ("the top 10 museums in Paris", "museums in Paris", True, True),
        ("highest rated hotels", "hotels", True, True),
        ("best pizza in Rome", "pizza in Rome", True, True),
        ("some good hotels in Boston", "hotels in Boston", False, True),
        ("hotel in New York", "hotel in New York", False, True),
        ("things  to do", "things to do", False, True),
        ("Good Fork", "Good Fork", False, False),
        ("Best Western Harbor", "Best Western Harbor", False, False),
        ("Best Western hotels in Boston", "Best Western hotels in Boston", False, True),
        ("Top of the Hub", "Top of the Hub", False, False),
        ("Hotel Marlowe", "Hotel Marlowe", False, False),
        ("best", "best", False, False),
        ("", "", False, False),
    ],
)
def test_a_question_is_for_a_name_or_a_choice(query, text, best, choosing):
    assert question.read(query) == question.Question(text=text, best=best, choosing=choosing)


def period(day: int, begins: str, ends: str) -> Period:
    return Period(open=Moment(day=day, time=begins), close=Moment(day=day, time=ends))


@pytest.mark.parametrize(
    ("periods", "now", "said"),
    [
        ([period(1, "1700", "2200")], MONDAY, "open today from five PM to ten PM"),
        ([period(1, "1730", "2400")], MONDAY, "open today from five thirty PM to midnight"),
        ([period(1, "1700", "2200"), period(1, "1130", "1500")], MONDAY,
         "open today from eleven thirty AM to three PM and from five PM to ten PM"),
        ([period(1, "0000", "2359")], MONDAY, "open all day today"),
        ([period(1, "0000", "0000")], MONDAY, "open all day today"),
        ([period(2, "0900", "1700")], MONDAY, "closed today"),
        ([period(7, "0900", "1700")], SUNDAY, "open today from nine AM to five PM"),
        ([period(0, "0900", "1700")], SUNDAY, "open today from nine AM to five PM"),
        ([period(8, "0900", "1700"), period(1, "2500", "1700"), period(1, "0900", "1760"), period(1, "9am", "")],
         MONDAY, ""),
        ([], MONDAY, ""),
        (None, MONDAY, ""),
    ],
)  # fmt: skip
def test_hours_are_those_of_today(periods, now, said):
    assert hours.today(Hours(periods=periods), now) == said


def test_without_hours_nothing_is_said_of_them():
    assert hours.today(None, MONDAY) == ""


def place(**more: Any) -> Place:
    return Place(location_id="1", name="Harbor View", **more)


@pytest.mark.parametrize(
    ("known", "said"),
    [
        (place(), "Harbor View has no rating on TripAdvisor."),
        (place(address_obj=Address(city="Edgartown")), "Harbor View in Edgartown has no rating on TripAdvisor."),
        (place(rating="4.4", address_obj=Address(city="Rome")), "Harbor View in Rome: four and a half stars."),
        (place(rating="9", num_reviews="many", price_level="$$$$$"), "Harbor View has no rating on TripAdvisor."),
        (place(rating=5, num_reviews="1"), "Harbor View: five stars from one review."),
        (place(price_level="$$ - $$$"), "Harbor View: moderately priced."),
        (place(ranking_data=Ranking(ranking_string="#12 of 2,847 Restaurants in Boston")),
         "Harbor View: number twelve of twenty eight hundred restaurants in Boston."),
        (place(ranking_data=Ranking(ranking_string="the best of all")), "Harbor View has no rating on TripAdvisor."),
        (place(rating=3, description=f"A hotel that has a lobby, some rooms and one roof over all this.{' Much' * 40}"),
         "Harbor View: three stars. A hotel that has a lobby, some rooms and one roof over all this."),
        (place(rating="3", description="Much " * 40), "Harbor View: three stars."),
        (place(rating="3", description="Book at booking.com. It is nice"), "Harbor View: three stars."),
    ],
)  # fmt: skip
def test_each_place_has_its_sentence(known, said):
    assert spoken.details(known, MONDAY) == said


def found(name: str, city: str | None = None, details: Place | None = None, **more: Any) -> Found:
    return Found(hit=Hit(location_id="1", name=name, address_obj=Address(city=city), **more), details=details)


@pytest.mark.parametrize(
    ("hits", "said"),
    [
        ([found("A", "Rome"), found("B", "Rome")], "For inns in Rome: First, A. Second, B."),
        ([found("A", "Rome"), found("B", "Bari")], "For inns: First, A, in Rome. Second, B, in Bari."),
        ([found("A", None, place(rating="4")), found("B")], "For inns: First, A, four stars. Second, B."),
        ([found("A", distance="0.2", bearing="north")], "I found A, a quarter mile north."),
        ([found("A", distance="0.7")], "I found A, three quarters of a mile."),
        ([found("A", distance="far")], "I found A."),
    ],
)
def test_each_search_has_its_sentence(hits, said):
    assert spoken.search(hits, "inns") == said


def test_long_names_still_fit_a_breath():
    long = found("Long name " * 20, "Llanfairpwllgwyngyll", place(rating="4.5", num_reviews="1234", price_level="$$"))
    for hits in ([long], [long] * 3):
        told = spoken.search(hits, "x" * 90)
        assert len(told) <= 300
        assert "four and a half stars" in told


@pytest.mark.parametrize(
    ("reviews", "said"),
    [
        ([Review(rating=4, title="Nice!", trip_type="Solo", travel_date="2026-09-30")],
         "Somebody traveling alone gave four stars in September: Nice."),
        ([Review(rating="1", text="Bad. " * 19, published_date="2025-01-02T10:00:00Z")],
         f"Somebody gave one star in January twenty twenty five: {'Bad. ' * 15}Bad."),
        ([Review(title="Odd", rating=77, travel_date="soon")], "Somebody wrote: Odd."),
        ([Review(rating=5, title="A"), Review(rating=4, title="B"), Review(rating=1, title="C"), Review(title="D")],
         "Somebody gave five stars: A. Somebody gave one star: C."),
    ],
)  # fmt: skip
def test_each_review_has_its_sentence(reviews, said):
    assert spoken.reviews(reviews, MONDAY) == said


@pytest.mark.parametrize(
    ("text", "value"),
    [("4.5", 4.5), (3, 3.0), ("", None), (None, None), ("NaN", None), ("-1", None), ("1e99", None), ("four", None)],
)
def test_a_number_may_be_a_text(text, value):
    assert shapes.number(text) == value
