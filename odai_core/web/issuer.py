"""Whose tokens are taken beside our own: an OpenID Connect issuer, read from the settings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from odai_core.errors import SettingError

FIREBASE_ISSUER = "https://securetoken.google.com/"
FIREBASE_KEYS = "https://www.googleapis.com/service_accounts/v1/jwk/securetoken@system.gserviceaccount.com"
_PROJECT = re.compile(r"[a-z0-9][a-z0-9:.-]{2,127}")
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, kw_only=True)
class Issuer:
    """An identity provider, and what its tokens must say."""

    name: str
    """Exactly as in `iss`, the slash at its end or not."""
    audiences: tuple[str, ...]
    """One of them must be in `aud`."""
    jwks_url: str = ""
    """ "": the issuer's own discovery document names it."""
    required: tuple[tuple[str, str | None], ...] = ()
    """Claims and their value; None: the claim must be true."""
    anonymous: bool = False
    """Take users without an account too, as far as a token tells."""
    signed_in_before: bool = False
    """`auth_time` must be there, and in the past: Firebase's rule."""

    def user_id(self, subject: str) -> str:
        """Our id of a user: never that of a local one, which has no address in it, nor of another issuer's."""
        return f"{self.name}|{subject}"


def issuer_of(core: Mapping[str, Any]) -> Issuer | None:
    """The issuer of these settings, or None. Raises SettingError for settings that do not go together."""
    name, project = core["ODAI_OIDC_ISSUER"], core["ODAI_FIREBASE_PROJECT"]
    if name and project:
        raise SettingError(
            "ODAI_OIDC_ISSUER and ODAI_FIREBASE_PROJECT are both set.", "Firebase is an issuer: set one of them."
        )
    rules: dict[str, Any] = {
        "required": tuple(_rule(claim) for claim in core["ODAI_OIDC_REQUIRED_CLAIMS"]),
        "anonymous": core["ODAI_OIDC_ALLOW_ANONYMOUS"],
    }
    if project:
        return _firebase(project, core["ODAI_OIDC_JWKS_URL"], rules)
    if not name:
        return None
    if not core["ODAI_OIDC_AUDIENCE"]:
        raise SettingError(
            "ODAI_OIDC_ISSUER is set without ODAI_OIDC_AUDIENCE.",
            "Set ODAI_OIDC_AUDIENCE to the client id of your app, or tokens made for other apps would be taken too.",
        )
    return Issuer(
        name=_address("ODAI_OIDC_ISSUER", name),
        audiences=core["ODAI_OIDC_AUDIENCE"],
        jwks_url=_address("ODAI_OIDC_JWKS_URL", core["ODAI_OIDC_JWKS_URL"]),
        **rules,
    )


def is_safe_address(url: str) -> bool:
    """May keys be fetched from there? Over TLS, or from this very machine."""
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and (
            parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOCAL)
        )
    except ValueError:
        return False


def _firebase(project: str, jwks_url: str, rules: Mapping[str, Any]) -> Issuer:
    if not _PROJECT.fullmatch(project):
        raise SettingError(
            "ODAI_FIREBASE_PROJECT is not a project id.", "Copy the project id of the Firebase console: my-app-1a2b3."
        )
    return Issuer(
        name=FIREBASE_ISSUER + project,
        audiences=(project,),
        jwks_url=_address("ODAI_OIDC_JWKS_URL", jwks_url) or FIREBASE_KEYS,
        signed_in_before=True,
        **rules,
    )


def _address(setting: str, url: str) -> str:
    if url and (not is_safe_address(url) or "|" in url or not url.isprintable() or " " in url):
        raise SettingError(f"{setting} is not an https address.", "Copy it from your identity provider.")
    return url


def _rule(text: str) -> tuple[str, str | None]:
    claim, equals, value = text.rpartition("=")
    return (claim, value) if equals and claim else (text, None)
