"""What a model is told of an answer: a voice model the sentence and a little data, a text model nearly everything."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from odai_core.tools.response import ToolResponse
from odai_core.tools.words import clean_spoken, cut

MAX_MODEL_BYTES = 1500
"""A realtime model reads every byte aloud in its head; beyond this, answers get slow and wander."""

MAX_TEXT_MODEL_BYTES = 16_000
"""About 4,000 tokens: thirty businesses with everything about them, or the first pages of an article."""

# (items of a list, fields of an object, characters of a text), from generous to nothing but the outline.
_LADDER = ((5, 12, 200), (5, 8, 100), (3, 8, 80), (3, 5, 60), (2, 4, 40), (1, 3, 30))
_DEPTH = 5
_TEXT_LADDER = ((100, 60, 12_000), (50, 40, 4_000), (30, 30, 1_500), (20, 20, 600), (10, 12, 300), (5, 8, 150))
_TEXT_DEPTH = 8
# What only a screen can use; an address of a page is not among it, for that is a source.
_FOR_EYES = re.compile(
    r"(?:^|_)(?:image|images|img|icon|icons|thumbnail|thumbnails|photo|photos|logo|logos|avatar|favicon|sprite|html)"
    r"(?:_?(?:url|urls|uri|src|link|links))?$"
    # A ticket is in it that only its user may have.
    r"|^connect_url$",
    re.IGNORECASE,
)
_PICTURE = re.compile(r"https?://\S+\.(?:png|jpe?g|gif|webp|svg|ico|avif)(?:[?#]\S*)?$", re.IGNORECASE)


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


def for_text_model(response: ToolResponse) -> str:
    """JSON: `{"ok", "spoken", "data"?, "sample"?, "error"?}`, with addresses, at most 16 kB of UTF-8.

    `data` is the whole response less what only a screen can use; of an error there is only its code.
    """
    answer: dict[str, Any] = {"ok": response.ok, "spoken": clean_spoken(response.spoken)}
    if response.sample:
        answer["sample"] = True
    if response.response_type == "account_needed":
        return _encode({**answer, "error": "account_needed"})
    if not response.ok:
        code = response.response.get("code") if isinstance(response.response, Mapping) else None
        return _encode({**answer, "error": cut(str(code or "internal"), 40)})
    for items, fields, characters in _TEXT_LADDER:
        small, whole = _readable(response.response, items, fields, characters, _TEXT_DEPTH)
        text = _encode({**answer, "data": small, **({} if whole else {"shortened": True})})
        if len(text.encode()) <= MAX_TEXT_MODEL_BYTES:
            return text
    return _encode({**answer, "shortened": True})


def _readable(value: Any, items: int, fields: int, characters: int, depth: int) -> tuple[Any, bool]:
    """The value without pictures and empty fields, and whether nothing else of it was left out."""
    if isinstance(value, str):
        return (value, True) if len(value) <= characters else (cut(value, characters), False)
    if not isinstance(value, list | Mapping):
        return value, True
    if depth == 0:
        return None, False
    if isinstance(value, list):
        pairs = [_readable(item, items, fields, characters, depth - 1) for item in value[:items]]
        return [item for item, _ in pairs], len(value) <= items and all(whole for _, whole in pairs)
    kept = {str(key): item for key, item in value.items() if not _for_eyes(str(key), item)}
    trimmed = {}
    whole = len(kept) <= fields
    for key in list(kept)[:fields]:
        trimmed[key], complete = _readable(kept[key], items, fields, characters, depth - 1)
        whole = whole and complete
    return trimmed, whole


def _for_eyes(key: str, value: Any) -> bool:
    if value in (None, "", [], {}):
        return True
    if isinstance(value, str) and (value.startswith("data:") or (len(value) < 2048 and _PICTURE.match(value))):
        return True
    return not isinstance(value, int | float) and _FOR_EYES.search(key) is not None


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
