"""Standard tests of connectors that work with users' own accounts: what happens when there is none, or not this one."""

from __future__ import annotations

import re

from odai_core.errors import AccountNeeded
from odai_core.testing.kit import ear
from odai_core.testing.kit.linked import CONNECT_URL, Condition, LinkedAccount
from odai_core.testing.kit.session import Ran, session
from odai_core.testing.kit.standard import standard
from odai_core.testing.kit.subject import NotApplicable, Subject

_BROKEN = re.compile(r"(?i)\b(?:error|fail\w*|went wrong|invalid|token|unauthori[sz]ed|scopes?|refused|denied)\b")
"""Words that make somebody who has only not connected an account yet think that something is broken."""


@standard(per="tool")
async def test_account_not_linked_is_said(subject: Subject, tool: str) -> None:
    """Who has linked no account is offered to do so, before anything is asked of the service."""
    ran = await _run(subject, tool, _account(subject, "unlinked"))
    _is_needed(subject, tool, ran, "no account is linked")
    assert not ran.seen, f"{tool} asks the service although no account is linked"


@standard(per="tool")
async def test_expired_token_is_renewed_once(subject: Subject, tool: str) -> None:
    """A token that is refused is renewed once, inside `ctx.account.using(...)`, and the answer comes all the same."""
    account = _account(subject, "expired")
    _asks(subject, tool)
    async with session(subject) as opened:
        ran = await opened.first(tool, account=account)
    assert account.renewals == 1, f"{tool} renews the token {account.renewals} times: once is right"
    late = [seen for seen in ran.seen[1:] if "expired-" in f"{dict(seen.headers)} {seen.body!r} {dict(seen.query)}"]
    assert len(late) <= 4, f"{tool} goes on with a token that was refused"


@standard(per="tool")
async def test_revoked_access_is_account_needed(subject: Subject, tool: str) -> None:
    """A token that is refused after its renewal, too, means: link the account again."""
    account = _account(subject, "revoked")
    _asks(subject, tool)
    ran = await _run(subject, tool, account)
    _is_needed(subject, tool, ran, "the account was taken back")
    assert account.renewals == 1, f"{tool} renews a dead token {account.renewals} times: once is right"


@standard(per="fault", cases=("unscoped", "narrow"))
async def test_missing_scope_is_account_needed(subject: Subject, tool: str, condition: Condition) -> None:
    """An account that does not allow this leads to linking it again, whether we or the service notice."""
    account = _account(subject, condition)
    _asks(subject, tool)
    if condition == "unscoped" and not subject.plugin.scopes:
        raise NotApplicable(f"{subject.name} asks for no scopes")
    ran = await _run(subject, tool, account)
    _is_needed(subject, tool, ran, "the account does not allow it")
    if condition == "unscoped":
        assert not ran.seen, f"{tool} uses an account that lacks its scopes: let ctx.account.using() choose the link"


@standard(per="tool")
async def test_no_account_service_is_said(subject: Subject, tool: str) -> None:
    """Where no service links accounts and there is no demo mode, the tool says that it is not set up."""
    if subject.plugin.account is None:
        raise NotApplicable(f"{subject.name} works with no account")
    async with session(subject) as opened:
        ran = await opened.run(tool, subject.happy[tool][0], key=False)
    assert not ran.naked, f"{tool} raises {ran.naked} when ctx.account is None"
    assert ran.code == "not_configured", f"{tool} makes {ran.code or 'an answer'} of it when ctx.account is None"
    assert not ran.seen, f"{tool} asks the service when ctx.account is None"
    wrong = ear.problems(ran.said)
    assert not wrong, f"{tool} says {ran.said!r}: {'; '.join(wrong)}"


def _asks(subject: Subject, tool: str) -> None:
    if tool in subject.offline:
        raise NotApplicable(f"{tool} asks no service")


def _account(subject: Subject, condition: Condition) -> LinkedAccount:
    account = subject.linked(condition)
    if account is None:
        raise NotApplicable(f"{subject.name} works with no account")
    return account


async def _run(subject: Subject, tool: str, account: LinkedAccount) -> Ran:
    async with session(subject) as opened:
        return await opened.run(tool, subject.happy[tool][0], account=account)


def _is_needed(subject: Subject, tool: str, ran: Ran, why: str) -> None:
    """`account_needed`, with the way to link it and a sentence that sounds like an offer."""
    assert not ran.naked, f"{tool} raises {ran.naked} when {why}"
    assert ran.code == "account_needed", f"{tool} answers {ran.code or 'as if it were there'} when {why}"
    assert isinstance(ran.raw, AccountNeeded), f"{tool} makes its own account_needed: raise ctx.account.needed(...)"
    assert ran.response.response == {"account_type": subject.plugin.account, "connect_url": CONNECT_URL}
    wrong = ear.problems(ran.said)
    assert not wrong, f"{tool} says {ran.said!r}: {'; '.join(wrong)}"
    broken = _BROKEN.search(ran.said)
    assert not broken, f"{tool} sounds broken when {why}: {ran.said!r}"
