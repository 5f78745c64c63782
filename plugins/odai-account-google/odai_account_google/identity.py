"""Whose account it is: Google's id_token, checked down to its signature."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from odai_account_google.tokens import Tokens
from odai_core import AccountContext

KEEP_KEYS = 3600
"""Seconds. Google's keys change every few days; a new one is looked up at once."""
LEEWAY = 60
"""Seconds by which the clocks may differ."""


@dataclass(frozen=True, kw_only=True)
class Identity:
    """A Google account."""

    subject: str
    label: str
    """Its address, or what stands for it."""


async def identify(ctx: AccountContext, tokens: Tokens, nonce: str) -> Identity | None:
    """Who has agreed; None unless Google says so, to us, now, and in answer to this very request.

    Raises ToolError when Google's keys cannot be had.
    """
    if not tokens.id_token:
        return None
    try:
        signed = await _verified(ctx, tokens.id_token)
        claims = CodeIDToken(
            signed.claims,
            signed.header,
            options={
                "iss": {"essential": True, "values": _issuers(ctx)},
                "aud": {"essential": True, "value": ctx.settings["GOOGLE_OAUTH_CLIENT_ID"]},
            },
            params={
                "nonce": nonce,
                "client_id": ctx.settings["GOOGLE_OAUTH_CLIENT_ID"],
                "access_token": tokens.access_token,
            },
        )
        claims.validate(leeway=LEEWAY)
    except (JoseError, ValueError, TypeError, KeyError, AttributeError):
        return None
    subject, email = claims.get("sub"), claims.get("email")
    if not isinstance(subject, str) or not 0 < len(subject) <= 255:
        return None
    return Identity(subject=subject, label=email[:320] if isinstance(email, str) and email else "a Google account")


async def _verified(ctx: AccountContext, token: str) -> jwt.Token:
    try:
        return jwt.decode(token, await _keys(ctx, KEEP_KEYS), algorithms=["RS256"])
    except InvalidKeyIdError:
        return jwt.decode(token, await _keys(ctx, 0), algorithms=["RS256"])


async def _keys(ctx: AccountContext, keep: float) -> KeySet:
    found: Any = await ctx.http.get_json(
        ctx.settings["GOOGLE_OAUTH_CERTS_URL"], cache=keep, service="Google", type=dict[str, Any]
    )  # fmt: skip
    return KeySet.import_key_set(found)


def _issuers(ctx: AccountContext) -> list[str]:
    """Google names itself with and without the scheme."""
    own = str(ctx.settings["GOOGLE_OAUTH_ACCOUNTS_URL"]).rstrip("/")
    return [own, own.removeprefix("https://")]
