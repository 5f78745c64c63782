"""Client frames from strangers, and server frames to the letter."""

from __future__ import annotations

import asyncio
import base64
import dataclasses
import json
import subprocess
import sys
import typing
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from odai_transport_webrtc import frames, odai_transports
from odai_transport_webrtc.inbox import AUDIO_WAITING, CONTROLS_WAITING, Inbox

from odai_core import events

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
EVENT_NAMES = st.sampled_from(["audio", "text", "interrupt", "played", "ping", "bye", "dance", ""])
FIELDS = st.dictionaries(st.sampled_from(["payload", "text", "item_id", "ms", "t"]), JSON)


def understood(frame: str | bytes | None) -> frames.ClientEvent | None:
    """The event, or None when it was refused in the way that a client is told of."""
    try:
        event = frames.decode(frame)
        samples = event.samples() if isinstance(event, frames.Audio) else b""
    except frames.BadFrame as bad:
        refusal = bad
    else:
        assert len(samples) % 2 == 0
        return event
    assert refusal.code in {"bad_json", "bad_audio", "bad_event", "unknown_event"}
    assert 0 < len(refusal.message) < 200
    return None


@given(st.text() | st.binary() | st.none())
def test_no_bytes_break_the_decoder(frame: Any) -> None:
    understood(frame)


@given(JSON)
def test_no_json_breaks_the_decoder(value: Any) -> None:
    understood(json.dumps(value))


@given(EVENT_NAMES, FIELDS)
def test_no_fields_break_a_known_event(name: str, fields: dict[str, Any]) -> None:
    event = understood(json.dumps({**fields, "event": name}))
    if isinstance(event, frames.Played):
        assert 0 <= int(event.ms) <= 86_400_000
        assert 1 <= len(event.item_id) <= 256
    if isinstance(event, frames.Ping):
        assert json.loads(frames.pong(event.t)) == {"event": "pong", "t": event.t}
    if isinstance(event, frames.Text):
        assert event.text.strip()


@given(st.binary(max_size=200))
def test_whole_samples_come_through_unchanged(data: bytes) -> None:
    frame = json.dumps({"event": "audio", "payload": base64.b64encode(data).decode(), "extra": [1]})
    event = understood(frame)
    if len(data) % 2:
        assert event is None
    else:
        assert isinstance(event, frames.Audio)
        assert event.samples() == data


@pytest.mark.parametrize(
    "frame",
    [
        '{"event":"ping","t":' + "9" * 5000 + "}",
        '{"event":"ping","t":1e999}',
        '{"event":"ping","t":"' + "x" * 65 + '"}',
        '{"event":"played","item_id":"i","ms":1e18}',
        '{"event":"text","text":"\\ud800"}',
        '{"event":"text","text":"' + "x" * 4001 + '"}',
        '{"event":"dance","x":' + "[" * 50_000 + "]" * 50_000 + "}",
        '{"event":"bye","x":' + "[" * 50_000 + "]" * 50_000 + "}",
        '{"event":"bye"}{"event":"bye"}',
        '{"event":"audio","payload":"AA\\nAA"}',
        '{"event":"audio","payload":"ÄÄÄÄ"}',
    ],
)
def test_what_only_an_attacker_sends_is_refused(frame: Any) -> None:
    assert understood(frame) is None


def test_a_frame_beyond_the_limit_is_not_even_parsed() -> None:
    with pytest.raises(frames.FrameTooBig):
        frames.decode('{"event":"ping"' + " " * frames.FRAME_LIMIT + "}")


@given(st.text(max_size=40), st.binary(max_size=64), st.integers(0, 2**40))
def test_the_handmade_audio_frame_is_json_for_any_item(item_id: str, data: bytes, seq: int) -> None:
    frame = json.loads(frames.audio(events.Audio(item_id, data, 0, seq)))
    assert frame == {"event": "audio", "payload": base64.b64encode(data).decode(), "item_id": item_id, "seq": seq}


OUTPUT = {"response_type": "tide", "friendly_name": "Tides", "response": {"at": "16:10"}, "display_response": True}
WIRE = [
    (events.AudioEnd("i"), {"event": "audio_end", "item_id": "i"}),
    (events.Interrupted("i", 40), {"event": "audio_interrupted", "item_id": "i"}),
    (events.ResponseStarted("ODAI"), {"event": "agent_start", "agent": "ODAI"}),
    (events.ResponseEnded("ODAI"), {"event": "agent_end", "agent": "ODAI"}),
    (events.Handoff("a", "b"), {"event": "handoff", "from_agent": "a", "to_agent": "b"}),
    (
        events.ToolStarted("c", "find_tide", '{"harbour":"Kiel"}', "Tides", "Looking at the tides"),
        {
            "event": "tool_start",
            "tool": "find_tide",
            "arguments": '{"harbour":"Kiel"}',
            "friendly_name": "Tides",
            "progress": "Looking at the tides",
            "call_id": "c",
        },
    ),
    (
        events.ToolEnded("c", "find_tide", OUTPUT, 41, True),
        {"event": "tool_end", "tool": "find_tide", "output": OUTPUT, "call_id": "c", "ms": 41, "ok": True},
    ),
    (
        events.ToolEnded("c", "find_tide", None, 41, False),
        {"event": "tool_end", "tool": "find_tide", "call_id": "c", "ms": 41, "ok": False},
    ),
    (
        events.Transcript("i", "user", "Ahoj \N{ANCHOR}", "completed", True),
        {"event": "history_added", "item": {"id": "i", "role": "user", "text": "Ahoj ⚓", "status": "completed"}},
    ),
    (
        events.Transcript("i", "assistant", "At te", "in_progress", False),
        {
            "event": "history_updated",
            "item": {"id": "i", "role": "assistant", "text": "At te", "status": "in_progress"},
        },
    ),
    (
        events.TurnMetrics({"speech_end_to_first_audio_ms": 420, "event": 3}),
        {"event": "turn_metrics", "speech_end_to_first_audio_ms": 420},
    ),
    (
        events.CallError("upstream", "The model is slow.", True),
        {"event": "error", "code": "upstream", "message": "The model is slow.", "retryable": True},
    ),
    (events.Ended("drain"), {"event": "bye", "reason": "drain"}),
    (events.Ended("idle", "Still there?"), {"event": "bye", "reason": "idle", "message": "Still there?"}),
    (events.Audio("i", b"\x00\x01", 0, 3), {"event": "audio", "payload": "AAE=", "item_id": "i", "seq": 3}),
]


@pytest.mark.parametrize("event, wire", WIRE, ids=lambda value: value["event"] if isinstance(value, dict) else "")
def test_each_event_has_its_frame(event: Any, wire: dict[str, Any]) -> None:
    frame = frames.encode(event)
    assert frame is not None
    assert json.loads(frame) == wire


def test_no_kind_of_event_is_forgotten() -> None:
    kinds = set(typing.get_args(events.CallEvent))
    assert {type(event) for event, _ in WIRE} == kinds
    assert all(dataclasses.is_dataclass(kind) for kind in kinds)


def test_a_kind_of_event_that_only_a_later_core_knows_is_left_out() -> None:
    assert frames.encode(typing.cast(events.CallEvent, object())) is None


def test_a_result_that_json_has_no_word_for_is_shown_as_text() -> None:
    event = events.ToolEnded("c", "t", {"response": {"where": complex(1, 2)}}, 1, True)
    assert json.loads(frames.encode(event) or "")["output"] == {"response": {"where": "(1+2j)"}}


# -- the inbox --------------------------------------------------------------------------------------


async def test_the_inbox_drops_the_oldest_audio_and_keeps_controls_in_their_place() -> None:
    inbox = Inbox()
    assert inbox.put(frames.Text("first"))
    for number in range(4):
        inbox.put(bytes([number]) * (AUDIO_WAITING // 2))
    inbox.put(frames.Interrupt())
    got = [await inbox.get() for _ in range(4)]
    assert got[0] == frames.Text("first")
    assert [audio[:1] for audio in got[1:3] if isinstance(audio, bytes)] == [b"\x02", b"\x03"]
    assert got[3] == frames.Interrupt()
    assert inbox.dropped == AUDIO_WAITING


async def test_the_inbox_refuses_controls_beyond_its_limit_until_some_are_taken() -> None:
    inbox = Inbox()
    assert all(inbox.put(frames.Interrupt()) for _ in range(CONTROLS_WAITING))
    assert not inbox.put(frames.Interrupt())
    await inbox.get()
    assert inbox.put(frames.Interrupt())


async def test_the_inbox_wakes_its_reader() -> None:
    inbox = Inbox()
    reader = asyncio.create_task(inbox.get())
    await asyncio.sleep(0)
    inbox.put(b"")
    assert not reader.done()
    inbox.put(b"ab")
    assert await reader == b"ab"


# -- the plugin -------------------------------------------------------------------------------------


def test_the_plugin_is_declared_as_core_wants_it() -> None:
    plugin = odai_transports()
    assert (plugin.name, plugin.api, plugin.title, plugin.prefix, plugin.home) == (
        "webrtc",
        1,
        "In-app voice",
        "/app/voice",
        "page",
    )
    assert plugin.audio is not None
    assert plugin.audio.turns.interrupt is False
    assert {setting.name: setting.type(setting.default) for setting in plugin.settings} == {
        "ODAI_APP_VOICE_IDLE": 60.0,
        "ODAI_APP_VOICE_STALL": 10.0,
    }


@pytest.mark.parametrize("text", ["0", "-1", "nan", "inf", "3601", "soon"])
def test_an_impossible_time_is_refused(text: str) -> None:
    for setting in odai_transports().settings:
        with pytest.raises(ValueError):
            setting.type(text)


def test_listing_the_plugin_imports_neither_quart_nor_agents() -> None:
    code = (
        "import sys, odai_transport_webrtc as plugin; plugin.odai_transports();"
        "print(sorted({'quart', 'agents', 'msgspec', 'pybase64'} & set(sys.modules)))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert out.stdout.strip() == "[]"
