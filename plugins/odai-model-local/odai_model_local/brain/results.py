"""A tool's answer as a model gets it, read leniently."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from odai_model_local.brain import items
from odai_model_local.brain.spoken import listed, plain
from odai_model_local.brain.types import as_dict

MAX_CHARACTERS = 200_000
FAILED = "Sorry, that didn't work. Please try again in a moment."
EMPTY = "I couldn't find anything."


@dataclass(frozen=True)
class Outcome:
    """`spoken` is never empty."""

    ok: bool
    spoken: str
    data: Any = None


def read_result(output: Any) -> Outcome:
    """Read it; what is no JSON object is not spoken, for nobody knows what it holds."""
    try:
        body = json.loads(output) if isinstance(output, (str, bytes)) and len(output) <= MAX_CHARACTERS else None
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        return Outcome(False, FAILED)
    data = body.get("data", body.get("response"))
    ok = body.get("ok") is not False and body.get("response_type") != "error" and "error" not in body
    spoken = plain(body.get("spoken"))
    if not ok:
        error = as_dict(data) or as_dict(body.get("error"))
        return Outcome(False, spoken or plain(error.get("message")) or FAILED)
    return Outcome(True, spoken or _summary(data), data)


def _summary(data: Any) -> str:
    """A sentence for a result that brought none."""
    if isinstance(data, str):
        return plain(data) or EMPTY
    found = items.items_of(data)
    names = [name for item in found[:3] if (name := items.name_of(item))]
    if names:
        return (
            plain(f"I found {listed(names)}.")
            if len(found) <= 3
            else plain(f"I found {len(found)}: {listed(names)} come first.")
        )
    return items.describe(data) if isinstance(data, dict) and data else EMPTY
