"""Frames from outside are typed, bounded, and never raise."""

from __future__ import annotations

import json

import pybase64
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from odai_transport_twilio import frames

START = {
    "event": "start",
    "sequenceNumber": "1",
    "start": {
        "accountSid": "AC1",
        "streamSid": "MZ1",
        "callSid": "CA1",
        "tracks": ["inbound"],
        "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
        "customParameters": {"ticket": "t"},
    },
    "streamSid": "MZ1",
}
_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def test_reads_every_kind_of_frame() -> None:
    start = frames.parse(json.dumps(START))
    assert isinstance(start, frames.Start)
    assert (start.start.stream_sid, start.start.call_sid) == ("MZ1", "CA1")
    assert start.start.custom_parameters == {"ticket": "t"}
    assert start.start.media_format.sample_rate == 8000
    assert isinstance(frames.parse('{"event":"connected","protocol":"Call","version":"1.0.0"}'), frames.Connected)
    assert isinstance(frames.parse('{"event":"stop","stop":{"callSid":"CA1"}}'), frames.Stop)
    mark = frames.parse('{"event":"mark","mark":{"name":"0:a:20"},"streamSid":"MZ1"}')
    assert isinstance(mark, frames.Mark)
    assert mark.mark.name == "0:a:20"
    dtmf = frames.parse('{"event":"dtmf","dtmf":{"track":"inbound_track","digit":"#"}}')
    assert isinstance(dtmf, frames.Dtmf)
    assert dtmf.dtmf.digit == "#"


def test_reads_audio() -> None:
    frame = frames.parse('{"event":"media","media":{"track":"inbound","chunk":2,"timestamp":5,"payload":"//8="}}')
    assert isinstance(frame, frames.Media)
    assert frames.audio(frame.media) == b"\xff\xff"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "null",
        "[]",
        '"media"',
        "{}",
        '{"event":5}',
        '{"event":"dance"}',
        '{"event":"media"}',
        '{"event":"media","media":null}',
        '{"event":"media","media":{"payload":7}}',
        '{"event":"start","start":[]}',
        '{"event":"start","start":{"customParameters":"x"}}',
        '{"event":"mark","mark":{"name":{}}}',
        '{"event":"media","z":' + "[" * 60000,
        '{"event":"start","start":{"customParameters":{"a":' + '{"a":' * 10000,
        "\ud800",
        '{"event":"mark","mark":{"name":"\\ud800"}}',
    ],
)
def test_what_is_odd_is_none(text: str) -> None:
    assert frames.parse(text) is None


@pytest.mark.parametrize("payload", ["*", "//8", "//8=\n", "é", "=", "A" * 10_672, "\x00"])
def test_what_cannot_be_audio_is_none(payload: str) -> None:
    assert frames.audio(frames.MediaBody(payload=payload)) is None


def test_a_second_of_audio_is_the_most() -> None:
    payload = pybase64.b64encode_as_string(bytes(8000))
    assert frames.audio(frames.MediaBody(payload=payload)) == bytes(8000)


def test_another_track_is_no_audio_of_the_caller() -> None:
    assert frames.audio(frames.MediaBody(payload="//8=", track="outbound")) == b""


@given(st.text(max_size=300))
def test_any_text_is_read_or_none(text: str) -> None:
    assert frames.parse(text) is None or "event" in text


@settings(max_examples=300)
@given(
    event=st.sampled_from(["connected", "start", "media", "mark", "dtmf", "stop", "other"]),
    key=st.sampled_from(["start", "media", "mark", "dtmf", "stop"]),
    body=_json
    | st.dictionaries(st.sampled_from(["payload", "track", "name", "digit", "streamSid", "customParameters"]), _json),
)
def test_any_shape_is_read_or_none(event: str, key: str, body: object) -> None:
    frame = frames.parse(json.dumps({"event": event, key: body}))
    if isinstance(frame, frames.Media):
        data = frames.audio(frame.media)
        assert data is None or len(data) <= 8001
    else:
        assert frame is None or type(frame).__name__.lower() == event


@given(stream_sid=st.text(max_size=40), name=st.text(max_size=40), data=st.binary(max_size=400))
def test_what_we_write_is_json_whatever_is_in_it(stream_sid: str, name: str, data: bytes) -> None:
    out = frames.Outgoing(stream_sid)
    media = json.loads(out.media(data))
    assert media == {
        "event": "media",
        "streamSid": stream_sid,
        "media": {"payload": pybase64.b64encode(data).decode()},
    }
    assert json.loads(out.mark(name)) == {"event": "mark", "streamSid": stream_sid, "mark": {"name": name}}
    assert json.loads(out.clear) == {"event": "clear", "streamSid": stream_sid}
