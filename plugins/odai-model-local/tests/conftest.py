"""A connected local voice whose models cost nothing, and somebody who talks to it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from agents.realtime.model import RealtimeModelListener
from agents.realtime.model_events import RealtimeModelEvent
from agents.realtime.model_inputs import RealtimeModelSendAudio, RealtimeModelSendRawMessage, RealtimeModelSendUserInput
from odai_model_local import workers
from odai_model_local.audio import Encoder, Floats
from odai_model_local.brain.types import Decision, Embed, Say
from odai_model_local.model import LocalRealtimeModel
from odai_model_local.speech import Speech

from odai_core import PCM16_24K, AudioFormat, Caller, CallOptions, ToolInfo, TurnDetection

HANGUP = ToolInfo(name="hangup_call", description="End the call", parameters={"properties": {"why": {}}})
WEATHER = ToolInfo(name="get_weather", description="Weather", parameters={"properties": {}})


def vad(frame: Floats) -> float:
    return float(np.abs(frame).mean() > 0.05)


def speak(clause: str) -> Floats:
    """A tenth of a second a word."""
    return np.full(2400 * len(clause.split()), 0.3, np.float32)


def embed(texts: Sequence[str]) -> Floats:
    return np.zeros((len(texts), 384), np.float32)


@dataclass
class Parrot:
    """A brain that does what it is told."""

    answers: dict[str, Sequence[Decision]] = field(default_factory=dict)
    heard_texts: list[str] = field(default_factory=list)
    results: list[tuple[str, str]] = field(default_factory=list)
    closed: int = 0
    hold: asyncio.Event | None = None
    cancelled: bool = False
    gone: asyncio.Event = field(default_factory=asyncio.Event)

    async def heard(self, text: str) -> Sequence[Decision]:
        self.heard_texts.append(text)
        if self.hold is not None:
            try:
                await self.hold.wait()
            except asyncio.CancelledError:
                self.cancelled = True
                raise
        return self.answers.get(text, (Say(f"You said {text}"),))

    async def tool_result(self, name: str, output: str) -> Sequence[Decision]:
        self.results.append((name, output))
        return (Say(json.loads(output)["spoken"]),)

    async def close(self) -> None:
        self.closed += 1
        self.gone.set()


class Log(RealtimeModelListener):
    """Keeps every event; `until` waits for one."""

    def __init__(self) -> None:
        self.events: list[Any] = []
        self.on: Callable[[Any], Awaitable[None]] | None = None
        self._news = asyncio.Event()

    async def on_event(self, event: RealtimeModelEvent) -> None:
        self.events.append(event)
        self._news.set()
        if self.on is not None:
            await self.on(event)

    async def until(self, kind: str, count: int = 1) -> Any:
        async with asyncio.timeout(5):
            while len(found := self.of(kind)) < count:
                self._news.clear()
                await self._news.wait()
        return found[count - 1]

    def of(self, kind: str) -> list[Any]:
        return [event for event in self.events if self.name(event) == kind]

    @staticmethod
    def name(event: Any) -> str:
        return str(event.data["type"]) if event.type == "raw_server_event" else str(event.type)

    @property
    def kinds(self) -> list[str]:
        """The kinds in order, runs of audio as one."""
        names = [self.name(event) for event in self.events]
        return [name for at, name in enumerate(names) if name != "audio" or names[at - 1 : at] != ["audio"]]


@dataclass
class Talk:
    model: LocalRealtimeModel
    brain: Parrot
    log: Log
    transcripts: list[Any]
    """What is understood, one per turn; the last one again and again. An exception is raised instead."""
    audio: AudioFormat

    async def speech(self, ms: int) -> None:
        await self._sound(ms, 0.5)

    async def silence(self, ms: int) -> None:
        await self._sound(ms, 0.0)

    async def say(self, text: str, silence_ms: int = 600) -> None:
        """One spoken turn of a second."""
        self.transcripts.append(text)
        await self.speech(1000)
        await self.silence(silence_ms)

    async def line(self, text: Any) -> None:
        """Have the model say a line."""
        await self.model.send_event(_line(text))

    async def type(self, text: str) -> None:
        """A typed turn."""
        await self.model.send_event(RealtimeModelSendUserInput(user_input=text))

    async def _sound(self, ms: int, level: float) -> None:
        tone = level * np.sin(2 * np.pi * 300 * np.arange(24 * ms) / 24000).astype(np.float32)
        data = Encoder(self.audio).feed(tone, last=True)
        step = 20 * self.audio.bytes_per_ms
        for at in range(0, len(data), step):
            await self.model.send_event(RealtimeModelSendAudio(audio=data[at : at + step]))


Open = Callable[..., Awaitable[Talk]]


def _options(audio: AudioFormat, interrupt: bool) -> CallOptions:
    return CallOptions(
        audio=audio,
        turns=TurnDetection(type="semantic_vad", interrupt=interrupt),
        instructions="",
        tools=(HANGUP, WEATHER),
        settings={},
        caller=Caller(),
    )


@pytest.fixture
def free_options() -> CallOptions:
    return _options(PCM16_24K, interrupt=True)


@pytest.fixture
def free_speech() -> Speech:
    return Speech(listen=lambda: vad, transcribe=lambda samples: "", speak=speak, embed=embed)


@pytest.fixture
def parrot() -> Parrot:
    return Parrot()


@pytest.fixture
def ours() -> Callable[..., list[asyncio.Task[Any]]]:
    """The tasks of ours that are alive, by the beginning of their names."""
    return _ours


@pytest.fixture
async def call() -> AsyncIterator[Open]:
    """Open a connected model; at the end it is closed and no task is left."""
    talks: list[Talk] = []

    async def open_(
        *, interrupt: bool = True, audio: AudioFormat = PCM16_24K, hold: bool = False, **answers: Any
    ) -> Talk:
        transcripts: list[Any] = []
        mind = Parrot(answers=answers, hold=asyncio.Event() if hold else None)

        def transcribe(samples: Floats) -> str:
            found = transcripts.pop(0) if len(transcripts) > 1 else (transcripts or [""])[0]
            if isinstance(found, Exception):
                raise found
            return str(found)

        def make_brain(options: CallOptions, embed_: Embed | None) -> Parrot:
            assert embed_ is embed
            return mind

        speech = Speech(listen=lambda: vad, transcribe=transcribe, speak=speak, embed=embed)
        options = _options(audio, interrupt)
        model = LocalRealtimeModel(options, load=lambda settings: speech, make_brain=make_brain)
        log = Log()
        model.add_listener(log)
        await model.connect({})
        talks.append(Talk(model, mind, log, transcripts, audio))
        return talks[-1]

    yield open_
    for talk in talks:
        await talk.model.close()
        await talk.model.close()
        assert talk.brain.closed == 1
        assert [event.status for event in talk.log.of("connection_status")] == ["connected", "disconnected"]
    workers.close()
    assert _ours() == []


def _ours(prefix: str = "odai-local") -> list[asyncio.Task[Any]]:
    return [task for task in asyncio.all_tasks() if task.get_name().startswith(prefix)]


def _line(text: Any) -> RealtimeModelSendRawMessage:
    return RealtimeModelSendRawMessage(
        message={"type": "response.create", "other_data": {"response": {"metadata": {"say": text}}}}
    )


@pytest.fixture
def log() -> Log:
    return Log()
