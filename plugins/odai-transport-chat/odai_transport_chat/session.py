"""One chat on its socket, from the accepted handshake to the close frame."""

from __future__ import annotations

import asyncio
import math
import time
import traceback
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn, cast

from quart import Websocket

from odai_core import (
    CallRefused,
    Chat,
    ChatInfo,
    ForeignChat,
    OdaiError,
    QuotaReached,
    SetupError,
    TransportContext,
    chat_events,
    handshake,
)
from odai_transport_chat import frames
from odai_transport_chat.outbox import Outbox
from odai_transport_chat.patience import Patience

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Coroutine

    from odai_core.text.events import ChatEvent

WAITING = 4
"""Prompts that may wait for the turn that runs; the next one is refused as `busy`."""
CONTROLS = 16
GOODBYE = 1.0
"""Seconds the last frames, and the close frame, may each take."""
CLEAN_UP = 15.0
"""Seconds the chat may take to close everything once its peer has gone."""


@dataclass(frozen=True)
class Limits:
    """Seconds: without any client frame and without a turn, and with a frame of ours unread."""

    idle: float
    stall: float


@dataclass(frozen=True)
class Ending:
    """Why a socket closes: a word, the close code, and an `error` frame before it when there is something to tell."""

    reason: str
    code: int
    message: str = ""
    retryable: bool = False


GONE = Ending("gone", 1006)
"""The socket is gone, or the server is being stopped by force: nothing is said any more."""
IDLE = Ending("idle", 1000)
DRAIN = Ending("drain", 1001)
EXPIRED = Ending("token_expired", 1008, "Your sign-in has expired. Please sign in again.")
FLOOD = Ending("flood", 1008, "This client sends more than a chat can take.")
TOO_BIG = Ending("frame_too_big", 1009, "A message was too big.")
SLOW = Ending("slow_peer", 1013)
FAILED = Ending("internal", 1011, "Something went wrong on our side. Please try again.", retryable=True)
NOT_READY = Ending("unavailable", 1011, "The assistant is not set up yet.")


class _Stalled(Exception):
    """The peer does not read."""


async def hold(
    ctx: TransportContext, socket: Websocket, info: ChatInfo, limits: Limits, subprotocol: str | None = None
) -> handshake.Refusal | None:
    """Open the chat, accept the socket, and serve it until it is over and everything is closed.

    A Refusal when there was no place for the chat and the socket was not accepted.

    Quart cancels this at the peer's disconnect, at whatever await it is. The conversation is a task of its own and
    is asked to end instead, so that no cancellation ever cuts its clean-up in two.
    """
    session = Session(ctx, socket, info, limits, subprotocol)
    conversation = asyncio.create_task(session.run())
    try:
        return await asyncio.shield(conversation)
    except asyncio.CancelledError:
        session.peer_gone(conversation)
        await _settle(conversation)
        raise


async def _settle(task: asyncio.Task[Any]) -> None:
    """Wait for a task that was asked to end; a second cancellation (the server stopping) does not hurry it."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + CLEAN_UP
    while not task.done() and (left := deadline - loop.time()) > 0:
        with suppress(asyncio.CancelledError):
            await asyncio.wait([task], timeout=left)
    task.cancel()


class Session:
    """The traffic of one socket: tasks of which the first to finish ends it."""

    def __init__(
        self, ctx: TransportContext, socket: Websocket, info: ChatInfo, limits: Limits, subprotocol: str | None
    ) -> None:
        self._ctx = ctx
        self._socket = socket
        self._info = info
        self._limits = limits
        self._subprotocol = subprotocol
        self._outbox = Outbox()
        self._prompts: asyncio.Queue[str] = asyncio.Queue(WAITING)
        self._controls: asyncio.Queue[frames.Confirm | frames.Stop] = asyncio.Queue(CONTROLS)
        self._patience = Patience()
        self._resting = asyncio.Event()
        """No turn runs and none waits."""
        self._resting.set()
        self._awaited = asyncio.Event()
        """A prompt waits, or the server's stop does."""
        self._stopping = False
        self._begun = False
        """The turn has told something, so `Chat.stop` finds it running."""
        self._stop_wanted = False
        self._listener: asyncio.Task[Ending] | None = None
        self._writer: asyncio.Task[NoReturn] | None = None

    def peer_gone(self, conversation: asyncio.Task[Any]) -> None:
        """The socket is closed: end the chat, or stop opening one."""
        if self._listener is not None:
            self._listener.cancel()
        else:
            conversation.cancel()

    async def run(self) -> handshake.Refusal | None:
        """From open to close. Never raises, except when it is cancelled before the socket was accepted."""
        try:
            ending = await self._converse()
        except CallRefused as refused:
            told = handshake.refused(refused)
            # What concerns the server has a status, for proxies; what concerns the user, a close code that pages read.
            if self._listener is None and not isinstance(refused, ForeignChat | QuotaReached):
                return told
            ending = Ending(told.code, refused.close_code, told.message)
        except SetupError as problem:
            # Only somebody at this machine can do what the remedy says.
            ending = Ending("unavailable", 1011, str(problem)) if self._ctx.loopback else NOT_READY
        except OdaiError:
            ending = FAILED
        except Exception as failure:
            self._log(failure)
            ending = FAILED
        listener, writer = await self._accept()
        listener.cancel()
        await self._say_goodbye(ending, writer)
        await asyncio.gather(listener, writer, return_exceptions=True)
        return None

    async def _converse(self) -> Ending:
        async with self._ctx.open_chat(self._info) as chat:
            watched = await self._accept()
            return await _first(watched, self._talk(chat), self._obey(chat), self._heed_stop())

    async def _accept(self) -> tuple[asyncio.Task[Ending], asyncio.Task[NoReturn]]:
        """Accept the socket, once; the tasks that read and write it."""
        if self._listener is None or self._writer is None:
            await self._socket.accept(subprotocol=self._subprotocol)
            self._listener = asyncio.create_task(self._listen())
            self._writer = asyncio.create_task(self._write())
        return self._listener, self._writer

    # -- from the client ------------------------------------------------------------------------------

    async def _listen(self) -> Ending:
        """Read without ever waiting for the chat: Quart would queue what we leave, without a bound."""
        while True:
            try:
                async with asyncio.timeout(self._limits.idle):
                    frame = await self._socket.receive()
            except TimeoutError:
                if self._resting.is_set():
                    return IDLE
                continue
            try:
                self._take(frames.decode(frame))
                self._patience.restore()
            except frames.FrameTooBig:
                return TOO_BIG
            except frames.BadFrame as bad:
                if not self._patience.forgives():
                    return FLOOD
                if self._patience.answers():
                    await self._outbox.reply(frames.error(bad.code, bad.message, retryable=bad.code == "busy"))

    def _take(self, told: frames.ClientFrame) -> None:
        """Hand it to whom it concerns. Raises BadFrame when there is no room for it."""
        try:
            if isinstance(told, frames.Prompt):
                self._prompts.put_nowait(told.text)
                self._resting.clear()
                self._awaited.set()
            else:
                self._controls.put_nowait(told)
        except asyncio.QueueFull:
            raise frames.BadFrame("busy", "One thing at a time: wait for the answers that are on their way.") from None

    async def _obey(self, chat: Chat) -> NoReturn:
        while True:
            told = await self._controls.get()
            if isinstance(told, frames.Confirm):
                if not await chat.confirm(told.id, told.approve):
                    message = "That question is not open any more."
                    await self._outbox.reply(frames.error("not_waiting", message, retryable=False))
            elif not self._resting.is_set():
                # A turn that has not told anything may not know yet that it runs: then it is stopped at its first word.
                self._stop_wanted = not self._begun
                await chat.stop()

    # -- to the client --------------------------------------------------------------------------------

    async def _talk(self, chat: Chat) -> Ending:
        while True:
            text = await self._prompts.get()
            # Else one token, once, would open a chat for as long as somebody talks in it.
            if time.time() >= (self._info.caller.expires_at or math.inf):
                return EXPIRED
            if self._prompts.empty() and not self._stopping:
                self._awaited.clear()
            await self._turn(chat, text)
            self._begun = self._stop_wanted = False
            if self._prompts.empty():
                self._resting.set()

    async def _turn(self, chat: Chat, text: str) -> None:
        told = cast("AsyncGenerator[ChatEvent, None]", chat.prompt(text))
        async with aclosing(told):
            async for event in told:
                self._begun = True
                if self._stop_wanted:
                    self._stop_wanted = False
                    await chat.stop()
                await self._outbox.put(event)
                if isinstance(event, chat_events.EndOfStream):
                    break
            # The answer is complete; what may follow it is worth a wait only while nobody has a reason to go on.
            await _unless(self._awaited, self._afterwards(told))

    async def _afterwards(self, told: AsyncGenerator[ChatEvent, None]) -> None:
        async for event in told:
            await self._outbox.put(event)

    async def _heed_stop(self) -> Ending:
        await self._ctx.stopping()
        self._stopping = True
        self._awaited.set()
        await self._resting.wait()
        return DRAIN

    async def _write(self) -> NoReturn:
        while (frame := await self._outbox.get()) is not None:
            try:
                async with asyncio.timeout(self._limits.stall):
                    await self._socket.send(frame)
            except TimeoutError:
                raise _Stalled from None
        raise asyncio.CancelledError

    async def _say_goodbye(self, ending: Ending, writer: asyncio.Task[NoReturn]) -> None:
        if ending not in (GONE, SLOW):
            words = ending.message
            last = frames.error(ending.reason, words, retryable=ending.retryable) if words else None
            await self._outbox.close(last)
            await asyncio.wait([writer], timeout=GOODBYE)
        writer.cancel()
        if ending is not GONE:
            # A peer that does not read does not hear this either; the time-out keeps that from holding anything.
            with suppress(TimeoutError):
                async with asyncio.timeout(GOODBYE):
                    await self._socket.close(ending.code, ending.reason)

    def _log(self, failure: Exception) -> None:
        # The place and the kind only: an exception's words may quote the user.
        where = "".join(traceback.format_tb(failure.__traceback__))
        self._ctx.log.error("a chat failed with %s at\n%s", type(failure).__name__, where)


async def _unless(interruption: asyncio.Event, work: Coroutine[Any, Any, None]) -> None:
    """Do the work, or give it up when the event is set."""
    tasks: list[asyncio.Task[Any]] = [asyncio.create_task(work), asyncio.create_task(interruption.wait())]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        if tasks[0].done():
            tasks[0].result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _first(watched: tuple[asyncio.Task[Any], ...], *work: Any) -> Ending:
    """The ending the first finished task came to; those of `work` are cancelled and waited for."""
    tasks = [asyncio.create_task(one) for one in work]
    try:
        await asyncio.wait([*watched, *tasks], return_when=asyncio.FIRST_COMPLETED)
        # Several may finish together: what the client wanted counts before what became of the rest.
        over = next(task for task in [*watched, *tasks] if task.done())
        return GONE if over.cancelled() else cast(Ending, over.result())
    except _Stalled:
        return SLOW
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
