"""A live call's audio and its waiting: a mouth that sends 50 frames a second, an ear, and one socket's life."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, InvalidURI

from odai_core.calls import AudioFormat
from odai_core.cli.phone.ear import Ear
from odai_core.cli.phone.voice import Clip
from odai_core.errors import OdaiError

FRAME_MS = 20
OUTBOX = 1000
"""Frames that may wait for a server that does not read: 20 s of them."""
MAX_MESSAGE = 4 * 1024 * 1024
CLOSING = 5.0
"""Seconds a server gets to finish the call and close."""
T = TypeVar("T")


class Refused(OdaiError):
    """The server could not be reached, or did not take the call; the text is for a person."""


@dataclass(frozen=True)
class Happening:
    """Something a person watching the call wants to see.

    Kinds: speaking, spoken (we); hearing (`latency_ms`), quiet (the assistant); cleared; line (`role`, `text`,
    `status`, `id`); tool_start (`tool`, ...), tool_end (`tool`, `ms`, `ok`); metrics; ready; error (`message`); ended
    (`reason`).
    """

    kind: str
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """What was heard after an utterance. `audio` is in the call's format, without pauses; empty: nothing came."""

    audio: bytes
    latency_ms: int | None
    """From the end of our speech (or of the connecting) to the first audible sound; None: nothing came."""
    ms: int


class Phone(Protocol):
    """What `converse` needs of a peer."""

    line: Line

    async def hang_up(self) -> None:
        """End the call from our side; safe after its end."""


async def dial(url: str, headers: Mapping[str, str]) -> ClientConnection:
    """Open a WebSocket. Raises Refused with the server's own words where it gave some."""
    try:
        return await connect(
            url,
            additional_headers=headers,
            compression=None,
            proxy=None,
            max_size=MAX_MESSAGE,
            close_timeout=CLOSING,
            user_agent_header="odai-call",
        )
    except InvalidStatus as error:
        words = bytes(error.response.body or b"")[:300].decode(errors="replace")
        raise Refused(f"The server refused the call: {error.response.status_code} {words}".strip()) from None
    except (OSError, InvalidHandshake, InvalidURI, EOFError) as error:
        raise Refused(f"The server cannot be reached: {str(error) or type(error).__name__}.") from None


class Line:
    """One call on one socket. `wrap` makes a frame of 20 ms of audio; `take` gets every JSON object that comes."""

    def __init__(
        self,
        socket: ClientConnection,
        audio: AudioFormat,
        *,
        wrap: Callable[[bytes], str],
        take: Callable[[dict[str, Any]], None],
        on_mark: Callable[[str], None],
        tell: Callable[[Happening], None],
    ) -> None:
        self.audio = audio
        self.ear = Ear(audio, on_mark)
        self.ended = asyncio.Event()
        self.reason = ""
        """Why the call is over: "caller", or what the server gave."""
        self.idle = asyncio.Event()
        """Clear it while the server is known to be working on an answer."""
        self.idle.set()
        self.violations: list[str] = []
        """What the server sent against the protocol, at most 100."""
        self.sent = 0
        """Bytes of audio sent, silence included."""
        self._socket = socket
        self._wrap = wrap
        self._take = take
        self._tell = tell
        self._loop = asyncio.get_running_loop()
        self._outbox: asyncio.Queue[str] = asyncio.Queue(OUTBOX)
        self._frames: deque[tuple[bytes, Callable[[], None] | None]] = deque()
        self._tasks: list[asyncio.Task[None]] = []
        self._asked_at = self.started_at = self._loop.time()
        self._leaving = False
        self._cleared = asyncio.Event()

    def start(self) -> None:
        """Begin to send and receive."""
        self._asked_at = self.started_at = self._loop.time()
        self._tasks = [asyncio.create_task(work) for work in (self._speak(), self._write(), self._read())]

    def post(self, text: str) -> None:
        """Send a text frame, in order with the audio."""
        try:
            self._outbox.put_nowait(text)
        except asyncio.QueueFull:
            self.end("the server does not read")

    def end(self, reason: str) -> None:
        """The call is over; the first reason counts. What is queued for the ear is never heard."""
        if not self.ended.is_set():
            self.reason = "caller" if self._leaving else reason
            self.ear.clear()
            self.ended.set()
            self._tell(Happening("ended", {"reason": self.reason}))

    def seconds(self) -> float:
        """How long the call has lasted."""
        return self._loop.time() - self.started_at

    def violation(self, what: str) -> None:
        """The server broke the protocol."""
        if len(self.violations) < 100:
            self.violations.append(what)
        self._tell(Happening("error", {"message": what}))

    async def close(self, farewell: str) -> None:
        """Send the protocol's last frame, let the server finish, and close everything; a second call does nothing."""
        tasks, self._tasks = self._tasks, []
        if not tasks:
            return
        tasks[0].cancel()
        if not self.ended.is_set():
            self._leaving = True
            self.post(farewell)
            with suppress(TimeoutError):
                async with asyncio.timeout(CLOSING):
                    await asyncio.wait(tasks[2:])
            self.end("caller")
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self.ear.close()
        await self._socket.close()

    # -- a conversation

    async def say(self, clip: Clip) -> None:
        """Speak in real time, behind what is being said already. Returns when all of it is sent, or the call over."""
        data, size = clip.encode(self.audio), self.audio.bytes_per_ms * FRAME_MS
        frames = [data[place : place + size] for place in range(0, len(data), size)]
        last = max(0, math.ceil(round(clip.speech_end() * 1000 / FRAME_MS, 3)) - 1)
        sent = asyncio.Event()
        self._tell(Happening("speaking", {"seconds": round(clip.seconds, 2)}))
        for number, frame in enumerate(frames):
            self._frames.append((frame, self._asked if number == min(last, len(frames) - 1) else None))
        self._frames.append((b"", sent.set))
        await self._unless_ended(sent.wait())
        self._tell(Happening("spoken"))

    async def listen(self, *, quiet: float = 1.0, timeout: float = 30.0, longest: float = 300.0) -> Answer:
        """Hear an answer out: until it has been quiet for `quiet` seconds, or the call is over.

        `timeout` is for its first sound, counted from now; `longest` for all of it.
        """
        began = None
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                began = await self._unless_ended(self.ear.wait_for_sound())
        if began is None:
            return Answer(b"", None, 0)
        latency = round(1000 * (began - self._asked_at))
        self._tell(Happening("hearing", {"latency_ms": latency}))
        with suppress(TimeoutError):
            async with asyncio.timeout(longest):
                await self._until_quiet(quiet)
        audio = self.ear.heard(began)
        self.ear.listen_anew()
        answer = Answer(audio, latency, len(audio) // self.audio.bytes_per_ms)
        self._tell(Happening("quiet", {"ms": answer.ms}))
        return answer

    def cleared(self) -> list[str]:
        """The server took back what was not heard yet. Gives the marks in it; what comes next is a new answer."""
        self._cleared.set()
        self.ear.listen_anew()
        self._tell(Happening("cleared"))
        return self.ear.clear()

    async def _until_quiet(self, quiet: float) -> None:
        while not self.ended.is_set():
            await self._unless_ended(self.idle.wait())
            left = self.ear.quiet_at() + quiet - self._loop.time()
            if left <= 0:
                return
            # A clear moves the moment of quiet to now; it may have been minutes away.
            self._cleared.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._unless_ended(self._cleared.wait()), left)

    async def _unless_ended(self, work: Coroutine[Any, Any, T]) -> T | None:
        """The result of `work`, or None when the call ends first."""
        working, ending = asyncio.ensure_future(work), asyncio.ensure_future(self.ended.wait())
        try:
            await asyncio.wait((working, ending), return_when=asyncio.FIRST_COMPLETED)
            return working.result() if working.done() else None
        finally:
            for task in (working, ending):
                task.cancel()
            await asyncio.gather(working, ending, return_exceptions=True)

    def _asked(self) -> None:
        """The last sound of an utterance is on its way: from here on the caller waits."""
        self._asked_at = self._loop.time()
        self.ear.listen_anew()

    # -- the socket

    async def _speak(self) -> None:
        silence = self._silence()
        start, number = self._loop.time(), 0
        while True:
            # A telephone never stops sending; between utterances it sends silence.
            frame, sent = self._frames.popleft() if self._frames else (silence, None)
            if frame:
                self.sent += len(frame)
                self.post(self._wrap(frame + silence[len(frame) :]))
                number += 1
            if sent is not None:
                sent()
            await asyncio.sleep(max(0.0, start + number * FRAME_MS / 1000 - self._loop.time()))

    def _silence(self) -> bytes:
        return (b"\0" if self.audio.name == "pcm16" else b"\xff") * (self.audio.bytes_per_ms * FRAME_MS)

    async def _write(self) -> None:
        with suppress(ConnectionClosed):
            while True:
                await self._socket.send(await self._outbox.get())

    async def _read(self) -> None:
        try:
            async for text in self._socket:
                self._read_one(text)
        except ConnectionClosed:
            pass
        finally:
            code, words = self._socket.close_code, self._socket.close_reason
            self.end(f"the server closed the call ({code or 'no code'}{f', {words}' if words else ''})")

    def _read_one(self, text: str | bytes) -> None:
        try:
            frame = msgspec.json.decode(text)
        except (msgspec.DecodeError, RecursionError, ValueError):
            frame = None
        if isinstance(text, bytes) or not isinstance(frame, dict):
            self.violation("a frame that is no JSON object")
        else:
            self._take(frame)
