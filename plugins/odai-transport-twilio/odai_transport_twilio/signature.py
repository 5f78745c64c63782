"""Whether a request is Twilio's own: its signature over the public URL and the form."""

from __future__ import annotations

import hmac

from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]
from werkzeug.datastructures import MultiDict


class Signatures:
    """Checks `X-Twilio-Signature` with the account's auth token, for the name the world reaches us by."""

    def __init__(self, token: str, public_host: str) -> None:
        self._validator = RequestValidator(token)
        self._host = public_host

    def signed_form(self, target: str, form: MultiDict[str, str], signature: str) -> bool:
        """A webhook: `target` is the path with its query string; a name may stand in `form` more than once."""
        return self._matches([f"https://{self._host}{target}", f"https://{self._host}:443{target}"], form, signature)

    def signed_handshake(self, target: str, signature: str) -> bool:
        """A stream's handshake. Twilio signs the wss URL; whether with its port differs, and some sign https."""
        urls = [f"{scheme}://{self._host}{port}{target}" for scheme in ("wss", "https") for port in ("", ":443")]
        return self._matches(urls, MultiDict(), signature)

    def _matches(self, urls: list[str], form: MultiDict[str, str], signature: str) -> bool:
        # Header text can hold any latin-1 character, and compare_digest takes text only when it is ASCII.
        given = signature.encode("utf-8")
        made = (str(self._validator.compute_signature(url, form)).encode() for url in urls)
        return any(hmac.compare_digest(one, given) for one in made)
