"""One request as it goes out, checked and with its secrets in plain text."""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from odai_core.contract import Secret
from odai_core.tools.failures import Codes, failure

_BASE_URL = re.compile(r"https?://[^/]")
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}

Plain = str | int | float | bool | Secret
Params = Mapping[str, Plain | Sequence[Plain] | None]
"""A list or tuple is sent as its name repeated, once for each value."""
Headers = Mapping[str, Plain | None]
Auth = Secret | tuple[str | Secret, str | Secret]
"""A bearer token, or the user and password of HTTP Basic."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Request:
    """It lives as long as the request and never prints itself."""

    method: str
    url: str
    params: tuple[tuple[str, str], ...]
    headers: dict[str, str]
    json: Any
    form: bytes | None
    personal: bool
    timeout: float | None
    service: str
    retry: bool
    codes: Codes | None
    text: int | None
    """Bytes of a text answer; None: the answer is JSON."""

    @classmethod
    def made(
        cls,
        method: str,
        base_url: str,
        segments: tuple[Plain, ...],
        *,
        params: Params | None,
        headers: Headers | None,
        auth: Auth | None,
        personal: bool,
        timeout: float | None,
        service: str,
        codes: Codes | None,
        retry: bool,
        json: Any = None,
        form: Params | None = None,
        text: int | None = None,
    ) -> Request:
        """From what a connector says. Raises `ToolError` for an address or a segment that cannot be one."""
        sent = _revealed(headers) | (_FORM if form is not None else {})
        return cls(
            method=method,
            url=_join(base_url, segments, service),
            params=_pairs(params),
            headers=sent | ({"Authorization": _authorization(auth)} if auth else {}),
            json=json,
            form=None if form is None else urlencode(_pairs(form), errors="replace").encode(),
            personal=personal,
            timeout=timeout,
            service=service,
            retry=retry,
            codes=codes,
            text=text,
        )

    def key(self) -> bytes:
        """What tells two requests apart, without the secrets in it."""
        # Sorted by name alone: the order of a repeated parameter's values may matter.
        params = sorted(self.params, key=lambda pair: pair[0])
        parts = (self.method, self.url, params, sorted(self.headers.items()), self.json, self.form)
        return hashlib.sha256(repr(parts).encode("utf-8", "surrogatepass")).digest()


def _join(base_url: str, segments: tuple[Plain, ...], service: str) -> str:
    if not _BASE_URL.match(base_url):
        raise failure("not_configured", service)
    quoted = [quote(_reveal(segment).encode("utf-8", "replace"), safe="") for segment in segments]
    if any(segment in ("", ".", "..") for segment in quoted):
        raise failure("bad_request", service)
    return "/".join([base_url.rstrip("/"), *quoted]) if quoted else base_url


def _pairs(params: Params | None) -> tuple[tuple[str, str], ...]:
    pairs: list[tuple[str, str]] = []
    for name, value in (params or {}).items():
        several = [value] if isinstance(value, str) or not isinstance(value, Sequence) else value
        pairs += [(name, _reveal(one)) for one in several if one is not None]
    return tuple(pairs)


def _revealed(values: Headers | None) -> dict[str, str]:
    return {name: _reveal(value) for name, value in (values or {}).items() if value is not None}


def _authorization(auth: Auth) -> str:
    if isinstance(auth, Secret):
        return f"Bearer {auth.reveal()}"
    pair = ":".join(map(_reveal, auth))
    return f"Basic {b64encode(pair.encode()).decode()}"


def _reveal(value: Plain) -> str:
    if isinstance(value, Secret):
        return value.reveal()
    return str(value).lower() if isinstance(value, bool) else str(value)
