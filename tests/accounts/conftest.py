"""A service whose refresh tokens are good once, servers that share a database, and a clock that is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from cryptography.fernet import Fernet

from odai_core import AccountPlugin, Caller, Grant, Secret, ToolError, ToolPlugin
from odai_core.accounts.desk import Accounts
from odai_core.plugins.catalog import Catalog, Entry, State
from odai_core.plugins.discovery import Candidate
from odai_core.settings import Settings
from odai_core.store.database import Database
from tests.store.conftest import Clock, clock, database, url
from tests.store.postgres import postgres

__all__ = ["Clock", "clock", "database", "postgres", "url"]

KEYS = [Fernet.generate_key().decode() for _ in range(3)]
MAIL = "mail.read"


def entry(plugin: Any, kind: str, state: State = State.READY) -> Entry:
    candidate = Candidate(kind=kind, name=plugin.name, module="x", distribution=f"odai-{plugin.name}", version="1")
    return Entry(candidate=candidate, name=plugin.name, state=state, plugin=plugin)


@dataclass
class Bank:
    """The service: one refresh token at a time, and the access tokens it stands for."""

    clock: Clock
    refreshed: int = 0
    revoked: list[str] = field(default_factory=list)
    good: str = "refresh-0"
    access: str = "access-0"
    trouble: Callable[[], None] | None = None
    gate: asyncio.Event | None = None
    asked: asyncio.Event = field(default_factory=asyncio.Event)

    def grant(self, **more: Any) -> Grant:
        made = Grant(
            subject="ada@bank", label="Ada's bank", access_token=Secret(self.access), refresh_token=Secret(self.good),
            expires_at=self.clock() + 3600, scopes=frozenset({MAIL}),
        )  # fmt: skip
        return replace(made, **more)

    async def refresh(self, context: Any, grant: Grant) -> Grant:
        self.refreshed += 1
        self.asked.set()
        if self.gate is not None:
            await self.gate.wait()
        if self.trouble is not None:
            self.trouble()
        if grant.refresh_token is None or grant.refresh_token.reveal() != self.good:
            raise ToolError("auth", "spent")
        self.good, self.access = f"refresh-{self.refreshed}", f"access-{self.refreshed}"
        return self.grant(subject="somebody else")

    async def revoke(self, context: Any, grant: Grant) -> None:
        self.revoked.append(grant.access_token.reveal())

    def plugin(self, **more: Any) -> AccountPlugin:
        given = {"refresh": self.refresh, "revoke": self.revoke} | more
        return AccountPlugin(
            name="bank", api=1, title="Bank", summary="see your money", blueprint=lambda ctx: None, **given
        )  # fmt: skip

    async def ask(self, link: Any) -> str:
        """What a tool does with a token."""
        token = link.token.reveal()
        if token != self.access:
            raise ToolError("auth", "refused")
        return f"done with {token}"


class Told:
    """Analytics that remember."""

    def __init__(self) -> None:
        self.events: list[Any] = []

    def track(self, name: str, properties: Any, *, user_id: str | None, anonymous_id: str) -> None:
        self.events.append((name, dict(properties), user_id))

    def identify(self, user_id: str, traits: Any) -> None:
        self.events.append((user_id, dict(traits)))


class Context:
    """As much of an AccountContext as core itself uses."""

    def __init__(self) -> None:
        self.settings: Any = {"MEMBERS": ("ada",)}

    def sign(self, payload: Any) -> str:
        return f"{payload['user']}|{' '.join(payload['scopes'])}"


@dataclass
class Desk:
    """One server's accounts, with a catalog around them."""

    accounts: Accounts
    service: Entry
    connector: Entry
    told: Told

    @property
    def catalog(self) -> Catalog:
        return Catalog(entries=(self.service, self.connector))

    def account(self, user: str | None = "ada", *scopes: str) -> Any:
        plugin = replace(self.connector.plugin, scopes=scopes or (MAIL,))
        return self.accounts.account_of(self.catalog, replace(self.connector, plugin=plugin), Caller(user_id=user))

    async def row(self, user: str = "ada") -> Any:
        (row,) = await self.accounts.store.of(user, "bank")
        return row


@pytest.fixture
def bank(clock: Clock) -> Bank:
    return Bank(clock)


@pytest.fixture
async def server(url: str, bank: Bank, clock: Clock) -> AsyncIterator[Any]:
    """Make servers that share one database, each with connections of its own."""
    made: list[Any] = []

    def build(*, keys: str = KEYS[0], **settings: str) -> Desk:
        connections = Database(Secret(url))
        told = Told()
        accounts = Accounts(
            Settings({"ODAI_ACCOUNT_KEYS": keys, **settings}),
            database=connections, analytics=told, context=lambda entry: Context(), clock=clock,
        )  # fmt: skip
        made.append((accounts, connections))
        connector = ToolPlugin(name="money", api=1, title="M", summary="s", tools=(), account="bank", scopes=(MAIL,))
        return Desk(accounts, entry(bank.plugin(), "accounts"), entry(connector, "tools"), told)

    yield build
    for accounts, connections in made:
        await accounts.aclose()
        await connections.close()


@pytest.fixture
async def desk(server: Any, bank: Bank) -> Desk:
    """A server on which Ada has linked her bank."""
    made: Desk = server()
    await made.accounts.save(made.service, "ada", bank.grant())
    return made
