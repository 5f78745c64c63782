"""A real server on a free port, a real browser, and doubles for what core gives a transport."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import re
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest
from hypercorn.asyncio import serve
from hypercorn.config import Config
from odai_transport_chat import odai_transports
from quart import Quart
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.http11 import Response

from odai_core import Caller, CallRefused, ChatInfo, ChatSummary, ForeignChat, PastTurn, chat_events
from odai_core.testing import browser as browser_room

TOKEN = "good.token"
WAIT = 10.0
END = chat_events.EndOfStream()


class Turn:
    """One turn whose assistant is the test: what it emits is what the chat says."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.closed = asyncio.Event()
        self._queue: asyncio.Queue[chat_events.ChatEvent | Exception | None] = asyncio.Queue()

    def emit(self, *told: chat_events.ChatEvent | Exception) -> None:
        for event in told:
            self._queue.put_nowait(event)

    def say(self, *pieces: str, agent: str = "ODAI") -> None:
        self.emit(*(chat_events.TextDelta(piece, agent) for piece in pieces))

    def end(self, *after: chat_events.ChatEvent) -> None:
        """The answer is complete, and so is the turn."""
        self.emit(END, *after)
        self._queue.put_nowait(None)

    async def events(self) -> AsyncIterator[chat_events.ChatEvent]:
        try:
            while (event := await self._queue.get()) is not None:
                if isinstance(event, Exception):
                    raise event
                yield event
        finally:
            self.closed.set()


class ScriptedChat:
    """A chat whose turns the test tells. A finished turn stands in the book, as core's would."""

    model_name = "scripted"

    def __init__(self, info: ChatInfo, ctx: FakeContext) -> None:
        self.info = info
        self.chat_id = info.chat_id
        self.stops = 0
        self.confirmed: list[tuple[str, bool]] = []
        self.waiting: set[str] = set()
        self.turn: Turn | None = None
        self.running = 0
        self._ctx = ctx
        self._turns: asyncio.Queue[Turn] = asyncio.Queue()
        self._changed = asyncio.Condition()

    async def prompt(self, text: str) -> AsyncIterator[chat_events.ChatEvent]:
        assert self.running == 0, "one turn at a time"
        self.running += 1
        turn = self.turn = Turn(text)
        self._turns.put_nowait(turn)
        said: list[chat_events.ChatEvent] = []
        try:
            async for event in turn.events():
                said.append(event)
                if event is END:
                    self._ctx.chats.keep(self.info, text, said)
                yield event
        finally:
            turn.closed.set()
            self.running -= 1

    async def confirm(self, confirmation_id: str, approve: bool) -> bool:
        self.confirmed.append((confirmation_id, approve))
        await self._note()
        if confirmation_id not in self.waiting:
            return False
        self.waiting.discard(confirmation_id)
        assert self.turn is not None
        self.turn.emit(chat_events.ConfirmationSettled(confirmation_id, "approved" if approve else "declined"))
        return True

    async def stop(self) -> None:
        self.stops += 1
        if self.turn is not None and not self.turn.closed.is_set():
            self.turn.end()
        await self._note()

    async def _note(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def until(self, condition: Callable[[ScriptedChat], Any]) -> None:
        async with asyncio.timeout(WAIT), self._changed:
            await self._changed.wait_for(lambda: condition(self))

    async def next_turn(self) -> Turn:
        return await asyncio.wait_for(self._turns.get(), WAIT)


class Book:
    """Chats in memory: user, then chat id, then turns."""

    def __init__(self) -> None:
        self.chats: dict[str, dict[str, list[PastTurn]]] = {}
        self.titles: dict[str, str] = {}
        self.times: dict[str, float] = {}
        self.asked: list[tuple[Any, ...]] = []

    def keep(self, info: ChatInfo, prompt: str, said: list[chat_events.ChatEvent]) -> None:
        from odai_transport_chat import frames

        turns = self.chats.setdefault(info.caller.user_id or "", {}).setdefault(info.chat_id, [])
        answer = "".join(event.delta for event in said if isinstance(event, chat_events.TextDelta))
        shown = [
            json.loads(frames.encode(event) or "")
            for event in said
            if not isinstance(event, chat_events.TextDelta | chat_events.EndOfStream)
        ]
        self.times[info.chat_id] = max(self.times.values(), default=1_000.0) + 1
        at = self.times[info.chat_id]
        turns.append(PastTurn(id=f"t{len(turns)}", at=at, prompt=prompt, answer=answer, shown=shown))

    async def list(self, user_id: str, *, limit: int = 50, before: float | None = None) -> tuple[ChatSummary, ...]:
        self.asked.append((user_id, limit, before))
        rows = [
            ChatSummary(
                chat_id=chat_id, title=self.titles.get(chat_id, ""), created_at=1.0, updated_at=self.times[chat_id]
            )
            for chat_id in self.chats.get(user_id, {})
        ]
        rows.sort(key=lambda row: -row.updated_at)
        return tuple(row for row in rows if before is None or row.updated_at < before)[:limit]

    async def read(self, user_id: str, chat_id: str) -> tuple[PastTurn, ...] | None:
        turns = self.chats.get(user_id, {}).get(chat_id)
        return None if turns is None else tuple(turns)

    async def page(
        self, user_id: str, chat_id: str, *, limit: int, before: str | None = None
    ) -> tuple[tuple[PastTurn, ...], bool] | None:
        turns = await self.read(user_id, chat_id)
        if turns is None:
            return None
        end = len(turns) if before is None else next((at for at, turn in enumerate(turns) if turn.id == before), 0)
        return turns[max(0, end - limit) : end], end > limit

    async def delete(self, user_id: str, chat_id: str) -> bool:
        return self.chats.get(user_id, {}).pop(chat_id, None) is not None


@dataclass
class FakeContext:
    """The TransportContext, with every decision in the test's hands. A token "good.<user>" stands for that user."""

    settings: dict[str, Any] = field(default_factory=dict)
    log: logging.Logger = field(default_factory=lambda: logging.getLogger("odai.test.chat"))
    public_host: str = ""
    expires_at: float | None = None
    loopback: bool = True
    local: bool = True
    refusal: CallRefused | None = None
    opening: Callable[[], Awaitable[None]] | None = None
    chats: Book = field(default_factory=Book)
    open_now: asyncio.Queue[ScriptedChat] = field(default_factory=asyncio.Queue)
    opened: int = 0
    closed: int = 0
    over: asyncio.Condition = field(default_factory=asyncio.Condition)
    stop: asyncio.Event = field(default_factory=asyncio.Event)

    async def authenticate(self, token: str) -> Caller | None:
        if token == "guest":
            return Caller()
        good = re.fullmatch(r"good\.([a-z0-9-]+)", token)
        if good is None:
            return None
        return Caller(user_id="user-1" if good[1] == "token" else good[1], expires_at=self.expires_at)

    def local_token(self, peer: str | None, host: str | None) -> str | None:
        return TOKEN if self.local else None

    def origin_allowed(self, origin: str | None, host: str | None) -> bool:
        return origin is None or origin == f"http://{host}"

    async def stopping(self) -> None:
        await self.stop.wait()

    @contextlib.asynccontextmanager
    async def open_chat(self, info: ChatInfo) -> AsyncIterator[ScriptedChat]:
        if self.refusal is not None:
            raise self.refusal
        if self.opening is not None:
            await self.opening()
        if any(info.chat_id in kept for user, kept in self.chats.chats.items() if user != info.caller.user_id):
            raise ForeignChat("This chat belongs to somebody else.")
        self.opened += 1
        chat = ScriptedChat(info, self)
        self.open_now.put_nowait(chat)
        try:
            yield chat
        finally:
            # A real chat is closed over the network: a cancellation in here would be lost work.
            await asyncio.sleep(0)
            self.closed += 1
            async with self.over:
                self.over.notify_all()

    async def next_chat(self) -> ScriptedChat:
        return await asyncio.wait_for(self.open_now.get(), WAIT)

    async def all_over(self) -> None:
        async with asyncio.timeout(WAIT), self.over:
            await self.over.wait_for(lambda: self.opened == self.closed)


class Peer(ClientConnection):
    """A client that speaks the wire sheet."""

    async def receive(self) -> dict[str, Any]:
        frame: dict[str, Any] = json.loads(await asyncio.wait_for(self.recv(), WAIT))
        return frame

    async def tell(self, kind: str, **fields: Any) -> None:
        await self.send(json.dumps({"type": kind, **fields}))

    async def until(self, kind: str) -> list[dict[str, Any]]:
        """Every frame up to and including the first of this type."""
        seen = [await self.receive()]
        while seen[-1]["type"] != kind:
            seen.append(await self.receive())
        return seen

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

    def connect(self, chat_id: str = "chat-1", query: str = f"token={TOKEN}", **options: Any) -> connect:
        address = f"ws://127.0.0.1:{self.port}/chats/{chat_id}?{query}"
        return connect(address, create_connection=Peer, **options)

    async def refusal(self, *args: Any, **options: Any) -> Response:
        """The answer to a handshake that is not accepted."""
        with pytest.raises(InvalidStatus) as refused:
            await self.connect(*args, **options)
        return refused.value.response


def build(ctx: FakeContext) -> Quart:
    app = Quart("odai_test")
    for plugin in odai_transports():
        app.register_blueprint(plugin.blueprint(ctx), url_prefix=plugin.prefix)
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


@pytest.fixture
def context() -> type[FakeContext]:
    """For a test that makes its own."""
    return FakeContext


# -- the browser ------------------------------------------------------------------------------------


class Browser(browser_room.Browser):
    """A page of chats."""

    async def ask(self, text: str) -> None:
        await self.page.get_by_role("textbox", name="Message").fill(text)
        await self.page.keyboard.press("Enter")


@pytest.fixture
def chromium() -> Any:
    """`async with chromium(**options) as browser:`, for a test that wants an unusual one."""
    return partial(browser_room.launch, Browser)


@pytest.fixture
async def browser(chromium: Any) -> AsyncIterator[Browser]:
    """A browser; at the end nothing may have gone wrong in its pages."""
    async with chromium() as opened:
        yield opened
        assert opened.errors == []
