"""The public keys of an issuer: fetched when they are needed, kept, and fetched anew when it changes them."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jwt
import msgspec

from odai_core.errors import ToolError
from odai_core.tools.http import HttpClient
from odai_core.web.issuer import Issuer, is_safe_address

LIFETIME = 3600.0
"""Seconds after which the keys are asked for again, behind the first login that finds them so old."""
STALE_SECONDS = 24 * 3600.0
"""While the issuer is down its old keys hold this long."""
PAUSE = 10.0
"""Seconds between two fetches at the least: a stranger can make up key ids as fast as he can send."""
MAX_KEYS = 64
MIN_RSA_BITS, MAX_RSA_BITS = 2048, 8192

_RSA = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")
_ALGORITHMS: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("RSA", ""): _RSA,
    ("EC", "P-256"): ("ES256",),
    ("EC", "P-384"): ("ES384",),
    ("EC", "P-521"): ("ES512",),
    ("OKP", "Ed25519"): ("EdDSA",),
}
ALGORITHMS = frozenset(name for names in _ALGORITHMS.values() for name in names)
"""Asymmetric ones only: with an HMAC anybody who can read a public key could sign with it."""

log = logging.getLogger("odai.web")


@dataclass(frozen=True)
class Key:
    """A public key, and what it may verify."""

    kid: str | None
    algorithms: tuple[str, ...]
    public: Any


class _JwkSet(msgspec.Struct):
    keys: list[dict[str, Any]]


class _Discovery(msgspec.Struct):
    issuer: str
    jwks_uri: str


class Keys:
    """One per server; `aclose` ends a fetch that is under way. `clock` is in seconds."""

    def __init__(self, issuer: Issuer, http: HttpClient, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._issuer = issuer
        self._http = http
        self._clock = clock
        self._keys: tuple[Key, ...] = ()
        self._fetched_at = self._tried_at = float("-inf")
        self._fetching: asyncio.Task[None] | None = None

    async def find(self, kid: str | None, algorithm: str) -> Key | None:
        """The key of that id which may verify `algorithm`. Without an id: the only key there is."""
        old = self._clock() - self._fetched_at >= LIFETIME
        found = self._pick(kid, algorithm)
        if found is None and (old or not self._knows(kid)):
            await self._refresh()
            return self._pick(kid, algorithm)
        if old:
            # Nobody waits for it: an issuer that hangs must not slow down every login.
            self._begin()
        return found

    async def aclose(self) -> None:
        """Idempotent."""
        if self._fetching is not None:
            self._fetching.cancel()
            await asyncio.wait({self._fetching})

    def _knows(self, kid: str | None) -> bool:
        return any(key.kid == kid for key in self._kept()) if kid is not None else bool(self._kept())

    def _pick(self, kid: str | None, algorithm: str) -> Key | None:
        keys = self._kept()
        if kid is None and len(keys) > 1:
            return None
        fitting = (key for key in keys if kid in (None, key.kid) and algorithm in key.algorithms)
        return next(fitting, None)

    def _kept(self) -> tuple[Key, ...]:
        return self._keys if self._clock() - self._fetched_at < STALE_SECONDS else ()

    async def _refresh(self) -> None:
        """Wait for the fetch under way, or for one that begins now."""
        self._begin()
        if self._fetching is not None:
            # Whoever waits may hang up: the fetch goes on for the others.
            await asyncio.wait({self._fetching})

    def _begin(self) -> None:
        """Fetch, unless a fetch is under way or the last began too short a time ago."""
        if self._fetching is None and self._clock() - self._tried_at >= PAUSE:
            self._tried_at = self._clock()
            self._fetching = asyncio.create_task(self._fetch(), name="odai-issuer-keys")
            self._fetching.add_done_callback(self._fetched)

    def _fetched(self, task: asyncio.Task[None]) -> None:
        self._fetching = None
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("the issuer's keys could not be read: %s", type(error).__name__, exc_info=error)

    async def _fetch(self) -> None:
        try:
            url = self._issuer.jwks_url or await self._discover()
            found = await self._http.get_json(url, service="The identity provider", type=_JwkSet)
        except ToolError as error:
            log.warning("the keys of the issuer cannot be fetched: %s", error.code)
            return
        keys = [key for raw in found.keys[:MAX_KEYS] if (key := read_key(raw)) is not None]
        if not keys:
            log.warning("the issuer gave no key that can be used")
            return
        self._keys, self._fetched_at = tuple(keys), self._clock()

    async def _discover(self) -> str:
        """Where the issuer keeps its keys. Raises ToolError."""
        url = self._issuer.name.rstrip("/") + "/.well-known/openid-configuration"
        document = await self._http.get_json(url, service="The identity provider", type=_Discovery)
        if document.issuer != self._issuer.name:
            raise ToolError("bad_shape", "The identity provider calls itself otherwise than ODAI_OIDC_ISSUER.")
        if not is_safe_address(document.jwks_uri):
            raise ToolError("bad_shape", "The identity provider keeps its keys at no https address.")
        return str(document.jwks_uri)


def read_key(raw: Mapping[str, Any]) -> Key | None:
    """A key of a JWK set; None for one that signs nothing of ours: another use, kind or size, or nonsense."""
    kid, wanted = raw.get("kid"), raw.get("alg")
    kind, curve = raw.get("kty"), raw.get("crv", "")
    if not isinstance(kind, str) or not isinstance(curve, str) or raw.get("use", "sig") != "sig":
        return None
    algorithms = _ALGORITHMS.get((kind, "" if kind == "RSA" else curve), ())
    if wanted is not None:
        algorithms = tuple(name for name in algorithms if name == wanted)
    if not algorithms or not isinstance(kid, str | None):
        return None
    try:
        # The private half of a key, should somebody publish it, is not read.
        public = jwt.PyJWK({name: value for name, value in raw.items() if name != "d"}, algorithms[0]).key
    except (jwt.PyJWTError, LookupError, TypeError, ValueError):
        return None
    size = getattr(public, "key_size", 0) if kind == "RSA" else MIN_RSA_BITS
    return Key(kid, algorithms, public) if MIN_RSA_BITS <= size <= MAX_RSA_BITS else None
