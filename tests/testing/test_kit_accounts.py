"""The kit's account has the manners of a real one."""

from __future__ import annotations

import pytest

from odai_core import AccountNeeded, Link, Secret, ToolError
from odai_core.testing.kit.linked import LinkedAccount
from odai_core.testing.kit.session import session
from tests.kit_mutants.runner import installed


def link(number: int, *scopes: str) -> Link:
    return Link(id=f"l{number}", subject=f"s{number}", label="x", token=Secret(f"t{number}"), scopes=frozenset(scopes))


def account(condition: str, *links: Link) -> LinkedAccount:
    return LinkedAccount("harbours", links or (link(1, "read"),), ["read"], condition)  # type: ignore[arg-type]


async def token(link: Link) -> str:
    """The service, as far as the account sees it: it takes good tokens only."""
    if "-" in link.token.reveal():
        raise ToolError("auth", "No.")
    return link.token.reveal()


async def test_a_linked_account_leads_to_the_standin():
    with installed(sample="moorings") as subject:
        async with session(subject) as opened:
            ctx = opened.context()
            assert await ctx.account.using(token) == subject.standin.key
            assert ctx.write_id != opened.context().write_id
            assert opened.context(write_id="w").write_id == "w"
            assert opened.context(key=False).account is None
            subject.account = lambda server: [link(1), link(2, "moorings.read", "moorings.book")]
            assert [one.id for one in await opened.context().account.links()] == ["l1", "l2"]
            assert await opened.context().account.using(token) == "t2"


async def test_an_expired_token_is_renewed_once_for_all():
    expired = account("expired")
    assert [one.token.reveal() for one in await expired.links()] == ["expired-t1"]
    assert [await expired.using(token) for _ in range(2)] == ["t1", "t1"]
    assert expired.renewals == 1


@pytest.mark.parametrize(("condition", "renewals"), [("revoked", 1), ("unlinked", 0), ("unscoped", 0), ("narrow", 1)])
async def test_an_account_that_is_not_good_enough_is_needed(condition, renewals):
    worse = account(condition)
    with pytest.raises(AccountNeeded) as caught:
        await worse.using(token)
    assert (caught.value.account_type, worse.renewals) == ("harbours", renewals)


async def test_one_of_several_accounts_can_be_chosen():
    several = account("linked", link(1), link(2, "read"), link(3, "read"))
    assert await several.using(token) == "t2"
    assert await several.using(token, (await several.links())[2]) == "t3"


async def test_what_fails_otherwise_passes_through_an_account():
    async def busy(link: Link) -> str:
        raise ToolError("rate_limited", "Busy.")

    good = account("linked")
    with pytest.raises(ToolError, match="rate_limited"):
        await good.using(busy)
    assert good.renewals == 0
