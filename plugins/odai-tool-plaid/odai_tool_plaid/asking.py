"""Asking Plaid about one bank. Bodies hold tokens and money: nothing of them is logged or repeated."""

from __future__ import annotations

import time
from typing import Any

from msgspec.json import decode

from odai_core import Link, ToolContext, ToolError, speech
from odai_tool_plaid.shapes import Account, Accounts, Bank, Failure, Page, Removed, Transaction, readable

VERSION = "2020-09-14"
PATIENCE = 8
"""Seconds for one request."""
PAGING = 11
"""Seconds after which no further page is asked for; a tool has twenty."""
PAGE = 500
MOST_PAGES = 10
RESTARTS = 2

_GONE = frozenset(
    {
        "ACCESS_NOT_GRANTED", "INVALID_ACCESS_TOKEN", "INVALID_CREDENTIALS", "ITEM_LOCKED", "ITEM_LOGIN_REQUIRED",
        "ITEM_NOT_FOUND", "NO_ACCOUNTS", "USER_PERMISSION_REVOKED", "USER_SETUP_REQUIRED",
    }
)  # fmt: skip
"""Its owner has to log in at the bank again, or link it anew."""
_OURS = frozenset({"INVALID_API_KEYS", "INVALID_PRODUCT", "MISSING_FIELDS", "UNAUTHORIZED_ENVIRONMENT"})
"""The operator's matter; never the user's link."""
_MOVED = "TRANSACTIONS_SYNC_MUTATION_DURING_PAGINATION"


async def accounts(ctx: ToolContext, link: Link) -> Bank:
    """The bank with its accounts. Raises `ToolError`, "auth" when its owner has to log in again."""
    answer: Accounts = await _ask(ctx, link, "accounts", "get", body={}, type=Accounts)
    known = readable(answer.accounts, Account)
    if answer.accounts and not known:
        raise unreadable()
    said = answer.item.institution_name if answer.item else None
    return Bank(name=speech.clean(said or link.label, 60) or "your bank", accounts=tuple(known))


async def transactions(ctx: ToolContext, link: Link) -> Bank:
    """The bank with what it has of transactions, at most five thousand of them. Raises `ToolError`."""
    bank = await accounts(ctx, link)
    until = time.monotonic() + PAGING
    for _ in range(RESTARTS):
        try:
            found, complete = await _all(ctx, link, until)
            break
        except Mutated:
            continue
    else:
        raise ToolError("unavailable", "Your bank is sending new transactions right now. Please ask again in a moment.")
    return Bank(name=bank.name, accounts=bank.accounts, transactions=tuple(found), complete=complete)


class Mutated(Exception):
    """The bank brought something new between two pages: one begins anew."""


async def _all(ctx: ToolContext, link: Link, until: float) -> tuple[list[Transaction], bool]:
    """From the beginning, for nothing of a user's money is kept here."""
    known: dict[str, Transaction] = {}
    cursor, some, unread = "", False, True
    for _ in range(MOST_PAGES):
        body = {"count": PAGE, **({"cursor": cursor} if cursor else {})}
        page: Page = await _ask(ctx, link, "transactions", "sync", body=body, type=Page)
        if page.transactions_update_status == "NOT_READY" and not (page.added or known):
            raise _not_ready()
        for one in (*readable(page.added, Transaction), *readable(page.modified, Transaction)):
            known[one.transaction_id] = one
        for gone in readable(page.removed, Removed):
            known.pop(gone.transaction_id, None)
        some = some or bool(page.added)
        unread = page.has_more
        if not unread or page.next_cursor in ("", cursor) or time.monotonic() > until:
            break
        cursor = page.next_cursor
    if some and not known:
        raise unreadable()
    return list(known.values()), not unread


async def _ask(ctx: ToolContext, link: Link, *path: str, body: dict[str, Any], type: Any) -> Any:
    said: list[str] = []

    def code(status: int, answer: bytes) -> str | None:
        failure = decode(answer, type=Failure, strict=False)
        said.append(failure.error_code)
        if failure.error_code in _GONE:
            return "auth"
        if failure.error_code in _OURS:
            return "not_configured"
        # One bank that is down must not open the circuit of all the others.
        at_the_bank = failure.error_type == "INSTITUTION_ERROR" or failure.error_code == "PRODUCT_NOT_READY"
        return "unavailable" if status == 400 and at_the_bank else None

    try:
        return await ctx.http.request_json(
            "POST",
            base_url(ctx),
            *path,
            json={**body, "access_token": link.token.reveal()},
            headers={
                "PLAID-CLIENT-ID": ctx.settings["PLAID_CLIENT_ID"],
                "PLAID-SECRET": ctx.settings["PLAID_SECRET"],
                "Plaid-Version": VERSION,
            },
            retry=True,
            personal=True,
            timeout=PATIENCE,
            service="Your bank's service",
            codes=code,
            type=type,
        )
    except ToolError:
        if said[-1:] == ["PRODUCT_NOT_READY"]:
            raise _not_ready() from None
        if said[-1:] == [_MOVED]:
            raise Mutated from None
        raise


def base_url(ctx: ToolContext) -> str:
    """The address of the environment."""
    address: str = ctx.settings["PLAID_BASE_URL"]
    return address.replace("{env}", ctx.settings["PLAID_ENV"])


def unreadable() -> ToolError:
    return ToolError("bad_shape", "Your bank gave an answer I can't read. Please try again in a moment.")


def _not_ready() -> ToolError:
    message = "Your bank is still gathering your transactions. Please ask again in a few minutes."
    return ToolError("unavailable", message, retry_after=60)
