"""Titles and suggested prompts without a model that writes: from the first prompt and the connectors' examples."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from odai_core.text.events import SuggestedPrompt

LONGEST = 35
"""Characters of a suggested prompt."""
MOST = 3
MAX_TITLE = 48
"""Characters of a title."""

_MARK = re.compile(r"\{[^{}:]*:([^{}]*)\}")


def plain_title(prompt: str) -> str:
    """The prompt's first words, without what stands around them."""
    words = " ".join(prompt.split()).strip(" \"'`*_#>-.,;:!?")
    if len(words) > MAX_TITLE:
        words = f"{words[:MAX_TITLE].rpartition(' ')[0] or words[:MAX_TITLE]}…"
    return words[:1].upper() + words[1:]


def from_examples(examples: Iterable[Sequence[str]], asked: str) -> tuple[SuggestedPrompt, ...]:
    """At most three short things to ask: one of each connector's `examples`, in their order, none asked just now."""
    chosen: list[str] = []
    for group in examples:
        fitting = (text for text in map(_said, group) if len(text) <= LONGEST and text.casefold() != asked.casefold())
        first = next((text for text in fitting if text not in chosen), None)
        if first is not None:
            chosen.append(first)
        if len(chosen) == MOST:
            break
    return tuple(SuggestedPrompt(text, round(0.6 - 0.1 * at, 1)) for at, text in enumerate(chosen))


def _said(example: str) -> str:
    """Without the marks: `find {term:sushi}` is "Find sushi"."""
    text = " ".join(_MARK.sub(r"\1", example).split())
    return text[:1].upper() + text[1:]
