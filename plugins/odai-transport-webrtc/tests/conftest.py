"""A real server on a free port, a real browser, and doubles for what core gives a transport."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import socket
import wave
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypercorn.asyncio import serve
from hypercorn.config import Config
from odai_transport_webrtc import odai_transports
from quart import Quart
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.http11 import Response

from odai_core import Caller, CallInfo, CallRefused, events
from odai_core.testing import browser as browser_room

TOKEN = "good.token"
WAIT = 10.0


class Taken(CallRefused):
    status = 409
    close_code = 1008


class ScriptedCall:
    """A call whose other side is the test: it emits events, and keeps what the transport handed over."""

    model_name = "scripted"
    tool_names = ("find_tide", "tell_time")

    def __init__(self, info: CallInfo) -> None:
        self.info = info
        self.session_id = info.session_id
        self.audio = bytearray()
        self.texts: list[str] = []
        self.positions: list[tuple[str, int]] = []
        self.interrupts = 0
        self.ended: list[str] = []
        self.taking = asyncio.Event()
        self.taking.set()
        self._queue: asyncio.Queue[events.CallEvent | Exception] = asyncio.Queue()
        self._changed = asyncio.Condition()

    def emit(self, *told: events.CallEvent | Exception) -> None:
        for event in told:
            self._queue.put_nowait(event)

    async def until(self, condition: Callable[[ScriptedCall], Any]) -> None:
        async with asyncio.timeout(WAIT), self._changed:
            await self._changed.wait_for(lambda: condition(self))

    async def _note(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def events(self) -> AsyncIterator[events.CallEvent]:
        while True:
            event = await self._queue.get()
            if isinstance(event, Exception):
                raise event
            yield event
            if isinstance(event, events.Ended):
                return

    async def send_audio(self, audio: bytes) -> None:
        await self.taking.wait()
        self.audio += audio
        await self._note()

    async def send_text(self, text: str) -> None:
        self.texts.append(text)
        await self._note()

    async def interrupt(self) -> None:
        self.interrupts += 1
        await self._note()

    async def played(self, item_id: str, ms: int) -> None:
        self.positions.append((item_id, ms))
        await self._note()

    async def say(self, text: str) -> None:
        raise AssertionError("this transport has no reason to speak by itself")

    async def end(self, reason: str) -> None:
        self.ended.append(reason)
        self.emit(events.Ended(reason))


@dataclass
class FakeContext:
    """The TransportContext, with every decision in the test's hands."""

    settings: dict[str, Any] = field(default_factory=dict)
    log: logging.Logger = field(default_factory=lambda: logging.getLogger("odai.test.webrtc"))
    public_host: str = ""
    loopback: bool = True
    local: bool = True
    limit: int = 100
    opening: Callable[[], Awaitable[None]] | None = None
    live: set[str] = field(default_factory=set)
    calls: asyncio.Queue[ScriptedCall] = field(default_factory=asyncio.Queue)
    opened: int = 0
    closed: int = 0
    asked: list[tuple[str | None, str | None]] = field(default_factory=list)
    idle: asyncio.Event = field(default_factory=asyncio.Event)

    async def authenticate(self, token: str) -> Caller | None:
        return Caller(user_id="user-1") if token == TOKEN else None

    def local_token(self, peer: str | None, host: str | None) -> str | None:
        self.asked.append((peer, host))
        return TOKEN if self.local else None

    def origin_allowed(self, origin: str | None, host: str | None) -> bool:
        return origin is None or origin == f"http://{host}"

    def sign(self, payload: Mapping[str, Any]) -> str:
        raise AssertionError("this transport signs nothing")

    def unsign(self, text: str, *, max_age: float) -> Mapping[str, Any] | None:
        raise AssertionError("this transport reads no signature")

    @contextlib.contextmanager
    def admit(self, session_id: str) -> Iterator[None]:
        if session_id in self.live:
            raise Taken("live")
        if len(self.live) >= self.limit:
            raise CallRefused("full")
        self.live.add(session_id)
        self.idle.clear()
        try:
            yield
        finally:
            self.live.discard(session_id)
            if not self.live:
                self.idle.set()

    @contextlib.asynccontextmanager
    async def open_call(self, info: CallInfo) -> AsyncIterator[ScriptedCall]:
        if self.opening is not None:
            await self.opening()
        self.opened += 1
        call = ScriptedCall(info)
        self.calls.put_nowait(call)
        try:
            yield call
        finally:
            # A real model session closes over the network: a cancellation in here would be lost work.
            await asyncio.sleep(0)
            self.closed += 1

    async def next_call(self) -> ScriptedCall:
        return await asyncio.wait_for(self.calls.get(), WAIT)

    async def all_over(self) -> None:
        await asyncio.wait_for(self.idle.wait(), WAIT)


class Peer(ClientConnection):
    """A client that speaks the wire sheet."""

    async def receive(self) -> dict[str, Any]:
        frame: dict[str, Any] = json.loads(await asyncio.wait_for(self.recv(), WAIT))
        return frame

    async def tell(self, event: str, **fields: Any) -> None:
        await self.send(json.dumps({"event": event, **fields}))

    async def closing(self) -> tuple[int | None, list[dict[str, Any]]]:
        """The close code, and every frame before it."""
        seen = []
        with contextlib.suppress(ConnectionClosed):
            while True:
                seen.append(await self.receive())
        return self.close_code, seen


@dataclass
class Site:
    """Where the server listens, and what it was given."""

    port: int
    ctx: FakeContext

    @property
    def http(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def socket(self, session_id: str = "session-0001", query: str = f"token={TOKEN}") -> str:
        return f"ws://127.0.0.1:{self.port}/app/voice/stream/{session_id}?{query}"

    def connect(self, session_id: str = "session-0001", query: str = f"token={TOKEN}", **options: Any) -> connect:
        return connect(self.socket(session_id, query), create_connection=Peer, **options)

    async def refusal(self, *args: Any, **options: Any) -> Response:
        """The answer to a handshake that is not accepted."""
        with pytest.raises(InvalidStatus) as refused:
            await self.connect(*args, **options)
        return refused.value.response


def build(ctx: FakeContext) -> Quart:
    plugin = odai_transports()
    app = Quart("odai_test")
    app.register_blueprint(plugin.blueprint(ctx), url_prefix=plugin.prefix)
    app.add_url_rule("/", view_func=app.view_functions[f"{plugin.name}.{plugin.home}"], endpoint="home")
    return app


@pytest.fixture
async def site(request: pytest.FixtureRequest) -> AsyncIterator[Site]:
    """The running server; an indirect parameter gives it settings."""
    ctx = FakeContext(settings=getattr(request, "param", {}))
    listening = socket.create_server(("127.0.0.1", 0))
    config = Config()
    config.bind = [f"fd://{listening.fileno()}"]
    config.websocket_max_message_size = 1 << 20
    config.graceful_timeout = 1
    stop = asyncio.Event()
    server = asyncio.create_task(serve(build(ctx), config, shutdown_trigger=stop.wait))
    yield Site(listening.getsockname()[1], ctx)
    stop.set()
    await asyncio.wait_for(server, WAIT)
    listening.detach()


# -- the browser ------------------------------------------------------------------------------------

SPOKEN_SECONDS = 4


def voice(rate: int) -> np.ndarray:
    """Four seconds that correlate with nothing but themselves: a sweep with syllables; float in -1..1."""
    time = np.arange(SPOKEN_SECONDS * rate) / rate
    sweep = np.sin(2 * np.pi * (150 * time + 350 * time**2))
    return np.asarray(0.5 * sweep * (0.6 + 0.4 * np.sin(2 * np.pi * 3.3 * time)))


class Browser(browser_room.Browser):
    """A page, and what went wrong in it."""

    async def phase(self, name: str) -> None:
        await self.page.wait_for_selector(f'body[data-phase="{name}"]', timeout=10_000)


@contextlib.asynccontextmanager
async def launch(*flags: str, **options: Any) -> AsyncIterator[Browser]:
    async with browser_room.launch(Browser, "--autoplay-policy=user-gesture-required", *flags, **options) as opened:
        await opened.open()
        yield opened


@pytest.fixture
def spoken() -> np.ndarray:
    """What the microphone says, at 24 kHz."""
    return voice(24_000)


@pytest.fixture
def microphone(tmp_path: Path) -> list[str]:
    """Flags for a microphone that speaks `voice`."""
    path = tmp_path / "mic.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(48_000)
        file.writeframes((voice(48_000) * 32767).astype("<i2").tobytes())
    return [
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-audio-capture={path}%noloop",
    ]


@pytest.fixture
def chromium(microphone: list[str]) -> Any:
    """`async with chromium(*flags, microphone=False) as browser:`, for a test that wants an unusual one."""

    def start(*flags: str, microphone: bool = True, **options: Any) -> Any:
        return launch(*(speaking if microphone else ()), *flags, **options)

    speaking = microphone
    return start


@pytest.fixture
async def browser(chromium: Any) -> AsyncIterator[Browser]:
    """A browser with a microphone; at the end nothing may have gone wrong in the page."""
    async with chromium() as opened:
        yield opened
        assert opened.errors == []
