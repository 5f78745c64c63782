"""The ledger: what each prompt and call used and cost, and whether a user may have more today."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from odai_core.chats import Usage
from odai_core.store.database import Database

Kind = Literal["chat", "title", "suggestions", "call"]


class Ledger:
    """One per server. Owns none of what it is given."""

    def __init__(self, database: Database, core: Mapping[str, Any]) -> None:
        self._database = database
        self._core = core

    async def check(self, user: str) -> None:
        """Raises QuotaReached when the user has had all that this day (UTC) allows."""

    async def record(self, usage: Usage, *, id: str, user: str, kind: Kind, chat_id: str) -> float | None:
        """Write it down once: a second time with the same `id` changes nothing. The cost in US dollars, if known."""
        return None
