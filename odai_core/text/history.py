"""How much of a long chat the model is given: all of it, until that is more than it should read."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import msgspec

from odai_core.text import prompts

BYTES_PER_TOKEN = 4
"""Roughly, of JSON in English; other languages have fewer, so they are cut a little later than they could be."""
_NOTE = len(prompts.OLD_RESULT)

Item = Any


def fitted(items: Sequence[Item], tokens: int) -> list[Item]:
    """The items within about so many tokens: first old results go, then the oldest turns. The last prompt stays.

    What goes is rounded up to a quarter of the budget. Cutting anew at every step would change the beginning every
    time, and services cache what begins the same.
    """
    budget = tokens * BYTES_PER_TOKEN
    sizes = [size(item) for item in items]
    over = sum(sizes) - budget
    if over <= 0:
        return list(items)
    quarter = max(budget // 4, 1)
    over = -(-over // quarter) * quarter
    shorter = list(items)
    newest = max((at for at, item in enumerate(items) if _is_result(item)), default=-1)
    for at, item in enumerate(items):
        if over <= 0:
            return shorter
        if _is_result(item) and at != newest and sizes[at] > 2 * _NOTE:
            shorter[at] = {**item, "output": prompts.OLD_RESULT}
            over -= sizes[at] - size(shorter[at])
    return _without_old_turns(shorter, over)


def _without_old_turns(items: list[Item], over: int) -> list[Item]:
    begins = [at for at, item in enumerate(items) if _is_prompt(item)]
    first = 0
    for this, following in pairwise(begins):
        if over <= 0:
            break
        over -= sum(size(item) for item in items[this:following])
        first = following
    return items[first:]


def _is_prompt(item: Item) -> bool:
    return isinstance(item, dict) and item.get("role") == "user"


def _is_result(item: Item) -> bool:
    return isinstance(item, dict) and item.get("type") == "function_call_output"


def size(item: Item) -> int:
    """Bytes of JSON."""
    try:
        return len(msgspec.json.encode(item, enc_hook=str))
    except (ValueError, TypeError):  # what a model made up may be no Unicode at all
        return len(repr(item))
