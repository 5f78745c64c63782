"""Who may talk: those with a token of ours, signed and short-lived, or with one of the issuer in the settings."""

from __future__ import annotations

import ipaddress
import secrets
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from itsdangerous import BadData, URLSafeTimedSerializer

from odai_core.calls import Caller
from odai_core.contract import Secret
from odai_core.web.issuer import issuer_of

if TYPE_CHECKING:
    from odai_core.tools.http import HttpClient
    from odai_core.web.jwt import JwtVerifier

TOKEN_SECONDS = 12 * 3600.0
"""A page left open overnight asks for a reload."""
_LONGEST = 4096
_LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


class Signer:
    """Signs texts for one server, or for all that share ODAI_SECRET. An empty secret makes a new one every start."""

    def __init__(self, secret: Secret) -> None:
        self._key = secret.reveal() or secrets.token_urlsafe(32)

    def sign(self, payload: Mapping[str, Any], *, purpose: str) -> str:
        """URL-safe text; a signature for one purpose is worth nothing for another."""
        return str(self._serializer(purpose).dumps(dict(payload)))

    def unsign(self, text: str, *, purpose: str, max_age: float) -> dict[str, Any] | None:
        """The payload, or None for anything that is not ours, too old, or not even text."""
        if not isinstance(text, str) or not 0 < len(text) <= _LONGEST:
            return None
        try:
            payload = self._serializer(purpose).loads(text, max_age=int(max_age))
        except (BadData, ValueError, TypeError, RecursionError):
            return None
        return payload if isinstance(payload, dict) else None

    def _serializer(self, purpose: str) -> URLSafeTimedSerializer:
        return URLSafeTimedSerializer(self._key, salt=f"odai.{purpose}")


class Tokens:
    """Bearer tokens: `mint` makes one of ours for a user, `authenticate` reads ours and the issuer's."""

    def __init__(self, signer: Signer, verifier: JwtVerifier | None = None) -> None:
        self._signer = signer
        self._verifier = verifier

    @property
    def issuer(self) -> str:
        """Whose tokens are taken beside ours; "" for nobody's."""
        return "" if self._verifier is None else self._verifier.issuer

    def mint(self, user_id: str) -> str:
        """A token that stands for this user for `TOKEN_SECONDS`."""
        until = time.time() + TOKEN_SECONDS
        return self._signer.sign({"sub": user_id, "jti": secrets.token_hex(4), "exp": int(until)}, purpose="token")

    async def authenticate(self, token: str) -> Caller | None:
        """The caller, or None. It may have to fetch the issuer's keys."""
        payload = self._signer.unsign(token, purpose="token", max_age=TOKEN_SECONDS)
        if payload is None:
            return None if self._verifier is None or not isinstance(token, str) else await self._verifier.caller(token)
        subject = payload.get("sub")
        return Caller(user_id=subject, expires_at=payload.get("exp")) if isinstance(subject, str) and subject else None

    async def aclose(self) -> None:
        """End what is under way. Idempotent."""
        if self._verifier is not None:
            await self._verifier.aclose()


def make_tokens(core: Mapping[str, Any], signer: Signer, http: HttpClient) -> Tokens:
    """What a server takes by its settings. Raises SettingError for an issuer that is half configured."""
    issuer = issuer_of(core)
    if issuer is None:
        return Tokens(signer)
    # PyJWT and its cryptography cost 60 ms to import, which a server without an issuer need not pay.
    from odai_core.web.jwt import JwtVerifier
    from odai_core.web.keys import Keys

    return Tokens(signer, JwtVerifier(issuer, Keys(issuer, http)))


def is_loopback(address: str | None) -> bool:
    """Is this IP address one of this machine's own?"""
    try:
        return ipaddress.ip_address(address or "").is_loopback
    except ValueError:
        return False


def is_local_name(host: str | None) -> bool:
    """Does a Host header name this machine itself? Any other name may be a rebound one."""
    if not host or len(host) > 255:
        return False
    name = host.rsplit(":", 1)[0] if host.count(":") == 1 else host
    if name.startswith("["):
        name, _, port = name[1:].partition("]")
        if port and not port.startswith(":"):
            return False
    return name.lower() in _LOCAL_NAMES


def origin_allowed(origin: str | None, host: str | None, allowed: tuple[str, ...], public_host: str) -> bool:
    """May a page of `origin` open sockets here? Our own pages may; others are named in ODAI_ORIGINS."""
    if origin is None:
        return True
    if origin in allowed or (public_host and origin == f"https://{public_host}"):
        return True
    scheme, _, name = origin.partition("://")
    return scheme in ("http", "https") and is_local_name(name) and is_local_name(host) and name == host
