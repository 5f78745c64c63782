"""One renewal of a grant at a time, on all servers with the same database: a rotating refresh token is good once."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace

from odai_core.accounts.safe import Kept, Safe
from odai_core.contract import AccountPlugin
from odai_core.errors import ToolError
from odai_core.grants import AccountContext, Grant

log = logging.getLogger("odai.accounts")

REFRESH_SECONDS = 20.0
"""What a service gets to answer."""
LEASE_SECONDS = 40.0
"""Above REFRESH_SECONDS with room for saving: after that the server that held it is taken for dead."""
POLL_SECONDS = 0.2
CLOSE_SECONDS = 5.0


@dataclass(frozen=True, kw_only=True)
class Service:
    """An account plugin at work."""

    plugin: AccountPlugin
    context: AccountContext

    @property
    def name(self) -> str:
        return self.plugin.name


class GrantGone(Exception):
    """The account is not linked any more, or has to be linked again."""


class Renewals:
    """One per server; `aclose` waits for what is under way."""

    def __init__(self, safe: Safe, *, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._safe = safe
        self._sleep = sleep
        self._running: dict[str, asyncio.Task[Kept]] = {}

    async def renewed(self, service: Service, user_id: str, row_id: str, spent: str) -> Kept:
        """A grant with another access token than the `spent` one. Raises GrantGone, or ToolError for a bad hour.

        Whoever gives up waiting stops nothing: what the service has handed out must be kept.
        """
        task = self._running.get(row_id)
        if task is None:
            task = asyncio.create_task(self._renew(service, user_id, row_id, spent))
            self._running[row_id] = task
            task.add_done_callback(lambda done: self._over(row_id, done))
        return await asyncio.shield(task)

    async def aclose(self) -> None:
        """Wait for running renewals, up to 5 s, and stop the rest."""
        if not self._running:
            return
        _, late = await asyncio.wait(self._running.values(), timeout=CLOSE_SECONDS)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    def _over(self, row_id: str, task: asyncio.Task[Kept]) -> None:
        del self._running[row_id]
        # Looked at, so that asyncio does not report what nobody waited for.
        if not task.cancelled():
            task.exception()

    async def _renew(self, service: Service, user_id: str, row_id: str, spent: str) -> Kept:
        holder = secrets.token_hex(8)
        while True:
            claimed = await self._safe.store.claim(row_id, holder, seconds=LEASE_SECONDS)
            # Read after claiming: whoever had it before may have renewed it.
            kept = await self._safe.get(user_id, service.name, row_id)
            if kept is None or kept.row.broken:
                raise GrantGone
            if kept.grant.access_token.reveal() != spent:
                if claimed:
                    await self._safe.store.release(row_id, holder)
                return kept
            if claimed:
                break
            await self._sleep(POLL_SECONDS)
        try:
            return await self._exchange(service, user_id, kept)
        finally:
            with suppress(Exception):
                await self._safe.store.release(row_id, holder)

    async def _exchange(self, service: Service, user_id: str, kept: Kept) -> Kept:
        try:
            grant = await _ask(service, kept.grant)
        except ToolError as error:
            if error.code != "auth":
                raise
            await self._safe.store.mark_broken(kept.row)
            raise GrantGone from None
        grant = replace(grant, subject=kept.grant.subject)
        if await self._safe.renew(user_id, service.name, kept, grant):
            return Kept(row=replace(kept.row, version=kept.row.version + 1), grant=grant)
        # Linked anew or removed in the meantime: that is what counts.
        newer = await self._safe.get(user_id, service.name, kept.row.id)
        if newer is None or newer.row.broken:
            raise GrantGone
        return newer


async def _ask(service: Service, grant: Grant) -> Grant:
    """The plugin's own code, bounded; whatever it raises becomes a ToolError."""
    assert service.plugin.refresh is not None
    try:
        async with asyncio.timeout(REFRESH_SECONDS):
            return await service.plugin.refresh(service.context, grant)
    except ToolError:
        raise
    except TimeoutError:
        code = "timeout"
    except Exception as error:  # its message may hold a token
        log.error("%s failed to renew a grant: %s", service.name, type(error).__name__)
        code = "internal"
    title = service.plugin.title
    raise ToolError(code, f"I can't reach your {title} account right now. Please try again in a moment.")
