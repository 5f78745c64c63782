"""The local voice as a realtime model of the Agents SDK: audio in, events out, all of it in this process."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar
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
    RealtimeModelUserInput,
)

from odai_core import CallOptions, OdaiError
from odai_model_local import speech, workers
from odai_model_local.answer import Answer
from odai_model_local.audio import Floats
from odai_model_local.brain.types import Brain, Decision, Embed, Say
from odai_model_local.listen import Ear, EarEvent, Snippet
from odai_model_local.turns import Started, is_unfinished

if TYPE_CHECKING:
    from odai_core import Values

T = TypeVar("T")

log = logging.getLogger("odai.model.local")

HANGUP = "hangup_call"
STALL_SECONDS = 1.0
"""A caller's side that stops sending in the middle of a turn has ended it."""
STILL_PLAYING_SECONDS = 2.0
"""How long after its length an answer may still be heard: buffers on the way are not ours to see."""
MAX_JOBS = 16

MakeBrain = Callable[[CallOptions, Embed | None], Brain]


@dataclass(frozen=True)
class _Heard:
    transcript: asyncio.Task[str]
    silence_ms: int


@dataclass(frozen=True)
class _Typed:
    text: str


@dataclass(frozen=True)
class _Results:
    """Tool outputs, (tool, JSON text) each, that one answer is made of."""

    outputs: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class _Line:
    text: str


_Job: TypeAlias = _Heard | _Typed | _Results | _Line


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
        self._jobs: asyncio.Queue[_Job] = asyncio.Queue(MAX_JOBS)
        self._tasks: set[asyncio.Task[Any]] = set()
        self._quiet = asyncio.Event()
        self._quiet.set()
        self._outputs: list[tuple[str, str]] = []
        self._answer: Answer | None = None
        self._speculation: asyncio.Task[str] | None = None
        self._playing_item: str | None = None
        self._playing_until = 0.0
        self._last_audio = 0.0
        self._stall: asyncio.TimerHandle | None = None
        self._ear: Ear | None = None
        self._brain: Brain | None = None
        self._closed = False

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
        if self._ear is not None or self._closed:
            raise RuntimeError("a local voice is connected once")
        self._workers = workers.shared()
        self._speech = await self._workers.run(self._load, self._options.settings)
        ear = Ear(self._options.audio, self._options.turns, self._speech.listen())
        self._brain = await self._workers.run(self._make_brain, self._options, self._speech.embed)
        if self._closed:
            await self._brain.close()
            raise RuntimeError("the local voice was closed while it connected")
        self._ear = ear
        self._start(self._work(self._brain), "turns")
        await self._emit(RealtimeModelConnectionStatusEvent(status="connected"))

    async def send_event(self, event: RealtimeModelSendEvent) -> None:
        """Take an input. What a closed model gets is dropped; settings updates mean nothing here."""
        if self._ear is None:
            raise RuntimeError("the local voice is not connected")
        if self._closed:
            return
        if isinstance(event, RealtimeModelSendAudio):
            await self._hear(self._ear, event)
        elif isinstance(event, RealtimeModelSendUserInput):
            await self._enqueue(_Typed(_text_of(event.user_input)))
        elif isinstance(event, RealtimeModelSendToolOutput):
            await self._take_output(event)
        elif isinstance(event, RealtimeModelSendInterrupt):
            await self._interrupt(event)
        elif isinstance(event, RealtimeModelSendRawMessage):
            line = _line_of(event)
            if line:
                await self._enqueue(_Line(line))

    async def send_event_if(self, event: RealtimeModelSendEvent, send_if: Callable[[], bool]) -> bool:
        """Take an input unless `send_if` says no; nothing can come between the two."""
        if self._closed or not send_if():
            return False
        await self.send_event(event)
        return True

    async def close(self) -> None:
        """Stop everything. A second call does nothing."""
        if self._closed:
            return
        self._closed = True
        if self._stall is not None:
            self._stall.cancel()
        # A listener may close us from inside one of our own tasks, which cannot wait for itself.
        tasks = self._tasks - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        try:
            if self._brain is not None:
                await self._brain.close()
        finally:
            for listener in list(self._listeners):
                await listener.on_event(RealtimeModelConnectionStatusEvent(status="disconnected"))

    # -- hearing

    async def _hear(self, ear: Ear, event: RealtimeModelSendAudio) -> None:
        self._last_audio = asyncio.get_running_loop().time()
        events = list(ear.feed(event.audio))
        if event.commit and (last := ear.finish()) is not None:
            events.append(last)
        for item in events:
            await self._on_ear(ear, item)

    async def _on_ear(self, ear: Ear, event: EarEvent) -> None:
        if isinstance(event, Started):
            self._quiet.clear()
            if self._stall is None:
                self._watch_stall(ear)
            await self._emit_raw("input_audio_buffer.speech_started")
            if self._options.turns.interrupt:
                await self._stop()
        elif not isinstance(event, Snippet):
            self._drop_speculation()
        elif not event.final:
            self._speculation = self._start(self._transcribe(ear, event.samples, speculative=True), "speculation")
        else:
            transcript = self._speculation or self._start(self._transcribe(ear, event.samples), "transcript")
            self._speculation = None
            self._quiet.set()
            await self._emit_raw("input_audio_buffer.speech_stopped")
            await self._enqueue(_Heard(transcript, event.silence_ms))

    async def _transcribe(self, ear: Ear, samples: Floats, *, speculative: bool = False) -> str:
        text = await self._workers.run(self._speech.transcribe, samples)
        if speculative and self._speculation is asyncio.current_task() and is_unfinished(text):
            ear.expect_more()
        return text

    def _drop_speculation(self) -> None:
        if self._speculation is not None:
            self._speculation.cancel()
            self._speculation = None

    def _watch_stall(self, ear: Ear) -> None:
        """End the turn of a caller whose audio stopped coming: a muted microphone sends no silence."""
        loop = asyncio.get_running_loop()
        left = self._last_audio + STALL_SECONDS - loop.time()
        if ear.speaking and left > 0:
            self._stall = loop.call_later(left, self._watch_stall, ear)
            return
        self._stall = None
        if (last := ear.finish()) is not None:
            self._start(self._on_ear(ear, last), "stall")

    # -- answering, one turn after the other

    async def _enqueue(self, job: _Job) -> None:
        try:
            self._jobs.put_nowait(job)
        except asyncio.QueueFull:
            if isinstance(job, _Heard):
                job.transcript.cancel()
            await self._fail("busy", "Too much was said at once.")

    async def _work(self, brain: Brain) -> None:
        while not self._closed:
            job = await self._jobs.get()
            try:
                await self._do(job, brain)
            except OdaiError as error:
                await self._fail("response_failed", str(error))
            except Exception as error:
                log.error("a turn of the local voice failed: %s", type(error).__name__, exc_info=error)
                await self._fail("response_failed", "The local voice could not finish its answer.")

    async def _do(self, job: _Job, brain: Brain) -> None:
        timing: dict[str, int] = {}
        if isinstance(job, _Heard):
            text = await self._transcript(job, timing)
            if text:
                await self._reply(brain.heard, text, timing)
        elif isinstance(job, _Typed):
            await self._add_user_item(InputText(text=job.text))
            await self._reply(brain.heard, job.text, timing)
        elif isinstance(job, _Results):
            await self._reply(partial(_take_results, brain), job, timing)
        else:
            await self._reply(_word_for_word, job.text, timing)

    async def _transcript(self, job: _Heard, timing: dict[str, int]) -> str:
        loop = asyncio.get_running_loop()
        started = loop.time()
        await asyncio.wait({job.transcript})
        text = job.transcript.result()
        timing |= {"end_of_turn_ms": job.silence_ms, "stt_ms": round((loop.time() - started) * 1000)}
        if text:
            item_id = await self._add_user_item(InputAudio(transcript=text))
            await self._emit(RealtimeModelInputAudioTranscriptionCompletedEvent(item_id=item_id, transcript=text))
        return text

    async def _reply(
        self, decide: Callable[[T], Coroutine[Any, Any, Sequence[Decision]]], matter: T, timing: dict[str, int]
    ) -> None:
        if self._options.turns.interrupt:
            await self._quiet.wait()  # what the caller is saying just now would stop it at once
        answer = self._answer = Answer(self._emit, self._speak, self._options.audio, timing)
        await answer.start()
        try:
            for decision in await answer.wait_for(decide(matter)) or ():
                await self._act(answer, decision)
        finally:
            await answer.finish()

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

    async def _speak(self, clause: str) -> Floats:
        return await self._workers.run(self._speech.speak, clause)

    async def _take_output(self, event: RealtimeModelSendToolOutput) -> None:
        if event.tool_call.name != HANGUP:
            self._outputs.append((event.tool_call.name, event.output))
        if event.start_response and self._outputs:
            outputs, self._outputs = tuple(self._outputs), []
            await self._enqueue(_Results(outputs))

    # -- stopping

    async def _interrupt(self, event: RealtimeModelSendInterrupt) -> None:
        if event.response_id is not None and (self._answer is None or self._answer.response_id != event.response_id):
            return
        await self._stop(playback=not event.cancel_response_only)

    async def _stop(self, *, playback: bool = True) -> None:
        """Stop making the answer under way, and say that what is playing is to stop."""
        if self._answer is not None:
            await self._answer.cancel()
        item, self._playing_item = self._playing_item, None
        now = asyncio.get_running_loop().time()
        if playback and item is not None and now < self._playing_until + STILL_PLAYING_SECONDS:
            await self._emit(RealtimeModelAudioInterruptedEvent(item_id=item, content_index=0))

    # -- events

    async def _emit(self, event: RealtimeModelEvent) -> None:
        if self._closed:
            return
        if isinstance(event, RealtimeModelAudioEvent):
            now = asyncio.get_running_loop().time()
            seconds = len(event.data) / self._options.audio.bytes_per_ms / 1000
            self._playing_item = event.item_id
            self._playing_until = max(self._playing_until, now) + seconds
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

    def _start(self, work: Coroutine[Any, Any, Any], name: str) -> asyncio.Task[Any]:
        task = asyncio.create_task(work, name=f"odai-local-{name}")
        self._tasks.add(task)
        task.add_done_callback(self._forget)
        return task

    def _forget(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # whoever awaits it sees it; a dropped speculation has nobody


async def _take_results(brain: Brain, job: _Results) -> list[Decision]:
    return [decision for name, output in job.outputs for decision in await brain.tool_result(name, output)]


async def _word_for_word(text: str) -> Sequence[Decision]:
    return (Say(text),)


def _text_of(user_input: RealtimeModelUserInput) -> str:
    if isinstance(user_input, str):
        return user_input
    texts = [str(part.get("text", "")) for part in user_input["content"] if part["type"] == "input_text"]
    return " ".join(texts)


def _line_of(event: RealtimeModelSendRawMessage) -> str:
    """What a `response.create` wants spoken word for word; "" for every other message."""
    if event.message["type"] != "response.create":
        return ""
    value: Any = event.message.get("other_data")
    for name in ("response", "metadata", "say"):
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, str) else ""
