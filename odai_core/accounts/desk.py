"""Users' accounts at the services connectors work with: fresh tokens, one refresh at a time, and what is missing."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from odai_core.accounts.account import UserAccount
from odai_core.accounts.renewals import CLOSE_SECONDS, REFRESH_SECONDS, Renewals, Service
from odai_core.accounts.safe import Safe
from odai_core.accounts.vault import REMEDY, Vault
from odai_core.analytics.events import TRAITS, is_known
from odai_core.analytics.segment import Analytics
from odai_core.calls import Caller
from odai_core.contract import AccountPlugin, ToolPlugin
from odai_core.errors import SettingError, ToolError
from odai_core.grants import Account, AccountContext, Grant, LinkInfo
from odai_core.plugins.catalog import Catalog, Entry, State
from odai_core.settings import Settings
from odai_core.store.database import Database
from odai_core.store.grants import GrantStore

COMPLETE_SECONDS = 60.0
"""What a plugin's work gets that nobody waits for any more."""

T = TypeVar("T")

log = logging.getLogger("odai.accounts")


class Accounts:
    """One per server. Owns none of what it is given.

    `context` makes what a plugin's own code gets. Raises SettingError for ODAI_ACCOUNT_KEYS that are no keys.
    """

    REFRESH_BEFORE = 60.0
    """Seconds before its end at which a token is renewed."""

    def __init__(
        self,
        settings: Settings,
        *,
        database: Database,
        analytics: Analytics,
        context: Callable[[Entry], AccountContext],
        clock: Callable[[], float] = time.time,
    ) -> None:
        vault = Vault.of(settings.core)
        host = settings.core["ODAI_PUBLIC_HOST"]
        self.clock = clock
        self.left_out: frozenset[str] = frozenset()
        """Services whose routes could not be mounted."""
        self.store = GrantStore(database, clock)
        self._safe = None if vault is None else Safe(self.store, vault)
        self._renewals = None if self._safe is None else Renewals(self._safe)
        self._completing: set[asyncio.Task[Any]] = set()
        self._analytics = analytics
        self._context = context
        self._origin = f"https://{host}" if host else ""

    @property
    def safe(self) -> Safe:
        """Raises SettingError when no key is set."""
        if self._safe is None:
            raise SettingError("ODAI_ACCOUNT_KEYS is not set, so no account can be linked.", REMEDY)
        return self._safe

    @property
    def renewals(self) -> Renewals:
        assert self._renewals is not None
        return self._renewals

    def check(self, catalog: Catalog) -> None:
        """Raises SettingError when users could link accounts and there is no key to keep them under."""
        ready = catalog.ready("accounts")
        if ready and self._safe is None:
            cause = (
                f"{ready[0].candidate.distribution} is ready to link users' accounts, and ODAI_ACCOUNT_KEYS is not set."
            )
            raise SettingError(cause, REMEDY)

    def account_of(self, catalog: Catalog, entry: Entry, caller: Caller) -> Account | None:
        """What a tool of this connector gets as `ToolContext.account`; None when its service is not ready."""
        plugin = entry.plugin
        if not isinstance(plugin, ToolPlugin) or plugin.account is None or self._safe is None:
            return None
        service = catalog.find("accounts", plugin.account)
        if service is None or service.state is not State.READY or service.name in self.left_out:
            return None
        scopes = frozenset(plugin.scopes)
        return UserAccount(desk=self, service=self._service(service), user_id=caller.user_id, scopes=scopes)

    def own(self, entry: Entry, user_id: str) -> Account:
        """The user's accounts, for the account plugin itself."""
        return UserAccount(
            desk=self, service=self._service(entry), user_id=user_id, scopes=frozenset(), own=True
        )  # fmt: skip

    def connect_url(self, service: Service, user_id: str, scopes: frozenset[str]) -> str:
        """Where a user begins to link, good for ten minutes; without a public name it is a path of this server."""
        ticket = service.context.sign({"user": user_id, "scopes": sorted(scopes)})
        return f"{self._origin}/auth/{service.name}{service.plugin.connect}?ticket={ticket}"

    async def save(self, entry: Entry, user_id: str, grant: Grant) -> str:
        """Keep a grant; the id of its link. Raises ToolError when the user has too many."""
        link_id = await self.safe.put(user_id, entry.name, grant)
        event = f"{self._service(entry).plugin.title} Connected"
        if is_known(event):
            self._analytics.track(event, {}, user_id=user_id, anonymous_id=user_id)
        self._identify(entry, user_id, linked=True)
        return link_id

    async def links(self, entry: Entry, user_id: str) -> tuple[LinkInfo, ...]:
        """What the user has linked, oldest first."""
        return tuple(
            LinkInfo(
                id=kept.row.id,
                label=kept.grant.label,
                scopes=kept.grant.scopes,
                linked_at=kept.row.linked_at,
                broken=kept.row.broken,
            )
            for kept in await self.safe.of(user_id, entry.name)
        )

    async def remove(self, entry: Entry, user_id: str, link_id: str) -> bool:
        """Have the plugin revoke it, then forget it. False: the user has no such link.

        Raises ToolError when the service could not be told: the link is kept for another try, marked broken; one that
        was broken before is forgotten. Also when it was linked anew meanwhile, and stays.
        """
        row = next((row for row in await self.store.of(user_id, entry.name) if row.id == link_id), None)
        if row is None:
            return False
        service = self._service(entry)
        kept = await self.safe.get(user_id, entry.name, link_id)
        row = row if kept is None else kept.row
        told = kept is None or await self._revoke(service, kept.grant)
        title = service.plugin.title
        if not told and not row.broken and await self.store.mark_broken(row):
            raise ToolError(
                "upstream",
                f"{title} could not be told, so it is kept for another try, and nothing here uses it. "
                f"Please remove it again in a while, or at {title} itself.",
            )
        # Only what was revoked: a relink during the removal is a grant of its own.
        if (told or row.broken) and await self.store.remove(user_id, entry.name, link_id, version=row.version):
            if not await self.store.of(user_id, entry.name):
                self._identify(entry, user_id, linked=False)
            if told:
                return True
            raise ToolError(
                "upstream", f"It is forgotten here, but {title} could not be told. Please remove it there too."
            )
        if await self.store.get(link_id) is None:
            return False
        raise ToolError("upstream", "It was connected or renewed this very moment, so it is still there.")

    async def complete(self, work: Coroutine[Any, Any, T]) -> T:
        """Run it to its end, also when whoever waits is cancelled. Raises what it raises; TimeoutError after 60 s."""
        task = asyncio.create_task(asyncio.wait_for(work, COMPLETE_SECONDS))
        self._completing.add(task)
        task.add_done_callback(self._completing.discard)
        return await asyncio.shield(task)

    async def aclose(self) -> None:
        """Let work that is under way end, up to 5 s, so that no fresh token is lost."""
        if self._completing:
            _, late = await asyncio.wait(self._completing, timeout=CLOSE_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        if self._renewals is not None:
            await self._renewals.aclose()

    def _service(self, entry: Entry) -> Service:
        assert isinstance(entry.plugin, AccountPlugin)
        return Service(plugin=entry.plugin, context=self._context(entry))

    def _identify(self, entry: Entry, user_id: str, *, linked: bool) -> None:
        trait = f"has_{entry.name}_integration"
        if trait in TRAITS:
            self._analytics.identify(user_id, {trait: linked})

    async def _revoke(self, service: Service, grant: Grant) -> bool:
        """False: the service could not be told."""
        if service.plugin.revoke is None:
            return True
        try:
            async with asyncio.timeout(REFRESH_SECONDS):
                await service.plugin.revoke(service.context, grant)
        except Exception as error:  # its message may hold a token
            log.warning("%s did not take back a grant that is removed here: %s", service.name, type(error).__name__)
            return False
        return True
