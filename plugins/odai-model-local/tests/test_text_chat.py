"""Whole chats with the keyless text model, run by the SDK: hand-offs, tools, questions, follow-ups and kind words."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from agents import Agent, FunctionTool, RunConfig, Runner, handoff
from odai_model_local.text.model import LocalTextModel

from odai_core import TextOptions, ToolInfo


def info(plugin: str, name: str, about: str, examples: tuple[str, ...], **slots: str) -> ToolInfo:
    properties = {slot: {"type": "string", "description": text} for slot, text in slots.items()}
    schema = {
        "type": "object", "properties": properties, "required": list(properties), "additionalProperties": False,
    }  # fmt: skip
    return ToolInfo(
        name=name,
        description=about,
        parameters=schema,
        examples=examples,
        plugin=plugin,
        title=plugin.title(),
        summary=about[:1].lower() + about[1:].rstrip("."),
    )


TOOLS = (
    info(
        "skies", "get_weather", "Tell the weather of a place.",
        ("what's the weather in {location:Boston}", "how cold is it in {location:Chicago}"),
        location="The place.",
    ),
    info(
        "coins", "get_coin_price", "Tell the price of a cryptocurrency.",
        ("what's the price of {crypto_symbol:bitcoin}", "how much is {crypto_symbol:ethereum}"),
        crypto_symbol="The coin.",
    ),
    info(
        "eats", "find_places", "Find restaurants near a place.",
        ("find {search_term:sushi} in {location:Oakland}", "where can I get {search_term:tacos} in {location:Boston}"),
        search_term="What to look for.", location="Where.",
    ),
    info(
        "eats", "get_place_reviews", "Read the reviews of a restaurant.",
        ("what do people say about {place_id:Sakura}", "read me the reviews of {place_id:Sakura}"),
        place_id="The id of the place.",
    ),
)  # fmt: skip
PLACES = [
    {"id": "p1", "name": "Sakura Sushi", "rating": 4.5, "url": "https://eats.example/p1"},
    {"id": "p2", "name": "Blue Wave", "rating": 4.0, "url": "https://eats.example/p2"},
]


def answer(name: str, args: Mapping[str, Any]) -> dict[str, Any]:
    """What the tools say."""
    if name == "get_weather":
        return {
            "ok": True,
            "spoken": f"It's mild in {args['location']}.",
            "data": {"place": args["location"], "sky": "clear"},
        }
    if name == "get_coin_price":
        return {"ok": True, "spoken": f"{args['crypto_symbol']} is dear.", "data": {"price": 91234.5}, "sample": True}
    if name == "get_place_reviews":
        return {"ok": True, "spoken": f"People like {args['place_id']}.", "data": []}
    return {"ok": True, "spoken": "For sushi: First, Sakura Sushi.", "data": PLACES}


@dataclass
class Said:
    """What a turn led to."""

    text: str
    calls: list[tuple[str, dict[str, Any]]]
    doors: list[str]
    deltas: list[str]


@dataclass
class Desk:
    """Agents laid out as the server does, and a chat with its history."""

    model: LocalTextModel
    answer: Callable[[str, Mapping[str, Any]], Any] = answer
    items: list[Any] = field(default_factory=list)
    instructions: str = "It is Monday, 23 November 2026, about 07:40 in the user's time zone, Europe/Rome."
    report: bool = True

    def agents(self) -> Agent[Any]:
        top = Agent[Any](name="ODAI", instructions=self.instructions, model=self.model)
        if self.report:
            top.tools = [self._tool("report_unhandled_request")]
        home = handoff(top, tool_name_override="transfer_to_odai")
        for plugin in dict.fromkeys(tool.plugin for tool in TOOLS):
            mine = [self._tool(tool.name) for tool in TOOLS if tool.plugin == plugin]
            agent = Agent[Any](name=plugin.title(), instructions=self.instructions, tools=mine, model=self.model)
            agent.handoffs = [home]
            top.handoffs.append(handoff(agent, tool_name_override=f"transfer_to_{plugin}"))
        return top

    def _tool(self, name: str) -> FunctionTool:
        async def invoke(context: Any, arguments: str) -> str:
            found = self.answer(name, json.loads(arguments))
            return found if isinstance(found, str) else json.dumps(found)

        schema: dict[str, Any] = {"type": "object", "properties": {}, "additionalProperties": True}
        return FunctionTool(name, name, schema, invoke, strict_json_schema=False)

    async def ask(self, prompt: str, start: str = "ODAI") -> Said:
        top = self.agents()
        agents = {door.agent_name: await door.on_invoke_handoff(None, "{}") for door in top.handoffs}  # type: ignore[union-attr,arg-type]
        agent = agents.get(start, top)
        config = RunConfig(tracing_disabled=True)
        run = Runner.run_streamed(agent, [*self.items, {"role": "user", "content": prompt}], run_config=config)
        said = Said("", [], [], [])
        async for event in run.stream_events():
            if event.type == "raw_response_event" and event.data.type == "response.output_text.delta":
                said.deltas.append(event.data.delta)
            elif event.type == "run_item_stream_event" and event.name == "handoff_requested":
                said.doors.append(event.item.raw_item.name)
            elif event.type == "run_item_stream_event" and event.name == "tool_called":
                said.calls.append((event.item.raw_item.name, json.loads(event.item.raw_item.arguments)))
        said.text = "".join(said.deltas)
        self.items = run.to_input_list()
        assert run.context_wrapper.usage.total_tokens == 0
        return said


@pytest.fixture
async def model() -> AsyncIterator[LocalTextModel]:
    made = LocalTextModel(TextOptions(settings={}, tools=TOOLS), load=lambda settings: None)
    yield made
    await made.close()


@pytest.fixture
def desk(model: LocalTextModel) -> Desk:
    return Desk(model)


async def test_a_request_is_handed_off_called_and_answered(desk: Desk) -> None:
    said = await desk.ask("what's the weather in Boston?")
    assert said.doors == ["transfer_to_skies"]
    assert said.calls == [("get_weather", {"location": "Boston"})]
    assert said.text == "It's mild in Boston.\n\n- Place: Boston\n- Sky: clear"
    assert len(said.deltas) > 2


async def test_a_list_becomes_a_table_with_links(desk: Desk) -> None:
    said = await desk.ask("find sushi in Oakland")
    assert "For sushi:\n\n| Name | Rating |" in said.text
    assert "[Sakura Sushi](https://eats.example/p1)" in said.text


async def test_several_things_are_done_one_after_the_other(desk: Desk) -> None:
    said = await desk.ask("what's the weather in Boston and what's the price of bitcoin?")
    assert said.doors == ["transfer_to_skies", "transfer_to_odai", "transfer_to_coins"]
    assert said.calls == [("get_weather", {"location": "Boston"}), ("get_coin_price", {"crypto_symbol": "bitcoin"})]
    assert said.text.index("### Skies") < said.text.index("mild in Boston") < said.text.index("### Coins")
    assert said.text.index("### Coins") < said.text.index("bitcoin is dear")
    assert said.text.count("mild in Boston") == 1


async def test_the_same_for_two_places(desk: Desk) -> None:
    said = await desk.ask("how cold is it in Boston and Chicago?")
    assert said.calls == [("get_weather", {"location": "Boston"}), ("get_weather", {"location": "Chicago"})]
    assert said.doors == ["transfer_to_skies"]


async def test_one_thing_with_an_and_in_it_stays_one(desk: Desk) -> None:
    said = await desk.ask("find fish and chips in Oakland")
    assert said.calls == [("find_places", {"search_term": "fish and chips", "location": "Oakland"})]


async def test_follow_ups_lean_on_the_history(desk: Desk) -> None:
    await desk.ask("what's the weather in Boston?")
    assert (await desk.ask("and in Chicago?")).calls == [("get_weather", {"location": "Chicago"})]
    assert (await desk.ask("where can I get tacos there?")).calls == [
        ("find_places", {"search_term": "tacos", "location": "Chicago"})
    ]
    assert (await desk.ask("hi there")).text == "Hello! How can I help you?"
    await desk.ask("how much is ethereum")
    # Coins are nowhere, so a town is for what was somewhere.
    assert (await desk.ask("and in Rome?")).calls == [("find_places", {"search_term": "tacos", "location": "Rome"})]


async def test_an_item_of_a_list_is_meant(desk: Desk) -> None:
    await desk.ask("find sushi in Oakland")
    said = await desk.ask("what do people say about the second one?")
    assert said.calls == [("get_place_reviews", {"place_id": "p2"})]
    told = await desk.ask("tell me about Sakura Sushi")
    assert told.calls == []
    assert "[Sakura Sushi](https://eats.example/p1)" in told.text


async def test_what_needs_an_id_is_found_first(desk: Desk) -> None:
    desk.items = []
    said = await desk.ask("read me the reviews of Blue Wave in Oakland")
    assert [name for name, _ in said.calls] == ["find_places", "get_place_reviews"]
    assert said.calls[1][1] == {"place_id": "p2"}
    assert said.text == "People like p2."


async def test_it_asks_back_and_understands_the_answer(desk: Desk) -> None:
    asked = await desk.ask("what's the weather?")
    assert asked.text == "For which place?"
    assert asked.doors == asked.calls == []
    assert (await desk.ask("Chicago")).calls == [("get_weather", {"location": "Chicago"})]


async def test_where_the_user_is_answers_it(desk: Desk) -> None:
    desk.instructions += " The user is in Oakland, California."
    assert (await desk.ask("what's the weather?")).calls == [("get_weather", {"location": "Oakland, California"})]


async def test_a_specialist_hands_back_what_is_not_its_own(desk: Desk) -> None:
    said = await desk.ask("how much is bitcoin", start="Skies")
    assert said.doors == ["transfer_to_odai", "transfer_to_coins"]
    assert said.calls == [("get_coin_price", {"crypto_symbol": "bitcoin"})]


async def test_what_cannot_be_reached_is_said(desk: Desk, model: LocalTextModel) -> None:
    lonely = Agent[Any](name="Lonely", model=model)
    result = await Runner.run(lonely, "how much is bitcoin", run_config=RunConfig(tracing_disabled=True))
    assert result.final_output == "Sorry, I can't reach Coins from here."


async def test_nobody_can_do_it(desk: Desk) -> None:
    said = await desk.ask("book me a flight to the moon")
    assert [name for name, _ in said.calls] == ["report_unhandled_request"]
    assert "**Skies**: tell the weather of a place" in said.text
    desk.report = False
    assert (await desk.ask("paint my house green")).calls == []


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("hello", "Hello! How can I help you?"),
        ("what can you do?", '**Skies**: tell the weather of a place — *"what\'s the weather in Boston"*'),
        ("who are you?", "I'm ODAI"),
        ("thanks", "You're welcome"),
        ("what time is it?", "It's "),
        ("bye", "Goodbye!"),
    ],
)
async def test_small_talk(desk: Desk, prompt: str, expected: str) -> None:
    said = await desk.ask(prompt)
    assert expected in said.text
    assert said.calls == []
    assert "oh dye" not in said.text


async def test_failures_are_said_kindly(desk: Desk) -> None:
    desk.answer = lambda name, args: {"ok": False, "spoken": "The weather service is busy.", "error": "rate_limited"}
    assert (await desk.ask("what's the weather in Boston?")).text == "The weather service is busy."
    desk.answer = lambda name, args: {"ok": False, "spoken": "DECLINED", "error": "declined"}
    assert (await desk.ask("what's the weather in Rome?")).text == "All right, I left it as it is."
    desk.answer = lambda name, args: "Traceback (most recent call last): secret"
    assert (await desk.ask("what's the weather in Oslo?")).text.startswith("Sorry, that didn't work")


async def test_that_data_is_a_sample_is_said_once(desk: Desk) -> None:
    assert "*This is sample data, not live.*" in (await desk.ask("how much is bitcoin")).text
    assert "sample data" not in (await desk.ask("how much is ethereum")).text


async def test_a_chat_of_another_model_goes_on(desk: Desk) -> None:
    """Its calls were made for reasons of its own, but what they found is there."""
    desk.items = [
        {"role": "user", "content": "Somewhere nice to eat, you know what I like!"},
        {"type": "function_call", "call_id": "a", "name": "find_places", "arguments": '{"location": "Oakland"}'},
        {"type": "function_call_output", "call_id": "a", "output": json.dumps(answer("find_places", {}))},
        {"role": "assistant", "content": "Try Sakura."},
    ]  # fmt: skip
    assert (await desk.ask("what do people say about the second one?")).calls == [
        ("get_place_reviews", {"place_id": "p2"})
    ]


async def test_hostile_data_stays_data(desk: Desk) -> None:
    rows = [
        {"name": "<img src=x> | `a` [x](javascript:1)", "url": "javascript:alert(1)", "n": n} for n in range(10_000)
    ]
    desk.answer = lambda name, args: {"ok": True, "spoken": "<b>Hi</b> | there", "data": rows}
    said = await desk.ask("what's the weather in Boston?")
    assert "<" not in said.text
    assert re.search(r"(?<!\\)\]\(", said.text) is None
    assert "… and 9,990 more." in said.text
    assert len(said.text) < 3000


async def test_many_chats_at_once_keep_apart(model: LocalTextModel) -> None:
    async def one(place: str) -> str:
        desk = Desk(model)
        await desk.ask(f"what's the weather in {place}?")
        return (await desk.ask("how much is bitcoin")).text + (await desk.ask("and in Rome?")).text

    places = ["Boston", "Chicago", "Oakland", "Denver"] * 10
    texts = await asyncio.gather(*(one(place) for place in places))
    assert all("bitcoin is dear" in text and "mild in Rome" in text for text in texts)
