"""The account plugins' routes, and what core gives these plugins: one room of the house at /auth."""

from __future__ import annotations

import logging
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from odai_core.calls import Caller, Values
from odai_core.grants import Account, Grant, LinkInfo
from odai_core.plugins.catalog import Entry
from odai_core.tools.http import HttpClient
from odai_core.web import auth

if TYPE_CHECKING:
    from odai_core.web.app import Server


T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Linking:
    """Implements `odai_core.AccountContext` for one account service."""

    server: Server
    entry: Entry

    @property
    def settings(self) -> Values:
        return self.entry.values

    @property
    def log(self) -> logging.Logger:
        return logging.getLogger(f"odai.account.{self.entry.name}")

    @property
    def http(self) -> HttpClient:
        return self.server.http

    @property
    def public_url(self) -> str:
        host = self.server.settings.core["ODAI_PUBLIC_HOST"]
        return f"https://{host}" if host else ""

    @property
    def loopback(self) -> bool:
        return self.server.loopback

    async def authenticate(self, token: str) -> Caller | None:
        return await self.server.tokens.authenticate(token)

    def origin_allowed(self, origin: str | None, host: str | None) -> bool:
        core = self.server.settings.core
        return auth.origin_allowed(origin, host, core["ODAI_ORIGINS"], core["ODAI_PUBLIC_HOST"])

    def sign(self, payload: Mapping[str, Any]) -> str:
        return self.server.signer.sign(payload, purpose=f"account.{self.entry.name}")

    def unsign(self, text: str, *, max_age: float) -> Mapping[str, Any] | None:
        return self.server.signer.unsign(text, purpose=f"account.{self.entry.name}", max_age=max_age)

    async def once(self, name: str, *, seconds: float) -> bool:
        return await self.server.accounts.store.once(f"{self.entry.name}:{name}", seconds=seconds)

    async def save(self, user_id: str, grant: Grant) -> str:
        return await self.server.accounts.save(self.entry, user_id, grant)

    async def complete(self, work: Coroutine[Any, Any, T]) -> T:
        return await self.server.accounts.complete(work)

    async def links(self, user_id: str) -> tuple[LinkInfo, ...]:
        return await self.server.accounts.links(self.entry, user_id)

    def account(self, user_id: str) -> Account:
        return self.server.accounts.own(self.entry, user_id)

    async def remove(self, user_id: str, link_id: str) -> bool:
        return await self.server.accounts.remove(self.entry, user_id, link_id)
