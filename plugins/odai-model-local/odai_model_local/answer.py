"""One answer of the local voice, as the SDK's events: turn_started ... turn_ended, exactly once each."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Literal, TypeVar
from uuid import uuid4

import numpy as np
from agents.realtime.items import AssistantAudio, AssistantMessageItem
from agents.realtime.model_events import (
    RealtimeModelAudioDoneEvent,
    RealtimeModelAudioEvent,
    RealtimeModelEvent,
    RealtimeModelItemUpdatedEvent,
    RealtimeModelRawServerEvent,
    RealtimeModelToolCallEvent,
    RealtimeModelTranscriptDeltaEvent,
    RealtimeModelTurnEndedEvent,
    RealtimeModelTurnStartedEvent,
    RealtimeModelUsageEvent,
)
from agents.usage import Usage

from odai_core import AudioFormat
from odai_model_local.audio import Encoder, Floats
from odai_model_local.tts import clauses

T = TypeVar("T")
Emit = Callable[[RealtimeModelEvent], Awaitable[None]]
Speak = Callable[[str], Awaitable[Floats]]

CHUNK_MS = 100
"""Audio in one event."""


class Answer:
    """Made for one turn. After `cancel` or `finish` it emits nothing more, whatever is still being made."""

    def __init__(self, emit: Emit, speak: Speak, audio: AudioFormat, timing: dict[str, int]) -> None:
        self.response_id = f"resp_{uuid4().hex}"
        self.item_id = f"item_{uuid4().hex}"
        self.over = False
        self.audio_ms = 0
        """How much audio has been emitted."""
        self._emit = emit
        self._speak = speak
        self._audio = audio
        self._timing = timing
        self._text = ""
        self._child: asyncio.Task[Any] | None = None

    async def start(self) -> None:
        """Say that an answer begins."""
        await self._emit(RealtimeModelTurnStartedEvent(response_id=self.response_id))

    async def wait_for(self, work: Coroutine[Any, Any, T]) -> T | None:
        """Await the brain; `cancel` stops it, and the result is None then."""
        child = self._child = asyncio.create_task(work, name="odai-local-brain")
        try:
            await asyncio.wait({child})
        finally:
            child.cancel()
            self._child = None
        return None if self.over else child.result()

    async def say(self, text: str) -> None:
        """Speak, clause by clause, as fast as they are made."""
        started = time.monotonic()
        encoder = Encoder(self._audio)
        for clause in clauses(text):
            samples = await self._speak(clause)
            if self.over:
                return
            await self._grow(clause)
            if not self.audio_ms and len(samples):
                self._timing["tts_first_ms"] = round((time.monotonic() - started) * 1000)
                await self._tell_timing()
            await self._play(encoder.feed(samples))
        await self._play(encoder.feed(np.zeros(0, np.float32), last=True))

    async def call(self, name: str, arguments: str) -> None:
        """Ask for a tool."""
        if not self.over:
            event = RealtimeModelToolCallEvent(
                name=name, arguments=arguments, call_id=f"call_{uuid4().hex}", id=f"item_{uuid4().hex}"
            )
            await self._emit(event)

    async def finish(self) -> None:
        """Everything is made."""
        if self.over:
            return
        await self._tell_timing()
        if self.audio_ms:
            await self._emit(RealtimeModelAudioDoneEvent(item_id=self.item_id, content_index=0))
        await self._end("completed")

    async def cancel(self) -> None:
        """Stop making it; what was emitted stands as it is."""
        if not self.over:
            if self._child is not None:
                self._child.cancel()
            await self._end("incomplete")

    async def _end(self, status: Literal["completed", "incomplete"]) -> None:
        self.over = True
        if self._text:
            await self._emit(self._item(status))
        await self._emit(RealtimeModelUsageEvent(usage=Usage(requests=1)))
        await self._emit(RealtimeModelTurnEndedEvent(response_id=self.response_id))

    async def _tell_timing(self) -> None:
        timing, self._timing = self._timing, {}
        if timing:
            await self._emit(RealtimeModelRawServerEvent(data={"type": "odai.timing", **timing}))

    async def _grow(self, clause: str) -> None:
        if not self._text:
            await self._emit(self._item("in_progress"))
        delta = f" {clause}" if self._text else clause
        self._text += delta
        await self._emit(
            RealtimeModelTranscriptDeltaEvent(item_id=self.item_id, delta=delta, response_id=self.response_id)
        )

    async def _play(self, data: bytes) -> None:
        size = CHUNK_MS * self._audio.bytes_per_ms
        for at in range(0, len(data), size):
            if self.over:
                return
            piece = data[at : at + size]
            self.audio_ms += len(piece) // self._audio.bytes_per_ms
            await self._emit(
                RealtimeModelAudioEvent(data=piece, response_id=self.response_id, item_id=self.item_id, content_index=0)
            )

    def _item(self, status: Literal["in_progress", "completed", "incomplete"]) -> RealtimeModelItemUpdatedEvent:
        content = AssistantAudio(transcript=self._text)
        return RealtimeModelItemUpdatedEvent(
            item=AssistantMessageItem(item_id=self.item_id, status=status, content=[content])
        )
