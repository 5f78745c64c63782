"""What the client has said and the call has not taken yet: bounded, because Quart's own queue is not."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TypeAlias

from odai_core import PCM16_24K
from odai_transport_webrtc.frames import Interrupt, Played, Text

Item: TypeAlias = bytes | Text | Interrupt | Played

AUDIO_WAITING = PCM16_24K.bytes_per_ms * 2000
"""Bytes: two seconds. Speech that waited longer would only be answered too late, so the oldest goes."""
CONTROLS_WAITING = 64
"""Beyond this many typed turns, interrupts and positions the client is flooding us."""


class Inbox:
    """One writer that never waits, one reader. Oldest audio is dropped; too many controls are refused."""

    def __init__(self) -> None:
        self.dropped = 0
        """Bytes of audio given up."""
        self._items: deque[Item] = deque()
        self._audio = 0
        self._controls = 0
        self._filled = asyncio.Event()

    def put(self, item: Item) -> bool:
        """Queue it. False: a control beyond the limit, which was not queued."""
        if isinstance(item, bytes):
            if not item:
                return True
            self._audio += len(item)
            self._items.append(item)
            while self._audio > AUDIO_WAITING:
                self._drop_oldest_audio()
        elif self._controls >= CONTROLS_WAITING:
            return False
        else:
            self._controls += 1
            self._items.append(item)
        self._filled.set()
        return True

    async def get(self) -> Item:
        """The next item, waiting for one."""
        while not self._items:
            self._filled.clear()
            await self._filled.wait()
        item = self._items.popleft()
        if isinstance(item, bytes):
            self._audio -= len(item)
        else:
            self._controls -= 1
        return item

    def _drop_oldest_audio(self) -> None:
        # At most CONTROLS_WAITING items stand before the first audio.
        index = next(i for i, item in enumerate(self._items) if isinstance(item, bytes))
        size = len(self._items[index])  # type: ignore[arg-type]
        del self._items[index]
        self._audio -= size
        self.dropped += size
