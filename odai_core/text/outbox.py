"""What a turn has to tell its transport: in order, and never more than a slow reader can be waited for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from odai_core.text.events import ChatEvent

PLACES = 256
"""Events that wait for the reader; then the turn waits too, and its clock runs."""


class Outbox:
    """One writer's side (`put`, `end`) and one reader's (`events`, `close`)."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[ChatEvent | None] = asyncio.Queue(PLACES)
        self._closed = False

    async def put(self, event: ChatEvent) -> None:
        """Wait for a place. Once the reader has gone, everything is dropped."""
        if not self._closed:
            await self._queue.put(event)

    async def end(self) -> None:
        """Nothing follows."""
        if not self._closed:
            await self._queue.put(None)

    async def events(self) -> AsyncIterator[ChatEvent]:
        """Everything, until the end."""
        while (event := await self._queue.get()) is not None:
            yield event

    def close(self) -> None:
        """Nobody reads any more: whoever waits for a place goes on."""
        self._closed = True
        while not self._queue.empty():
            self._queue.get_nowait()
