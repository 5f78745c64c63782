"""The brain takes anything: every text, schema, example and answer, and never raises."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from odai_model_local import brain as room
from odai_model_local.brain import CallTool, Decision, Say, make_brain
from odai_model_local.brain.evaluate import options_for

from odai_core import Caller, ToolInfo

PROPERTIES: dict[str, Any] = {
    "nothing": {},
    "reference": {"$ref": "#/$defs/Place"},
    "circle": {"$ref": "#/$defs/Circle"},
    "nowhere": {"$ref": "#/$defs/Missing"},
    "elsewhere": {"$ref": 7},
    "nested": {"type": ["object", "null"], "properties": {"deep": {"type": "string"}}},
    "unknown": {"type": "quaternion"},
    "several": {"type": ["integer", "string", "null"]},
    "choices": {"enum": [1, None, "two", {"three": 3}]},
    "no_choices": {"enum": []},
    "constant": {"const": "x"},
    "odd_any": {"anyOf": "x"},
    "odd_list": {"type": "array", "items": "x"},
    "": {"type": "string", "description": 7},
    "text": "x",
}
TOOLS = (
    ToolInfo(name="bare", description="", parameters={}),
    ToolInfo(name="", description="x", parameters={"properties": ["a"], "required": "a"}),
    ToolInfo(name="same", description="Find tea.", parameters={"properties": {"q": {"type": "string"}}}),
    ToolInfo(name="same", description="Find tea.", parameters={"properties": {"q": {"type": "string"}}}),
    ToolInfo(
        name="odd",
        description="Find odd things\x00 in places. " * 200,
        parameters={
            "properties": PROPERTIES,
            "required": [*PROPERTIES, "ghost", 3],
            "$defs": {"Place": {"type": "string"}, "Circle": {"$ref": "#/$defs/Circle"}},
        },
        examples=(
            "{",
            "}",
            "{}",
            "{{q:x}}",
            "find {text",
            "find text}",
            "{text:}",
            "{:x}",
            "",
            " ",
            "{q:" + "x" * 9999,
        ),
    ),
    ToolInfo(
        name="needs_an_object",
        description="Paint it.",
        parameters={"properties": {"o": {"type": "object"}}, "required": ["o"]},
    ),
)
TEXTS = [
    "",
    " ",
    "\x00\x01\x1b[31m",
    "?!.,;:",
    "find " * 2000,
    "a" * 10_000,
    "one " * 3000,
    "{}" * 500,
    "\ud800 lone surrogate",
    "🍣🍕 ß ﷽",
    "bye " * 2000,
    "hello " * 2000,
    "thanks " * 3000 + "x",
    "http://" * 300,
    "a.b." * 1000,
    "1" * 5000,
    "one million million million million million million",
    "december thirty first",
    "february thirtieth",
    "train number " * 50,
    "in in in in at at to to for for",
    "the first second third last next one",
]


def sound_decisions(decisions: Sequence[Decision], tools: Sequence[ToolInfo] = TOOLS) -> None:
    assert len(decisions) == 1
    for decision in decisions:
        if isinstance(decision, CallTool):
            assert decision.name in {tool.name for tool in tools}
            assert isinstance(json.loads(decision.arguments), dict)
        else:
            assert 0 < len(decision.text) <= 300
            assert decision.text.isprintable()
            assert "{" not in decision.text


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
async def test_any_text_with_odd_tools_gets_a_decision(text: str) -> None:
    brain = make_brain(options_for(TOOLS, Caller(time_zone="Not/AZone", place="")), None)
    sound_decisions(await brain.heard("find odd things in Oakland"))
    sound_decisions(await brain.heard(text))
    sound_decisions(await brain.tool_result("odd", text))
    sound_decisions(await brain.tool_result("same", json.dumps({"spoken": text, "data": [{"name": text, text: text}]})))
    sound_decisions(await brain.heard("tell me more about the first one"))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.text(max_size=80), max_size=4),
    st.recursive(st.none() | st.integers() | st.text(), st.lists, max_leaves=8),
)
async def test_any_conversation_goes_on(texts: list[str], data: Any) -> None:
    brain = make_brain(options_for(TOOLS), None)
    for text in [*texts, "find tea", "and the second one?"]:
        for decision in await brain.heard(text):
            sound_decisions((decision,))
            if isinstance(decision, CallTool):
                sound_decisions(
                    await brain.tool_result(decision.name, json.dumps({"data": {"items": [data, {"a": data}]}}))
                )


async def test_a_tool_that_needs_an_object_is_never_called() -> None:
    brain = make_brain(options_for(TOOLS[-1:]), None)
    assert isinstance((await brain.heard("paint it"))[0], Say)


async def test_an_encoder_that_fails_is_replaced() -> None:
    def broken(texts: Sequence[str]) -> Any:
        raise OSError("no weights")

    brain = make_brain(options_for(TOOLS), broken)
    sound_decisions(await brain.heard("find tea in Oakland"))


async def test_an_encoder_that_fails_later_is_an_apology() -> None:
    calls = []

    def fragile(texts: Sequence[str]) -> Any:
        calls.append(len(texts))
        if len(calls) > 1:
            raise RuntimeError("gone")
        return np.ones((len(texts), 384), np.float32) / np.sqrt(384, dtype=np.float32)

    brain = make_brain(options_for(TOOLS), fragile)
    assert await brain.heard("find tea in Oakland") == (
        Say("Sorry, something went wrong on my side. Please try again."),
    )


async def test_a_tool_set_is_embedded_once_and_only_the_last_ones_are_kept() -> None:
    embedded: list[int] = []

    def counting(texts: Sequence[str]) -> Any:
        embedded.append(len(texts))
        return np.ones((len(texts), 384), np.float32) / np.sqrt(384, dtype=np.float32)

    for _ in range(3):
        await make_brain(options_for(TOOLS), counting).heard("hello")
    assert len(embedded) == 1
    for number in range(room.MAX_INDEXES + 3):
        tool = ToolInfo(name=f"tool_{number}", description="Find tea.", parameters={})
        await make_brain(options_for([tool]), counting).heard("hello")
    assert len(room._indexes) == room.MAX_INDEXES
