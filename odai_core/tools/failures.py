"""What goes wrong at a service, as one of our codes and a sentence of ours; the service's own words go nowhere."""

from __future__ import annotations

import email.utils
import logging
import math
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime

from odai_core.errors import ToolError

log = logging.getLogger("odai.tools.http")

_SENTENCES = {
    "auth": "{service} isn't available at the moment.",
    "bad_request": "{service} didn't understand that. Please say it another way.",
    "bad_shape": "{service} gave an answer I can't read. Please try again in a moment.",
    "not_configured": "I can't look that up right now.",
    "not_found": "I couldn't find that.",
    "plan": "{service} isn't available for that.",
    "rate_limited": "{service} is busy. Please try again in a moment.",
    "timeout": "{service} took too long. Please try again in a moment.",
    "unavailable": "{service} isn't answering. Please try again in a little while.",
    "upstream": "{service} isn't answering right now. Please try again in a moment.",
}
_FOR_THE_OPERATOR = {
    "auth": "refused the key: check its setting",
    "not_configured": "has a base URL that is not one: check its setting",
    "plan": "does not allow this with the key's plan",
}
_REFUSED = "refused this server itself: check its settings"
"""A not_configured that came as an answer: what the connector's `codes` read in it."""
_PERSONAL = {
    "auth": "{service} doesn't let me in with your account.",
    "plan": "{service} doesn't allow that with your account.",
}
_CODES = {400: "bad_request", 401: "auth", 402: "plan", 404: "not_found", 410: "not_found", 422: "bad_request"}
_CODES |= {408: "timeout", 429: "rate_limited"}
_KEY_TROUBLE = re.compile(rb"api.?key|invalid.{0,20}(?:key|token|credential)|token.{0,20}invalid", re.IGNORECASE)
_LOOKED_AT = 8192
"""Bytes of a body."""

Codes = Callable[[int, bytes], str | None]
"""What a connector makes of an HTTP status that is not success and the beginning of its body: a code, or None."""


def failure(
    code: str, service: str, *, status: int | None = None, retry_after: float | None = None, personal: bool = False
) -> ToolError:
    """The `ToolError` for a code; what only the operator can mend is logged, without address or key."""
    if personal and code in _PERSONAL:
        return ToolError(code, _PERSONAL[code].format(service=service), retry_after=retry_after)
    if code in _FOR_THE_OPERATOR:
        told = _REFUSED if status and code == "not_configured" else _FOR_THE_OPERATOR[code]
        log.warning("%s %s%s", service, told, f" (HTTP {status})" if status else "")
    return ToolError(code, _SENTENCES[code].format(service=service), retry_after=retry_after)


def code_of(status: int, body: bytes, codes: Codes | None = None) -> str:
    """An HTTP status that is not success -> our code; what `codes` says goes first, if it is one of ours."""
    start = body[:_LOOKED_AT]
    # Neither logged nor raised: what goes wrong in there quotes the body.
    with suppress(Exception):
        better = codes(status, start) if codes else None
        if better in _SENTENCES:
            return better
    if status == 403:
        return "auth" if _KEY_TROUBLE.search(start) else "plan"
    if 300 <= status < 400:
        return "bad_shape"
    return _CODES.get(status, "upstream")


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds from a Retry-After header in either of its forms, at most a day; None when there is none to be read."""
    value = headers.get("retry-after", "").strip()[:40]
    try:
        seconds = float(value) if not value[:1].isalpha() else _until(value)
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(seconds, 0.0), 86_400.0) if math.isfinite(seconds) else None


def _until(date: str) -> float:
    moment = email.utils.parsedate_to_datetime(date)
    return (moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
