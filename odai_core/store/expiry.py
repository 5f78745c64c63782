"""Forgets chats after ODAI_CHAT_DAYS: at the start of the server, and every few hours."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

from odai_core.errors import SetupError
from odai_core.store.chats import ChatStore

log = logging.getLogger("odai.store")

EVERY_SECONDS = 6 * 3600.0
DAY = 86400.0


class Expiry:
    """Deletes chats in which nothing was said for `days`; 0 keeps them for ever. `start` and `stop` are its two ends.

    Several processes may do it at once. A database that fails is tried again at the next time.
    """

    def __init__(
        self,
        chats: ChatStore,
        days: float,
        *,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._chats = chats
        self._days = days
        self._clock = clock
        self._sleep = sleep
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, unless there is nothing to do or it has begun."""
        if self._days and self._task is None:
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
                gone = await self._chats.expire(self._clock() - self._days * DAY)
            except SetupError as error:
                log.warning("old chats stay for now. %s %s", error.cause, error.remedy)
            except Exception:
                log.exception("old chats stay for now")
            else:
                if gone:
                    log.info("chats deleted after %g days without a turn: %d", self._days, gone)
            await self._sleep(EVERY_SECONDS)
