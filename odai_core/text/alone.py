"""One turn at a time in a chat: a lock for the tabs of this process, a lease in the store for other processes."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Protocol

LEASE_SECONDS = 20.0
"""How long a chat stays taken after its process has died; less than a prompt waits."""
RENEW_SECONDS = 5.0
POLL_SECONDS = 0.25
"""How often a lease that another process holds is asked for."""

log = logging.getLogger("odai.text")


class Leases(Protocol):
    """The part of the store that is used here."""

    async def claim(self, chat_id: str, holder: str, seconds: float, owner: str) -> bool:
        """Take or renew the lease; False: somebody else has it, or the chat is not this owner's (any more)."""

    async def release(self, chat_id: str, holder: str) -> None:
        """Give it back."""


class Taken(Exception):
    """Another turn of this chat goes on for longer than was waited."""


@dataclass
class _Shared:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    users: int = 0


class Turns:
    """Hands out chats, each to one turn at a time."""

    def __init__(self, leases: Leases) -> None:
        self._leases = leases
        self._locks: dict[str, _Shared] = {}

    @asynccontextmanager
    async def alone(
        self,
        chat_id: str,
        owner: str,
        *,
        wait: float,
        refused: Callable[[], Awaitable[object]],
        lost: Callable[[], None],
    ) -> AsyncIterator[None]:
        """Have the chat for oneself; waits at most `wait` seconds, then raises Taken.

        `refused` makes the chat anew, if what stands in the way is that somebody deleted it, and raises for one that
        another user has begun since. `lost` is told when the
        chat is taken in mid-turn: this process stood still for so long that another one had to believe it dead.
        """
        shared = self._locks.setdefault(chat_id, _Shared())
        shared.users += 1
        holder = secrets.token_hex(8)
        locked = claimed = False
        try:
            try:
                async with asyncio.timeout(wait):
                    await shared.lock.acquire()
                    locked = True
                    await self._claim(chat_id, owner, holder, refused)
                    claimed = True
            except TimeoutError:
                raise Taken from None
            renewing = asyncio.create_task(self._renew(chat_id, owner, holder, lost))
            try:
                yield
            finally:
                renewing.cancel()
                await asyncio.wait({renewing})
        finally:
            if claimed:
                await self._release(chat_id, holder)
            if locked:
                shared.lock.release()
            shared.users -= 1
            if not shared.users:
                self._locks.pop(chat_id, None)

    async def _claim(self, chat_id: str, owner: str, holder: str, refused: Callable[[], Awaitable[object]]) -> None:
        while not await self._leases.claim(chat_id, holder, LEASE_SECONDS, owner):
            await refused()
            if await self._leases.claim(chat_id, holder, LEASE_SECONDS, owner):
                return
            await asyncio.sleep(POLL_SECONDS)

    async def _renew(self, chat_id: str, owner: str, holder: str, lost: Callable[[], None]) -> None:
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            try:
                kept = await self._leases.claim(chat_id, holder, LEASE_SECONDS, owner)
            except Exception as error:  # the store may be back before the lease is over
                log.warning("a chat's lease could not be renewed: %s", type(error).__name__)
                continue
            if not kept:
                log.error("a chat was taken over by another process in mid-turn")
                lost()
                return

    async def _release(self, chat_id: str, holder: str) -> None:
        try:
            await self._leases.release(chat_id, holder)
        except Exception as error:  # it ends by itself
            log.warning("a chat's lease could not be given back: %s", type(error).__name__)
