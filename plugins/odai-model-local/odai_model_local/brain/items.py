"""The things in a tool's answer, so that a caller can say "the second one" and "tell me more about Zuni"."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from odai_model_local.brain.numbers import ORDINALS
from odai_model_local.brain.spec import sound
from odai_model_local.brain.spoken import plain
from odai_model_local.brain.types import as_dict
from odai_model_local.brain.utterance import STOP, Utterance, stem, words_of

MAX_ITEMS = 50
Item = Mapping[str, Any]
_NAME_KEYS: Final = (
    *("name", "title", "headline", "event", "film", "film_name", "cinema_name"),
    *("label", "description", "text", "snippet"),
)
_UNSPOKEN: Final = re.compile(
    r"(^|_)(id|ids|url|uri|link|href|image|images|photo|photos|thumbnail|lat|lon|lng|latitude|longitude|coordinates|"
    r"slug|token|key|position|alias|icon|favicon|distance|type)($|_)",
    re.IGNORECASE,
)
_PRICES: Final = {"$": "cheap", "$$": "moderately priced", "$$$": "expensive", "$$$$": "very expensive"}
_REFERRING = re.compile(
    r"\b(?:it|its|it's|this (?:one|place)|there|their|"
    r"that (?:one|place|event|movie|film|hotel|business|venue|concert|show|theater|cinema|artist|band|restaurant))\b",
    re.IGNORECASE,
)


_ONE = re.compile(r"\b(?:it|its|it's|this one|that one|this place|that place)\b", re.IGNORECASE)


def items_of(data: Any) -> tuple[Item, ...]:
    """The list of things in a result: the list itself, or the longest list of objects at most two levels down."""
    return tuple(_longest(data, 0))[:MAX_ITEMS]


def _longest(data: Any, depth: int) -> list[Item]:
    if isinstance(data, list):
        return [item for item in data if isinstance(item, dict) and item]
    if not isinstance(data, dict) or depth > 2:
        return []
    return max((_longest(value, depth + 1) for value in data.values()), key=len, default=[])


def name_of(item: Item) -> str:
    """What the thing is called, or ""."""
    for key in _NAME_KEYS:
        value = item.get(key)
        if isinstance(value, str) and value.strip():
            return plain(value)
    return next(
        (plain(value) for key, value in item.items() if isinstance(value, str) and not _UNSPOKEN.search(key)), ""
    )


def pick(utterance: Utterance, items: Sequence[Item], current: int) -> int | None:
    """Which item is meant, by place in the list, by name, or as "it". `current` is the one spoken of last, or -1."""
    if not items:
        return None
    lows = [token.low for token in utterance.tokens]
    for index, low in enumerate(lows):
        after = lows[index + 1] if index + 1 < len(lows) else ""
        number = ORDINALS.get(low) or (
            int(low) if low.isdecimal() and len(low) < 3 and index and lows[index - 1] == "number" else 0
        )
        # "the second quarter" counts quarters, "the second one" counts items.
        if 0 < number <= len(items) and after not in {"quarter", "half", "day", "week", "month"}:
            return number - 1
        if low == "last" and after in {"", "one", "item", "result"}:
            return len(items) - 1
        if low in {"next", "other"} and after in {"", "one", "item", "result"}:
            return current + 1 if current + 1 < len(items) else None
        if low == "previous":
            return max(current - 1, 0)
    named = _by_name(utterance, items)
    if named is not None:
        return named
    if _REFERRING.search(utterance.text):
        # "It" after a list is its first, which was told in full; "there" may be anywhere.
        first = len(items) == 1 or _ONE.search(utterance.text)
        return current if current >= 0 else 0 if first else None
    return None


def beyond(utterance: Utterance, items: Sequence[Item], current: int) -> bool:
    """An item was asked for that the list does not have: "the ninth one" of three."""
    lows = [token.low for token in utterance.tokens]
    pairs = list(zip(lows, [*lows[1:], ""], strict=True))
    past_end = any(low == "next" and after in {"", "one"} for low, after in pairs) and current + 1 >= len(items)
    too_high = any(ORDINALS.get(low, 0) > len(items) and after in {"", "one"} for low, after in pairs)
    return bool(items) and (past_end or too_high)


def _by_name(utterance: Utterance, items: Sequence[Item]) -> int | None:
    """The item whose name is said, as written or as it sounds; the most telling match wins."""
    said = {token.low for token in utterance.tokens if token.content}
    sounds = {sound(word) for word in said if len(sound(word)) > 2}
    best, found = 0.0, None
    for index, item in enumerate(items):
        words = [word for word in re.findall(r"[\w']+", name_of(item).lower()) if word not in STOP]
        if not words:
            continue
        hits = sum(word in said or (sound(word) in sounds and len(sound(word)) > 2) for word in words)
        share = hits / min(len(words), 3)
        if hits and share >= 0.5 and share > best:
            best, found = share, index
    return found


def position_of(name: str, items: Sequence[Item]) -> int:
    """The item that is called most like `name`; the first when none is."""
    return _by_name(Utterance.parse(name), items) or 0


def describe(item: Item) -> str:
    """The thing in one or two sentences, made of its own fields."""
    name = name_of(item)
    facts = [fact for key, value in item.items() if (fact := _fact(str(key), value, name))]
    if not facts:
        return plain(f"{name}. That's all I have about it.") if name else "I have no more about that one."
    return plain(f"{name}: {', '.join(facts[:5])}." if name else f"{', '.join(facts[:5])}.")


def _fact(key: str, value: Any, name: str) -> str:
    """One field as words, or "" when it is nothing to say."""
    low = "_".join(words_of(key)) or key.lower()
    if isinstance(value, str) and (plain(value) == name or not plain(value)):
        return ""
    if value is None or _UNSPOKEN.search(low):
        return ""
    label = low.replace("_", " ")
    if isinstance(value, bool):
        return (label.removeprefix("is ") if value else f"not {label.removeprefix('is ')}").replace(
            "closed", "closed for good"
        )
    if isinstance(value, (int, float)):
        return _number(label, value)
    if isinstance(value, str):
        text = plain(value).rstrip(".")
        if low == "price" and value in _PRICES:
            return _PRICES[value]
        return text if len(words_of(key)) == 1 and " " in text else f"{label} {text}"
    if isinstance(value, list):
        texts = [plain(entry) for entry in value[:3] if isinstance(entry, str)]
        texts += [name_of(entry) for entry in value[:3] if isinstance(entry, dict)]
        return ", ".join(filter(None, texts))
    return _fact(key, name_of(value), name) if isinstance(value, dict) else ""


def _number(label: str, value: float) -> str:
    amount = f"{value:,.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else f"{value:,}"
    if label in {"rating", "stars"}:
        return f"{amount} stars"
    if label.endswith((" count", "reviews")):
        noun = label.removeprefix("num ").removesuffix(" count")
        return f"{amount} {noun if noun.endswith('s') else noun + 's'}"
    return f"{label} {amount}"


def field_for(name: str, item: Item, source: str = "") -> Any:
    """The value an id-like argument takes from an item, or None.

    Its own key, or a nested one ("venueId" from venue.id), or "id" when the tool `source` that found the item looks
    for such things (`search_businesses` finds a `business_id`).
    """
    words = words_of(name)
    flat: dict[str, Any] = {}
    for key, value in item.items():
        flat["".join(words_of(str(key))) or str(key).lower()] = value
        for inner, deep in as_dict(value).items():
            flat.setdefault("".join(words_of(f"{key}_{inner}")), deep)
    found = flat.get("".join(words))
    about = {stem(word) for word in words if word not in {"id", "url"}}
    if found is None and (not about or about & {stem(word) for word in words_of(source)}):
        found = flat.get(words[-1] if words else "")
    return found if isinstance(found, (str, int)) and not isinstance(found, bool) and found != "" else None
