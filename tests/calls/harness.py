"""A real server on a real socket, and a client that speaks the in-app protocol."""

from __future__ import annotations

import asyncio
import json
import os
import re
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pybase64
from websockets.asyncio.client import ClientConnection, connect

from odai_core.settings import Settings
from odai_core.web.app import Server, create_app
from odai_core.web.serve import listen, serve_until


@dataclass
class Running:
    """A server that listens."""

    server: Server
    port: int
    stop: asyncio.Event
    task: asyncio.Task[None]

    @property
    def http(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def ws(self) -> str:
        return f"ws://127.0.0.1:{self.port}"

    def token(self) -> str:
        return self.server.tokens.mint("tester")


@asynccontextmanager
async def running(**settings: str) -> AsyncIterator[Running]:
    """Serve with exactly these settings until the block is left; the stop is the real one, with its drain."""
    bound = listen("127.0.0.1", 0)
    port = bound.getsockname()[1]
    # The folder of the test run: every call is in the ledger, and that is not the one of whoever runs the tests.
    folder = os.environ["ODAI_DATA_DIR"]
    defaults = {"ODAI_DRAIN_SECONDS": "0.5", "ODAI_SECRET": "a secret for tests", "ODAI_DATA_DIR": folder}
    server = create_app(Settings(defaults | settings), loopback=True)
    stop, ready = asyncio.Event(), asyncio.Event()
    task = asyncio.create_task(serve_until(server, bound, stop, ready=ready.set))
    waiting = asyncio.create_task(ready.wait())
    await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
    if task.done():
        waiting.cancel()
        await task
    try:
        yield Running(server, port, stop, task)
    finally:
        stop.set()
        async with asyncio.timeout(15):
            await task


@dataclass
class App:
    """An in-app caller: what it received, and what it can send."""

    socket: ClientConnection
    events: list[dict[str, Any]] = field(default_factory=list)
    audio: dict[str, bytearray] = field(default_factory=dict)

    async def send(self, event: str, **fields: Any) -> None:
        await self.socket.send(json.dumps({"event": event, **fields}))

    async def send_audio(self, pcm: bytes, frame_ms: int = 40) -> None:
        """PCM16 at 24 kHz, in real time."""
        step = 48 * frame_ms
        due = asyncio.get_running_loop().time()
        for at in range(0, len(pcm), step):
            await self.send("audio", payload=pybase64.b64encode(pcm[at : at + step]).decode())
            due += frame_ms / 1000
            await asyncio.sleep(max(0.0, due - asyncio.get_running_loop().time()))

    async def until(self, name: str, seconds: float = 10, **match: Any) -> dict[str, Any]:
        """The next event of this name (with these fields)."""
        async with asyncio.timeout(seconds):
            while True:
                event = json.loads(await self.socket.recv())
                self.events.append(event)
                if event["event"] == "audio":
                    self.audio.setdefault(event["item_id"], bytearray()).extend(pybase64.b64decode(event["payload"]))
                if event["event"] == name and all(event.get(key) == value for key, value in match.items()):
                    return event

    def named(self, name: str) -> list[dict[str, Any]]:
        return [event for event in self.events if event["event"] == name]

    def said(self, role: str = "assistant") -> list[str]:
        """The lines of one side, as they stand."""
        lines: dict[str, str] = {}
        for event in self.events:
            if event["event"] in ("history_added", "history_updated") and event["item"]["role"] == role:
                lines[event["item"]["id"]] = event["item"]["text"]
        return list(lines.values())


@asynccontextmanager
async def app_call(server: Running, *, query: str = "", token: str | None = None) -> AsyncIterator[App]:
    """A call over the in-app socket, open until the block is left."""
    session = uuid.uuid4()
    url = f"{server.ws}/app/voice/stream/{session}?token={token or server.token()}{query}"
    async with connect(url, compression=None, max_size=None) as socket:
        yield App(socket)


def words(text: str) -> set[str]:
    return set(re.findall(r"[a-z0-9']+", text.lower()))
