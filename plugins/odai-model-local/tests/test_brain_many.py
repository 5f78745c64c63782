"""With many connectors side by side: which of them a request is for, and what recognisers make of names and numbers."""

from __future__ import annotations

import json
from datetime import date

import pytest
from odai_model_local.brain import CallTool, make_brain
from odai_model_local.brain.evaluate import options_for, read_tools
from odai_model_local.brain.router import ToolIndex
from odai_model_local.brain.slots import fill
from odai_model_local.brain.spec import read_tool
from odai_model_local.brain.utterance import Utterance

from odai_core import ToolInfo

QUERY = {"query": ["string", "What to look for."]}
FILE = {
    "plugin": [
        {
            "name": "google-search", "title": "Google Search", "summary": "search the web",
            "tool": [{"name": "search_google", "description": "Search the web.", "params": QUERY,
                      "examples": ["search the web for {query:jazz}", "find out {query:who wrote Moby Dick}"]}],
        },
        {
            "name": "flights", "title": "Flights", "summary": "follow flights",
            "tool": [{"name": "flight_status", "description": "Look up a flight.",
                      "params": {"flight": ["string", "The flight."]},
                      "examples": ["which gate does {flight:Delta 4} leave from", "is {flight:KLM 3} on time"]}],
        },
        {
            "name": "coins", "title": "Coins", "summary": "tell what a coin costs",
            "tool": [{"name": "coin_price", "description": "The price of a crypto coin.",
                      "params": {"crypto_symbol": ["string", "The coin."]},
                      "examples": ["what is the price of {crypto_symbol:BTC}", "how is {crypto_symbol:ETH} doing"]}],
        },
        {
            "name": "travel", "title": "Travel", "summary": "find hotels and sights",
            "tool": [{"name": "search_travel", "description": "Find hotels and sights.",
                      "params": QUERY | {"category": ["string?", "What kind.", ["hotels", "restaurants"]]},
                      "examples": ["find {query:hotels in Boston}", "which {query:museums in Paris} are good",
                                   "I need a {query:hotel in New York}"]}],
        },
    ]
}  # fmt: skip


async def called(said: str) -> tuple[str, dict[str, object]]:
    (decision,) = await make_brain(options_for(read_tools(FILE)), None).heard(said)
    assert isinstance(decision, CallTool), decision
    return decision.name, {name: value for name, value in json.loads(decision.arguments).items() if value is not None}


async def test_a_word_of_a_name_points_at_no_tool() -> None:
    query = "When was the Golden Gate Bridge built"
    assert await called(f"{query}?") == ("search_google", {"query": query})
    name, _ = await called("Which gate does Delta 12 leave from?")
    assert name == "flight_status"


@pytest.mark.parametrize(
    ("said", "args"),
    [
        ("Which hotels would you recommend in Lisbon?", {"query": "hotels in Lisbon", "category": "hotels"}),
        ("We're going to Lisbon in May. I need a hotel there.", {"category": "hotels"}),
    ],
)
async def test_a_category_is_read_and_stays_in_the_query(said: str, args: dict[str, str]) -> None:
    name, given = await called(said)
    assert name == "search_travel"
    assert given.items() >= args.items()


@pytest.mark.parametrize(
    ("heard", "coin"),
    [
        ("What is the price of poll cadot?", "polkadot"),
        ("How is card ano doing?", "cardano"),
        ("What is the price of chain link?", "chainlink"),
        ("What is the price of a bit coin?", "bit coin"),
    ],
)
async def test_a_coin_that_was_misheard_is_known_by_its_sound(heard: str, coin: str) -> None:
    assert await called(heard) == ("coin_price", {"crypto_symbol": coin})


def test_coins_are_left_alone_where_nothing_takes_them() -> None:
    plane = [info for info in read_tools(FILE) if info.plugin == "flights"]
    heard = Utterance.parse("the chain link is broken")
    assert ToolIndex(plane, None).mend(heard) is heard


def slots_of(said: str, properties: dict[str, object], *examples: str) -> dict[str, object]:
    schema = {"type": "object", "properties": properties, "required": list(properties)}
    info = ToolInfo(name="tool", description="Reports of companies.", parameters=schema, examples=examples)
    return fill(read_tool(info), Utterance.parse(said), date(2026, 11, 23)).args


@pytest.mark.parametrize(
    ("said", "quarter"),
    [("the second quarter of 2025", 2), ("Q3", 3), ("the seventh quarter", None), ("the last report", None)],
)
def test_a_choice_of_numbers_is_said_like_a_number(said: str, quarter: int | None) -> None:
    choice = {"type": ["integer", "null"], "enum": [1, 2, 3, 4, None]}
    assert slots_of(said, {"quarter": choice}).get("quarter") == quarter


def test_a_state_code_is_a_state_and_a_name_is_not_cut_in_two() -> None:
    properties = {name: {"type": "string", "description": 'Or "".'} for name in ("query", "city", "stateCode")}
    examples = ("find {query:Hamilton} in {city:Austin} {stateCode:Texas}",)
    assert slots_of("find venues in California", properties, *examples)["stateCode"] == "CA"
    assert "city" not in slots_of("is Taylor Swift touring", properties, *examples)


@pytest.mark.parametrize(
    ("heard", "kind", "value"),
    [
        ("I'm waiting for the number 29 train", "train_number", "29"),
        ("What's the status of Amtrak-66?", "train_number", "66"),
        ("Is train two thousand, one hundred fifty late?", "train_number", "2150"),
        ("The number is e_z_1_0000002", "tracking_number", "EZ10000002"),
        ("Tracking number E, Z, 40000004.", "tracking_number", "EZ40000004"),
        ("Read me the page at python dot org", "url", "https://python.org"),
        ("Read me the page at python. Org.", "url", "https://python.org"),
        ("What does wikipedia, dot, org say?", "url", "https://wikipedia.org"),
    ],
)
def test_what_a_recogniser_writes_is_understood(heard: str, kind: str, value: str) -> None:
    assert slots_of(heard, {kind: {"type": "string"}}) == {kind: value}
