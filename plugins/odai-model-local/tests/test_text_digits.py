"""What speech.py says, the screen shows as digits; what is no number stays a word."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from odai_model_local.text.answers import Found, section
from odai_model_local.text.digits import cardinal, with_digits

from odai_core import speech

NUMBERS = st.one_of(st.integers(0, 10_000), st.integers(0, 10**12 - 1))


@given(NUMBERS)
def test_a_number_comes_back(value: int) -> None:
    assert cardinal(speech.number(value).split()) == value
    short = f"{value // 10**9} billion" if value >= 10**9 else f"{value // 10**6} million"
    round_one = value >= 10**6 and not value % (10**9 if value >= 10**9 else 10**6)
    shown = f"It is {short if round_one else format(value, ',')} degrees."
    assert with_digits(f"It is {speech.number(value)} degrees.") == shown
    if value:
        assert with_digits(f"It is {speech.number(-value)} degrees.") == shown.replace("is ", "is -")


@given(st.integers(10, 994_999))
def test_an_estimate_comes_back(value: int) -> None:
    step = 10 ** max(len(str(value)) - 2, 0)
    assert (
        with_digits(f"about {speech.roughly(value)} reviews") == f"about {(value + step // 2) // step * step:,} reviews"
    )


def test_every_train_comes_back() -> None:
    for number in [*map(str, range(100, 10_000)), "07", "007", "10000", "83120", "99999"]:
        assert with_digits(f"Acela train {speech.digits(number)} is late.") == f"Acela train {number} is late."


@given(st.integers(0, 99_999_999))
def test_money_comes_back(cents: int) -> None:
    amount = cents / 100
    shown = f"${round(amount):,}" if amount >= 100 else f"${amount:.2f}".removesuffix(".00")
    if 0 < cents < 100:
        shown = f"{cents} cent{'s' * (cents > 1)}"
    if round(amount) >= 10**6 and not round(amount) % 10**6:
        shown = f"${round(amount) // 10**6} million"
    assert with_digits(f"It is {speech.money(amount)} now.") == f"It is {shown} now."
    if cents >= 100:
        assert with_digits(f"It is {speech.money(-amount)} now.") == f"It is -{shown} now."


def test_every_minute_of_a_day_comes_back() -> None:
    for minute in range(24 * 60):
        moment = datetime(2026, 11, 23) + timedelta(minutes=minute)
        shown = f"{moment:%I:%M %p}".lstrip("0").replace(":00", "")
        shown = {"12 PM": "noon", "12 AM": "midnight"}.get(shown, shown)
        assert with_digits(f"at {speech.clock(moment)}, late") == f"at {shown}, late"


def test_every_day_of_a_year_comes_back() -> None:
    for ahead in range(8, 374):
        day = date(2026, 11, 23) + timedelta(days=ahead)
        shown = with_digits(f"It leaves {speech.day(day, date(2026, 11, 23))}.")
        assert shown.startswith(f"It leaves on {day:%B} {day.day}")
        assert shown.removeprefix(f"It leaves on {day:%B} {day.day}") in ("st.", "nd.", "rd.", "th.")


@pytest.mark.parametrize(
    ("value", "shown"), [(11, "11th"), (21, "21st"), (42, "42nd"), (113, "113th"), (1003, "1,003rd")]
)
def test_an_ordinal_has_its_ending(value: int, shown: str) -> None:
    assert with_digits(f"the {speech.ordinal(value)} of them") == f"the {shown} of them"


@given(st.integers(1, 10))
def test_a_rating_comes_back(halves: int) -> None:
    whole, half = divmod(halves, 2)
    shown = f"{whole}.5" if half else str(whole)
    assert with_digits(f"It has {speech.stars(halves / 2)}.") == f"It has {shown} star{'' if halves == 2 else 's'}."


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ("It's forty three degrees, and feels like five.", "It's 43 degrees, and feels like 5."),
        ("It is down one point nine percent.", "It is down 1.9 percent."),
        ("worth one point eight trillion dollars", "worth $1.8 trillion"),
        ("zero point zero six two euros", "€0.062"),
        ("three hundred eighty billion dollars", "$380 billion"),
        ("One pound is one dollar and twenty eight cents.", "1 pound is $1.28."),
        ("four pounds and fifty pence, or fifty pounds", "£4.50, or 50 pounds"),
        ("two and a half million dollars", "2.5 million dollars"),
        ("Thirty six events in all.", "36 events in all."),
        ("at terminal three, gate thirty six", "at terminal 3, gate 36"),
        ("at nine AM forty three degrees", "at 9 AM 43 degrees"),
        ("ended June twenty seventh twenty twenty six", "ended June 27th 2026"),
        ("train two thousand has two thousand seats", "train 2000 has 2,000 seats"),
        ("on twenty second street", "on 22nd street"),
    ],
)
def test_what_was_made_for_the_ear(told: str, shown: str) -> None:
    assert with_digits(told) == shown


@pytest.mark.parametrize(
    "text",
    [
        "",
        "One of them is open, the other one is not.",
        "First, Zuni. Second, Nopa. Third, Tartine.",
        "the third quarter",
        "Please wait a second, or one or two minutes.",
        "You have two events tomorrow.",
        "Seven Samurai, Ocean's Eleven and Twenty One Pilots",
        "at Eleven Madison Park",
        "twenty-one, one's, someone, tenfold, often, ninety-nine percent",
        "a hundred, hundreds of them, a thousand and one",
        "one tenth, two thirds",
        "no point in it",
        "twenty thirty forty hundred",
        "two thousand oh nine",
        "one point of light",
        "at 7:30 PM, 12 miles",
    ],
)
def test_what_is_no_number_stays(text: str) -> None:
    assert with_digits(text) == text


SOME = "one two ten twenty second third fifth hundred million point oh and a half dollars PM minus the May of One"
WORDS = st.sampled_from(SOME.split(" "))


@given(st.lists(WORDS, max_size=40).map(" ".join))
def test_any_words_are_read_and_what_is_no_number_is_still_there(text: str) -> None:
    shown = with_digits(text)
    assert [word for word in shown.split() if word in ("of", "May", "the")] == [
        word for word in text.split() if word in ("of", "May", "the")
    ]
    assert bool(re.search(r"\d", shown)) == (shown != text)


def test_an_answer_has_digits_in_its_sentence_and_nobodys_text_is_changed() -> None:
    told = Found(True, "It's forty three degrees.", {"text": "forty three degrees"})
    assert section(told, None) == "It's 43 degrees.\n\n- Text: forty three degrees"
    assert section(Found(False, "No train twenty one fifty today.", error="not_found"), None) == "No train 2150 today."
