"""The brain's parts: spoken numbers, examples, schemas, slots, things, sentences."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from odai_model_local.brain import entities, items
from odai_model_local.brain.examples import Piece, parse_example, parse_examples
from odai_model_local.brain.questions import question
from odai_model_local.brain.schema import Slot, read_slots
from odai_model_local.brain.slots import complete, fill
from odai_model_local.brain.smalltalk import small_talk
from odai_model_local.brain.spec import read_tool, sound
from odai_model_local.brain.spoken import abilities, plain
from odai_model_local.brain.tfidf import TfIdf
from odai_model_local.brain.utterance import Utterance, stem

from odai_core import ToolInfo

TODAY = date(2026, 11, 23)
"""A Monday."""


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ("delta one thirteen", "delta 113"),
        ("train twenty one fifty", "train 2150"),
        ("two one five zero", "2150"),
        ("four hundred fifty six", "456"),
        ("four hundred and fifty six", "456"),
        ("united four fifty six", "united 456"),
        ("twelve oh one", "1201"),
        ("seven oh seven", "707"),
        ("two thousand and twenty four", "2024"),
        ("in twenty twenty five", "in 2025"),
        ("fifteen hundred", "1500"),
        ("one million", "1000000"),
        ("double five three", "553"),
        ("nine four one one zero", "94110"),
        ("21 50", "2150"),
        ("on Delta, four of us", "on Delta, 4 of us"),
        ("on Delta four, oh two", "on Delta 402"),
        ("twenty one, fifty one.", "2151."),
        ("five, two thousand", "5, 2000"),
        ("couldn't you find tacos", "find tacos"),
        ("the first one", "the first one"),
        ("one of these", "one of these"),
        ("train one", "train 1"),
        ("a hundred years", "a hundred years"),
        ("b a two one four", "BA 214"),
        ("d l eleven oh two", "DL 1102"),
        ("price of x r p", "price of XRP"),
        ("the U.S. news", "the U.S. news"),
        ("a i", "a i"),
        ("example dot org slash news", "example.org/news"),
        ("b b c dot co dot uk", "BBC.co.uk"),
        ("mail jo at example dot com", "mail jo@example.com"),
        ("micro-soft and N-Track", "microsoft and N Track"),
        ("um, could you please find tacos for me please", "find tacos"),
        ("please", "please"),
    ],
)
def test_spoken_numbers_letters_and_addresses_are_written(said: str, text: str) -> None:
    assert Utterance.parse(said).text == text


def test_an_utterance_is_bounded() -> None:
    utterance = Utterance.parse("word " * 100_000)
    assert len(utterance.raw) <= 600
    assert len(utterance.tokens) <= 100


@pytest.mark.parametrize(
    ("word", "form"),
    [
        ("cafes", "cafe"),
        ("parties", "party"),
        ("churches", "church"),
        ("trading", "trad"),
        ("Apple's", "apple"),
        ("bus", "bus"),
        ("gas", "gas"),
    ],
)
def test_stems(word: str, form: str) -> None:
    assert stem(word) == form


def test_an_example_is_cut_at_its_marks() -> None:
    template = parse_example("find {search_term:sushi bar} near {location}")
    assert template.text == "find sushi bar near location"
    assert template.pieces == (
        Piece("find"),
        Piece("sushi bar", "search_term"),
        Piece("near"),
        Piece("location", "location"),
    )
    assert template.slots == {"search_term", "location"}


def test_broken_marks_are_literal_text() -> None:
    assert parse_example("find {x near {y:z}").text == "find x near z"
    assert parse_example("a } b { c").slots == frozenset()
    assert parse_examples([7, None, "", "{}", "hello"]) == (parse_example("hello"),)


@pytest.mark.parametrize(
    ("name", "schema", "kind"),
    [
        ("url", {"type": "string"}, "url"),
        ("flight_icao", {"type": "string"}, "flight"),
        ("flight_date", {"type": "string"}, "date"),
        ("train_number", {"type": "string"}, "train"),
        ("tracking_number", {"type": "string"}, "code"),
        ("business_id", {"type": "string"}, "id"),
        ("eventId", {"type": "string"}, "id"),
        ("stateCode", {"type": "string"}, "state"),
        ("city", {"type": "string"}, "location"),
        ("search_term", {"type": "string"}, "query"),
        ("symbol", {"type": "string"}, "stock"),
        ("crypto_symbol", {"type": "string"}, "coin"),
        ("limit", {"anyOf": [{"type": "integer"}, {"type": "null"}]}, "number"),
        ("latitude", {"type": "number"}, "latitude"),
        ("film_id", {"type": ["integer", "null"]}, "id"),
        ("open_now", {"type": "boolean"}, "boolean"),
        ("category", {"enum": ["a", "b"]}, "enum"),
        ("tags", {"type": "array", "items": {"type": "string"}}, "list"),
        ("thing", {"type": "object"}, "opaque"),
        ("harbour", {"$ref": "#/$defs/Name"}, "text"),
    ],
)
def test_a_property_becomes_a_slot_of_a_kind(name: str, schema: dict[str, Any], kind: str) -> None:
    root = {"properties": {name: schema}, "required": [name], "$defs": {"Name": {"type": "string"}}}
    (slot,) = read_slots(root, "")
    assert slot.kind == kind


def test_what_may_be_left_out_is_optional_with_its_blank() -> None:
    nullable = {"anyOf": [{"type": "string"}, {"type": "null"}], "description": "Where."}
    root = {
        "properties": {
            "a": nullable,
            "b": {"type": "string", "description": 'Kind; "" for all.'},
            "c": {"type": "integer", "default": 3},
            "d": {"type": "string"},
            "e": {"type": "string"},
        },
        "required": ["a", "b", "c", "d"],
    }
    slots = {slot.name: (slot.optional, slot.blank) for slot in read_slots(root, "")}
    assert slots == {"a": (True, None), "b": (True, ""), "c": (True, 3), "d": (False, None), "e": (True, None)}


def tool(examples: tuple[str, ...] = (), **properties: dict[str, Any]) -> ToolInfo:
    schema = {"type": "object", "properties": properties, "required": list(properties)}
    return ToolInfo(name="do_it", description="Do it.", parameters=schema, examples=examples)


TEXT = {"type": "string"}
NUMBER = {"type": ["integer", "null"]}
FLAG = {"type": ["boolean", "null"]}


@pytest.mark.parametrize(
    ("properties", "said", "args"),
    [
        ({"date": TEXT}, "tomorrow", {"date": "2026-11-24"}),
        ({"date": TEXT}, "the day after tomorrow", {"date": "2026-11-25"}),
        ({"date": TEXT}, "on Friday", {"date": "2026-11-27"}),
        ({"date": TEXT}, "this weekend", {"date": "2026-11-28"}),
        ({"date": TEXT}, "on December fourth", {"date": "2026-12-04"}),
        ({"date": TEXT}, "on January 2", {"date": "2027-01-02"}),
        ({"date": TEXT}, "on February thirtieth", {}),
        ({"days": NUMBER}, "for the next five days", {"days": 5}),
        ({"adults": NUMBER}, "for 2 adults", {"adults": 2}),
        ({"limit": NUMBER}, "show me three of them", {"limit": 3}),
        ({"limit": NUMBER}, "on the 20 bus", {}),
        ({"year": NUMBER}, "last year", {"year": 2025}),
        ({"year": NUMBER}, "in twenty nineteen", {"year": 2019}),
        ({"quarter": NUMBER}, "the third quarter", {"quarter": 3}),
        ({"quarter": NUMBER}, "in Q2", {"quarter": 2}),
        ({"open_now": FLAG}, "that are open", {"open_now": True}),
        ({"open_now": FLAG}, "that are not open", {"open_now": False}),
        ({"sort_by_rating": FLAG}, "the best ones", {"sort_by_rating": True}),
        ({"category": {"enum": ["hotels", "geos"]}}, "a hotel", {"category": "hotels"}),
        ({"email": TEXT}, "write to jo at example dot com", {"email": "jo@example.com"}),
        (
            {"from_currency": TEXT, "to_currency": TEXT},
            "dollars to euros",
            {"from_currency": "USD", "to_currency": "EUR"},
        ),
        ({"carrier": TEXT}, "a fed ex parcel", {"carrier": "FedEx"}),
        (
            {"latitude": {"type": "number"}, "longitude": {"type": "number"}},
            "in Rome",
            {"latitude": 41.9, "longitude": 12.5},
        ),
        ({"location": TEXT}, "close to Union Square please", {"location": "Union Square"}),
        ({"location": TEXT}, "on time today", {}),
        ({"country": TEXT}, "somewhere in Italy", {"country": "IT"}),
    ],
)
def test_slots_are_filled_by_their_kind(properties: dict[str, Any], said: str, args: dict[str, Any]) -> None:
    assert fill(read_tool(tool(**properties)), Utterance.parse(said), TODAY).args == args


def test_missing_and_default_arguments() -> None:
    spec = read_tool(tool(url=TEXT, date=TEXT, loud={"type": "boolean"}, limit=NUMBER))
    filled = fill(spec, Utterance.parse("do it"), TODAY)
    assert [slot.name for slot in filled.missing] == ["url"]
    assert complete(spec, filled.args, TODAY) == {"url": None, "date": "2026-11-23", "loud": False, "limit": None}


def test_two_values_of_one_kind_are_taken_in_order() -> None:
    spec = read_tool(
        tool(("convert {from_currency:dollars} to {to_currency:euros}",), from_currency=TEXT, to_currency=TEXT)
    )
    assert fill(spec, Utterance.parse("how many yen is a pound"), TODAY).args == {
        "from_currency": "JPY",
        "to_currency": "GBP",
    }


@pytest.mark.parametrize(
    ("kind", "said", "value"),
    [
        (
            "code",
            "one Z nine nine nine A A one zero one two three four five six seven eight four",
            "1Z999AA10123456784",
        ),
        ("code", "call me at 5", None),
        ("url", "read nytimes dot com", "https://nytimes.com"),
        ("url", "the U.S. economy", None),
        ("train", "is Amtrak number seven late", "7"),
        ("flight", "is flight number 22 late", "22"),
        ("flight", "american airlines flight twenty two", "American Airlines 22"),
        ("flight", "KLM six oh one", "KLM 601"),
        ("flight", "how are the united nations", None),
        ("coin", "how is doge coin", "doge coin"),
    ],
)
def test_things_are_found(kind: str, said: str, value: str | None) -> None:
    spans = entities.find(kind, Utterance.parse(said).tokens)
    assert (spans[0].value if spans else None) == value


@pytest.mark.parametrize(
    ("slot", "asked"),
    [
        (
            Slot("harbour", "text", False, description="The name of the harbour."),
            "Please tell me the name of the harbour.",
        ),
        (Slot("harbour", "text", False), "Please tell me the harbour."),
        (Slot("size", "enum", False, choices=("small", "very_big")), "Which size: small or very big?"),
        (Slot("room", "number", False), "Which room? Please tell me a number."),
        (Slot("limit", "number", False), "How many?"),
    ],
)
def test_questions_are_in_natural_words(slot: Slot, asked: str) -> None:
    assert question(slot) == asked


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("Hi there!", "greeting"),
        ("Good evening.", "greeting"),
        ("okay", "yes"),
        ("great, thanks a lot", "thanks"),
        ("Sorry, can you say that again?", "repeat"),
        ("who are you", "who"),
        ("what else can you do?", "can"),
        ("what time is it", "time"),
        ("what's the date today", "day"),
        ("never mind", "stop"),
        ("that's all", "goodbye"),
        ("no thank you, bye", "goodbye"),
        ("hi, find sushi in Oakland", ""),
        ("stop sign rules in Texas", ""),
        ("thanks to whom do we owe the telephone", ""),
    ],
)
def test_small_talk_is_told_from_requests(said: str, kind: str) -> None:
    assert small_talk(Utterance.parse(said)) == kind


def test_what_is_spoken_is_plain_and_short() -> None:
    assert plain("**ODAI** [here](https://x.example/a) `x` \n now") == "oh dye here x now"
    assert plain(None) == ""
    long = plain("A sentence of some words. " * 40)
    assert len(long) <= 300
    assert long.endswith("words.")
    assert len(plain("x" * 5000)) <= 300


def test_abilities_are_cut_to_what_can_be_heard() -> None:
    assert (
        abilities(["read the news", "read the news", "tell the weather."])
        == "I can read the news, and tell the weather."
    )
    many = abilities([f"do thing number {n} very well indeed" for n in range(20)])
    assert many.endswith(", and more.")
    assert len(many) < 260


def test_names_that_sound_alike_meet() -> None:
    assert sound("N-Track") == sound("am track") == sound("Amtrak")
    assert sound("help") != sound("Yelp")


def test_items_are_found_and_described() -> None:
    found = items.items_of(
        {"count": 2, "result": {"films": [{"film_id": 7, "film_name": "Dune", "is_new": True}, {"a": 1}]}}
    )
    assert items.name_of(found[0]) == "Dune"
    assert items.describe(found[0]) == "Dune: new."
    assert items.describe({"name": "Zuni", "price": "$$", "rating": 4.5, "review_count": 1300, "id": "x"}) == (
        "Zuni: moderately priced, 4.5 stars, 1,300 reviews."
    )
    assert items.items_of([1, "x", {}]) == ()


def test_an_id_is_taken_from_the_item_that_has_it() -> None:
    event = {"id": "e1", "name": "Show", "venue": {"id": "v1", "name": "Hall"}}
    assert items.field_for("eventId", event, "get_events_near_location") == "e1"
    assert items.field_for("venueId", event, "get_events_near_location") == "v1"
    assert items.field_for("attractionId", event, "get_events_near_location") is None
    assert items.field_for("film_id", {"film_id": 7}, "search") == 7


def test_word_vectors_have_length_one_and_know_likeness() -> None:
    encoder = TfIdf(["find sushi in town", "is my train late", "what's the weather"])
    near, far, other, empty = encoder(["find sushi in Oakland", "is the train late", "find sushi in town", ""])
    assert float(near @ near) == pytest.approx(1, abs=1e-5)
    assert float(near @ other) > 0.5 > float(far @ other)
    assert not empty.any()
