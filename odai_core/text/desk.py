"""Opens chats: holds what they share, and gives each its catalog, its model and its history."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager

from odai_core.accounts.desk import Accounts
from odai_core.analytics.segment import Analytics
from odai_core.chats import Chat, ChatBook, ChatInfo
from odai_core.plugins.host import PluginHost
from odai_core.store.database import Database
from odai_core.tools.http import HttpClient
from odai_core.usage.ledger import Ledger


class ChatDesk:
    """One per server. Owns none of what it is given; `close` ends what its chats began."""

    book: ChatBook

    def __init__(
        self,
        host: PluginHost,
        *,
        database: Database,
        http: HttpClient,
        accounts: Accounts,
        ledger: Ledger,
        analytics: Analytics,
    ) -> None:
        self._host = host

    def open_chat(self, info: ChatInfo) -> AbstractAsyncContextManager[Chat]:
        """A chat of this user, new or resumed. Raises ForeignChat, Overloaded, Draining, SetupError."""
        raise NotImplementedError

    async def close(self) -> None:
        """End every chat and close the models."""
