"""What a voice can say: the rules for spoken sentences, each broken one as a phrase."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

MAX_CHARACTERS = 300
MAX_ITEMS = 3
"""More than three things cannot be kept in mind by ear."""

_RULES: tuple[tuple[str, str], ...] = (
    ("a web address", r"(?i)https?:|\bwww\.|\b[a-z0-9-]+\.(?:com|org|net|io|gov|edu)\b"),
    ("markup", r"[*_`#<>|{}\[\]\\~^]"),
    ("a line break or a control character", r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\ufeff]"),
    ("a value that is missing, such as None or nan", r"\b(?:None(?! of\b)|nan|NaN|null|undefined|inf|True|False)\b"),
    ("a time or date as machines write it", r"\b\d{4}-\d\d-\d\d|\d\d:\d\d:\d\d|T\d\d:\d\dZ?\b"),
    ("an id", r"\b(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[\w-]{12,}\b|\b\d{9,}\b"),
)
_FLOAT = re.compile(r"\b(\d+)\.(\d+)")
_ORDINALS = ("fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_ENUMERATED = re.compile(rf"(?i)(?:^|[.;:!?] )(?:and )?(?:{'|'.join(_ORDINALS)})(?:,| is\b)")


def problems(spoken: object) -> list[str]:
    """What is wrong with a sentence; [] when it can be said."""
    if not isinstance(spoken, str):
        return [f"it is {type(spoken).__name__}, not a text"]
    found = [f"it has {name}" for name, pattern in _RULES if re.search(pattern, spoken)]
    if not spoken.strip():
        found.append("it is empty")
    if len(spoken) > MAX_CHARACTERS:
        found.append(f"it has {len(spoken)} characters, not at most {MAX_CHARACTERS}")
    if any(_raw(whole, part) for whole, part in _FLOAT.findall(spoken)):
        found.append("it has a number that nobody rounded")
    if _ENUMERATED.search(spoken):
        found.append(f"it lists more than {MAX_ITEMS} things")
    if spoken.strip() and spoken.rstrip()[-1] not in ".!?":
        found.append("it does not end like a sentence")
    return found


def too_many(spoken: str, shown: Any) -> list[str]:
    """The names of what is on the screen that are read out, when they are too many to keep in mind."""
    for names in _names(shown):
        said = [name for name in dict.fromkeys(names) if name.casefold() in spoken.casefold()]
        if len(said) > MAX_ITEMS:
            return said
    return []


def _raw(whole: str, part: str) -> bool:
    """Two decimals are fine, and below one the first four digits that count."""
    return len(part) > 2 and (int(whole) > 0 or len(part.lstrip("0")) > 4)


def _names(value: Any) -> Iterator[list[str]]:
    """For every list of objects, what they are called."""
    if isinstance(value, dict):
        for item in value.values():
            yield from _names(item)
    if isinstance(value, list):
        called = [item.get("name") or item.get("title") for item in value if isinstance(item, dict)]
        yield [name for name in called if isinstance(name, str) and len(name) > 3]
        for item in value:
            yield from _names(item)
