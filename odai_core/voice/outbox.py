"""What waits for the transport: one reader, everything in order, nothing without a bound."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable

from odai_core.voice.events import Audio, AudioEnd, CallEvent, Ended

LIMIT_EVENTS = 1000
"""A peer this many events behind is not listening."""


class Outbox:
    """Events for one transport, ahead of the audio that `next_audio` hands out when it is due.

    Drop rule: nothing is dropped in silence. A peer that falls `LIMIT_EVENTS` behind gets `Ended("slow_peer")`.
    """

    def __init__(self, next_audio: Callable[[], tuple[Audio | AudioEnd | None, float | None]]) -> None:
        self._next_audio = next_audio
        self._events: deque[CallEvent] = deque()
        self._wake = asyncio.Event()
        self.ended = False
        """`Ended` is queued or was read."""

    def put(self, event: CallEvent) -> None:
        """Queue an event; nothing is taken after `Ended`."""
        if self.ended:
            return
        if len(self._events) >= LIMIT_EVENTS:
            self._events.clear()
            event = Ended("slow_peer", "The connection could not keep up.")
        self.ended = isinstance(event, Ended)
        self._events.append(event)
        self._wake.set()

    def wake(self) -> None:
        """Audio became due."""
        self._wake.set()

    async def events(self) -> AsyncIterator[CallEvent]:
        """Every event until `Ended`, which is the last one."""
        loop = asyncio.get_running_loop()
        while True:
            self._wake.clear()
            event, wait = self._next()
            if event is not None:
                yield event
                if isinstance(event, Ended):
                    return
                continue
            timer = loop.call_later(wait, self._wake.set) if wait is not None else None
            try:
                await self._wake.wait()
            finally:
                if timer is not None:
                    timer.cancel()

    def _next(self) -> tuple[CallEvent | None, float | None]:
        if self._events:
            return self._events.popleft(), None
        return self._next_audio()
