"""What a realtime model is told of an answer: the sentence and a little data, never more than 1.5 kB."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from odai_core.tools.response import ToolResponse
from odai_core.tools.words import clean_spoken, cut

MAX_MODEL_BYTES = 1500
"""A realtime model reads every byte aloud in its head; beyond this, answers get slow and wander."""

# (items of a list, fields of an object, characters of a text), from generous to nothing but the outline.
_LADDER = ((5, 12, 200), (5, 8, 100), (3, 8, 80), (3, 5, 60), (2, 4, 40), (1, 3, 30))
_DEPTH = 5


def for_model(response: ToolResponse) -> str:
    """Compact JSON: `{"ok", "spoken", "data"?, "sample"?, "error"?}`, at most 1500 bytes of UTF-8."""
    answer: dict[str, Any] = {"ok": response.ok, "spoken": clean_spoken(response.spoken)}
    if response.sample:
        answer["sample"] = True
    if not response.ok:
        code = response.response.get("code") if isinstance(response.response, Mapping) else None
        return _encode({**answer, "error": cut(str(code or "internal"), 40)})
    data = response.response if response.voice is None else response.voice
    for items, fields, characters in _LADDER:
        small = _trim(data, items, fields, characters, _DEPTH)
        text = _encode({**answer, "data": small} if small not in (None, "", [], {}) else answer)
        if len(text.encode()) <= MAX_MODEL_BYTES:
            return text
    return _encode(answer)


def _encode(answer: Mapping[str, Any]) -> str:
    return msgspec.json.encode(answer).decode()


def _trim(value: Any, items: int, fields: int, characters: int, depth: int) -> Any:
    """Less of it: first items, first fields, text cut; empty values and web addresses go."""
    if isinstance(value, str):
        return None if value.startswith(("http://", "https://")) else cut(value, characters)
    if depth == 0:
        return None
    if isinstance(value, list):
        kept = [_trim(item, items, fields, characters, depth - 1) for item in value[:items]]
        return [item for item in kept if item is not None]
    if isinstance(value, Mapping):
        trimmed: dict[str, Any] = {}
        for key, item in value.items():
            if len(trimmed) == fields:
                break
            small = _trim(item, items, fields, characters, depth - 1)
            if small not in (None, "", [], {}):
                trimmed[cut(str(key), 40)] = small
        return trimmed
    return value
