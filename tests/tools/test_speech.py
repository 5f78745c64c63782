"""Numbers, times and lists come out as people say them."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odai_core import speech


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (speech.number(0), "zero"),
        (speech.number(-20), "minus twenty"),
        (speech.number(2150), "two thousand one hundred fifty"),
        (speech.number(3_000_042), "three million forty two"),
        (speech.number(10**12), "1000000000000"),
        (speech.roughly(1289), "thirteen hundred"),
        (speech.roughly(43), "forty three"),
        (speech.roughly(1960), "two thousand"),
        (speech.roughly(128_900), "one hundred thirty thousand"),
        (speech.ordinal(1), "first"),
        (speech.ordinal(12), "twelfth"),
        (speech.ordinal(22), "twenty second"),
        (speech.ordinal(30), "thirtieth"),
        (speech.ordinal(14), "fourteenth"),
        (speech.count(1, "review"), "one review"),
        (speech.count(0, "city", "cities"), "zero cities"),
        (speech.count(212, "review"), "two hundred ten reviews"),
        (speech.digits("113"), "one thirteen"),
        (speech.digits("2150"), "twenty one fifty"),
        (speech.digits("5"), "five"),
        (speech.digits("42"), "forty two"),
        (speech.digits("205"), "two oh five"),
        (speech.digits("100"), "one hundred"),
        (speech.digits("1200"), "twelve hundred"),
        (speech.digits("2000"), "two thousand"),
        (speech.digits("007"), "zero zero seven"),
        (speech.digits("12345"), "one two three four five"),
        (speech.digits("1A"), "1 A"),
        (speech.flight("Delta", "113"), "Delta one thirteen"),
        (speech.clock(datetime(2026, 1, 1, 14, 10)), "two ten PM"),
        (speech.clock(datetime(2026, 1, 1, 0, 5)), "twelve oh five AM"),
        (speech.clock(datetime(2026, 1, 1, 9, 0)), "nine AM"),
        (speech.clock(datetime(2026, 1, 1, 12, 0)), "noon"),
        (speech.clock(datetime(2026, 1, 1, 0, 0)), "midnight"),
        (speech.duration(900), "fifteen minutes"),
        (speech.duration(-60), "one minute"),
        (speech.duration(7500), "two hours and five minutes"),
        (speech.duration(3600), "one hour"),
        (speech.duration(20), "less than a minute"),
        (speech.stars(4.5), "four and a half stars"),
        (speech.stars(1), "one star"),
        (speech.stars(3.9), "four stars"),
        (speech.money(4.5), "four dollars and fifty cents"),
        (speech.money(0.01), "one cent"),
        (speech.money(1.02, "GBP"), "one pound and two pence"),
        (speech.money(-241.35), "minus two hundred forty one dollars"),
        (speech.money(0), "zero dollars"),
        (speech.money(12.3, "CHF"), "twelve CHF"),
        (speech.join(["a", "b", "c"]), "a, b and c"),
        (speech.join(["a", "", "b"], "or"), "a or b"),
        (speech.join(["a"]), "a"),
        (speech.join([]), ""),
        (speech.clean("<b>Tom &amp; Jerry</b> https://x.example", 40), "Tom & Jerry"),
    ],
)
def test_as_people_say_it(said, expected):
    assert said == expected


@pytest.mark.parametrize(
    ("when", "expected"),
    [(22, "today"), (23, "tomorrow"), (21, "yesterday"), (25, "on Wednesday"), (18, "last Wednesday"),
     (1, "on November first")],
)  # fmt: skip
def test_days_are_told_from_today(when, expected):
    assert speech.day(date(2026, 11, when), date(2026, 11, 22)) == expected


def test_local_time_is_told_where_the_zone_is_known():
    moment = datetime(2026, 11, 22, 18, 50, tzinfo=UTC)
    assert speech.clock(speech.local(moment, "America/Los_Angeles")) == "ten fifty AM"
    for nonsense in ("", "Nowhere/Else", "../etc/passwd", "\0", "America", "x" * 5000):
        assert speech.local(moment, nonsense) == moment
    first = datetime(1, 1, 1, tzinfo=UTC)
    assert speech.local(first, "America/Los_Angeles") == first


def test_the_fullest_answer_that_fits_is_said():
    assert speech.fit("long " * 100, "short.") == "short."
    assert len(speech.fit("long " * 100)) <= 300


@given(st.integers())
def test_any_number_is_sayable(value):
    assert speech.number(value)
    assert speech.roughly(value)
    assert speech.ordinal(abs(value))


@given(st.integers(0, 9999))
def test_no_digit_is_left_in_a_train_number(value):
    assert not set(speech.digits(str(value))) & set("0123456789")
