"""Text on its way in and out: normalising, vocabularies, word pieces, clauses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from odai_model_local.embed import MAX_TOKENS, WordPiece, split_words
from odai_model_local.normalise import normalise
from odai_model_local.stt import read_tokens
from odai_model_local.tts import FIRST_WORDS, clauses, cut, sentences, spoken_form

from odai_core import AssetError


@pytest.mark.parametrize(
    ("heard", "written"),
    [
        ("What's the weather to-morrow?", "What's the weather tomorrow?"),
        ("To-day  or to-night", "Today or tonight"),
        ("How is Micro-soft doing?", "How is Microsoft doing?"),
        ("Track flight United four five six.", "Track flight United 456."),
        ("seven oh seven", "707"),
        ("four, five, six", "456"),
        ("Flight 4 5 6", "Flight 456"),
        ("It is 4-5-6.", "It is 456."),
        ("4, 5, 6", "456"),
        ("thirty three four six", "thirty three four six"),
        ("one of them", "one of them"),
        ("one two", "one two"),
        ("oh one two", "oh one two"),
        ("a check-in at nine thirty", "a check-in at nine thirty"),
        ("May 4, 2026", "May 4, 2026"),
        ("", ""),
    ],
)
def test_recognised_text_is_tidied(heard: str, written: str) -> None:
    assert normalise(heard) == written


@given(st.text(max_size=200))
def test_any_text_is_normalised_once_and_for_all(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


def test_a_vocabulary_is_read_with_short_and_long_pieces() -> None:
    long = "x" * 200
    data = b"\x03<s>" + b"\x04\xe2\x96\x81a" + bytes([200 - 128 + 128, 1]) + long.encode()
    assert read_tokens(data) == [b"", "▁a".encode(), long.encode()]
    assert read_tokens(b"") == []


@pytest.mark.parametrize("data", [b"\x05abc", b"\xff", b"\xff\x01abc"])
def test_a_vocabulary_that_is_cut_short_is_damaged(data: bytes) -> None:
    with pytest.raises(AssetError, match="cut short"):
        read_tokens(data)


PIECES = WordPiece(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "play", "##ing", "##er", "cafe", "'", "s", "$", "5", "中", "a"])


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("", [2, 3]),
        ("Playing", [2, 4, 5, 3]),
        ("player's", [2, 4, 6, 8, 9, 3]),
        ("Café $5", [2, 7, 10, 11, 3]),
        ("a中a", [2, 13, 12, 13, 3]),
        ("playful play", [2, 1, 4, 3]),
        ("a" * 101, [2, 1, 3]),
        ("play\x00\u200bing", [2, 4, 5, 3]),
    ],
)
def test_words_are_cut_into_the_longest_pieces(text: str, ids: list[int]) -> None:
    assert PIECES.encode(text) == ids


@given(st.text(max_size=2000))
def test_any_text_has_a_bounded_number_of_tokens(text: str) -> None:
    ids = PIECES.encode(text)
    assert 2 <= len(ids) <= MAX_TOKENS
    assert all("\n" not in word for word in split_words(text))


def test_the_first_clause_is_short_and_nothing_is_lost() -> None:
    text = (
        "Tomorrow in Boston it will be sunny, with a high of fifty four degrees and light wind from the west in the "
        "afternoon. Take a jacket. Dr. Smith agrees!"
    )
    made = list(clauses(text))
    assert made[0] == "Tomorrow in Boston it will be sunny,"
    assert made[2:] == ["Take a jacket.", "Dr. Smith agrees!"]
    assert " ".join(made) == text


@given(st.text(alphabet="ab ,.!?;:\n", max_size=300))
def test_clauses_keep_every_word(text: str) -> None:
    made = list(clauses(text))
    assert " ".join(" ".join(made).split()) == " ".join(text.split())
    assert not made or len(made[0].split()) <= FIRST_WORDS


def test_a_long_first_sentence_is_cut_where_one_breathes() -> None:
    assert cut("one two three four five six seven eight and nine ten eleven twelve thirteen")[1].startswith("and")
    assert len(cut(" ".join(["word"] * 30))[0].split()) == FIRST_WORDS


def test_titles_and_initials_end_no_sentence() -> None:
    assert list(sentences("Ask Dr. Who. J. R. is here.")) == ["Ask Dr. Who.", "J. R. is here."]


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("See https://www.yelp.com/biz/x?a=1 now", "See yelp dot com now"),
        ("Parcel 1Z999AA10123456784 arrived", "Parcel 1 Z 9 9 9 A A 1 0 1 2 3 4 5 6 7 8 4 arrived"),
        ("It costs $67,123.45 at 3:05 PM, 54°F", "It costs $67,123.45 at 3:05 PM, 54°F"),
        ("Flight UA456", "Flight UA456"),
        ("a\x00b\n\nc", "a b c"),
    ],
)
def test_what_the_voice_reads_badly_is_spelled(text: str, spoken: str) -> None:
    assert spoken_form(text) == spoken


def test_a_very_long_text_is_bounded() -> None:
    assert sum(map(len, clauses("word " * 100_000))) <= 2000
