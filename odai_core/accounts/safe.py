"""The store and the vault together: grants in plain, for those who may use them."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from odai_core.accounts.vault import Vault
from odai_core.errors import ToolError
from odai_core.grants import Grant
from odai_core.store.grants import GrantStore, Row

log = logging.getLogger("odai.accounts")

MAX_LINKS = 20
"""Accounts of one user at one service."""


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A grant and the row it came from."""

    row: Row
    grant: Grant


class Safe:
    """Owns neither of the two."""

    def __init__(self, store: GrantStore, vault: Vault) -> None:
        self.store = store
        self._vault = vault
        self._said = False

    async def put(self, user_id: str, service: str, grant: Grant) -> str:
        """Keep a grant in place of an older one of the same subject. Raises ToolError when there are too many."""
        sealed = self._vault.seal(user_id, service, grant)
        row_id = await self.store.put(user_id, service, grant.subject, sealed, most=MAX_LINKS)
        if row_id is None:
            raise ToolError("plan", f"You have linked {MAX_LINKS} accounts; please remove one first.")
        return row_id

    async def of(self, user_id: str, service: str) -> tuple[Kept, ...]:
        """All that can be read, oldest first; a row that no key opens is as good as not there."""
        opened = [await self._open(user_id, service, row) for row in await self.store.of(user_id, service)]
        return tuple(kept for kept in opened if kept is not None)

    async def get(self, user_id: str, service: str, row_id: str) -> Kept | None:
        """One of the user's; None for anybody else's."""
        row = await self.store.get(row_id)
        return None if row is None else await self._open(user_id, service, row)

    async def renew(self, user_id: str, service: str, kept: Kept, grant: Grant) -> bool:
        """Put the next grant in its place; False when another one is there by now."""
        return await self.store.renew(kept.row, self._vault.seal(user_id, service, grant))

    async def _open(self, user_id: str, service: str, row: Row) -> Kept | None:
        opened = self._vault.open(user_id, service, row.subject, row.sealed)
        if opened is None:
            self._complain()
            return None
        grant, old = opened
        if old:
            await self.store.reseal(row, self._vault.seal(user_id, service, grant))
        return Kept(row=row, grant=grant)

    def _complain(self) -> None:
        if not self._said:
            self._said = True
            log.warning(
                "a linked account cannot be opened with any of ODAI_ACCOUNT_KEYS and counts as not linked: "
                "its key is missing, or the database was tampered with"
            )
