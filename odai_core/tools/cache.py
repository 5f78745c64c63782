"""Answers worth keeping for a minute, so that a question asked twice costs one request."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

MAX_ENTRIES = 512
MAX_BYTES = 16 * 1024 * 1024


class Cache:
    """Least recently used bodies, bounded in number and bytes, each with its own time to live in seconds."""

    def __init__(self, clock: Callable[[], float], *, entries: int = MAX_ENTRIES, size: int = MAX_BYTES) -> None:
        self._clock = clock
        self._entries = entries
        self._size = size
        self._kept: OrderedDict[bytes, tuple[float, bytes]] = OrderedDict()
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: bytes) -> bytes | None:
        """The body, unless its time is over."""
        if key not in self._kept:
            return None
        expires, body = self._kept[key]
        if expires <= self._clock():
            self._drop(key)
            return None
        self._kept.move_to_end(key)
        return body

    def put(self, key: bytes, body: bytes, seconds: float) -> None:
        """Keep it; whatever was used longest ago makes room."""
        self._drop(key)
        self._kept[key] = (self._clock() + seconds, body)
        self._bytes += len(body)
        while len(self._kept) > self._entries or self._bytes > self._size:
            self._drop(next(iter(self._kept)))

    def clear(self) -> None:
        """Forget everything."""
        self._kept.clear()
        self._bytes = 0

    def _drop(self, key: bytes) -> None:
        if key in self._kept:
            self._bytes -= len(self._kept.pop(key)[1])
