"""A telephone line for tests: the real routes on a real socket, with a scripted call behind them."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import Any, cast
from xml.etree import ElementTree

import httpx2
import pybase64
import pytest
from hypercorn.asyncio import serve
from hypercorn.config import Config as ServerConfig
from itsdangerous import BadSignature, URLSafeTimedSerializer
from odai_transport_twilio import SETTINGS
from odai_transport_twilio.config import Limits
from odai_transport_twilio.routes import blueprint
from quart import Quart, request
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]
from websockets.asyncio.client import ClientConnection, connect

from odai_core import CallInfo, CallRefused, Secret, Values, events

HOST = "voice.example.com"
TOKEN = "12345"
SOON = 10.0


def declared(**given: Any) -> dict[str, Any]:
    """The settings as core would bind them."""
    texts = {"TWILIO_AUTH_TOKEN": TOKEN, **given}
    values: dict[str, Any] = {}
    for setting in SETTINGS:
        text = texts.get(setting.name, "") or setting.default
        values[setting.name] = Secret(text) if setting.secret else setting.type(text)
    return values


class ScriptedCall:
    """Records what the transport does to it, in order; says what the test puts in."""

    session_id, model_name, tool_names = "scripted", "none", ()

    def __init__(self, info: CallInfo) -> None:
        self.info = info
        self.done: asyncio.Queue[tuple[Any, ...]] = asyncio.Queue()
        self.saying: asyncio.Queue[Any] = asyncio.Queue()
        self.blocked: asyncio.Event | None = None
        self.reason = ""
        self.closed = asyncio.Event()
        self.times_closed = 0

    async def send_audio(self, audio: bytes) -> None:
        if self.blocked is not None:
            await self.blocked.wait()
        self.done.put_nowait(("audio", audio))

    async def send_text(self, text: str) -> None:
        self.done.put_nowait(("text", text))

    async def interrupt(self) -> None:
        self.done.put_nowait(("interrupt",))

    async def played(self, item_id: str, ms: int) -> None:
        self.done.put_nowait(("played", item_id, ms))

    async def say(self, text: str) -> None:
        raise AssertionError("a telephone has nothing to say by itself")

    async def end(self, reason: str) -> None:
        self.reason = self.reason or reason
        self.saying.put_nowait(events.Ended(reason))

    async def events(self) -> AsyncIterator[Any]:
        while True:
            event = await self.saying.get()
            if event is None:
                return
            if isinstance(event, Exception):
                raise event
            yield event
            if isinstance(event, events.Ended):
                return

    async def next(self) -> tuple[Any, ...]:
        async with asyncio.timeout(SOON):
            return await self.done.get()

    def speak(self, item_id: str, start_ms: int, ms: int = 20) -> None:
        self.saying.put_nowait(events.Audio(item_id, b"\xff" * (ms * 8), start_ms, 0))


class Context:
    """What core gives a transport, as a double."""

    def __init__(self, *, public_host: str = HOST, loopback: bool = True, **given: Any) -> None:
        self.values = declared(**given)
        self.settings: Values = self.values
        self.log = logging.getLogger("test.twilio")
        self.public_host = public_host
        self.loopback = loopback
        self.calls: asyncio.Queue[ScriptedCall] = asyncio.Queue()
        self.all_calls: list[ScriptedCall] = []
        self.opening: asyncio.Event | None = None
        self.opening_began = asyncio.Event()
        self.opening_left = asyncio.Event()
        self.closing_began = asyncio.Event()
        self.closing = asyncio.Event()
        self.closing.set()
        self.refusal: Exception | None = None
        self.open_failure: Exception | None = None
        self.taken = 0
        self._signer = URLSafeTimedSerializer("secret")

    def sign(self, payload: Mapping[str, Any]) -> str:
        return str(self._signer.dumps(dict(payload)))

    def unsign(self, text: str, *, max_age: float) -> Mapping[str, Any] | None:
        try:
            return dict(self._signer.loads(text, max_age=int(max_age)))
        except BadSignature:
            return None

    @contextmanager
    def admit(self, session_id: str) -> Iterator[None]:
        if self.refusal is not None:
            raise self.refusal
        self.taken += 1
        try:
            yield
        finally:
            self.taken -= 1

    @asynccontextmanager
    async def open_call(self, info: CallInfo) -> AsyncIterator[ScriptedCall]:
        self.opening_began.set()
        try:
            if self.opening is not None:
                await self.opening.wait()
        finally:
            self.opening_left.set()
        if self.open_failure is not None:
            raise self.open_failure
        call = ScriptedCall(info)
        self.all_calls.append(call)
        self.calls.put_nowait(call)
        try:
            yield call
        finally:
            # A close that takes a while, as a real one does: it must not be cut short.
            self.closing_began.set()
            await self.closing.wait()
            call.times_closed += 1
            call.closed.set()

    async def call(self) -> ScriptedCall:
        async with asyncio.timeout(SOON):
            return await self.calls.get()


class Stream:
    """Twilio's end of one media stream."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self._count = 0

    async def send(self, event: str, **fields: Any) -> None:
        self._count += 1
        await self.socket.send(
            json.dumps({"event": event, "sequenceNumber": str(self._count), "streamSid": "MZ1", **fields})
        )

    async def start(self, parameters: Mapping[str, Any], call_sid: str = "CA1", **more: Any) -> None:
        await self.send("connected", protocol="Call", version="1.0.0")
        body = {
            "accountSid": "AC1",
            "streamSid": "MZ1",
            "callSid": call_sid,
            "tracks": ["inbound"],
            "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
            "customParameters": dict(parameters),
        }
        await self.send("start", start={**body, **more})

    async def media(self, data: bytes, track: str = "inbound") -> None:
        payload = pybase64.b64encode(data).decode()
        await self.send("media", media={"track": track, "chunk": "1", "timestamp": "5", "payload": payload})

    async def mark(self, name: str) -> None:
        await self.send("mark", mark={"name": name})

    async def press(self, digit: str) -> None:
        await self.send("dtmf", dtmf={"track": "inbound_track", "digit": digit})

    async def stop(self) -> None:
        await self.send("stop", stop={"accountSid": "AC1", "callSid": "CA1"})

    async def next(self) -> dict[str, Any]:
        async with asyncio.timeout(SOON):
            return dict(json.loads(await self.socket.recv()))

    async def close_code(self) -> int | None:
        async with asyncio.timeout(SOON):
            await self.socket.wait_closed()
        return self.socket.close_code


class Line:
    """One server, the world around it included: Twilio as a client, Twilio's REST API as a stand-in."""

    def __init__(self, context: Context, port: int, http: httpx2.AsyncClient) -> None:
        self.context = context
        self.port = port
        self.http = http
        self.hang_ups: asyncio.Queue[tuple[str, str, str, bytes]] = asyncio.Queue()
        self.rest_answer: tuple[str, int] = ("{}", 200)
        self._validator = RequestValidator(TOKEN)

    def signature(self, url: str, form: Mapping[str, str]) -> str:
        return str(self._validator.compute_signature(url, form))

    async def post(
        self, path: str, form: Mapping[str, str] | None = None, signature: str | None = None
    ) -> httpx2.Response:
        form = form or {}
        signed = self.signature(f"https://{HOST}{path}", form) if signature is None else signature
        return await self.http.post(path, data=dict(form), headers={"X-Twilio-Signature": signed})

    async def parameters(self, call_sid: str = "CA1", sender: str = "+14155550123") -> dict[str, str]:
        answer = await self.post("/twilio/incoming", {"CallSid": call_sid, "From": sender})
        found = ElementTree.fromstring(answer.text).iter("Parameter")
        return {parameter.attrib["name"]: parameter.attrib["value"] for parameter in found}

    @asynccontextmanager
    async def stream(
        self, signature: str | None = None, url: str = f"wss://{HOST}/twilio/connect", **more: Any
    ) -> AsyncIterator[Stream]:
        signed = self.signature(url, {}) if signature is None else signature
        headers = {"X-Twilio-Signature": signed}
        address = f"ws://127.0.0.1:{self.port}/twilio/connect"
        async with connect(address, additional_headers=headers, proxy=None, compression=None, **more) as client:
            yield Stream(client)

    @asynccontextmanager
    async def talking(self, **more: Any) -> AsyncIterator[tuple[Stream, ScriptedCall]]:
        """A call that is up."""
        async with self.stream(**more) as stream:
            await stream.start(await self.parameters())
            yield stream, await self.context.call()


@asynccontextmanager
async def _served(context: Context, limits: Limits) -> AsyncIterator[Line]:
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    app = Quart("line")
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as http:
        line = Line(context, port, http)
        if context.settings["ODAI_TWILIO_API_URL"] == "https://api.twilio.com":
            context.values["ODAI_TWILIO_API_URL"] = f"http://127.0.0.1:{port}"

        @app.post("/2010-04-01/Accounts/<account>/Calls/<call>.json")
        async def rest(account: str, call: str) -> tuple[str, int, dict[str, str]]:
            line.hang_ups.put_nowait((account, call, request.headers["Authorization"], bytes(await request.body)))
            return (*line.rest_answer, {"Connection": "close"})

        app.register_blueprint(blueprint(cast(Any, context), limits), url_prefix="/twilio")
        config = ServerConfig()
        config.bind = [f"fd://{listener.detach()}"]
        config.websocket_max_message_size = 1 << 20
        config.graceful_timeout = 1
        stopping = asyncio.Event()
        server = asyncio.create_task(serve(app, config, shutdown_trigger=stopping.wait))
        try:
            yield line
        finally:
            stopping.set()
            async with asyncio.timeout(SOON):
                await server


@pytest.fixture
async def serve_line() -> AsyncIterator[Callable[..., Awaitable[Line]]]:
    """Start lines; all are stopped at the end."""
    open_lines = []

    async def start(*, limits: Limits | None = None, **given: Any) -> Line:
        manager = _served(Context(**given), limits or Limits())
        open_lines.append(manager)
        return await manager.__aenter__()

    yield start
    for manager in open_lines:
        await manager.__aexit__(None, None, None)


@pytest.fixture
async def line(serve_line: Callable[..., Awaitable[Line]]) -> Line:
    """A line as it is set up by default."""
    return await serve_line()


@pytest.fixture
def make_context() -> type[Context]:
    return Context


@pytest.fixture
def busy() -> type[CallRefused]:
    return CallRefused
