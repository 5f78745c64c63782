"""What a chat has said and its client has not read yet: bounded, with what is being written merged while it waits."""

from __future__ import annotations

import asyncio
from collections import deque
from io import StringIO

from odai_core import chat_events
from odai_transport_chat import frames

ROOM = 256 * 1024
"""Characters that may wait for a client; after that the turn waits for it too."""


MERGED = 16 * 1024
"""Characters one delta grows to; then the next begins."""


class _Delta:
    """A piece of the answer that has not been sent yet and may still grow."""

    def __init__(self, agent: str) -> None:
        self.agent = agent
        self.text = StringIO()
        self.size = 0

    def add(self, text: str) -> None:
        self.text.write(text)
        self.size += len(text)


class Outbox:
    """One writer that may wait, one that never does, and one reader. The order is kept."""

    def __init__(self) -> None:
        self._items: deque[str | _Delta] = deque()
        self._size = 0
        self._closed = False
        self._changed = asyncio.Condition()

    def __len__(self) -> int:
        return len(self._items)

    @property
    def size(self) -> int:
        """Characters that wait."""
        return self._size

    async def put(self, event: chat_events.ChatEvent) -> None:
        """Queue an event of the turn, waiting while there is no room. Neighbouring deltas of an agent become one."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._size < ROOM)
            if isinstance(event, chat_events.TextDelta):
                self._add_delta(event)
            elif (frame := frames.encode(event)) is not None:
                self._add(frame)
            self._changed.notify_all()

    async def reply(self, frame: str) -> None:
        """Queue a frame if there is room: a client that asks faster than it reads misses answers."""
        async with self._changed:
            if self._size < ROOM:
                self._add(frame)
                self._changed.notify_all()

    async def close(self, last: str | None = None) -> None:
        """Nothing more will be put; `last` goes after what waits."""
        async with self._changed:
            if last is not None:
                self._add(last)
            self._closed = True
            self._changed.notify_all()

    async def get(self) -> str | None:
        """The next frame, waiting for one; None when it was closed and is empty."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._items or self._closed)
            if not self._items:
                return None
            item = self._items.popleft()
            frame = item if isinstance(item, str) else frames.delta(item.text.getvalue(), item.agent)
            self._size -= len(frame) if isinstance(item, str) else item.size
            self._changed.notify_all()
            return frame

    def _add(self, frame: str) -> None:
        self._items.append(frame)
        self._size += len(frame)

    def _add_delta(self, event: chat_events.TextDelta) -> None:
        if not event.delta:
            return
        last = self._items[-1] if self._items else None
        if not (isinstance(last, _Delta) and last.agent == event.agent and last.size < MERGED):
            last = _Delta(event.agent)
            self._items.append(last)
        last.add(event.delta)
        self._size += len(event.delta)
