"""Places for calls, and how a server stops: no new call, the live ones finish, the rest is told goodbye."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from odai_core.errors import Draining, Overloaded, SessionTaken


class Admission:
    """Counts places. A session id holds at most one; the first keeps it."""

    def __init__(self, places: int) -> None:
        self._places = places
        self._taken: set[str] = set()
        self._empty = asyncio.Event()
        self._empty.set()
        self.stopping = asyncio.Event()
        self.refused = 0

    @property
    def draining(self) -> bool:
        return self.stopping.is_set()

    @draining.setter
    def draining(self, value: bool) -> None:
        if value:
            self.stopping.set()
        else:
            self.stopping.clear()

    def __len__(self) -> int:
        return len(self._taken)

    @contextmanager
    def admit(self, session_id: str) -> Iterator[None]:
        """Hold a place. Raises Draining, SessionTaken or Overloaded."""
        try:
            self._check(session_id)
        except Exception:
            self.refused += 1
            raise
        self._taken.add(session_id)
        self._empty.clear()
        try:
            yield
        finally:
            self._taken.discard(session_id)
            if not self._taken:
                self._empty.set()

    def _check(self, session_id: str) -> None:
        if self.draining:
            raise Draining("The server is about to restart.")
        if session_id in self._taken:
            raise SessionTaken("This session is live already.")
        if len(self._taken) >= self._places:
            raise Overloaded(f"All {self._places} places are taken.")

    async def empty(self, seconds: float) -> bool:
        """Wait until no call is left; False when `seconds` passed first."""
        try:
            async with asyncio.timeout(seconds):
                await self._empty.wait()
        except TimeoutError:
            return False
        return True
