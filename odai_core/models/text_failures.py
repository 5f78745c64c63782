"""How everything that can go wrong with a text service ends: as a ModelError, without the service's own words."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import openai

from odai_core.errors import ModelError

log = logging.getLogger("odai.model.text")

_BUSY = "The assistant has too much to do just now. Please try again in a moment."
_AWAY = "The assistant's service cannot be reached just now. Please try again in a moment."
_LATE = "The assistant took too long to answer. Please try again."
_LONG = "This chat has become too long for the assistant. Please start a new one."
_REFUSED = "The assistant's service does not accept our requests. Please tell whoever runs this server."
_SPENT = "The assistant's service has used up what was paid for. Please tell whoever runs this server."
_UNREAD = "The assistant's answer could not be read. Please try again."

MAX_RETRY_AFTER = 3600.0


def unreadable() -> ModelError:
    """The answer is not what the protocol promises."""
    return ModelError("model", _UNREAD, retryable=True)


def took_too_long() -> ModelError:
    """The answer goes on and on."""
    return ModelError("unavailable", _LATE, retryable=True)


def ended_badly(event: Any) -> ModelError:
    """What a stream's last event says when it is no completed answer. The SDK would put its words into an exception."""
    error = getattr(getattr(event, "response", None), "error", None) or event
    return _known(str(getattr(error, "code", None) or "")) or ModelError("unavailable", _AWAY, retryable=True)


@contextmanager
def failures(model: str) -> Iterator[None]:
    """Whatever is raised inside leaves as a ModelError; the log has the kind of failure and nothing else of it."""
    try:
        yield
    except ModelError as error:
        log.warning("The text model %s failed: %s", model, error.code)
        raise
    except Exception as error:
        status = getattr(error, "status_code", None)
        log.warning("The text model %s failed: %s%s", model, type(error).__name__, f" {status}" if status else "")
        # Cut off from the cause: its text and its request may hold the key or the user's words.
        raise _translated(error) from None


def _translated(error: Exception) -> ModelError:
    if isinstance(error, openai.APITimeoutError):
        return took_too_long()
    if isinstance(error, openai.APIConnectionError):
        return ModelError("unavailable", _AWAY, retryable=True)
    if isinstance(error, openai.APIStatusError):
        return _by_status(error)
    if isinstance(error, openai.APIError):
        return _known(str(error.code or "")) or ModelError("unavailable", _AWAY, retryable=True)
    return unreadable()


def _by_status(error: openai.APIStatusError) -> ModelError:
    known = _known(str(error.code or ""))
    if known is not None:
        return known
    if error.status_code == 413:
        return ModelError("too_long", _LONG, retryable=False)
    if error.status_code == 429:
        return ModelError("busy", _BUSY, retryable=True, retry_after=_retry_after(error))
    if error.status_code >= 500 or error.status_code in (408, 409):
        return ModelError("unavailable", _AWAY, retryable=True, retry_after=_retry_after(error))
    return ModelError("model", _REFUSED, retryable=False)


def _known(code: str) -> ModelError | None:
    if code in ("context_length_exceeded", "string_above_max_length"):
        return ModelError("too_long", _LONG, retryable=False)
    if code == "insufficient_quota":
        return ModelError("model", _SPENT, retryable=False)
    return ModelError("busy", _BUSY, retryable=True) if code == "rate_limit_exceeded" else None


def _retry_after(error: openai.APIStatusError) -> float | None:
    try:
        seconds = float(error.response.headers.get("retry-after", ""))
    except ValueError:
        return None
    return seconds if 0 <= seconds <= MAX_RETRY_AFTER else None
