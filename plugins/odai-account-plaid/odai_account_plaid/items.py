"""Plaid's requests around a bank that is linked: an "item", in its words."""

from __future__ import annotations

from typing import Any

import msgspec

from odai_core import AccountContext, Grant, Link, Secret, ToolError

VERSION = "2020-09-14"
PATIENCE = 15
"""Seconds for one request."""
_GONE = frozenset({"INVALID_ACCESS_TOKEN", "ITEM_NOT_FOUND", "ACCESS_NOT_GRANTED", "USER_PERMISSION_REVOKED"})
_RESTS = frozenset({"ITEM_LOGIN_REQUIRED", "ITEM_LOCKED", "INVALID_CREDENTIALS", "USER_SETUP_REQUIRED"})
_OURS = frozenset({"INVALID_API_KEYS", "INVALID_PRODUCT", "INVALID_CONFIGURATION", "UNAUTHORIZED_ENVIRONMENT",
                   "MISSING_FIELDS", "INVALID_FIELD"})  # fmt: skip
"""The operator's matter."""


class _Failure(msgspec.Struct):
    error_code: str = ""
    error_type: str = ""


class LinkToken(msgspec.Struct):
    """What Plaid's script begins with."""

    link_token: str
    expiration: str = ""


class _Exchanged(msgspec.Struct):
    access_token: str
    item_id: str


class _Item(msgspec.Struct):
    item_id: str = ""
    institution_name: str | None = None


class _Accounts(msgspec.Struct):
    item: _Item


async def link_token(ctx: AccountContext, user: str, link: Link | None, redirect_uri: str) -> LinkToken:
    """A token for Plaid's script: to link a bank, or, with a link, to have its owner log in there again."""
    body: dict[str, Any] = {
        "client_name": "ODAI",
        "user": {"client_user_id": user},
        "country_codes": list(ctx.settings["PLAID_COUNTRY_CODES"]),
        "language": "en",
    }
    if link is None:
        body["products"] = list(ctx.settings["PLAID_PRODUCTS"])
    else:
        body["access_token"] = link.token.reveal()
    if redirect_uri:
        body["redirect_uri"] = redirect_uri
    made: LinkToken = await _ask(ctx, "link", "token", "create", body=body, type=LinkToken)
    return made


async def exchange(ctx: AccountContext, public_token: str) -> Grant:
    """The bank behind a public token, which is good once. Raises ToolError."""
    given: _Exchanged = await _ask(
        ctx, "item", "public_token", "exchange", body={"public_token": public_token}, type=_Exchanged
    )  # fmt: skip
    grant = Grant(subject=given.item_id, label="a bank", access_token=Secret(given.access_token))
    try:
        return await named(ctx, grant)
    except ToolError:
        # It is linked, and a name can wait.
        return grant


async def named(ctx: AccountContext, grant: Grant) -> Grant:
    """The same with the bank's name. Raises ToolError, "auth" for a bank that wants its owner to log in."""
    token = grant.access_token.reveal()
    found: _Accounts = await _ask(ctx, "accounts", "get", body={"access_token": token}, type=_Accounts)
    name = " ".join((found.item.institution_name or "").split())[:80]
    return Grant(subject=grant.subject, label=name or grant.label, access_token=grant.access_token)


async def remove(ctx: AccountContext, grant: Grant) -> None:
    """Have Plaid forget the bank; one that is gone already is fine."""
    try:
        await _ask(ctx, "item", "remove", body={"access_token": grant.access_token.reveal()}, type=Any)
    except ToolError as error:
        if error.code != "not_found":
            raise


async def _ask(ctx: AccountContext, *path: str, body: dict[str, Any], type: Any) -> Any:
    base = str(ctx.settings["PLAID_BASE_URL"]).replace("{env}", ctx.settings["PLAID_ENV"])
    headers = {
        "PLAID-CLIENT-ID": ctx.settings["PLAID_CLIENT_ID"],
        "PLAID-SECRET": ctx.settings["PLAID_SECRET"],
        "Plaid-Version": VERSION,
    }
    return await ctx.http.request_json(
        "POST", base, *path, json=body, headers=headers, personal=True, timeout=PATIENCE, service="Plaid",
        codes=_codes, type=type,
    )  # fmt: skip


def _codes(status: int, body: bytes) -> str | None:
    failure = msgspec.json.decode(body, type=_Failure, strict=False)
    if failure.error_code in _GONE:
        return "not_found"
    if failure.error_code in _RESTS:
        return "auth"
    if failure.error_code in _OURS:
        return "not_configured"
    if failure.error_type == "RATE_LIMIT_EXCEEDED":
        return "rate_limited"
    # One bank that is down must not open the circuit of all the others.
    return "unavailable" if failure.error_type == "INSTITUTION_ERROR" else None
