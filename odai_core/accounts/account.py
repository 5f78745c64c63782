"""What a tool sees of its caller's accounts: links with fresh tokens, or what the caller has to do first."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from odai_core.accounts.renewals import GrantGone, Service
from odai_core.accounts.safe import Kept
from odai_core.errors import AccountNeeded, ToolError
from odai_core.grants import Link

if TYPE_CHECKING:
    from odai_core.accounts.desk import Accounts

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class UserAccount:
    """Implements `odai_core.Account`."""

    desk: Accounts
    service: Service
    user_id: str | None
    """None: a guest."""
    scopes: frozenset[str]
    """Of the connector."""
    own: bool = False
    """For the account plugin's own routes: broken links too, where the service has nothing to renew them with."""

    async def links(self) -> tuple[Link, ...]:
        links = []
        fitting = await self._fitting()
        for kept in fitting:
            try:
                links.append(await self._fresh(kept))
            except GrantGone:
                continue
        if not links:
            raise self._again()
        return tuple(links)

    async def using(self, call: Callable[[Link], Awaitable[T]], link: Link | None = None) -> T:
        if link is None:
            link = await self._first()
        elif not self.scopes <= link.scopes:
            raise self._unscoped(link.scopes)
        self._check_cleared()
        answer, refused = await _tried(call, link)
        if not refused:
            return answer
        try:
            link = await self._renewed(link)
        except GrantGone:
            link = None
        if link is not None:
            answer, refused = await _tried(call, link)
            if not refused:
                return answer
            await self._break(link)
        raise self._again()

    def needed(self, message: str) -> ToolError:
        return self._needed(message, self.scopes)

    async def _first(self) -> Link:
        for kept in await self._fitting():
            try:
                return await self._fresh(kept)
            except GrantGone:
                continue
        raise self._again()

    async def _fitting(self) -> list[Kept]:
        """Those with the scopes, at least one. Raises AccountNeeded with the reason why there is none."""
        title = self.service.plugin.title
        if self.user_id is None:
            raise self.needed(f"Please sign in first; then you can connect your {title} account.")
        self._check_cleared()
        found = await self.desk.safe.of(self.user_id, self.service.name)
        usable = [kept for kept in found if not kept.row.broken or self._takes_broken]
        fitting = [kept for kept in usable if self.scopes <= kept.grant.scopes]
        if fitting:
            return fitting
        if usable:
            raise self._unscoped(usable[0].grant.scopes)
        if found:
            raise self._again()
        raise self.needed(f"Please connect your {title} account first, so that I can do that.")

    def _check_cleared(self) -> None:
        """The operator may have taken the user off a list since the account was linked. Raises ToolError."""
        plugin = self.service.plugin
        if plugin.cleared is not None and not plugin.cleared(self.service.context.settings, self.user_id or ""):
            raise ToolError("plan", f"You may not use a {plugin.title} account here. Ask whoever runs this server.")

    @property
    def _takes_broken(self) -> bool:
        return self.own and self.service.plugin.refresh is None

    async def _fresh(self, kept: Kept) -> Link:
        """The link, renewed when its token is about to expire. Raises GrantGone, or ToolError when that fails."""
        assert self.user_id is not None
        ends = kept.grant.expires_at
        left = None if ends is None else ends - self.desk.clock()
        if left is None or left > self.desk.REFRESH_BEFORE or self.service.plugin.refresh is None:
            return _link(kept)
        spent = kept.grant.access_token.reveal()
        try:
            return _link(await self.desk.renewals.renewed(self.service, self.user_id, kept.row.id, spent))
        except ToolError:
            if left <= 0:
                raise
            return _link(kept)

    async def _renewed(self, link: Link) -> Link:
        assert self.user_id is not None
        if self.service.plugin.refresh is None:
            await self._break(link)
            raise GrantGone
        return _link(await self.desk.renewals.renewed(self.service, self.user_id, link.id, link.token.reveal()))

    async def _break(self, link: Link) -> None:
        """The service refuses this token for good; one that has been renewed since is left alone."""
        assert self.user_id is not None
        kept = await self.desk.safe.get(self.user_id, self.service.name, link.id)
        if kept is not None and kept.grant.access_token.reveal() == link.token.reveal():
            await self.desk.safe.store.mark_broken(kept.row)

    def _again(self) -> ToolError:
        return self.needed(
            f"Your {self.service.plugin.title} account isn't connected any more. Please connect it again."
        )

    def _unscoped(self, granted: frozenset[str]) -> ToolError:
        title = self.service.plugin.title
        message = f"I'm not allowed to do that with your {title} account yet. Please connect it again and allow it."
        return self._needed(message, self.scopes - granted)

    def _needed(self, message: str, scopes: frozenset[str]) -> ToolError:
        url = "" if self.user_id is None else self.desk.connect_url(self.service, self.user_id, scopes)
        return AccountNeeded(message, account_type=self.service.name, connect_url=url)


def _link(kept: Kept) -> Link:
    return Link(
        id=kept.row.id,
        subject=kept.grant.subject,
        label=kept.grant.label,
        token=kept.grant.access_token,
        scopes=kept.grant.scopes,
        data=kept.grant.data,
    )


async def _tried(call: Callable[[Link], Awaitable[T]], link: Link) -> tuple[T, bool]:
    """The answer, and whether the token was refused; then there is no answer."""
    try:
        return await call(link), False
    except ToolError as error:
        if error.code != "auth":
            raise
    return None, True  # type: ignore[return-value]
