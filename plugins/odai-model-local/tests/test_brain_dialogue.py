"""Conversations with the brain: requests, questions back, follow-ups, the things found."""

from __future__ import annotations

import asyncio
import json
import tomllib
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from odai_model_local.brain import CallTool, Say, make_brain
from odai_model_local.brain.evaluate import options_for, read_tools
from odai_model_local.brain.slots import fill
from odai_model_local.brain.spec import read_tool
from odai_model_local.brain.utterance import Utterance

from odai_core import Caller, ToolInfo, Turn

FILE = tomllib.loads(Path(__file__).with_name("requests.toml").read_text("utf-8"))
TOOLS = read_tools(FILE)
CAFES = [
    {"id": "zuni-1", "name": "Zuni Cafe", "rating": 4.1, "review_count": 2700, "price": "$$$", "is_closed": False},
    {"id": "tartine-2", "name": "Tartine Bakery", "rating": 4.5, "review_count": 9100, "url": "https://example.com/t"},
    {"id": "blue-3", "name": "Blue Bottle", "rating": 4.3, "review_count": 480},
]


def of(*plugins: str) -> tuple[ToolInfo, ...]:
    return tuple(tool for tool in TOOLS if tool.plugin in plugins)


class Talk:
    """A brain with word statistics for an encoder, and the last thing it decided."""

    def __init__(self, tools: Sequence[ToolInfo] = TOOLS, caller: Caller | None = None, **more: Any) -> None:
        options = options_for(tools, caller)
        self.brain = make_brain(type(options)(**vars(options) | more), None)

    async def hear(self, text: str) -> CallTool | Say:
        (decision,) = await self.brain.heard(text)
        return decision

    async def call(self, text: str) -> tuple[str, dict[str, Any]]:
        decision = await self.hear(text)
        assert isinstance(decision, CallTool), decision
        return decision.name, json.loads(decision.arguments)

    async def say(self, text: str) -> str:
        decision = await self.hear(text)
        assert isinstance(decision, Say), decision
        return decision.text

    async def result(self, name: str, spoken: str = "Here you are.", data: Any = None, ok: bool = True) -> Any:
        (decision,) = await self.brain.tool_result(name, json.dumps({"spoken": spoken, "data": data, "ok": ok}))
        return decision

    async def cafes(self) -> None:
        name, _ = await self.call("find coffee shops in Oakland")
        await self.result(name, "I found three.", {"businesses": CAFES})


async def test_a_request_becomes_a_call_with_every_argument() -> None:
    name, args = await Talk(of("yelp")).call("find sushi near union square")
    assert name == "search_businesses_at_yelp"
    assert args == {"location": "union square", "search_term": "sushi", "sort_by_rating": None, "limit": None}


@pytest.mark.parametrize(
    ("text", "flight"),
    [
        ("what's the status of delta one thirteen", "Delta 113"),
        ("is united four hundred fifty six on time", "United 456"),
        ("when does d l one thirteen land", "DL 113"),
        ("is delta flight eighteen ninety on schedule", "Delta 1890"),
        ("how is Delta 652 doing", "Delta 652"),
        ("where is flight DL113", "DL113"),
    ],
)
async def test_flights_are_given_as_the_airline_and_the_number(text: str, flight: str) -> None:
    assert await Talk(of("flightaware")).call(text) == ("get_current_flight_status", {"flight_icao": flight})


async def test_what_is_missing_is_asked_for_and_the_answer_completes_the_call() -> None:
    talk = Talk()
    assert await talk.say("what's the weather like") == "For which place?"
    assert await talk.call("in San Diego") == ("get_current_weather_by_location", {"location": "San Diego"})


async def test_a_flight_without_a_number_is_asked_for() -> None:
    talk = Talk()
    assert "airline" in await talk.say("can you check my flight status")
    assert await talk.call("it's Delta one thirteen") == ("get_current_flight_status", {"flight_icao": "Delta 113"})


async def test_a_new_request_in_place_of_an_answer_is_a_new_request() -> None:
    talk = Talk()
    await talk.say("what's the weather like")
    assert (await talk.call("where is Amtrak train five"))[0] == "get_amtrak_train_status"


async def test_never_mind_drops_the_question() -> None:
    talk = Talk()
    await talk.say("what's the weather like")
    assert "Okay" in await talk.say("never mind")
    assert "help" in await talk.say("hello")


async def test_a_question_is_asked_twice_at_most() -> None:
    talk = Talk(of("amtrak"))
    first = await talk.say("is my Amtrak train on time")
    assert first == "What is the number of the train?"
    assert first in await talk.say("uh the")
    assert "something else" in await talk.say("of the")


async def test_the_callers_place_stands_in_for_one_nobody_named() -> None:
    talk = Talk(caller=Caller(place="Oakland, California"))
    assert await talk.call("how is the weather") == (
        "get_current_weather_by_location",
        {"location": "Oakland, California"},
    )
    name, args = await talk.call("find a movie theater near me")
    assert name == "get_nearby_theaters_near_location"
    assert args == {"latitude": pytest.approx(37.8), "longitude": pytest.approx(-122.27)}


async def test_near_me_without_a_known_place_asks_where_that_is() -> None:
    talk = Talk(of("yelp"))
    assert await talk.say("find tacos near me") == "Where are you?"
    _, args = await talk.call("I'm in Berkeley")
    assert (args["search_term"], args["location"]) == ("tacos", "Berkeley")


async def test_and_in_another_place_reuses_the_call() -> None:
    talk = Talk()
    await talk.call("find sushi near Union Square")
    name, args = await talk.call("and in Oakland?")
    assert (name, args["search_term"], args["location"]) == ("search_businesses_at_yelp", "sushi", "Oakland")
    name, args = await talk.call("what about tacos")
    assert (name, args["search_term"], args["location"]) == ("search_businesses_at_yelp", "tacos", "Oakland")


async def test_another_flight_reuses_the_call() -> None:
    talk = Talk()
    await talk.call("is Delta 113 on time")
    assert await talk.call("what about United two hundred") == (
        "get_current_flight_status",
        {"flight_icao": "United 200"},
    )


async def test_a_follow_up_with_another_subject_keeps_the_place() -> None:
    talk = Talk()
    await talk.call("find sushi in Boston")
    name, args = await talk.call("and what's the weather there")
    assert (name, args["location"]) == ("get_current_weather_by_location", "Boston")


async def test_items_are_told_by_place_in_the_list_and_by_name() -> None:
    talk = Talk(of("yelp"))
    await talk.cafes()
    second = await talk.say("tell me more about the second one")
    assert second.startswith("Tartine Bakery")
    assert "4.5 stars" in second
    assert "9,100 reviews" in second
    assert "example.com" not in second
    assert (await talk.say("and the next one")).startswith("Blue Bottle")
    assert "no more than 3" in await talk.say("and the next one")
    assert (await talk.say("tell me about zooney cafe")).startswith("Zuni Cafe")


async def test_reviews_of_an_item_call_the_detail_tool_with_its_id() -> None:
    talk = Talk(of("yelp"))
    await talk.cafes()
    assert await talk.call("what do people say about the first one") == (
        "get_business_reviews_at_yelp",
        {"business_id": "zuni-1"},
    )
    await talk.result("get_business_reviews_at_yelp", "People like it.", [{"rating": 5, "text": "Great chicken"}])
    assert await talk.call("and reviews of Tartine") == ("get_business_reviews_at_yelp", {"business_id": "tartine-2"})


async def test_reviews_of_something_named_search_for_it_first() -> None:
    talk = Talk(of("yelp"))
    name, args = await talk.call("what do people say about Blue Bottle in Oakland")
    assert (name, args["search_term"], args["location"]) == ("search_businesses_at_yelp", "Blue Bottle", "Oakland")
    decision = await talk.result(name, data=CAFES)
    assert decision == CallTool("get_business_reviews_at_yelp", '{"business_id": "blue-3"}', "")


async def test_reviews_of_nothing_named_ask_of_which() -> None:
    talk = Talk(of("yelp"))
    assert await talk.say("what are the reviews like") == "Of which one? Please tell me its name."
    name, args = await talk.call("Blue Bottle in Oakland")
    assert (name, args["search_term"], args["location"]) == ("search_businesses_at_yelp", "Blue Bottle", "Oakland")
    decision = await talk.result(name, data=CAFES)
    assert (decision.name, json.loads(decision.arguments)) == (
        "get_business_reviews_at_yelp",
        {"business_id": "blue-3"},
    )


async def test_with_a_list_at_hand_it_asks_which_of_them() -> None:
    talk = Talk(of("yelp"))
    await talk.cafes()
    assert await talk.say("what do people say") == "Which one do you mean?"
    assert await talk.call("the last one") == ("get_business_reviews_at_yelp", {"business_id": "blue-3"})


async def test_the_previous_item_and_the_only_one() -> None:
    talk = Talk(of("yelp"))
    await talk.cafes()
    await talk.say("tell me about the last one")
    assert (await talk.say("the previous one")).startswith("Tartine")
    name, _ = await talk.call("find donuts in Oakland")
    await talk.result(name, data=CAFES[:1])
    assert (await talk.say("tell me more about it")).startswith("Zuni")
    assert await talk.say("and the second one") == "I only have that one."


async def test_it_means_what_was_asked_about_last() -> None:
    talk = Talk(of("amtrak", "flightaware"))
    await talk.call("where is train twenty one fifty")
    name, args = await talk.call("when does it get to New York")
    assert (name, args["train_number"]) == ("get_amtrak_train_status", "2150")


async def test_a_cancelled_answer_leaves_the_question_open() -> None:
    talk = Talk(of("weatherapi"))
    await talk.say("what's the weather like")
    thinking = asyncio.create_task(talk.hear("in San"))
    await asyncio.sleep(0)
    thinking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await thinking
    assert await talk.call("San Diego") == ("get_current_weather_by_location", {"location": "San Diego"})


async def test_a_tool_without_examples_is_asked_for_as_its_topic_is() -> None:
    bare = [replace(tool, examples=()) for tool in of("yelp", "weatherapi", "google-shopping")]
    name, args = await Talk(bare).call("where can I get a burrito in Oakland")
    assert (name, args["location"]) == ("search_businesses_at_yelp", "Oakland")


async def test_small_talk_and_repetition_within_a_question() -> None:
    talk = Talk(of("weatherapi"))
    question = await talk.say("what's the weather like")
    assert await talk.say("what did you say") == question
    assert "I can tell the weather" in await talk.say("who are you")
    assert await talk.say("yes") == "What would you like me to look up?"


async def test_a_city_for_the_thing_looked_for_is_the_place() -> None:
    talk = Talk(of("yelp"))
    assert await talk.say("search Yelp") == "For which place?"
    talk = Talk(of("yelp"))
    assert await talk.say("find something in Oakland") == "What should I look for?"
    assert await talk.say("Berkeley") == "What should I look for?"
    _, args = await talk.call("ramen")
    assert (args["search_term"], args["location"]) == ("ramen", "Berkeley")


async def test_a_number_is_asked_for_and_read() -> None:
    schema = {
        "type": "object",
        "properties": {"floor": {"type": "integer"}, "height": {"type": "number"}},
        "required": ["floor", "height"],
    }
    talk = Talk((ToolInfo(name="call_lift", description="Call the elevator.", parameters=schema, plugin="lift"),))
    assert await talk.say("call the elevator") == "Which floor? Please tell me a number."
    assert await talk.say("the fourth") == "Which height? Please tell me a number."
    assert await talk.call("it's twenty") == ("call_lift", {"floor": 4, "height": 20})


async def test_many_calls_without_an_answer_are_forgotten() -> None:
    talk = Talk()
    for text in ("find sushi in Oakland", "is Delta 113 on time", "what's bitcoin at", "top stories") * 3:
        await talk.call(text)
    assert await talk.result("search_businesses_at_yelp") == Say("Here you are.")


async def test_a_new_search_is_not_taken_for_an_item_with_a_similar_name() -> None:
    talk = Talk(of("yelp"))
    await talk.cafes()
    name, args = await talk.call("find a good bakery in San Jose")
    assert (name, args["location"]) == ("search_businesses_at_yelp", "San Jose")


async def test_repeat_says_the_last_sentence_again() -> None:
    talk = Talk(of("yelp"), history=(Turn(role="assistant", text="I found two."),))
    assert await talk.say("what did you say") == "I found two."
    await talk.cafes()
    assert await talk.say("say that again please") == "I found three."


async def test_two_tools_that_fit_alike_are_both_offered() -> None:
    def tool(name: str, plugin: str, title: str, purpose: str) -> ToolInfo:
        schema = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
        return ToolInfo(
            name=name,
            description=purpose,
            parameters=schema,
            examples=("find {name:Zuni}",),
            plugin=plugin,
            title=title,
        )

    tools = (
        tool("find_table", "tables", "Tables", "Find a table at a restaurant."),
        tool("find_person", "people", "People", "Find a person in the phone book."),
    )
    question = "Did you want me to find a table at a restaurant, or to find a person in the phone book?"
    talk = Talk(tools)
    assert await talk.say("find Miller") == question
    assert await talk.call("the person please") == ("find_person", {"name": "Miller"})
    assert await talk.say("find Miller") == question
    assert await talk.call("the first one") == ("find_table", {"name": "Miller"})
    await talk.say("find Miller")
    assert "Okay" in await talk.say("neither")


async def test_the_last_request_before_a_reconnect_is_still_meant() -> None:
    turns = (Turn(role="user", text="find sushi in Boston"), Turn(role="assistant", text="I found two."))
    name, args = await Talk(of("yelp"), history=turns).call("and in Oakland?")
    assert (name, args["search_term"], args["location"]) == ("search_businesses_at_yelp", "sushi", "Oakland")


async def test_a_number_alone_completes_the_airline_that_was_named() -> None:
    talk = Talk(of("flightaware"))
    assert "airline and the number" in await talk.say("what's happening with my Delta flight")
    assert await talk.call("seven oh three") == ("get_current_flight_status", {"flight_icao": "Delta 703"})


@pytest.mark.parametrize(
    ("heard", "flight"),
    [
        ("my sister's plane is dealt a 331, is it on time", "Delta 331"),
        ("is Dell to flight eighteen ninety on schedule", "Delta 1890"),
        ("is jedblue nine fifteen late", "Jetblue 915"),
        ("is Jip Blue nine fifteen late", "Jetblue 915"),
        ("check on flight Dl. twenty-two", "DL 22"),
    ],
)
async def test_an_airline_that_was_misheard_is_known_by_its_sound(heard: str, flight: str) -> None:
    assert await Talk(of("flightaware")).call(heard) == ("get_current_flight_status", {"flight_icao": flight})


@pytest.mark.parametrize(
    ("said", "location", "term"),
    [
        ("I'd like to eat sushi in Somerville.", "Somerville", "sushi"),
        ("We feel like tacos in Boston.", "Boston", "tacos"),
        ("Bind me a burrito near Copley Square for dinner.", "Copley Square", "burrito"),
        ("I have a toothache. I need a dentist in Brookline.", "Brookline", "dentist"),
        ("look for a pizza place somewhere round Harvard Square", "Harvard Square", "pizza"),
        ("find a plumber in Arlington as soon as possible", "Arlington", "plumber"),
    ],
)
async def test_words_of_wishing_are_not_what_is_looked_for(said: str, location: str, term: str) -> None:
    _, args = await Talk(of("yelp")).call(said)
    assert (args["location"], args["search_term"]) == (location, term)


def test_food_is_no_place() -> None:
    filled = fill(read_tool(of("yelp")[0]), Utterance.parse("I want some good Thai food."), date(2026, 11, 23))
    assert filled.args == {"search_term": "Thai"}


async def test_it_after_a_list_is_its_first() -> None:
    talk = Talk(of("yelp"))
    await talk.cafes()
    assert (await talk.call("what do people say about it"))[1] == {"business_id": "zuni-1"}


async def test_a_station_of_the_answer_is_asked_of_the_tool() -> None:
    talk = Talk(of("amtrak"))
    name, _ = await talk.call("check on train 2150")
    await talk.result(name, "It is late.", {"stops": [{"station": "Boston South", "code": "BOS"}]})
    assert await talk.call("and when does it get to Boston?") == (name, {"train_number": "2150", "station": "Boston"})
