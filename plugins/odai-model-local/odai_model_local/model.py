"""The local voice as a realtime model of the Agents SDK: audio in, events out, all of it in this process."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING
from uuid import uuid4

from agents.realtime.items import InputAudio, InputText, UserMessageItem
from agents.realtime.model import RealtimeModel, RealtimeModelConfig, RealtimeModelListener
from agents.realtime.model_events import (
    RealtimeModelAudioEvent,
    RealtimeModelAudioInterruptedEvent,
    RealtimeModelConnectionStatusEvent,
    RealtimeModelErrorEvent,
    RealtimeModelEvent,
    RealtimeModelInputAudioTranscriptionCompletedEvent,
    RealtimeModelItemUpdatedEvent,
    RealtimeModelRawServerEvent,
)
from agents.realtime.model_inputs import (
    RealtimeModelSendAudio,
    RealtimeModelSendEvent,
    RealtimeModelSendInterrupt,
    RealtimeModelSendRawMessage,
    RealtimeModelSendToolOutput,
    RealtimeModelSendUserInput,
)

from odai_core import CallOptions, OdaiError
from odai_model_local import speech, workers
from odai_model_local.answer import Answer, Speak
from odai_model_local.brain.types import Brain, Decision, Embed, Say
from odai_model_local.gathering import Gathering
from odai_model_local.hearing import Heard, Hearing, Tasks
from odai_model_local.inputs import line_of, text_of
from odai_model_local.jobs import Job, Line, Results, Spoken, Typed, decide
from odai_model_local.listen import Ear

if TYPE_CHECKING:
    from odai_core import Values

log = logging.getLogger("odai.model.local")

HANGUP = "hangup_call"
STILL_PLAYING_SECONDS = 2.0
"""How long after its length an answer may still be heard: buffers on the way are not ours to see."""
MAX_JOBS = 16

MakeBrain = Callable[[CallOptions, Embed | None], Brain]


@dataclass(frozen=True)
class _Connected:
    """What exists from `connect` on."""

    hearing: Hearing
    brain: Brain
    speak: Speak


def _make_brain(options: CallOptions, embed: Embed | None) -> Brain:
    from odai_model_local.brain import make_brain

    return make_brain(options, embed)


class LocalRealtimeModel(RealtimeModel):
    """One per call. `load` and `make_brain` are for tests and for other brains."""

    def __init__(
        self,
        options: CallOptions,
        *,
        load: Callable[[Values], speech.Speech] = speech.load,
        make_brain: MakeBrain = _make_brain,
    ) -> None:
        self._options = options
        self._load = load
        self._make_brain = make_brain
        self._tools = {tool.name: tool for tool in options.tools}
        self._listeners: list[RealtimeModelListener] = []
        self._workers = workers.shared()
        self._jobs: deque[Job] = deque()
        self._gathering = Gathering()
        self._news = asyncio.Event()
        """Set when there may be something to answer."""
        self._in_order = asyncio.Lock()
        self._tasks = Tasks()
        self._outputs: list[tuple[str, str]] = []
        self._answer: Answer | None = None
        self._playing_item: str | None = None
        self._playing_until = 0.0
        self._connected: _Connected | None = None
        self._closed = asyncio.Event()

    # -- the SDK's side

    def add_listener(self, listener: RealtimeModelListener) -> None:
        """Events go to every listener, one after the other, each awaited."""
        self._listeners.append(listener)

    def remove_listener(self, listener: RealtimeModelListener) -> None:
        """A listener that is not there is no error."""
        with contextlib.suppress(ValueError):
            self._listeners.remove(listener)

    async def connect(self, options: RealtimeModelConfig) -> None:
        """Load the models, if no call has yet. Raises AssetError when their files are missing or damaged."""
        if self._connected is not None or self._closed.is_set():
            raise RuntimeError("a local voice is connected once")
        models = await self._workers.run(self._load, self._options.settings)
        ear = Ear(self._options.audio, self._options.turns, models.listen())
        hearing = Hearing(
            ear,
            lambda samples: self._workers.run(models.transcribe, samples),
            started=self._caller_started,
            finished=self._caller_finished,
        )
        brain = await self._workers.run(partial(self._make_brain, self._options), models.embed)
        if self._closed.is_set():
            await brain.close()
            raise RuntimeError("the local voice was closed while it connected")
        connected = self._connected = _Connected(
            hearing, brain, lambda clause: self._workers.run(models.speak, clause, urgent=True)
        )
        self._tasks.start(self._work(connected), "turns")
        await self._emit(RealtimeModelConnectionStatusEvent(status="connected"))

    async def send_event(self, event: RealtimeModelSendEvent) -> None:
        """Take an input. What a closed model gets is dropped; settings updates mean nothing here."""
        if self._connected is None:
            raise RuntimeError("the local voice is not connected")
        if self._closed.is_set():
            return
        if isinstance(event, RealtimeModelSendAudio):
            await self._connected.hearing.feed(event.audio, commit=event.commit)
        elif isinstance(event, RealtimeModelSendUserInput):
            await self._enqueue(Typed(text_of(event.user_input)))
        elif isinstance(event, RealtimeModelSendToolOutput):
            await self._take_output(event)
        elif isinstance(event, RealtimeModelSendInterrupt):
            await self._interrupt(event)
        elif isinstance(event, RealtimeModelSendRawMessage):
            line = line_of(event)
            if line:
                await self._enqueue(Line(line))

    async def send_event_if(self, event: RealtimeModelSendEvent, send_if: Callable[[], bool]) -> bool:
        """Take an input unless `send_if` says no; nothing can come between the two."""
        if self._closed.is_set() or not send_if():
            return False
        await self.send_event(event)
        return True

    async def close(self) -> None:
        """Stop everything. A second call does nothing."""
        if self._closed.is_set():
            return
        self._closed.set()
        if self._answer is not None:
            await self._answer.cancel()
        await self._tasks.close()
        try:
            if self._connected is not None:
                await self._connected.hearing.close()
                await self._connected.brain.close()
        finally:
            for listener in list(self._listeners):
                await listener.on_event(RealtimeModelConnectionStatusEvent(status="disconnected"))

    # -- hearing

    async def _caller_started(self) -> None:
        await self._emit_raw("input_audio_buffer.speech_started")
        if self._options.turns.interrupt:
            await self._stop()
        else:
            self._gathering.started(asyncio.get_running_loop().time())

    async def _caller_finished(self, heard: Heard) -> None:
        await self._emit_raw("input_audio_buffer.speech_stopped")
        if self._options.turns.interrupt:
            await self._enqueue(heard)
        else:
            self._gathering.finished(asyncio.get_running_loop().time())
            self._tasks.start(self._attempt(partial(self._gather, heard)), "gathering")

    async def _gather(self, heard: Heard) -> None:
        spoken = None
        try:
            async with self._in_order:
                spoken = await self._transcript(heard)
        finally:
            self._gathering.recognised(spoken)
            self._news.set()

    # -- answering, one turn after the other

    async def _enqueue(self, job: Job) -> None:
        if len(self._jobs) < MAX_JOBS:
            self._jobs.append(job)
            self._news.set()
            return
        if isinstance(job, Heard):
            job.transcript.cancel()
        await self._fail("busy", "Too much was said at once.")

    async def _next(self) -> Job:
        """What the caller said over an answer comes after everything that is ready."""
        while not self._jobs:
            due_in = self._gathering.due_in(asyncio.get_running_loop().time())
            if due_in == 0:
                return self._gathering.take()
            self._news.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(due_in):
                    await self._news.wait()
        return self._jobs.popleft()

    async def _work(self, connected: _Connected) -> None:
        while not self._closed.is_set():
            job = await self._next()
            await self._attempt(partial(self._do, job, connected))

    async def _attempt(self, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()
        except OdaiError as error:
            await self._fail("response_failed", str(error))
        except Exception as error:
            log.error("a turn of the local voice failed: %s", type(error).__name__, exc_info=error)
            await self._fail("response_failed", "The local voice could not finish its answer.")

    async def _do(self, job: Job, connected: _Connected) -> None:
        if isinstance(job, Heard):
            spoken = await self._transcript(job)
            if spoken is None:
                return
            job = spoken
        elif isinstance(job, Typed):
            await self._add_user_item(InputText(text=job.text))
        if self._options.turns.interrupt:
            await connected.hearing.quiet.wait()  # what the caller is saying just now would stop it at once
        timing = dict(job.timing) if isinstance(job, Spoken) else {}
        answer = self._answer = Answer(self._emit, connected.speak, self._options.audio, timing)
        self._gathering.answering = not isinstance(job, Line)
        try:
            await answer.start()
            for decision in await answer.wait_for(decide(job, connected.brain, timing)) or ():
                await self._act(answer, decision)
        finally:
            self._gathering.answering = False
            await answer.finish()

    async def _transcript(self, job: Heard) -> Spoken | None:
        loop = asyncio.get_running_loop()
        started = loop.time()
        await asyncio.wait({job.transcript})
        text = job.transcript.result()
        if not text:
            return None
        timing = {"end_of_turn_ms": job.silence_ms, "stt_ms": round((loop.time() - started) * 1000)}
        item_id = await self._add_user_item(InputAudio(transcript=text))
        await self._emit(RealtimeModelInputAudioTranscriptionCompletedEvent(item_id=item_id, transcript=text))
        return Spoken(text, timing)

    async def _act(self, answer: Answer, decision: Decision) -> None:
        if not isinstance(decision, Say):
            if decision.preface:
                await answer.say(decision.preface)
            await answer.call(decision.name, decision.arguments)
            return
        await answer.say(decision.text)
        if decision.then_end and HANGUP in self._tools:
            # A strict schema requires every property; an optional one is null.
            properties = self._tools[HANGUP].parameters.get("properties", {})
            await answer.call(HANGUP, json.dumps(dict.fromkeys(properties)))

    async def _take_output(self, event: RealtimeModelSendToolOutput) -> None:
        if event.tool_call.name != HANGUP:
            self._outputs.append((event.tool_call.name, event.output))
        if event.start_response and self._outputs:
            outputs, self._outputs = tuple(self._outputs), []
            await self._enqueue(Results(outputs))

    # -- stopping

    async def _interrupt(self, event: RealtimeModelSendInterrupt) -> None:
        if event.response_id is not None and (self._answer is None or self._answer.response_id != event.response_id):
            return
        await self._stop(playback=not event.cancel_response_only)

    async def _stop(self, *, playback: bool = True) -> None:
        """Stop making the answer under way, and say that what is playing is to stop."""
        if self._answer is not None:
            await self._answer.cancel()
        if not playback:
            return
        self._gathering.plays_until(0.0)
        self._news.set()
        item, self._playing_item = self._playing_item, None
        if item is not None and asyncio.get_running_loop().time() < self._playing_until + STILL_PLAYING_SECONDS:
            await self._emit(RealtimeModelAudioInterruptedEvent(item_id=item, content_index=0))

    # -- events

    async def _emit(self, event: RealtimeModelEvent) -> None:
        if self._closed.is_set():
            return
        if isinstance(event, RealtimeModelAudioEvent):
            now = asyncio.get_running_loop().time()
            seconds = len(event.data) / self._options.audio.bytes_per_ms / 1000
            self._playing_item = event.item_id
            self._playing_until = max(self._playing_until, now) + seconds
            if self._gathering.answering:
                self._gathering.plays_until(self._playing_until)
        for listener in list(self._listeners):
            await listener.on_event(event)

    async def _emit_raw(self, kind: str) -> None:
        await self._emit(RealtimeModelRawServerEvent(data={"type": kind}))

    async def _fail(self, code: str, message: str) -> None:
        await self._emit(RealtimeModelErrorEvent(error={"code": code, "message": message}))

    async def _add_user_item(self, content: InputAudio | InputText) -> str:
        item_id = f"item_{uuid4().hex}"
        await self._emit(RealtimeModelItemUpdatedEvent(item=UserMessageItem(item_id=item_id, content=[content])))
        return item_id
