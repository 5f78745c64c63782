"""What a client may say, and how every event is told; hostile frames among them."""

from __future__ import annotations

import json
from typing import Any, get_args

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from odai_transport_chat import frames
from odai_transport_chat.frames import STOP, BadFrame, Confirm, FrameTooBig, Prompt, decode, encode

from odai_core import chat_events


@pytest.mark.parametrize(
    "frame, prompt",
    [
        ("Good day", "Good day"),
        ("  two\nlines \n", "two\nlines"),
        ('{"message": "Good day", "thread_id": "t1"}', "Good day"),
        ('\n {"message": "Good day"}', "Good day"),
        ('{"message": "Good day", "type": "prompt", "other": 1}', "Good day"),
        ('{"message": "{\\"type\\": \\"stop\\"}"}', '{"type": "stop"}'),
        ('{"thread_id": "t1"}', '{"thread_id": "t1"}'),
        ('{"a": 1, "b": [2]}', '{"a": 1, "b": [2]}'),
        ('{"message": 5}', '{"message": 5}'),
        ('{"message": null, "thread_id": "x"}', '{"message": null, "thread_id": "x"}'),
        ('{"message": "half', '{"message": "half'),
        ('["message"]', '["message"]'),
        ('"quoted"', '"quoted"'),
        ("null", "null"),
        ("5", "5"),
        ("{}", "{}"),
        ('{"type": "Stop"}', '{"type": "Stop"}'),
        ('{"message": "\\ud800"}', '{"message": "\\ud800"}'),
        ("zero\0byte", "zerobyte"),
        ('{"message": "zero\\u0000byte"}', "zerobyte"),
        ("{" * 50_000 + "a", None),
        ('{"a":' * 5_000 + "1" + "}" * 5_000, '{"a":' * 5_000 + "1" + "}" * 5_000),
    ],
)
def test_everything_that_is_not_for_us_is_a_prompt(frame: str, prompt: str | None) -> None:
    if prompt is None:
        with pytest.raises(BadFrame) as bad:
            decode(frame)
        assert bad.value.code == "too_long"
    else:
        assert decode(frame) == Prompt(prompt)


@pytest.mark.parametrize("frame", ['{"type":"stop"}', '{"type": "stop", "message": "please"}'])
def test_a_stop_is_a_stop(frame: str) -> None:
    assert decode(frame) is STOP


@pytest.mark.parametrize("approve", [True, False])
def test_an_answer_to_a_question(approve: bool) -> None:
    told = {"type": "confirm", "id": "c-1", "approve": approve, "message": "ignored"}
    assert decode(json.dumps(told)) == Confirm("c-1", approve)


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"id": "c"},
        {"approve": True},
        {"id": 5, "approve": True},
        {"id": "", "approve": True},
        {"id": "x" * 129, "approve": True},
        {"id": "c", "approve": "yes"},
        {"id": "c", "approve": 1},
        {"id": "c", "approve": None},
        {"message": "yes, do it"},
    ],
)
def test_half_an_answer_is_no_answer_and_no_prompt(told: dict[str, Any]) -> None:
    with pytest.raises(BadFrame) as bad:
        decode(json.dumps({"type": "confirm", **told}))
    assert bad.value.code == "bad_frame"


@pytest.mark.parametrize(
    "frame, code",
    [
        (b"bytes", "bad_frame"),
        (b"", "bad_frame"),
        (None, "bad_frame"),
        ("", "empty_prompt"),
        (" \n\t\u2003", "empty_prompt"),
        ("\0\0", "empty_prompt"),
        ('{"message": " "}', "empty_prompt"),
        ("x" * (frames.PROMPT_LIMIT + 1), "too_long"),
    ],
)
def test_what_says_nothing_is_refused(frame: Any, code: str) -> None:
    with pytest.raises(BadFrame) as bad:
        decode(frame)
    assert bad.value.code == code


def test_the_longest_prompt_and_the_longest_frame() -> None:
    assert decode("x" * frames.PROMPT_LIMIT) == Prompt("x" * frames.PROMPT_LIMIT)
    with pytest.raises(FrameTooBig):
        decode("x" * (frames.FRAME_LIMIT + 1))


FIELDS = st.dictionaries(
    st.sampled_from(["type", "message", "thread_id", "id", "approve"]) | st.text(max_size=8),
    st.none() | st.booleans() | st.integers() | st.text(max_size=40) | st.lists(st.text(max_size=3), max_size=3),
    max_size=6,
)


@given(st.text(max_size=2000) | FIELDS.map(json.dumps) | st.binary(max_size=50))
@example('{"type": "confirm", "id": "\\ud83d", "approve": true}')
@example('{"message": 1e999}')
@example('{"message": "a", "message": "b"}')
def test_any_frame_is_a_prompt_an_answer_a_stop_or_refused(frame: str | bytes) -> None:
    told: frames.ClientFrame | BadFrame
    try:
        told = decode(frame)
    except BadFrame as refused:
        told = refused
    if isinstance(told, BadFrame):
        assert told.code in {"bad_frame", "empty_prompt"}
    elif isinstance(told, Prompt):
        assert told.text.strip() == told.text != ""
        assert "\0" not in told.text
    else:
        assert '"type"' in str(frame)


# -- what is told -----------------------------------------------------------------------------------

EVENTS = [
    (
        chat_events.TextDelta("Good", "ODAI"),
        {"type": "raw_response_event", "delta": "Good", "current_agent": "ODAI"},
    ),
    (
        chat_events.ToolCalled("c1", "find_tide", "Looking at the tides", "Tides"),
        {
            "type": "tool_call",
            "name": "find_tide",
            "description": "Looking at the tides",
            "call_id": "c1",
            "current_agent": "Tides",
        },
    ),
    (
        chat_events.ToolOutput("c1", "find_tide", {"response_type": "tide", "response": "high"}, "Tides"),
        {
            "type": "tool_output",
            "output": {"response_type": "tide", "response": "high"},
            "name": "find_tide",
            "call_id": "c1",
            "current_agent": "Tides",
        },
    ),
    (
        chat_events.ToolOutput("c1", "find_tide", None, "Tides"),
        {"type": "tool_output", "name": "find_tide", "call_id": "c1", "current_agent": "Tides"},
    ),
    (
        chat_events.ChatHandoff("transfer_to_yelp", "ODAI"),
        {"type": "handoff", "name": "transfer_to_yelp", "current_agent": "ODAI"},
    ),
    (
        chat_events.AgentUpdated("Yelp", "ODAI"),
        {"type": "agent_updated", "new_agent": "Yelp", "current_agent": "ODAI", "name": "Yelp"},
    ),
    (
        chat_events.ConfirmationRequired(
            "k1", "send_mail", "Gmail", "Send it?", {"to": "a@b.c"}, expires_at=9.5, agent="Gmail"
        ),
        {
            "type": "confirmation_required",
            "id": "k1",
            "tool": "send_mail",
            "friendly_name": "Gmail",
            "question": "Send it?",
            "arguments": {"to": "a@b.c"},
            "expires_at": 9.5,
            "current_agent": "Gmail",
        },
    ),
    (
        chat_events.ConfirmationSettled("k1", "approved"),
        {"type": "confirmation_settled", "id": "k1", "outcome": "approved"},
    ),
    (chat_events.EndOfStream(), {"type": "end_of_stream"}),
    (
        chat_events.SuggestedPrompts((chat_events.SuggestedPrompt("And tomorrow?", 0.8),)),
        {"type": "suggested_prompts", "prompts": [{"prompt": "And tomorrow?", "likelihood": 0.8}]},
    ),
    (
        chat_events.ChatUsage(10, 4, 5, 15, None),
        {
            "type": "usage",
            "input_tokens": 10,
            "cached_input_tokens": 4,
            "output_tokens": 5,
            "total_tokens": 15,
            "cost_usd": None,
        },
    ),
    (chat_events.ChatTitle("Tides"), {"type": "title", "title": "Tides"}),
    (
        chat_events.ChatError("model", "No answer.", True),
        {"type": "error", "code": "model", "message": "No answer.", "retryable": True},
    ),
]


@pytest.mark.parametrize("event, wire", EVENTS, ids=lambda value: type(value).__name__)
def test_every_event_is_told_as_the_wire_has_it(event: Any, wire: dict[str, Any]) -> None:
    assert json.loads(encode(event) or "") == wire


def test_no_event_is_forgotten_and_a_later_one_is_left_out() -> None:
    assert {type(event) for event, _ in EVENTS} == set(get_args(chat_events.ChatEvent))
    assert encode(object()) is None  # type: ignore[arg-type]


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(categories=None)) | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3) | st.integers(), inner, max_size=3),
    max_leaves=8,
)


def no_such_number(name: str) -> None:
    raise AssertionError(f"{name} is not JSON")


@given(VALUES)
@example("\ud800")
@example(2**70)
@example(["\ud800", float("nan"), float("-inf"), object, {(1, 2): {"x"}}])
def test_whatever_a_tool_answers_the_frame_is_json(value: Any) -> None:
    frame = encode(chat_events.ToolOutput("c", "t", {"response": value}, "A"))
    assert frame is not None
    told = json.loads(frame, parse_constant=no_such_number)
    frame.encode()
    assert told["type"] == "tool_output"
    assert "response" in told["output"]


def test_what_is_nested_too_deeply_is_cut() -> None:
    deep: Any = "\ud800"
    for _ in range(5_000):
        deep = [deep]
    assert "…" in json.dumps(json.loads(frames.frame("x", deep=deep)), ensure_ascii=False)
