"""What the model's events mean for a call."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from agents.realtime import RealtimeModelEvent

from odai_core.voice.events import CallError, Ended, ResponseEnded, ResponseStarted
from odai_core.voice.hangup import HANGUP
from odai_core.voice.orchestrator import AGENT_NAME

if TYPE_CHECKING:
    from odai_core.voice.call import LiveCall

_CANCELLED_KEPT = 16
"""Answers whose late audio is still recognised."""
_MESSAGES = {
    "response_timeout": "The assistant did not answer in time. Please try again.",
    "response_failed": "The assistant could not finish its answer. Please try again.",
}


class Listening:
    """Turns model events into call events; holds what is known of the answer under way."""

    def __init__(self, call: LiveCall) -> None:
        self._call = call
        self._response_id: str | None = None
        self._cancelled: deque[str] = deque(maxlen=_CANCELLED_KEPT)
        self._quiet = asyncio.Event()
        self._quiet.set()
        self.responding = False
        self.spoke = False
        """The answer under way (or the last one) had audio."""
        self.speaking = False
        """The caller is."""
        self.waiting = False
        """The caller is owed an answer."""
        self.failures = 0
        """Answers that failed since the caller's last turn."""
        self._takers: dict[str, Callable[[Any], None]] = {
            "audio": self._audio,
            "audio_done": self._audio_done,
            "audio_interrupted": self._audio_interrupted,
            "connection_status": self._connection,
            "end_of_stream": self._gone,
            "error": self._error,
            "exception": self._gone,
            "function_call": self._function_call,
            "input_audio_transcription_completed": self._heard_user,
            "item_updated": self._item,
            "raw_server_event": self._raw,
            "transcript_delta": self._transcript,
            "turn_ended": self._turn_ended,
            "turn_started": self._turn_started,
        }

    def take(self, event: RealtimeModelEvent) -> None:
        """One event; kinds that mean nothing to a call are passed over."""
        taker = self._takers.get(event.type)
        if taker is not None:
            taker(event)

    def restarted(self) -> None:
        """Another connection: nothing of the old one is under way."""
        self.responding = self.speaking = False
        self._quiet.set()
        self._call.playback.finish_all()

    def asked(self) -> None:
        """The caller finished a turn, spoken or typed."""
        self.speaking = False
        self.waiting = True
        self.failures = 0
        self._call.touch()
        self._call.clock.asked()

    def cancelled(self) -> None:
        """The answer under way was stopped: whatever of it comes late is not for the caller."""
        if self._response_id is not None and self.responding:
            self._cancelled.append(self._response_id)

    def expect_answer(self) -> None:
        """Something was asked of the model; `answered` waits for the end of what it says."""
        self.spoke = False
        self._quiet.clear()

    async def answered(self, seconds: float) -> None:
        """Wait until the answer under way was produced, at most `seconds`."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._quiet.wait()

    # -- the answer

    def _turn_started(self, event: Any) -> None:
        self._response_id = event.response_id
        self.responding = True
        self.spoke = False
        self._quiet.clear()
        self._call.clock.answering()
        self._call.emit(ResponseStarted(AGENT_NAME))

    def _audio(self, event: Any) -> None:
        if event.response_id in self._cancelled:
            return
        call = self._call
        call.clock.first_audio()
        if not self.spoke:
            self.spoke = True
            self.waiting = False
            call.playback.drop_fillers()
        if not call.playback.add(event.item_id, event.data) and call.playback.full and not call.info.audio.paced:
            call.emit(Ended("slow_peer", "The connection could not keep up."))

    def _audio_done(self, event: Any) -> None:
        self._call.playback.finish(event.item_id)

    def _audio_interrupted(self, event: Any) -> None:
        self._call.cut()

    def _transcript(self, event: Any) -> None:
        if event.response_id not in self._cancelled:
            self._call.emit(self._call.book.add_delta(event.item_id, event.delta))

    def _turn_ended(self, event: Any) -> None:
        self.responding = False
        self._quiet.set()
        call = self._call
        call.playback.finish_all()
        call.emit(ResponseEnded(AGENT_NAME))
        if self.spoke:
            call.emit(call.clock.finish())

    def _function_call(self, event: Any) -> None:
        # Whatever was said before it ("one moment"), what the caller wants comes after it.
        self.waiting = event.name != HANGUP.name
        self._call.touch()

    # -- the caller

    def _heard_user(self, event: Any) -> None:
        self._call.touch()
        self._call.emit(self._call.book.set_text(event.item_id, "user", event.transcript, completed=True))

    def _item(self, event: Any) -> None:
        item = event.item
        if item.type != "message" or item.role not in ("user", "assistant"):
            return
        texts = (getattr(part, "text", None) or getattr(part, "transcript", None) for part in item.content)
        text = " ".join(text for text in texts if text)
        completed = getattr(item, "status", "completed") == "completed" and bool(text)
        self._call.emit(self._call.book.set_text(item.item_id, item.role, text, completed=completed))

    def _raw(self, event: Any) -> None:
        data = event.data
        kind = data.get("type") if isinstance(data, dict) else None
        if kind == "input_audio_buffer.speech_started":
            self.speaking = True
            self._call.touch()
        elif kind == "input_audio_buffer.speech_stopped":
            self.asked()
        elif kind == "odai.timing" and isinstance(data, dict):
            self._call.clock.note(data)

    # -- trouble

    def _error(self, event: Any) -> None:
        error = event.error
        code = str((error.get("code") if isinstance(error, dict) else getattr(error, "code", "")) or "model_error")[:60]
        if code in _MESSAGES:
            self.failures += 1
            self._quiet.set()
            self._call.failed(code, _MESSAGES[code])
        else:
            self._call.emit(CallError("model_error", "The assistant had a small hiccup; please go on.", True))

    def _connection(self, event: Any) -> None:
        if event.status == "disconnected":
            self._gone(event)

    def _gone(self, event: Any) -> None:
        self._quiet.set()
        self.waiting = self.waiting or self.responding
        self.responding = False
        self._call.lost()
