"""Reads the tokens of an issuer (JWT): who has signed in there, or why a token stands for nobody."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from typing import Any

import jwt

from odai_core import handshake
from odai_core.calls import Caller
from odai_core.web.issuer import Issuer
from odai_core.web.keys import ALGORITHMS, Keys

LEEWAY = 60.0
"""Seconds that an issuer's clock may differ from ours."""
MAX_SUBJECT = 255
"""Characters, as OpenID Connect has it."""
_TYPES = frozenset({"jwt", "at+jwt", "application/jwt", "application/at+jwt"})
"""A logout token is signed by the same keys, and is no sign-in."""
_NEEDED = ["iss", "aud", "exp", "iat", "sub"]
_MALFORMED = (jwt.PyJWTError, ArithmeticError, LookupError, RecursionError, TypeError, ValueError)

log = logging.getLogger("odai.web")


class _Refused(Exception):
    """Why, in fixed words: nothing of the token itself is ever repeated."""


class JwtVerifier:
    """Takes tokens of one issuer."""

    def __init__(self, issuer: Issuer, keys: Keys) -> None:
        self._issuer = issuer
        self._keys = keys

    @property
    def issuer(self) -> str:
        """Its name."""
        return self._issuer.name

    async def caller(self, token: str) -> Caller | None:
        """The caller, with the language and time zone of the token; None for anything but a token that holds now."""
        try:
            claims = await self._claims(token)
            self._check(claims)
            until = float(int(claims["exp"])) + LEEWAY
        except _Refused as reason:
            log.info("a token was refused: %s", reason)
            return None
        except _MALFORMED as error:
            log.info("a token was refused: %s", type(error).__name__)
            return None
        caller = Caller(user_id=self._issuer.user_id(claims["sub"]), expires_at=until)
        locale = str(claims.get("locale", "")).replace("_", "-")
        return handshake.localised(caller, str(claims.get("zoneinfo", "")), locale)

    async def aclose(self) -> None:
        """Idempotent."""
        await self._keys.aclose()

    async def _claims(self, token: str) -> dict[str, Any]:
        """What the issuer has signed. Raises _Refused and `_MALFORMED`."""
        if len(token) > handshake.TOKEN_LIMIT:
            raise _Refused("it is too long")
        # `jku`, `jwk` and `x5u` are not looked at: a token does not choose the key it is measured by.
        header = jwt.get_unverified_header(token)
        algorithm, kid = header.get("alg"), header.get("kid")
        if algorithm not in ALGORITHMS or "crit" in header:
            raise _Refused("its algorithm or an extension of it is not taken here")
        if str(header.get("typ", "JWT")).lower() not in _TYPES:
            raise _Refused("it is no token to sign in with")
        if kid is not None and (not isinstance(kid, str) or len(kid) > MAX_SUBJECT):
            raise _Refused("its key id is none")
        key = await self._keys.find(kid, algorithm)
        if key is None:
            raise _Refused("no key of the issuer fits it")
        claims: dict[str, Any] = jwt.decode(
            token,
            key.public,
            algorithms=[algorithm],
            audience=self._issuer.audiences,
            issuer=self._issuer.name,
            leeway=LEEWAY,
            options={"require": _NEEDED},
        )
        return claims

    def _check(self, claims: Mapping[str, Any]) -> None:
        """The rules beyond a good signature. Raises _Refused."""
        subject = claims["sub"]
        if not 0 < len(subject) <= MAX_SUBJECT or not subject.isprintable():
            raise _Refused("its subject is no user id")
        if self._issuer.signed_in_before and not _is_past(claims.get("auth_time")):
            raise _Refused("auth_time is not in the past")
        if not self._issuer.anonymous and _is_anonymous(claims):
            raise _Refused("its user is anonymous (ODAI_OIDC_ALLOW_ANONYMOUS)")
        for claim, wanted in self._issuer.required:
            if not _holds(claims.get(claim), wanted):
                raise _Refused(f"the claim {claim} is not as ODAI_OIDC_REQUIRED_CLAIMS wants it")


def _is_past(when: Any) -> bool:
    return isinstance(when, int | float) and not isinstance(when, bool) and 0 < when <= time.time() + LEEWAY


def _is_anonymous(claims: Mapping[str, Any]) -> bool:
    firebase = claims.get("firebase")
    provider = firebase.get("sign_in_provider") if isinstance(firebase, Mapping) else None
    return "anonymous" in (provider, claims.get("provider_id"))


def _holds(value: Any, wanted: str | None) -> bool:
    if wanted is None:
        return value is True
    if isinstance(value, bool):
        return wanted.lower() == str(value).lower()
    return wanted in value if isinstance(value, list) else wanted == value
