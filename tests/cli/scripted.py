"""A small server that speaks Twilio's side of the wire by script, on a real socket."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from hypercorn.asyncio import serve
from hypercorn.config import Config
from quart import Quart, Response, request, websocket

from odai_core import ULAW_8K
from odai_core.web.serve import listen
from tests.cli.virtual import tone

TWIML = (
    '<?xml version="1.0"?><Response><Connect><Stream url="wss://voice.example.com/twilio/connect">'
    '<Parameter name="ticket" value="a &amp; b"/></Stream></Connect></Response>'
)


@dataclass
class Scripted:
    """`twiml`: the webhook's answer. `on_frame(frame, server)` is the script; `frames` is what came."""

    on_frame: Callable[[dict[str, Any], Scripted], Awaitable[None]]
    twiml: str = TWIML
    status: int = 200
    refuse_stream: int = 0
    port: int = 0
    form: dict[str, str] = field(default_factory=dict)
    signatures: list[str] = field(default_factory=list)
    frames: list[dict[str, Any]] = field(default_factory=list)
    sid: str = ""

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}"

    def named(self, event: str) -> list[dict[str, Any]]:
        return [frame for frame in self.frames if frame["event"] == event]

    async def send(self, event: str, **fields: Any) -> None:
        await websocket.send(json.dumps({"event": event, "streamSid": self.sid, **fields}))

    async def play(self, seconds: float, mark: str = "") -> None:
        payload = base64.b64encode(tone(seconds).encode(ULAW_8K)).decode()
        await self.send("media", media={"payload": payload})
        if mark:
            await self.send("mark", mark={"name": mark})


@asynccontextmanager
async def scripted(
    on_frame: Callable[[dict[str, Any], Scripted], Awaitable[None]], **given: Any
) -> AsyncIterator[Scripted]:
    server = Scripted(on_frame, **given)
    app = Quart(__name__)

    @app.post("/twilio/incoming")
    async def incoming() -> Any:
        server.form = dict(await request.form)
        server.signatures.append(request.headers.get("X-Twilio-Signature", ""))
        return Response(server.twiml, server.status, content_type="application/xml")

    @app.websocket("/twilio/connect")
    async def connect() -> Any:
        if server.refuse_stream:
            return "not today", server.refuse_stream
        server.signatures.append(websocket.headers.get("X-Twilio-Signature", ""))
        await websocket.accept()
        while True:
            frame = json.loads(await websocket.receive())
            server.frames.append(frame)
            server.sid = frame.get("streamSid", "")
            await server.on_frame(frame, server)
            if frame["event"] == "stop":
                return None

    bound = listen("127.0.0.1", 0)
    bound.listen()
    server.port = bound.getsockname()[1]
    config = Config()
    config.bind = [f"fd://{bound.detach()}"]
    config.graceful_timeout = 0.2
    config.loglevel = "ERROR"
    stop = asyncio.Event()
    task = asyncio.create_task(serve(app, config, shutdown_trigger=stop.wait))
    try:
        yield server
    finally:
        stop.set()
        async with asyncio.timeout(10):
            await task
