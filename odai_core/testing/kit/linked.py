"""An account that leads to the stand-in, with the manners of a real one: one renewal, then it is needed again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Literal, TypeVar, get_args

from odai_core.contract import Secret
from odai_core.errors import AccountNeeded, ToolError
from odai_core.grants import Link

T = TypeVar("T")
Condition = Literal["linked", "expired", "revoked", "unlinked", "unscoped", "narrow"]
CONDITIONS: tuple[Condition, ...] = get_args(Condition)
"""linked: all is well. expired: the token is refused until it is renewed. revoked: renewing does not help. unlinked:
there is no account. unscoped: the account lacks the connector's scopes, and we know. narrow: the service says so."""
CONNECT_URL = "https://odai.example/auth/login?ticket=of-the-kit"


class LinkedAccount:
    """An `Account` in one of the conditions. `links` are in order; their tokens are what the service accepts."""

    def __init__(
        self, service: str, links: Sequence[Link], scopes: Sequence[str], condition: Condition = "linked"
    ) -> None:
        self.service = service
        self.renewals = 0
        """How often a token was renewed."""
        self._scopes = frozenset(scopes)
        self._condition: Condition = condition
        self._links = () if condition == "unlinked" else tuple(map(self._conditioned, links))
        self._good = {link.id: link for link in links}

    async def links(self) -> tuple[Link, ...]:
        """As in `Account`."""
        if not self._links:
            raise self.needed(f"Please connect your {self.service} account first.")
        return self._links

    async def using(self, call: Callable[[Link], Awaitable[T]], link: Link | None = None) -> T:
        """As in `Account`."""
        chosen = next((one for one in await self.links() if self._fits(one, link)), None)
        if chosen is None:
            raise self.needed(f"I need your permission for that first. Please connect your {self.service} account.")
        for last in (False, True):
            try:
                return await call(chosen)
            except ToolError as error:
                if error.code != "auth":
                    raise
            if not last:
                chosen = self._renewed(chosen)
        raise self.needed(f"Please connect your {self.service} account again.")

    def needed(self, message: str) -> ToolError:
        """As in `Account`."""
        return AccountNeeded(message, account_type=self.service, connect_url=CONNECT_URL)

    def _fits(self, one: Link, wanted: Link | None) -> bool:
        return one.id == wanted.id if wanted is not None else self._scopes <= one.scopes

    def _renewed(self, link: Link) -> Link:
        self.renewals += 1
        if self._condition != "expired":
            return link
        fresh = self._good[link.id]
        self._links = tuple(fresh if one.id == link.id else one for one in self._links)
        return fresh

    def _conditioned(self, link: Link) -> Link:
        if self._condition == "unscoped":
            return replace(link, scopes=frozenset())
        # Like no other word, and with the good one in it: whoever looks for that finds these, too.
        worse = {"expired": "expired", "revoked": "revoked", "narrow": "narrow"}.get(self._condition)
        return replace(link, token=Secret(f"{worse}-{link.token.reveal()}")) if worse else link
