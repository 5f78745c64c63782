"""Forgets chats after ODAI_CHAT_DAYS, empty ones after a day: at the start of the server, and every few hours."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Collection

from odai_core.errors import SetupError
from odai_core.store.chats import ChatStore

log = logging.getLogger("odai.store")

EVERY_SECONDS = 6 * 3600.0
DAY = 86400.0


class Expiry:
    """Deletes chats in which nothing was said for `days`; 0 keeps them for ever. `start` and `stop` are its two ends.

    Opening a chat makes one already: those in which nothing was ever said go after a day, unless `live` has their id;
    one that is open in another process is made anew by its first prompt. Several processes may do it at once. A
    database that fails is tried again at the next time.
    """

    def __init__(
        self,
        chats: ChatStore,
        days: float,
        *,
        live: Callable[[], Collection[str]] = frozenset,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._chats = chats
        self._days = days
        self._live = live
        self._clock = clock
        self._sleep = sleep
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, unless it has begun."""
        if self._task is None:
            self._task = asyncio.create_task(self._forever(), name="odai-chat-expiry")

    async def stop(self) -> None:
        """End it, also in the middle of a deletion: what one transaction began it takes back. Idempotent."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait({task})

    async def _forever(self) -> None:
        while True:
            try:
                await self._expire()
            except SetupError as error:
                log.warning("old chats stay for now. %s %s", error.cause, error.remedy)
            except Exception:
                log.exception("old chats stay for now")
            await self._sleep(EVERY_SECONDS)

    async def _expire(self) -> None:
        if empty := await self._chats.expire_empty(self._clock() - DAY, self._live()):
            log.info("chats deleted in which nothing was said: %d", empty)
        if self._days and (gone := await self._chats.expire(self._clock() - self._days * DAY)):
            log.info("chats deleted after %g days without a turn: %d", self._days, gone)
