"""Google's token endpoint: codes and refresh tokens against access tokens, and taking them back."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import msgspec

from odai_core import AccountContext, Grant, Secret, ToolError

_CODES = {
    "invalid_grant": "auth",
    "invalid_token": "auth",
    "invalid_client": "not_configured",
    "unauthorized_client": "not_configured",
    "redirect_uri_mismatch": "not_configured",
}
"""Google's errors, of users' grants and of this server's own client."""


class Tokens(msgspec.Struct):
    """What the endpoint answers."""

    access_token: str
    expires_in: float = 3600.0
    refresh_token: str | None = None
    scope: str | None = None
    id_token: str | None = None

    @property
    def ends(self) -> float:
        """Unix seconds."""
        return time.time() + min(self.expires_in, 86_400.0)

    def granted(self, otherwise: frozenset[str]) -> frozenset[str]:
        """What the user really allowed; an answer that does not say so means what was asked for."""
        return otherwise if self.scope is None else frozenset(self.scope.split())


async def exchange(ctx: AccountContext, *, code: str, verifier: str, redirect_uri: str) -> Tokens:
    """What a code is worth. Raises ToolError, "auth" for a code that is worth nothing."""
    form = {
        "grant_type": "authorization_code",
        "code": Secret(code),
        "code_verifier": Secret(verifier),
        "redirect_uri": redirect_uri,
    }
    return await _ask(ctx, form, retry=False)


async def refresh(ctx: AccountContext, grant: Grant) -> Grant:
    """The grant with a fresh token. Raises ToolError("auth") when the user has taken it back."""
    if grant.refresh_token is None:
        raise ToolError("auth", "Google gave no token to renew this with.")
    # Google's refresh tokens stay the same, so asking twice spends nothing.
    answer = await _ask(ctx, {"grant_type": "refresh_token", "refresh_token": grant.refresh_token}, retry=True)
    newer = None if answer.refresh_token is None else Secret(answer.refresh_token)
    return replace(
        grant,
        access_token=Secret(answer.access_token),
        refresh_token=newer or grant.refresh_token,
        expires_at=answer.ends,
        scopes=answer.granted(grant.scopes),
    )


async def revoke(ctx: AccountContext, grant: Grant) -> None:
    """Have Google forget the whole grant; one that is over already is fine."""
    form = {"token": grant.refresh_token or grant.access_token}
    try:
        await ctx.http.request_json(
            "POST", _base(ctx), "revoke", form=form, personal=True, service="Google", codes=_codes
        )  # fmt: skip
    except ToolError as error:
        if error.code != "auth":
            raise


async def _ask(ctx: AccountContext, form: Mapping[str, Any], *, retry: bool) -> Tokens:
    client = {
        "client_id": ctx.settings["GOOGLE_OAUTH_CLIENT_ID"],
        "client_secret": ctx.settings["GOOGLE_OAUTH_CLIENT_SECRET"],
    }
    answer: Tokens = await ctx.http.request_json(
        "POST", _base(ctx), "token", form={**form, **client}, retry=retry, personal=True, service="Google",
        codes=_codes, type=Tokens,
    )  # fmt: skip
    return answer


def _base(ctx: AccountContext) -> str:
    return str(ctx.settings["GOOGLE_OAUTH_BASE_URL"])


def _codes(status: int, body: bytes) -> str | None:
    said = msgspec.json.decode(body)
    return _CODES.get(str(said.get("error"))) if isinstance(said, dict) else None
