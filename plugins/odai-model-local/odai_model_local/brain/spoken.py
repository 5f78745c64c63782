"""Sentences for the ear: short, plain, nothing in them that a voice cannot say."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

LONGEST = 300
_LINK = re.compile(r"\[([^\]]{0,200})\]\([^)\s]{0,500}\)")
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_MARKUP = re.compile(r"[*_`#<>|~^{}\[\]\\]+")
_NAME = re.compile(r"\bODAI\b|\bOdai\b")


def plain(text: Any) -> str:
    """Text as it can be spoken: one line, no markup or address, ODAI as "oh dye", at most 300 characters."""
    if not isinstance(text, str):
        return ""
    text = "".join(char if char.isprintable() else " " for char in text[:4000])
    text = _ADDRESS.sub(" ", _LINK.sub(r"\1", text))
    text = _NAME.sub("oh dye", _MARKUP.sub(" ", text))
    return shorten(re.sub(r"\s+([,.!?;:])", r"\1", " ".join(text.split())))


def shorten(text: str, longest: int = LONGEST) -> str:
    """Cut after the last whole sentence that fits, else after the last whole word."""
    if len(text) <= longest:
        return text
    cut = text[:longest]
    end = max(cut.rfind(". "), cut.rfind("! "), cut.rfind("? "))
    if end > longest // 3:
        return cut[: end + 1]
    return cut[: longest - 1].rsplit(" ", 1)[0].rstrip(",;: ") + "."


def listed(parts: Sequence[str], word: str = "and") -> str:
    """The parts as one phrase: "a, b and c"."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} {word} {parts[-1]}"


def abilities(summaries: Sequence[str], longest: int = 200) -> str:
    """What the connectors' summaries promise: "I can find restaurants, tell the weather, and more."."""
    unique = list(dict.fromkeys(summary.strip().rstrip(".") for summary in summaries if summary.strip()))
    if not unique:
        return "I have nothing installed that I could look up yet."
    kept: list[str] = []
    for summary in unique:
        if kept and len("; ".join([*kept, summary])) > longest:
            break
        kept.append(summary[:longest])
    # Summaries may hold an "and" of their own; a comma before the last one keeps them apart.
    body = ", ".join(kept[:-1]) + (", and " if len(kept) > 1 else "") + kept[-1]
    if len(kept) < len(unique):
        body = ", ".join(kept) + ", and more"
    return plain(f"I can {body}.")


def lower_first(text: str) -> str:
    """For the middle of a sentence: "Get the weather." is "get the weather"; an acronym stays."""
    text = text.strip().rstrip(".")
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]
