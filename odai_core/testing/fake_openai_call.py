"""One connection of the fake OpenAI server: what it received, and what it says back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from copy import deepcopy
from itertools import count
from typing import Any

import msgspec
import pybase64
from websockets.asyncio.server import ServerConnection

from odai_core.calls import PCM16_24K, ULAW_8K, AudioFormat
from odai_core.testing.fake_openai_answer import Answer, Json, Reply

SESSION: Json = {
    "type": "realtime",
    "object": "realtime.session",
    "model": "fake-realtime",
    "output_modalities": ["audio"],
    "instructions": "",
    "tools": [],
    "tool_choice": "auto",
    "max_output_tokens": "inf",
    "tracing": None,
    "audio": {
        "input": {
            "format": {"type": "audio/pcm", "rate": 24000},
            "transcription": None,
            "noise_reduction": None,
            "turn_detection": {
                "type": "server_vad",
                "threshold": 0.5,
                "prefix_padding_ms": 300,
                "silence_duration_ms": 200,
                "create_response": True,
                "interrupt_response": True,
            },
        },
        "output": {"format": {"type": "audio/pcm", "rate": 24000}, "voice": "alloy", "speed": 1.0},
    },
}
"""What OpenAI starts a session with, as far as clients look at it."""

_CONTENT = {
    "user": {"input_text", "input_audio", "input_image"},
    "assistant": {"output_text", "output_audio"},
    "system": {"input_text"},
}


class FakeConnection:
    """One client. `received` holds every event it sent but its audio, which `audio` and `audio_ms` hold."""

    def __init__(
        self,
        socket: ServerConnection,
        script: Callable[[Mapping[str, Any]], Reply],
        *,
        keep_audio: bool,
        turn_every_ms: int | None,
    ) -> None:
        assert socket.request is not None
        self.headers = socket.request.headers
        self.path = socket.request.path
        self.received: list[Json] = []
        self.session: Json = deepcopy(SESSION)
        self.items: dict[str, Json] = {}
        self.audio = bytearray()
        self.audio_ms = 0.0
        self.closed = asyncio.Event()
        self.lengths: dict[str, int] = {}
        self._socket = socket
        self._script = script
        self._keep_audio = keep_audio
        self._turn_every_ms = turn_every_ms
        self._turn_at = float(turn_every_ms or 0)
        self._ids = count(1)
        self._active: Answer | None = None
        self._news = asyncio.Condition()
        self._client_events: dict[str, Callable[[Json], Awaitable[None]]] = {
            "session.update": self._session_update,
            "conversation.item.create": self._item_create,
            "conversation.item.retrieve": self._item_retrieve,
            "conversation.item.truncate": self._item_truncate,
            "conversation.item.delete": self._item_delete,
            "input_audio_buffer.append": self._append,
            "input_audio_buffer.commit": self._commit,
            "input_audio_buffer.clear": self._clear,
            "response.create": self._response_create,
            "response.cancel": self._response_cancel,
        }

    # -- what a test does with it ---------------------------------------------------------------------

    def of(self, kind: str) -> list[Json]:
        """The events of one type that the client has sent."""
        return [event for event in self.received if event["type"] == kind]

    async def wait_for(self, kind: str, number: int = 1, *, timeout: float = 5) -> Json:
        """The `number`-th event of this type, as soon as the client has sent it."""
        async with asyncio.timeout(timeout), self._news:
            await self._news.wait_for(lambda: len(self.of(kind)) >= number)
        return self.of(kind)[number - 1]

    @property
    def responding(self) -> bool:
        """A response is active."""
        return self._active is not None

    @property
    def output_format(self) -> AudioFormat:
        """What the session's answers are encoded in."""
        return ULAW_8K if self.session["audio"]["output"]["format"]["type"] == "audio/pcmu" else PCM16_24K

    def new_id(self, kind: str) -> str:
        """The next id, such as `item_000012`."""
        return f"{kind}_{next(self._ids):06d}"

    async def send(self, kind: str, **fields: Any) -> None:
        """Send a server event."""
        await self._socket.send(
            msgspec.json.encode({"type": kind, "event_id": self.new_id("event"), **fields}), text=True
        )

    async def send_raw(self, text: str | bytes) -> None:
        """Send anything, as a text frame."""
        await self._socket.send(text, text=True)

    async def close(self, code: int, reason: str = "") -> None:
        """Close with this code."""
        await self._socket.close(code, reason)

    def abort(self) -> None:
        """Drop the TCP connection, without a word."""
        self._socket.transport.abort()

    def freeze(self) -> None:
        """Stop reading from the socket, and from then on ignore the client."""
        self._socket.transport.pause_reading()

    async def speech_starts(self) -> str:
        """The caller begins to speak; returns the item's id. Interrupts as the session says."""
        item_id = self.new_id("item")
        await self.send("input_audio_buffer.speech_started", audio_start_ms=int(self.audio_ms), item_id=item_id)
        turns = self.session["audio"]["input"]["turn_detection"] or {}
        if turns.get("interrupt_response", True):
            await self._cancel("turn_detected")
        return item_id

    async def speech_stops(self, item_id: str, text: str) -> None:
        """The caller has said `text`; the model answers as the session says."""
        await self.send("input_audio_buffer.speech_stopped", audio_end_ms=int(self.audio_ms), item_id=item_id)
        await self._commit({}, item_id=item_id)
        if self.session["audio"]["input"]["transcription"]:
            await self.send(
                "conversation.item.input_audio_transcription.completed",
                item_id=item_id,
                content_index=0,
                transcript=text,
                usage={"type": "duration", "seconds": 1},
            )
        turns = self.session["audio"]["input"]["turn_detection"] or {}
        if turns.get("create_response", True) and self._active is None:
            await self._start({})

    async def user_speaks(self, text: str) -> None:
        """A whole turn of the caller."""
        await self.speech_stops(await self.speech_starts(), text)

    # -- the protocol ---------------------------------------------------------------------------------

    async def run(self) -> None:
        """Serve the client until it leaves."""
        try:
            await self.send("session.created", session={**self.session, "id": self.new_id("sess")})
            async for message in self._socket:
                await self._on_message(message)
        finally:
            if self._active is not None:
                await self._active.drop()
            self.closed.set()

    async def _on_message(self, message: str | bytes) -> None:
        try:
            event = msgspec.json.decode(message, type=Json)
        except msgspec.DecodeError:
            await self._error(None, "invalid_json", "The event is not valid JSON.")
            return
        kind = event.get("type")
        handler = self._client_events.get(kind) if isinstance(kind, str) else None
        if handler is None:
            await self._error(event, "invalid_value", f"Invalid value: {kind!r}.")
            return
        try:
            await handler(event)
        except (AttributeError, KeyError, TypeError, ValueError) as exc:
            await self._error(event, "invalid_value", f"{kind} has no valid {exc}.")
        if kind != "input_audio_buffer.append":
            async with self._news:
                self.received.append(event)
                self._news.notify_all()

    async def _start(self, response: Mapping[str, Any]) -> None:
        reply = self._script(response)
        if not reply.silent:
            self._active = Answer(self, reply, response.get("metadata"), self._idle)
            await self._active.begin()

    def _idle(self) -> None:
        self._active = None

    async def _cancel(self, reason: str) -> None:
        if self._active is not None:
            await self._active.cancel(reason)

    async def _error(self, event: Json | None, code: str, message: str) -> None:
        about = event.get("event_id") if event else None
        error = {"type": "invalid_request_error", "code": code, "message": message, "param": None, "event_id": about}
        await self.send("error", error=error)

    async def _session_update(self, event: Json) -> None:
        session = event.get("session")
        if not isinstance(session, dict) or session.get("type") != "realtime":
            await self._error(event, "missing_required_parameter", "Missing required parameter: 'session.type'.")
            return
        _merge(self.session, session)
        await self.send("session.updated", session=self.session)

    async def _item_create(self, event: Json) -> None:
        item = {"id": self.new_id("item"), "object": "realtime.item", "status": "completed", **event["item"]}
        if item["type"] == "message":
            wrong = {part["type"] for part in item["content"]} - _CONTENT[item["role"]]
            if wrong:
                await self._error(event, "invalid_value", f"Invalid value: {wrong.pop()!r}.")
                return
        elif item["type"] == "function_call_output" and item["call_id"] not in {
            known.get("call_id") for known in self.items.values() if known["type"] == "function_call"
        }:
            await self._error(event, "item_create_invalid_call_id", "Tool call ID not found in conversation.")
            return
        await self.add_item(item, done=True)

    async def add_item(self, item: Json, *, done: bool) -> None:
        """Put an item at the conversation's end and announce it."""
        previous = next(reversed(self.items), None)
        self.items[item["id"]] = item
        await self.send("conversation.item.added", previous_item_id=previous, item=item)
        if done:
            await self.send("conversation.item.done", previous_item_id=previous, item=item)

    async def _known(self, event: Json) -> Json | None:
        item = self.items.get(event["item_id"])
        if item is None:
            await self._error(event, "item_not_found", "The item does not exist.")
        return item

    async def _item_retrieve(self, event: Json) -> None:
        if item := await self._known(event):
            await self.send("conversation.item.retrieved", item=item)

    async def _item_delete(self, event: Json) -> None:
        if await self._known(event):
            del self.items[event["item_id"]]
            await self.send("conversation.item.deleted", item_id=event["item_id"])

    async def _item_truncate(self, event: Json) -> None:
        if await self._known(event) is None:
            return
        if event["audio_end_ms"] > self.lengths.get(event["item_id"], 0):
            await self._error(event, "invalid_value", "Audio content is already shorter than audio_end_ms.")
            return
        place = {key: event[key] for key in ("item_id", "content_index", "audio_end_ms")}
        await self.send("conversation.item.truncated", **place)

    async def _append(self, event: Json) -> None:
        audio = pybase64.b64decode(event["audio"], validate=True)
        kind = self.session["audio"]["input"]["format"]["type"]
        self.audio_ms += len(audio) / (ULAW_8K if kind == "audio/pcmu" else PCM16_24K).bytes_per_ms
        if self._keep_audio:
            self.audio += audio
        if self._turn_every_ms and self.audio_ms >= self._turn_at:
            self._turn_at += self._turn_every_ms
            await self.user_speaks("Tell me more.")

    async def _commit(self, event: Json, *, item_id: str | None = None) -> None:
        item_id = item_id or self.new_id("item")
        content = [{"type": "input_audio", "transcript": None}]
        item = {"id": item_id, "object": "realtime.item", "type": "message", "role": "user", "status": "completed"}
        await self.send(
            "input_audio_buffer.committed", item_id=item_id, previous_item_id=next(reversed(self.items), None)
        )
        await self.add_item({**item, "content": content}, done=True)

    async def _clear(self, event: Json) -> None:
        await self.send("input_audio_buffer.cleared")

    async def _response_create(self, event: Json) -> None:
        if self._active is not None:
            await self._error(
                event,
                "conversation_already_has_active_response",
                f"Conversation already has an active response in progress: {self._active.id}.",
            )
            return
        await self._start(event.get("response") or {})

    async def _response_cancel(self, event: Json) -> None:
        if self._active is None:
            await self._error(event, "response_cancel_not_active", "Cancellation failed: no active response found.")
            return
        await self._cancel("client_cancelled")


def _merge(session: Json, update: Mapping[str, Any]) -> None:
    """Fields that are not named stay, as on the real server."""
    for name, value in update.items():
        if isinstance(value, Mapping) and isinstance(session.get(name), dict) and name != "turn_detection":
            _merge(session[name], value)
        else:
            session[name] = value
