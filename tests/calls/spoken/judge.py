"""Whether a call came out right: the tools, their arguments, and the facts in the answer as it was heard."""

from __future__ import annotations

import json
from typing import Any

from odai_tool_amtrak.numbers import train_number
from odai_tool_flightaware import idents

from odai_core import ToolError
from tests.calls.spoken.scripts import Script, Turn
from tests.calls.spoken.words import contains, errors, words

MAX_ERROR_RATE = 0.2
"""Of the words of a person's recording; a short one may have one wrong word whatever its length."""


def why_wrong(turn: Turn, tools: list[tuple[str, str]], answer: str) -> str:
    """Empty when the turn is right. `tools`: name and JSON arguments of each call; `answer`: as recognised."""
    names = [name for name, _ in tools]
    if names != ([turn.tool] if turn.tool else []):
        return f"called {', '.join(names) or 'nothing'}, not {turn.tool or 'nothing'}"
    given = json.loads(tools[0][1]) if tools else {}
    for name, wanted in turn.args.items():
        if not _matches(name, wanted, given.get(name)):
            return f"{name} is {given.get(name)!r}"
    heard = words(answer)
    if not heard:
        return "no answer was heard"
    missed = [fact[0] for fact in turn.facts if not any(contains(heard, wording) for wording in fact)]
    return f"not heard: {', '.join(missed)}" if missed else ""


def misheard(script: Script, heard: str) -> str:
    """Of a person's recording: empty when few words are wrong."""
    said = words(script.turns[0].say)
    wrong = errors(said, words(heard))
    return f"{wrong} of {len(said)} words wrong" if wrong > max(1, MAX_ERROR_RATE * len(said)) else ""


def _matches(name: str, wanted: Any, given: Any) -> bool:
    if not isinstance(wanted, list):
        return bool(given == wanted)
    if given is None:
        return False
    return any(_normal(name, str(given)) == _normal(name, one) for one in wanted)


def _normal(name: str, value: str) -> str:
    """What the connector makes of it; other values as plain words, without an article."""
    try:
        if name == "flight_icao":
            return idents.parse(value).icao
        if name == "train_number":
            return train_number(value)
    except ToolError:
        return value
    if name == "business_id":
        return value
    plain = words(value)
    return " ".join(plain[1:] if plain[:1] in (["the"], ["a"], ["some"]) else plain)
