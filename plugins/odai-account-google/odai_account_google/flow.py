"""The way to Google and back: an authorisation code with PKCE, bound to one browser and good once."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from odai_core import AccountContext, SettingError, link_pages

SECONDS = 600.0
"""From leaving for Google to coming back."""
CALLBACK = "/auth/google/callback"
IDENTITY = ("openid", "email")
"""Asked for each time: a grant must belong to somebody."""
SCOPE_PREFIX = "https://www.googleapis.com/auth/"
MAX_SCOPES = 20
_SCOPE = re.compile(re.escape(SCOPE_PREFIX) + r"[a-z][a-z0-9._]{0,63}")
_LOCAL = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True, kw_only=True)
class Departure:
    """Where to send the browser, and the cookie it must bring back."""

    url: str
    cookie: str
    secret: str


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """A state that came back to the browser it was made for."""

    id: str
    user: str
    verifier: str
    nonce: str


def redirect_uri(ctx: AccountContext) -> str:
    """Where Google leads users back. Raises SettingError for an address that is not this server's own."""
    own = f"{ctx.public_url}{CALLBACK}" if ctx.public_url else ""
    given = str(ctx.settings["GOOGLE_OAUTH_REDIRECT_URI"] or "") or own
    if given and given == own:
        return given
    if ctx.loopback and _is_local(given):
        return given
    if not given:
        raise SettingError(
            "GOOGLE_OAUTH_REDIRECT_URI is not set, and neither is ODAI_PUBLIC_HOST.",
            f"Set ODAI_PUBLIC_HOST, or on one machine GOOGLE_OAUTH_REDIRECT_URI to http://127.0.0.1:8080{CALLBACK}.",
        )
    raise SettingError(
        "GOOGLE_OAUTH_REDIRECT_URI leads to another server than this one.",
        f"Set it to {own or 'the address made of ODAI_PUBLIC_HOST and ' + CALLBACK}, or remove it.",
    )


def scopes_of(text: str) -> tuple[str, ...] | None:
    """Google scopes from a request, separated by spaces; None for anything else."""
    found = tuple(dict.fromkeys(text.split())) if len(text) <= 2000 else ("",)
    good = len(found) <= MAX_SCOPES and all(_SCOPE.fullmatch(scope) for scope in found)
    return found if good else None


def depart(ctx: AccountContext, user: str, scopes: Iterable[str], *, hint: str = "") -> Departure:
    """Begin. `hint` is the address of the account that is meant, when there is only one."""
    flow, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    state = ctx.sign({"kind": "state", "id": flow, "user": user, "browser": link_pages.digest(secret)})
    url = prepare_grant_uri(
        str(ctx.settings["GOOGLE_OAUTH_ACCOUNTS_URL"]).rstrip("/") + "/o/oauth2/v2/auth",
        ctx.settings["GOOGLE_OAUTH_CLIENT_ID"],
        "code",
        redirect_uri=redirect_uri(ctx),
        scope=list(dict.fromkeys([*IDENTITY, *scopes])),
        state=state,
        code_challenge=create_s256_code_challenge(_derived(secret, "verifier")),
        code_challenge_method="S256",
        nonce=_derived(secret, "nonce"),
        access_type="offline",
        # Without it Google gives a refresh token only the first time.
        prompt="consent",
        include_granted_scopes="true",
        login_hint=hint or None,
    )
    return Departure(url=str(url), cookie=flow, secret=secret)


def flow_of(ctx: AccountContext, state: str) -> str | None:
    """The id of the flow that a state belongs to; None when it is not ours or too old."""
    payload = _state(ctx, state)
    return None if payload is None else payload[0]


def arrive(ctx: AccountContext, state: str, secret: str) -> Arrival | None:
    """The state that came back, when this browser is the one that left."""
    payload = _state(ctx, state)
    if payload is None or not link_pages.same(payload[2], link_pages.digest(secret)):
        return None
    return Arrival(
        id=payload[0], user=payload[1], verifier=_derived(secret, "verifier"), nonce=_derived(secret, "nonce")
    )  # fmt: skip


def _state(ctx: AccountContext, state: str) -> Sequence[str] | None:
    if not 0 < len(state) <= link_pages.MAX_TEXT:
        return None
    payload = ctx.unsign(state, max_age=SECONDS)
    if payload is None or payload.get("kind") != "state":
        return None
    return [str(payload[name]) for name in ("id", "user", "browser")]


def _derived(secret: str, use: str) -> str:
    """The verifier and the nonce are made from the cookie, so the server keeps nothing; neither tells the other."""
    made = hmac.new(secret.encode("utf-8", "surrogatepass"), use.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(made).decode().rstrip("=")


def _is_local(address: str) -> bool:
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return False
    plain = f"http://{'[::1]' if parts.hostname == '::1' else parts.hostname}{f':{port}' if port else ''}{CALLBACK}"
    return parts.hostname in _LOCAL and address == plain
