"""The JSON text frames of the in-app socket: what a client may say, and what it is told."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Annotated, Any, TypeAlias

import msgspec
import pybase64

from odai_core import PCM16_24K, events

FRAME_LIMIT = 1 << 20
"""Characters of one client frame."""
AUDIO_LIMIT = PCM16_24K.bytes_per_ms * 1000
"""Bytes of audio in one client frame: one second."""
TEXT_LIMIT = 4000
"""Characters of one typed turn."""


class BadFrame(Exception):
    """A client frame that says nothing; `code` and `message` go back in an `error` event."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class FrameTooBig(Exception):
    """A client frame beyond FRAME_LIMIT: the call ends."""


# -- client to server -------------------------------------------------------------------------------


class Audio(msgspec.Struct, tag_field="event", tag="audio", frozen=True):
    """`payload`: base64 of PCM16, signed little-endian, mono, 24 kHz; at most 48,000 bytes."""

    payload: str

    def samples(self) -> bytes:
        """The audio's bytes. Raises BadFrame for anything that is not whole samples of at most a second."""
        try:
            data = pybase64.b64decode(self.payload, validate=True)
        except ValueError:
            raise BadFrame("bad_audio", "The audio is not valid base64.") from None
        if len(data) % 2:
            raise BadFrame("bad_audio", "The audio ends in the middle of a 16-bit sample.")
        if len(data) > AUDIO_LIMIT:
            raise BadFrame("bad_audio", "One frame carries at most one second of audio.")
        return data


class Text(msgspec.Struct, tag_field="event", tag="text", frozen=True):
    """A typed turn."""

    text: Annotated[str, msgspec.Meta(pattern=r"\S", max_length=TEXT_LIMIT)]


class Interrupt(msgspec.Struct, tag_field="event", tag="interrupt", frozen=True):
    """Stop speaking now."""


class Played(msgspec.Struct, tag_field="event", tag="played", frozen=True):
    """`ms` of `item_id` have been heard in all."""

    item_id: Annotated[str, msgspec.Meta(min_length=1, max_length=256)]
    ms: Annotated[float, msgspec.Meta(ge=0, le=86_400_000)]


class Ping(msgspec.Struct, tag_field="event", tag="ping", frozen=True):
    """Answered with a `pong` of the same `t`."""

    t: float | Annotated[str, msgspec.Meta(max_length=64)] | None = None


class Bye(msgspec.Struct, tag_field="event", tag="bye", frozen=True):
    """A polite end."""


class _Head(msgspec.Struct):
    event: str


ClientEvent: TypeAlias = Audio | Text | Interrupt | Played | Ping | Bye
_KNOWN = frozenset({"audio", "text", "interrupt", "played", "ping", "bye"})
_client: msgspec.json.Decoder[ClientEvent] = msgspec.json.Decoder(ClientEvent)
_head = msgspec.json.Decoder(_Head)


def decode(frame: str | bytes | None) -> ClientEvent:
    """A client's frame as an event. Raises BadFrame, or FrameTooBig."""
    if not isinstance(frame, str):
        raise BadFrame("bad_json", "Send text frames; this one was binary.")
    if len(frame) > FRAME_LIMIT:
        raise FrameTooBig
    try:
        return _client.decode(frame)
    except (msgspec.DecodeError, RecursionError, ValueError):
        raise _why(frame) from None


def _why(frame: str) -> BadFrame:
    """The reason a frame could not be read, in words for the person who wrote the client."""
    try:
        name = _head.decode(frame).event
    except (msgspec.DecodeError, RecursionError, ValueError):
        return BadFrame("bad_json", 'A frame is one JSON object with a text field "event".')
    if name not in _KNOWN:
        return BadFrame("unknown_event", f"There is no event {name[:40]!r}.")
    if name == "audio":
        return BadFrame("bad_audio", 'An audio event has a text field "payload".')
    return BadFrame("bad_event", f"The fields of this {name!r} event are missing or out of range.")


# -- server to client -------------------------------------------------------------------------------

# A tool's answer may hold what JSON has no word for; the screen shows its text.
_encoder = msgspec.json.Encoder(enc_hook=str)


def _frame(event: str, **fields: Any) -> str:
    return _encoder.encode({"event": event, **fields}).decode()


@lru_cache(maxsize=256)
def _quoted(text: str) -> str:
    return json.dumps(text)


def audio(event: events.Audio) -> str:
    """The hot path, put together by hand: 25 to 50 of these a second in every speaking call."""
    payload = pybase64.b64encode_as_string(event.data)
    return f'{{"event":"audio","payload":"{payload}","item_id":{_quoted(event.item_id)},"seq":{event.seq}}}'


def ready(*, session_id: str, barge_in: bool, model: str, tools: Sequence[str]) -> str:
    """The first frame of every call."""
    return _frame(
        "ready", session_id=session_id, sample_rate=PCM16_24K.rate, barge_in=barge_in, model=model, tools=list(tools)
    )


def error(code: str, message: str, *, retryable: bool) -> str:
    """Something went wrong, in words a person understands."""
    return _frame("error", code=code, message=message, retryable=retryable)


def pong(t: float | str | None) -> str:
    """The answer to a `ping`; a whole number comes back as one."""
    return _frame("pong", t=int(t) if isinstance(t, float) and t.is_integer() else t)


def bye(reason: str, message: str = "") -> str:
    """The server is about to close; `message` only when there is something to tell a person."""
    return _frame("bye", reason=reason, **({"message": message} if message else {}))


def _tool_end(event: events.ToolEnded) -> str:
    shown = {} if event.output is None else {"output": event.output}
    return _frame("tool_end", tool=event.tool, **shown, call_id=event.call_id, ms=event.ms, ok=event.ok)


def _tool_start(event: events.ToolStarted) -> str:
    return _frame(
        "tool_start",
        tool=event.tool,
        arguments=event.arguments,
        friendly_name=event.title,
        progress=event.progress,
        call_id=event.call_id,
    )


def _transcript(event: events.Transcript) -> str:
    item = {"id": event.item_id, "role": event.role, "text": event.text, "status": event.status}
    return _frame("history_added" if event.added else "history_updated", item=item)


_ENCODERS: dict[type[Any], Callable[[Any], str]] = {
    events.Audio: audio,
    events.AudioEnd: lambda event: _frame("audio_end", item_id=event.item_id),
    events.Interrupted: lambda event: _frame("audio_interrupted", item_id=event.item_id),
    events.ResponseStarted: lambda event: _frame("agent_start", agent=event.agent),
    events.ResponseEnded: lambda event: _frame("agent_end", agent=event.agent),
    events.ToolStarted: _tool_start,
    events.ToolEnded: _tool_end,
    events.Transcript: _transcript,
    events.TurnMetrics: lambda event: _encoder.encode({**event.values, "event": "turn_metrics"}).decode(),
    events.Handoff: lambda event: _frame("handoff", from_agent=event.from_agent, to_agent=event.to_agent),
    events.CallError: lambda event: error(event.code, event.message, retryable=event.retryable),
    events.Ended: lambda event: bye(event.reason, event.message),
}


def encode(event: events.CallEvent) -> str | None:
    """A call's event as the frame for the client; None for a kind that a later core may have and this sheet has not."""
    encoder = _ENCODERS.get(type(event))
    return None if encoder is None else encoder(event)
