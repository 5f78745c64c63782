"""One response of the fake OpenAI server: a message, some function calls, and how they end."""

from __future__ import annotations

import asyncio
from asyncio import sleep
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

import pybase64
from websockets.exceptions import ConnectionClosed

from odai_core.calls import AudioFormat
from odai_core.testing.tone import tone

Json = dict[str, Any]

USAGE: Json = {
    "total_tokens": 150,
    "input_tokens": 100,
    "output_tokens": 50,
    "input_token_details": {"text_tokens": 60, "audio_tokens": 40, "image_tokens": 0, "cached_tokens": 20},
    "output_token_details": {"text_tokens": 10, "audio_tokens": 40},
}


@dataclass(frozen=True, kw_only=True)
class FunctionCall:
    """A tool the model calls; `arguments` is JSON text."""

    name: str
    arguments: str = "{}"
    call_id: str | None = None


@dataclass(frozen=True)
class Reply:
    """How one response.create (or a caller's turn) is answered."""

    text: str = ""
    """Spoken, as a tone of `audio_ms`, with this transcript; empty: no message."""
    calls: tuple[FunctionCall, ...] = field(default=(), kw_only=True)
    audio_ms: int = field(default=400, kw_only=True)
    frame_ms: int = field(default=100, kw_only=True)
    speed: float = field(default=0, kw_only=True)
    """Times real time; 0: as fast as the socket takes it."""
    status: str = field(default="completed", kw_only=True)
    """"completed", "failed" or "incomplete"."""
    reason: str = field(default="server_error", kw_only=True)
    """The error's code when failed, the reason when incomplete."""
    silent: bool = field(default=False, kw_only=True)
    """Never answer, not even with response.created."""
    hold: asyncio.Event | None = field(default=None, kw_only=True)
    """Wait for it after the audio, before the item is done."""
    late_deltas: int = field(default=0, kw_only=True)
    """When cancelled, so many audio deltas still come before response.done."""


class Conversation(Protocol):
    """What an answer needs of its connection."""

    lengths: dict[str, int]
    """Milliseconds of audio sent, by item."""

    @property
    def output_format(self) -> AudioFormat:
        """What answers are encoded in."""

    def new_id(self, kind: str) -> str:
        """An id nobody has."""

    async def send(self, kind: str, **fields: Any) -> None:
        """Send a server event."""

    async def add_item(self, item: Json, *, done: bool) -> None:
        """Put an item at the conversation's end and announce it."""


class Answer:
    """A response that is being given. `on_end` runs just before response.done is sent."""

    def __init__(self, conversation: Conversation, reply: Reply, metadata: Any, on_end: Callable[[], None]) -> None:
        self.id = conversation.new_id("resp")
        self._talk = conversation
        self._reply = reply
        self._metadata = metadata
        self._on_end = on_end
        self._output: list[Json] = []
        self._speaking: Json | None = None
        self._task: asyncio.Task[None] | None = None

    async def begin(self) -> None:
        """Announce it, and go on by itself."""
        await self._talk.send("response.created", response=self._response("in_progress", None, None))
        self._task = asyncio.create_task(self._give())

    async def cancel(self, reason: str) -> None:
        """Stop, and say so: "turn_detected" or "client_cancelled"."""
        await self.drop()
        item = self._speaking
        if item is not None:
            for _ in range(self._reply.late_deltas):
                await self._delta(item, tone(self._talk.output_format, self._reply.frame_ms))
            await self._finish_message(item, "incomplete")
        await self._done("cancelled", {"type": "cancelled", "reason": reason})

    async def drop(self) -> None:
        """Stop without a word: the connection is gone."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def _response(self, status: str, details: Json | None, usage: Json | None) -> Json:
        return {
            "object": "realtime.response",
            "id": self.id,
            "status": status,
            "status_details": details,
            "output": self._output,
            "conversation_id": "conv_1",
            "output_modalities": ["audio"],
            "max_output_tokens": "inf",
            "usage": usage,
            "metadata": self._metadata,
        }

    async def _give(self) -> None:
        reply = self._reply
        try:
            if reply.text:
                await self._speak()
            if reply.hold is not None:
                await reply.hold.wait()
            if self._speaking is not None:
                await self._finish_message(self._speaking, "completed" if reply.status == "completed" else "incomplete")
            for call in reply.calls:
                await self._call(call)
            await self._done(reply.status, self._details())
        except ConnectionClosed:
            return

    def _details(self) -> Json | None:
        if self._reply.status == "failed":
            error = {"type": "server_error", "code": self._reply.reason}
            return {"type": "failed", "error": error}
        if self._reply.status == "incomplete":
            return {"type": "incomplete", "reason": self._reply.reason}
        return None

    async def _speak(self) -> None:
        talk, reply = self._talk, self._reply
        item: Json = {"id": talk.new_id("item"), "object": "realtime.item", "type": "message", "role": "assistant"}
        item |= {"status": "in_progress", "content": []}
        self._speaking = item
        await self._added(item)
        await self._part("response.content_part.added", item, part={"type": "audio", "transcript": ""})
        frame = tone(talk.output_format, reply.frame_ms)
        frames = max(1, reply.audio_ms // reply.frame_ms)
        start = asyncio.get_running_loop().time()
        for number in range(frames):
            text = reply.text[len(reply.text) * number // frames : len(reply.text) * (number + 1) // frames]
            if text:
                await self._part("response.output_audio_transcript.delta", item, delta=text)
            await self._delta(item, frame)
            if reply.speed:
                due = start + (number + 1) * reply.frame_ms / 1000 / reply.speed
                await sleep(due - asyncio.get_running_loop().time())

    async def _part(self, kind: str, item: Json, **fields: Any) -> None:
        place = {"response_id": self.id, "item_id": item["id"], "output_index": len(self._output) - 1}
        await self._talk.send(kind, **place, content_index=0, **fields)

    async def _delta(self, item: Json, audio: bytes) -> None:
        ms = len(audio) // self._talk.output_format.bytes_per_ms
        self._talk.lengths[item["id"]] = self._talk.lengths.get(item["id"], 0) + ms
        await self._part("response.output_audio.delta", item, delta=pybase64.b64encode(audio).decode())

    async def _added(self, item: Json) -> None:
        self._output.append(item)
        await self._item("response.output_item.added", item)
        await self._talk.add_item(item, done=False)

    async def _item(self, kind: str, item: Json) -> None:
        await self._talk.send(kind, response_id=self.id, output_index=len(self._output) - 1, item=item)

    async def _finish_message(self, item: Json, status: str) -> None:
        self._speaking = None
        part = {"type": "output_audio", "transcript": self._reply.text}
        item |= {"status": status, "content": [part]}
        await self._part("response.output_audio.done", item)
        await self._part("response.output_audio_transcript.done", item, transcript=self._reply.text)
        await self._part("response.content_part.done", item, part={"type": "audio", "transcript": self._reply.text})
        await self._talk.send("conversation.item.done", previous_item_id=None, item=item)
        await self._item("response.output_item.done", item)

    async def _call(self, call: FunctionCall) -> None:
        talk = self._talk
        call_id = call.call_id or talk.new_id("call")
        item: Json = {"id": talk.new_id("item"), "object": "realtime.item", "type": "function_call"}
        item |= {"status": "in_progress", "name": call.name, "call_id": call_id, "arguments": ""}
        await self._added(item)
        place = {"response_id": self.id, "item_id": item["id"], "output_index": len(self._output) - 1}
        await talk.send("response.function_call_arguments.delta", **place, call_id=call_id, delta=call.arguments)
        await talk.send(
            "response.function_call_arguments.done",
            **place,
            call_id=call_id,
            name=call.name,
            arguments=call.arguments,
        )
        item |= {"status": "completed", "arguments": call.arguments}
        await talk.send("conversation.item.done", previous_item_id=None, item=item)
        await self._item("response.output_item.done", item)

    async def _done(self, status: str, details: Json | None) -> None:
        self._on_end()
        await self._talk.send("response.done", response=self._response(status, details, USAGE))
