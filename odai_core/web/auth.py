"""Who may talk: tokens of our own for now, signed, short-lived and never trusted for more than they say."""

from __future__ import annotations

import ipaddress
import secrets
from collections.abc import Mapping
from typing import Any

from itsdangerous import BadData, URLSafeTimedSerializer

from odai_core.calls import Caller
from odai_core.contract import Secret

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
    """Bearer tokens: `mint` makes one for a user, `authenticate` reads it."""

    def __init__(self, signer: Signer) -> None:
        self._signer = signer

    def mint(self, user_id: str) -> str:
        """A token that stands for this user for `TOKEN_SECONDS`."""
        return self._signer.sign({"sub": user_id, "jti": secrets.token_hex(4)}, purpose="token")

    def authenticate(self, token: str) -> Caller | None:
        """The caller, or None. Guests have no user id."""
        payload = self._signer.unsign(token, purpose="token", max_age=TOKEN_SECONDS)
        subject = payload.get("sub") if payload else None
        return Caller(user_id=subject) if isinstance(subject, str) and subject else None


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
