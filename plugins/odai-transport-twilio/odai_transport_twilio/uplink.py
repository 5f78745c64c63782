"""The caller's side on its way to the call: audio in pieces of one size, keys and playback positions, in order."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from odai_core import Call

Order: TypeAlias = Callable[[Call], Awaitable[None]]

_MAX_WAIT = 0.1
"""Seconds after the last piece until a smaller one goes too."""
_WAITING = 100
"""Pieces; at 50 ms each a model that takes nothing for 5 s loses the oldest."""


class Uplink:
    """Reading a socket must never wait for a model, so what is read stays here until the call takes it."""

    def __init__(self, piece_bytes: int, loop: asyncio.AbstractEventLoop) -> None:
        self._size = piece_bytes
        self._loop = loop
        self._buffer = bytearray()
        self._sent_at = loop.time()
        self._timer: asyncio.TimerHandle | None = None
        self._queue: asyncio.Queue[bytes | Order] = asyncio.Queue(_WAITING)
        self.dropped = 0
        """What the call took too late."""

    def audio(self, data: bytes) -> None:
        """Add mu-law audio; it goes on at `piece_bytes`, or 100 ms after the last piece."""
        self._buffer += data
        while len(self._buffer) >= self._size:
            self._send(self._size)
        if self._buffer and self._timer is None:
            self._timer = self._loop.call_at(self._sent_at + _MAX_WAIT, self._overdue)

    def order(self, order: Order) -> None:
        """Have `order` done to the call, after the audio that was ready before it."""
        self._put(order)

    async def deliver(self, call: Call) -> None:
        """Hand everything to `call` until cancelled."""
        while True:
            item = await self._queue.get()
            await (call.send_audio(item) if isinstance(item, bytes) else item(call))

    def close(self) -> None:
        """Stop the timer."""
        if self._timer is not None:
            self._timer.cancel()

    def _overdue(self) -> None:
        # One timer looks again at its end: cancelling and setting it for every piece would cost more.
        self._timer = None
        due = self._sent_at + _MAX_WAIT
        if self._buffer and self._loop.time() < due:
            self._timer = self._loop.call_at(due, self._overdue)
        elif self._buffer:
            self._send(len(self._buffer))

    def _send(self, size: int) -> None:
        self._sent_at = self._loop.time()
        self._put(bytes(self._buffer[:size]))
        del self._buffer[:size]

    def _put(self, item: bytes | Order) -> None:
        if self._queue.full():
            self._queue.get_nowait()
            self.dropped += 1
        self._queue.put_nowait(item)
