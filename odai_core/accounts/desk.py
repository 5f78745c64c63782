"""Users' accounts at the services connectors work with: fresh tokens, one refresh at a time, and what is missing."""

from __future__ import annotations

from odai_core.calls import Caller
from odai_core.contract import ToolPlugin
from odai_core.grants import Account
from odai_core.plugins.catalog import Catalog, Entry
from odai_core.settings import Settings
from odai_core.store.database import Database
from odai_core.tools.http import HttpClient


class Accounts:
    """One per server. Owns none of what it is given."""

    def __init__(self, settings: Settings, *, database: Database, http: HttpClient) -> None:
        self._settings = settings
        self._database = database
        self._http = http

    def account_of(self, catalog: Catalog, entry: Entry, caller: Caller) -> Account | None:
        """What a tool of this connector gets as `ToolContext.account`; None when its service is not ready."""
        service = entry.plugin.account if isinstance(entry.plugin, ToolPlugin) else None
        if service is None or service not in {ready.name for ready in catalog.ready("accounts")}:
            return None
        raise NotImplementedError
