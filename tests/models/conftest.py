"""A fake OpenAI server, the two kinds of call ODAI makes, and an ear for what a model tells its listeners."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
from agents.realtime import RealtimeModel, RealtimeModelEvent, RealtimeModelListener
from agents.realtime.openai_realtime import OpenAIRealtimeWebSocketModel

from odai_core.calls import PCM16_24K, ULAW_8K, Caller, CallOptions, TurnDetection
from odai_core.contract import Secret
from odai_core.models.openai_realtime import OpenAIRealtime
from odai_core.models.openai_session import session_settings
from odai_core.testing.fake_openai import FakeConnection, FakeOpenAI

KEY = "test-key"


class Ear(RealtimeModelListener):
    """Keeps every event; `await ear.hears(type)` returns the nth of a type."""

    def __init__(self) -> None:
        self.events: list[Any] = []
        self._news = asyncio.Condition()

    async def on_event(self, event: RealtimeModelEvent) -> None:
        async with self._news:
            self.events.append(event)
            self._news.notify_all()

    def of(self, kind: str) -> list[Any]:
        return [event for event in self.events if event.type == kind]

    def raw(self, kind: str) -> list[dict[str, Any]]:
        return [event.data for event in self.of("raw_server_event") if event.data["type"] == kind]

    async def hears(self, kind: str, number: int = 1) -> Any:
        async with asyncio.timeout(5), self._news:
            await self._news.wait_for(lambda: len(self.of(kind)) >= number)
        return self.of(kind)[number - 1]

    async def hears_raw(self, kind: str, number: int = 1) -> dict[str, Any]:
        async with asyncio.timeout(5), self._news:
            await self._news.wait_for(lambda: len(self.raw(kind)) >= number)
        return self.raw(kind)[number - 1]


@dataclass
class Line:
    """A model that is connected to the fake server, with both ends."""

    model: Any
    ear: Ear
    server: FakeConnection


@pytest.fixture
def phone() -> CallOptions:
    """The call of a phone, at a server that nobody runs."""
    return CallOptions(
        audio=ULAW_8K,
        turns=TurnDetection(type="semantic_vad", interrupt=True),
        instructions="Be kind.",
        tools=(),
        settings={
            "OPENAI_API_KEY": Secret(KEY),
            "OPENAI_REALTIME_URL": "",
            "OPENAI_REALTIME_MODEL": "gpt-realtime-2.1",
            "OPENAI_TRANSCRIPTION_MODEL": "gpt-4o-mini-transcribe",
            "ODAI_VOICE": "sage",
        },
        caller=Caller(),
    )


@pytest.fixture
def app(phone: CallOptions) -> CallOptions:
    """The call of the app, at a server that nobody runs."""
    turns = TurnDetection(type="server_vad", interrupt=False, threshold=0.8, silence_ms=250)
    return replace(phone, audio=PCM16_24K, turns=turns)


@pytest.fixture
async def server() -> AsyncIterator[FakeOpenAI]:
    async with FakeOpenAI(key=KEY) as running:
        yield running


def at(options: CallOptions, url: str) -> CallOptions:
    return replace(options, settings={**options.settings, "OPENAI_REALTIME_URL": url})  # type: ignore[dict-item]


@pytest.fixture
def ours(server: FakeOpenAI) -> Callable[..., OpenAIRealtime]:
    """Our model for a call, not connected yet."""
    return lambda options, **kwargs: OpenAIRealtime(at(options, server.url), **kwargs)


Dial = Callable[..., Awaitable[Line]]


@pytest.fixture
async def dial(server: FakeOpenAI, ours: Callable[..., OpenAIRealtime]) -> AsyncIterator[Dial]:
    """Connect a model (ours, or the SDK's with the same session settings) and wait until it is configured."""
    models: list[RealtimeModel] = []

    async def connect(options: CallOptions, *, stock: bool = False, playback: Any = None, **kwargs: Any) -> Line:
        model: RealtimeModel = OpenAIRealtimeWebSocketModel() if stock else ours(options, **kwargs)
        models.append(model)
        ear = Ear()
        model.add_listener(ear)
        config: dict[str, Any] = {"initial_model_settings": {"instructions": options.instructions}}
        if playback is not None:
            config["playback_tracker"] = playback
        if stock:
            config |= {"url": server.url, "api_key": KEY}
            config["initial_model_settings"] |= session_settings(options)
        number = len(server.connections) + 1
        await model.connect(config)  # type: ignore[arg-type]
        connection = await server.connection(number)
        await ear.hears_raw("session.updated")
        return Line(model, ear, connection)

    yield connect
    for model in models:
        await model.close()
