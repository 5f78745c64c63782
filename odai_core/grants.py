"""What a linked account is, as the connectors that use it and the plugins that link it see it; standard library only.

Everything here is public and imported through `odai_core`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from odai_core.calls import Caller, Values

if TYPE_CHECKING:
    import logging

    from odai_core.contract import Secret
    from odai_core.errors import ToolError
    from odai_core.tools.http import HttpClient

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Grant:
    """What a service gave us for one account of a user. Core keeps it encrypted."""

    subject: str
    """The service's own id of the account: Google's `sub`, Plaid's item_id. A user has one grant for each."""
    label: str
    """What its owner knows it by: an address, a bank. Private: never log it."""
    access_token: Secret
    refresh_token: Secret | None = None
    expires_at: float | None = None
    """Unix seconds; None: it does not expire."""
    scopes: frozenset[str] = frozenset()
    data: Mapping[str, str] = field(default_factory=dict)
    """What else the plugin wants to find again."""


@dataclass(frozen=True, kw_only=True)
class Link:
    """A linked account with a token that can be used now."""

    id: str
    """Ours, random; safe to show."""
    subject: str
    label: str
    token: Secret
    scopes: frozenset[str] = frozenset()
    data: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class LinkInfo:
    """A linked account as its owner sees it in a list."""

    id: str
    label: str
    scopes: frozenset[str]
    linked_at: float
    """Unix seconds."""
    broken: bool = False
    """The service has taken the grant back: it needs to be linked again."""


class Account(Protocol):
    """The caller's accounts at the service a connector declared: `ToolContext.account`."""

    async def links(self) -> tuple[Link, ...]:
        """All of them, at least one, each with a fresh token. Raises AccountNeeded, which becomes `account_needed`."""

    async def using(self, call: Callable[[Link], Awaitable[T]], link: Link | None = None) -> T:
        """`await call(link)` with this link, or with the first one that has the connector's scopes.

        When the call ends in ToolError("auth") the token is renewed and the call made once more: it must change nothing
        before the service has accepted its token. A second refusal marks the link broken and raises AccountNeeded.
        """

    def needed(self, message: str) -> ToolError:
        """An AccountNeeded to raise: `message` is one sentence that a voice can say."""


class AccountContext(Protocol):
    """What core gives an account plugin."""

    @property
    def settings(self) -> Values:
        """The plugin's own settings."""

    @property
    def log(self) -> logging.Logger:
        """For what an operator should know; never for tokens, codes, addresses or names."""

    @property
    def http(self) -> HttpClient:
        """The shared client."""

    @property
    def public_url(self) -> str:
        """From ODAI_PUBLIC_HOST: "https://voice.example.com", or "" when not set. Never take it from a request."""

    @property
    def loopback(self) -> bool:
        """The server listens on a loopback address only."""

    async def authenticate(self, token: str) -> Caller | None:
        """The user a bearer token stands for, or None."""

    def origin_allowed(self, origin: str | None, host: str | None) -> bool:
        """As in `TransportContext`."""

    def sign(self, payload: Mapping[str, Any]) -> str:
        """A short text that only this server (or one with the same ODAI_SECRET) can make."""

    def unsign(self, text: str, *, max_age: float) -> Mapping[str, Any] | None:
        """The payload, when the signature is ours and at most `max_age` seconds old."""

    async def once(self, name: str, *, seconds: float) -> bool:
        """True for the first to use this name within so many seconds, on any server with the same database."""

    async def save(self, user_id: str, grant: Grant) -> str:
        """Keep a grant, in place of an older one of the same subject; the id of its link."""

    async def complete(self, work: Coroutine[Any, Any, T]) -> T:
        """Run it to its end, also when the client goes away: what a service has handed out must be kept. Up to 60 s."""

    async def links(self, user_id: str) -> tuple[LinkInfo, ...]:
        """What the user has linked, oldest first."""

    def account(self, user_id: str) -> Account:
        """The user's accounts with their tokens, for the plugin's own routes."""

    async def remove(self, user_id: str, link_id: str) -> bool:
        """Have the plugin revoke it, then forget it. False: the user has no such link.

        Raises ToolError when the service could not be told (the link stays, broken, and goes with the next try), or
        when it was linked anew meanwhile.
        """
