"""One in-app call on its socket, from the accepted handshake to the close frame."""

from __future__ import annotations

import asyncio
import traceback
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NoReturn

from quart import Websocket

from odai_core import Call, CallInfo, CallRefused, OdaiError, SetupError, TransportContext, events, handshake
from odai_transport_webrtc import frames
from odai_transport_webrtc.handshake import Peer
from odai_transport_webrtc.inbox import Inbox
from odai_transport_webrtc.profile import profile

BAD_FRAMES_LIMIT = 50
"""Bad frames in a row that are forgiven."""
ERRORS_AT_ONCE = 10
ERRORS_PER_SECOND = 2.0
REPLIES_WAITING = 32
GOODBYE = 1.0
"""Seconds the last words, and the close frame, may each take."""
CLEAN_UP = 15.0
"""Seconds the call may take to close everything once its peer has gone."""


@dataclass(frozen=True)
class Limits:
    """Seconds: without any client frame, and with a frame of ours unread."""

    idle: float
    stall: float


@dataclass(frozen=True)
class Ending:
    """Why a call is over: core's word for it, the close code, and words for a person when they are owed some."""

    reason: str
    code: int
    message: str = ""


CALLER = Ending("caller", 1000)
GONE = Ending("caller", 1006)
"""The socket is gone, or the server is being stopped by force: nothing is said any more."""
IDLE = Ending("idle", 1000, "Nothing has been heard from this page for a while.")
FLOOD = Ending("flood", 1008, "This page sends more than a call can take.")
NONSENSE = Ending("bad_frames", 1008, "This page sends what the server cannot read.")
TOO_BIG = Ending("frame_too_big", 1009, "A frame was too big.")
SLOW = Ending("slow_peer", 1013, "The connection is too slow for sound.")
NOT_READY = Ending("not_ready", 1011, "The assistant is not set up yet.")
UNREACHABLE = Ending("model_lost", 1011, "The assistant cannot be reached right now. Please call again later.")
FAILED = Ending("error", 1011, "Something went wrong on our side. Please call again.")

_CORE_REASONS = frozenset({"hangup", "caller", "duration", "idle", "quota", "drain", "slow_peer", "model_lost"})
_CODES = {"drain": 1001, "slow_peer": 1013, "model_lost": 1011, "error": 1011}


class _Stalled(Exception):
    """The peer does not read."""


async def hold(ctx: TransportContext, socket: Websocket, peer: Peer, limits: Limits) -> None:
    """Run the call of an accepted socket until it is over and everything is closed.

    Quart cancels this at the peer's disconnect, at whatever await it is. The conversation is a task of its own and
    is asked to end instead, so that no cancellation ever cuts its clean-up in two.
    """
    stream = Stream(ctx, socket, peer, limits)
    conversation = asyncio.create_task(stream.run())
    try:
        await asyncio.shield(conversation)
    except asyncio.CancelledError:
        stream.peer_gone(conversation)
        await _settle(conversation)
        raise


async def _settle(task: asyncio.Task[None]) -> None:
    """Wait for a task that was asked to end; a second cancellation (the server stopping) does not hurry it."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + CLEAN_UP
    while not task.done() and (left := deadline - loop.time()) > 0:
        with suppress(asyncio.CancelledError):
            await asyncio.wait([task], timeout=left)
    task.cancel()


class Stream:
    """The traffic of one call: four tasks, of which the first to finish ends it."""

    def __init__(self, ctx: TransportContext, socket: Websocket, peer: Peer, limits: Limits) -> None:
        self._ctx = ctx
        self._socket = socket
        self._peer = peer
        self._limits = limits
        self._inbox = Inbox()
        self._replies: asyncio.Queue[str] = asyncio.Queue(REPLIES_WAITING)
        # Two tasks write; one frame at a time, in order, also when frames are compressed.
        self._writing = asyncio.Lock()
        self._bad_in_a_row = 0
        self._errors = ERRORS_AT_ONCE * 1.0
        self._errors_at = 0.0
        self._listener: asyncio.Task[Ending] | None = None
        self._open = False

    def peer_gone(self, conversation: asyncio.Task[None]) -> None:
        """The socket is closed: end the call, or stop opening one."""
        if self._open and self._listener is not None:
            self._listener.cancel()
        else:
            conversation.cancel()

    async def run(self) -> None:
        """The whole call. Never raises, except when it is cancelled before the call was open."""
        self._listener = asyncio.create_task(self._listen())
        try:
            ending = await self._converse(self._listener)
        except CallRefused as reason:
            refusal = handshake.refused(reason)
            ending = Ending(refusal.code, reason.close_code, refusal.message)
        except SetupError as problem:
            # Only somebody at this machine can do what the remedy says.
            ending = Ending("not_ready", 1011, str(problem)) if self._ctx.loopback else NOT_READY
        except OdaiError:
            ending = UNREACHABLE
        except Exception as failure:
            self._log(failure)
            ending = FAILED
        finally:
            self._listener.cancel()
            await asyncio.wait([self._listener])
        await self._say_goodbye(ending)

    async def _converse(self, listener: asyncio.Task[Ending]) -> Ending:
        async with self._ctx.open_call(self._info()) as call:
            self._open = True
            ready = frames.ready(
                session_id=call.session_id,
                barge_in=self._peer.barge_in,
                model=call.model_name,
                tools=call.tool_names,
            )
            ending = await _first(listener, self._speak(call, ready), self._hear(call), self._reply())
            await call.end(ending.reason if ending.reason in _CORE_REASONS else "error")
            return ending

    def _info(self) -> CallInfo:
        return CallInfo(
            session_id=self._peer.session_id,
            caller=self._peer.caller,
            audio=profile(barge_in=self._peer.barge_in),
            analytics_name="App Voice Chat",
            analytics={"session_id": self._peer.session_id},
            screen=True,
        )

    # -- from the client ------------------------------------------------------------------------------

    async def _listen(self) -> Ending:
        """Read without ever waiting for the call: Quart would queue what we leave, without a bound."""
        clock = asyncio.get_running_loop().time
        try:
            async with asyncio.timeout(self._limits.idle) as silence:
                while True:
                    frame = await self._socket.receive()
                    silence.reschedule(clock() + self._limits.idle)
                    if (ending := self._take(frame)) is not None:
                        return ending
        except TimeoutError:
            return IDLE

    def _take(self, frame: str | bytes | None) -> Ending | None:
        try:
            event = frames.decode(frame)
            item = event.samples() if isinstance(event, frames.Audio) else event
        except frames.FrameTooBig:
            return TOO_BIG
        except frames.BadFrame as bad:
            return self._complain(bad)
        self._bad_in_a_row = 0
        if isinstance(item, frames.Bye):
            return CALLER
        if isinstance(item, frames.Ping):
            self._queue_reply(frames.pong(item.t))
            return None
        return None if self._inbox.put(item) else FLOOD

    def _complain(self, bad: frames.BadFrame) -> Ending | None:
        self._bad_in_a_row += 1
        if self._bad_in_a_row > BAD_FRAMES_LIMIT:
            return NONSENSE
        now = asyncio.get_running_loop().time()
        self._errors = min(ERRORS_AT_ONCE, self._errors + (now - self._errors_at) * ERRORS_PER_SECOND)
        self._errors_at = now
        if self._errors >= 1:
            self._errors -= 1
            self._queue_reply(frames.error(bad.code, bad.message, retryable=False))
        return None

    def _queue_reply(self, frame: str) -> None:
        # A client that asks faster than it reads misses answers; it cannot make us keep them.
        with suppress(asyncio.QueueFull):
            self._replies.put_nowait(frame)

    async def _hear(self, call: Call) -> NoReturn:
        while True:
            match await self._inbox.get():
                case bytes() as audio:
                    await call.send_audio(audio)
                case frames.Text(text):
                    await call.send_text(text.strip())
                case frames.Interrupt():
                    await call.interrupt()
                case frames.Played(item_id, ms):
                    await call.played(item_id, int(ms))

    # -- to the client --------------------------------------------------------------------------------

    async def _speak(self, call: Call, ready: str) -> Ending:
        await self._send(ready)
        async for event in call.events():
            if type(event) is events.Audio:
                await self._send(frames.audio(event))
            elif isinstance(event, events.Ended):
                return Ending(event.reason, _CODES.get(event.reason, 1000), event.message)
            elif (frame := frames.encode(event)) is not None:
                await self._send(frame)
        return FAILED

    async def _reply(self) -> NoReturn:
        while True:
            await self._send(await self._replies.get())

    async def _send(self, frame: str) -> None:
        try:
            async with asyncio.timeout(self._limits.stall), self._writing:
                await self._socket.send(frame)
        except TimeoutError:
            raise _Stalled from None

    async def _say_goodbye(self, ending: Ending) -> None:
        if ending is GONE:
            return
        # A peer that does not read hears neither; the time-outs keep that from holding anything.
        with suppress(TimeoutError):
            async with asyncio.timeout(GOODBYE):
                await self._socket.send(frames.bye(ending.reason, ending.message))
        with suppress(TimeoutError):
            async with asyncio.timeout(GOODBYE):
                await self._socket.close(ending.code, ending.reason)

    def _log(self, failure: Exception) -> None:
        # The place and the kind only: an exception's words may quote the caller.
        where = "".join(traceback.format_tb(failure.__traceback__))
        self._ctx.log.error("an in-app call failed with %s at\n%s", type(failure).__name__, where)


async def _first(listener: asyncio.Task[Ending], *work: Any) -> Ending:
    """The ending the first finished task came to; the rest are cancelled and waited for."""
    tasks = [asyncio.create_task(one) for one in work]
    try:
        await asyncio.wait([listener, *tasks], return_when=asyncio.FIRST_COMPLETED)
        # Several may finish together: what the client wanted counts before what became of the rest.
        over = next(task for task in [listener, *tasks] if task.done())
        return GONE if over.cancelled() else over.result()
    except _Stalled:
        return SLOW
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
