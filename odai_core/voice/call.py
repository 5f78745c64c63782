"""One call's life, from the first byte to the last."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from agents.realtime import RealtimeModelEvent
from agents.realtime.model_inputs import (
    RealtimeModelSendAudio,
    RealtimeModelSendEvent,
    RealtimeModelSendInterrupt,
    RealtimeModelSendRawMessage,
    RealtimeModelSendUserInput,
)

from odai_core.calls import Caller, CallInfo, Turn
from odai_core.errors import ModelLost, SetupError
from odai_core.voice import prompts
from odai_core.voice.events import CallError, CallEvent, Ended, Handoff, Interrupted
from odai_core.voice.hangup import HANGUP
from odai_core.voice.listening import Listening
from odai_core.voice.meter import CallMeter
from odai_core.voice.metrics import TurnClock
from odai_core.voice.outbox import Outbox
from odai_core.voice.playback import Playback
from odai_core.voice.session import ModelSession
from odai_core.voice.toolwork import ToolWork
from odai_core.voice.transcript import TranscriptBook

log = logging.getLogger("odai.voice")

ROTATE_SECONDS = 55 * 60.0
"""A realtime connection expires after 60 minutes; it is replaced before that, between two turns."""
OVERDUE_SECONDS = 3 * 60.0
"""Past this no better moment is waited for."""
RECONNECT_DELAYS = (0.0, 0.5, 2.0)
"""Waits before each try to open a lost connection again."""
STEADY_SECONDS = 10.0
"""A connection that was lost sooner counts as a failed try: a server may accept calls only to drop them."""
HEARD_SECONDS = 10.0
"""The longest a goodbye may take to be heard."""
_ANSWER_SECONDS = 8.0

Connect = Callable[["LiveCall", tuple[Turn, ...]], Awaitable[ModelSession]]


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Seconds."""

    duration: float
    idle: float
    rotate: float = ROTATE_SECONDS


class LiveCall:
    """Implements `odai_core.Call`. Made by the switchboard; `open` and `close` are its two ends."""

    def __init__(
        self,
        info: CallInfo,
        *,
        connect: Connect,
        work: ToolWork,
        meter: CallMeter,
        limits: Limits,
        model_name: str,
        tool_names: tuple[str, ...],
    ) -> None:
        loop = asyncio.get_running_loop()
        self.info = info
        self.model_name = model_name
        self.tool_names = tool_names
        self._connect = connect
        self._limits = limits
        self._clock = loop.time
        self.playback = Playback(info.audio, clock=loop.time, wake=self._wake)
        self.outbox = Outbox(self.playback.next)
        self.book = TranscriptBook()
        self.clock = TurnClock(loop.time)
        self.work = work
        self.meter = meter
        self.listening = Listening(self)
        self._session: ModelSession | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._switching = asyncio.Lock()
        self._active_at = self._opened_at = self._connected_at = loop.time()
        self._recovering = False
        self._short_lived = 0
        self._closed = False

    # -- what a transport uses

    @property
    def session_id(self) -> str:
        return self.info.session_id

    @property
    def caller(self) -> Caller:
        """Who is talking; tools get it too."""
        return self.info.caller

    async def send_audio(self, audio: bytes) -> None:
        await self._send(RealtimeModelSendAudio(audio=audio))

    async def send_text(self, text: str) -> None:
        self.listening.asked()
        await self._send(RealtimeModelSendUserInput(user_input=text))

    def events(self) -> AsyncIterator[CallEvent]:
        return self.outbox.events()

    async def interrupt(self) -> None:
        await self._send(RealtimeModelSendInterrupt(force_response_cancel=True))
        self.cut()

    async def played(self, item_id: str, ms: int) -> None:
        self.playback.played(item_id, ms)

    async def say(self, text: str) -> None:
        response = {"instructions": prompts.say_instructions(text), "metadata": {"say": text}}
        await self._send(
            RealtimeModelSendRawMessage(message={"type": "response.create", "other_data": {"response": response}})
        )

    async def end(self, reason: str, message: str = "") -> None:
        self.outbox.put(Ended(reason, message))

    async def run_tool(self, spec: Any, call_id: str, arguments: str) -> str:
        """The agent's tools end here: the text for the model."""
        if spec.name == HANGUP.name:
            self.start(self._hang_up(), "hang-up")
        return await self.work.run(self, spec, call_id, arguments)

    # -- life

    async def open(self) -> None:
        """Connect the model and greet. Raises ModelLost when no connection comes about, SetupError when none can."""
        await self._reconnect()
        self.start(self._guard(), "guard")
        self.start(self.meter.run(), "meter")
        if self.meter.refusal is None:
            await self.say(prompts.GREETING)

    async def close(self) -> None:
        """Release everything; a second call does nothing."""
        if self._closed:
            return
        self._closed = True
        self.outbox.put(Ended("caller"))
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        if self._session is not None:
            await self._session.close()
        await self.meter.close()

    def start(self, work: Coroutine[Any, Any, None], name: str) -> None:
        """Run something that ends with the call at the latest."""
        if self._closed:
            work.close()
            return
        task = asyncio.create_task(work, name=f"odai-call-{name}")
        self._tasks.add(task)
        task.add_done_callback(self._task_done)

    def touch(self) -> None:
        """Somebody is there."""
        self._active_at = self._clock()

    # -- what listening uses

    def emit(self, event: CallEvent | None) -> None:
        """Queue an event for the transport."""
        if event is not None:
            self.outbox.put(event)

    def cut(self) -> None:
        """Silence what is queued and say what was heard. Nothing happens when nothing plays."""
        self.listening.cancelled()
        stopped = self.playback.interrupt()
        if stopped:
            self.emit(Interrupted(stopped[0].item_id, stopped[0].heard_ms))
        for item in stopped:
            self.emit(self.book.interrupt(item.item_id, item.heard_ms, item.made_ms))

    def lost(self) -> None:
        """The model's connection is gone: open another one."""
        if not (self._closed or self.outbox.ended or self._switching.locked() or self._recovering):
            self._recovering = True
            steady = self._clock() - self._connected_at >= STEADY_SECONDS
            self._short_lived = 0 if steady else self._short_lived + 1
            self.start(self._recover(), "recover")

    def failed(self, code: str, message: str) -> None:
        """The model gave up on an answer: say so instead of leaving silence, but not for ever."""
        self.emit(CallError(code, message, True))
        if self.listening.failures <= 2:
            self.start(self.say(prompts.FAILED), "apology")

    # -- inside

    async def _send(self, event: RealtimeModelSendEvent) -> None:
        session = self._session
        if session is None or self._closed:
            return
        try:
            await session.send(event)
        except asyncio.CancelledError:
            raise
        except Exception as error:
            log.info("the model took no input: %s", type(error).__name__)
            self.lost()

    async def _reconnect(self) -> None:
        """Replace the session by a new one that knows what was said.

        Raises ModelLost after the last try, SetupError at once.
        """
        async with self._switching:
            old, self._session = self._session, None
            if old is not None:
                await old.close()
            for delay in RECONNECT_DELAYS[max(0, self._short_lived - 1) :]:
                await asyncio.sleep(delay)
                if await self._try_to_connect():
                    self._connected_at = self._clock()
                    self.listening.restarted()
                    return
        raise ModelLost(f"The model {self.model_name} cannot be reached.")

    async def _try_to_connect(self) -> bool:
        try:
            session = await self._connect(self, self.book.turns())
        except SetupError:
            raise
        except Exception as error:
            log.warning("no connection to the model %s: %s", self.model_name, type(error).__name__)
            return False
        # Only after this may the call hear that it is lost, so a session that was dropped at once is told here.
        if session.gone:
            log.warning("the model %s dropped a new connection", self.model_name)
            await session.close()
            return False
        self._session = session
        return True

    async def _recover(self) -> None:
        waiting = self.listening.waiting
        try:
            await self._reconnect()
        except (ModelLost, SetupError):
            self.emit(
                CallError("model_lost", "The assistant cannot be reached right now. Please try again later.", True)
            )
            await self.end("model_lost", "The assistant cannot be reached right now.")
            return
        finally:
            self._recovering = False
        if waiting:
            await self.say(prompts.RECONNECTED)

    async def _guard(self) -> None:
        """The clocks of a call: idle, duration, and the age of the model's connection; and what its user may use."""
        while not self.outbox.ended:
            now = self._clock()
            if self._busy:
                self._active_at = now
            left = {
                "duration": self._opened_at + self._limits.duration - now,
                "idle": self._active_at + self._limits.idle - now,
                "rotate": self._connected_at + self._limits.rotate - now,
            }
            due = min(left, key=lambda name: left[name])
            if self.meter.refusal is not None:
                await self._farewell("quota", prompts.QUOTA_FAREWELL)
            elif left[due] > 0:
                await asyncio.sleep(min(left[due], 1.0))
            elif due == "rotate":
                await self._rotate()
            else:
                await self._farewell(due, prompts.IDLE_FAREWELL if due == "idle" else prompts.DURATION_FAREWELL)

    @property
    def _busy(self) -> bool:
        """The assistant is at work, or being heard."""
        return bool(self.listening.responding or self.playback.active or self.work.running)

    async def _rotate(self) -> None:
        """Replace a connection that is about to expire; not while anybody speaks or waits for an answer."""
        overdue = self._clock() >= self._connected_at + self._limits.rotate + OVERDUE_SECONDS
        taken = self._busy or self.listening.speaking or self.listening.waiting
        if self._recovering or (taken and not overdue):
            await asyncio.sleep(0.5)
            return
        self._recovering = True
        self._short_lived = 0
        await self._recover()

    async def _farewell(self, reason: str, text: str) -> None:
        await self.listening.answered(_ANSWER_SECONDS)
        self.listening.expect_answer()
        await self.say(text)
        await self._heard_out()
        await self.end(reason, text)

    async def _hang_up(self) -> None:
        """End after the goodbye was heard: to its last mark, but within `HEARD_SECONDS`."""
        said_something = self.listening.spoke
        await self.listening.answered(_ANSWER_SECONDS)
        if not (said_something or self.listening.spoke):
            self.listening.expect_answer()
            await self.say(prompts.FAREWELL)
        await self._heard_out()
        await self.end("hangup")

    async def _heard_out(self) -> None:
        await self.listening.answered(_ANSWER_SECONDS)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(HEARD_SECONDS):
                await self.playback.drained()

    def _wake(self) -> None:
        self.outbox.wake()

    def on_handoff(self, from_agent: str, to_agent: str) -> None:
        """The SDK moved the call to another agent."""
        self.emit(Handoff(from_agent, to_agent))

    async def on_model_event(self, event: RealtimeModelEvent) -> None:
        """The model's events arrive here, in order."""
        self.meter.take(event)
        if not self._closed:
            self.listening.take(event)

    def _task_done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("a call's %s failed: %s", task.get_name(), type(error).__name__, exc_info=error)
            self.outbox.put(Ended("error", "Something went wrong on our side."))
