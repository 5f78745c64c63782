"""What a turn has to tell its transport: in order, and never more than a slow reader can be waited for."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator

from odai_core.text.events import ChatEvent

PLACES = 256
"""Events that wait for the reader; then the turn waits too, and its clock runs."""


class Outbox:
    """Many may `put`, one `end`s it; one reader has `events`. Whoever `close`s it wants no more of it."""

    def __init__(self) -> None:
        self._waiting: deque[ChatEvent] = deque()
        self._room = asyncio.Event()
        self._some = asyncio.Event()
        self._ended = self._closed = False

    async def put(self, event: ChatEvent) -> None:
        """Wait for a place. Once it is closed, everything is dropped."""
        while len(self._waiting) >= PLACES and not self._closed:
            self._room.clear()
            await self._room.wait()
        if not self._closed:
            self._waiting.append(event)
            self._some.set()

    def end(self) -> None:
        """Nothing follows."""
        self._ended = True
        self._some.set()

    def close(self) -> None:
        """Drop what waits: writers go on, and a reader comes to the end."""
        self._closed = True
        self._waiting.clear()
        self._room.set()
        self.end()

    async def events(self) -> AsyncIterator[ChatEvent]:
        """Everything, until the end."""
        while True:
            while self._waiting:
                event = self._waiting.popleft()
                self._room.set()
                yield event
            if self._ended:
                return
            self._some.clear()
            await self._some.wait()

    def __len__(self) -> int:
        return len(self._waiting)
