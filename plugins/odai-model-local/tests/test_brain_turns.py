"""Single turns with the brain: small talk, what it cannot do, tools it has never seen, answers of tools."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from odai_model_local.brain import CallTool, Say, make_brain
from odai_model_local.brain.evaluate import options_for, read_tools

from odai_core import Caller, ToolInfo

FILE = tomllib.loads(Path(__file__).with_name("requests.toml").read_text("utf-8"))
TOOLS = read_tools(FILE)


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


async def test_the_clock_is_the_callers() -> None:
    talk = Talk((), caller=Caller(time_zone="Asia/Tokyo"))
    before = datetime.now(ZoneInfo("Asia/Tokyo"))
    said = await talk.say("what time is it")
    after = datetime.now(ZoneInfo("Asia/Tokyo"))
    assert said in {f"It's {moment:%I:%M %p}.".replace("It's 0", "It's ") for moment in (before, after)}
    assert f"{after:%B}" in await talk.say("what day is it") or before.date() != after.date()
    assert (await Talk(()).say("what time is it")).endswith("UTC.")


@pytest.mark.parametrize("text", ["goodbye", "okay bye bye", "no thanks, that's all", "thank you, good night"])
async def test_goodbye_ends_the_call(text: str) -> None:
    assert await Talk(()).hear(text) == Say("Goodbye!", then_end=True)


async def test_what_can_you_do_names_the_connectors() -> None:
    text = await Talk(of("yelp", "flightaware")).say("what can you do?")
    assert text.startswith(
        "I can find restaurants and other businesses, and read their reviews, and tell the status of a flight."
    )


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("find a restaurant for dinner", "Restaurants aren't"),
        ("where can I get sushi in Boston", "Restaurants aren't"),
        ("will it rain tomorrow in Boston", "The weather isn't"),
        ("set a timer for ten minutes", "Timers and alarms aren't"),
    ],
)
async def test_what_no_connector_does_is_said_with_its_name(text: str, topic: str) -> None:
    said = await Talk(of("flightaware")).say(text)
    assert said == f"{topic} something I can look up here. I can tell the status of a flight."


async def test_without_any_tool_it_still_talks() -> None:
    talk = Talk(())
    assert "nothing installed" in await talk.say("what can you do")
    assert "look up" in await talk.say("find sushi in Oakland")


async def test_any_tool_works_from_its_docstring_alone() -> None:
    schema = {
        "type": "object",
        "properties": {"harbour": {"type": "string", "description": "The name of the harbour."}},
        "required": ["harbour"],
    }
    tide = ToolInfo(name="tell_tide", description="Say when the next high tide is.", parameters=schema, plugin="tides")
    talk = Talk((tide, *of("yelp", "flightaware")))
    assert await talk.call("when is the next high tide in Plymouth") == ("tell_tide", {"harbour": "Plymouth"})
    assert await talk.say("when is high tide") == "Please tell me the name of the harbour."
    assert await talk.call("Dover") == ("tell_tide", {"harbour": "Dover"})


async def test_dates_are_read_in_the_callers_time_zone() -> None:
    schema = {
        "type": "object",
        "properties": {"date": {"type": "string", "description": "Day, YYYY-MM-DD."}},
        "required": ["date"],
    }
    moon = ToolInfo(name="moon_phase", description="Tell the phase of the moon.", parameters=schema, plugin="moon")
    talk = Talk((moon,), caller=Caller(time_zone="Pacific/Kiritimati"))
    tomorrow = (datetime.now(ZoneInfo("Pacific/Kiritimati")) + timedelta(days=1)).date().isoformat()
    assert await talk.call("what's the phase of the moon tomorrow") == ("moon_phase", {"date": tomorrow})


async def test_the_hang_up_tool_is_never_called_for_a_request() -> None:
    hang_up = ToolInfo(name="hangup_call", description="Hang up the call.", parameters={"type": "object"})
    talk = Talk((hang_up,))
    assert isinstance(await talk.hear("hang up on the telephone company"), Say)
    assert await talk.hear("hang up") == Say("Goodbye!", then_end=True)


@pytest.mark.parametrize(
    ("output", "spoken"),
    [
        ('{"spoken": "It is *sunny*, see https://example.com/x now.", "ok": true}', "It is sunny, see now."),
        ('{"spoken": "That service is busy.", "ok": false}', "That service is busy."),
        ('{"response_type": "error", "response": {"code": "auth", "message": "Not available."}}', "Not available."),
        ('{"data": [{"name": "Zuni"}, {"name": "Tartine"}]}', "I found Zuni and Tartine."),
        ('{"data": []}', "I couldn't find anything."),
        ("not json", "Sorry, that didn't work. Please try again in a moment."),
        ("", "Sorry, that didn't work. Please try again in a moment."),
        ("[1, 2]", "Sorry, that didn't work. Please try again in a moment."),
        ("[" * 100_000, "Sorry, that didn't work. Please try again in a moment."),
    ],
)
async def test_an_answer_is_spoken_whatever_it_looks_like(output: str, spoken: str) -> None:
    talk = Talk(of("yelp"))
    name, _ = await talk.call("find sushi in Oakland")
    assert await talk.brain.tool_result(name, output) == (Say(spoken),)


async def test_an_answer_to_a_call_nobody_made_is_spoken_too() -> None:
    assert await Talk().result("unknown_tool", "Fine.") == Say("Fine.")
