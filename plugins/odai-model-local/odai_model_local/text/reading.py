"""A chat as the SDK hands it over, read back: what the user said, which calls were made for it, and what they gave."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from odai_core import Caller
from odai_model_local.brain.types import as_dict

HAND_OFF: Final = "transfer_to_"
REPORT: Final = "report_unhandled_request"
MAX_TEXT: Final = 4_000
"""Characters of a message that are read."""
_MOMENT = re.compile(r"It is \w+, (\d{1,2} \w+ \d{4}), about (\d\d:\d\d) in the user's time zone")
_PLACE = re.compile(r"The user is in ([^\n]{1,80}?)\.(?:\s|$)")
_ZONE = re.compile(r"in the user's time zone, ([A-Za-z][\w+-]*(?:/[\w+-]+){0,2})")
_QUARTER: Final = timedelta(minutes=15)


@dataclass
class Made:
    """A call of a tool. `output` is None until it has answered."""

    name: str
    args: dict[str, Any]
    output: str | None = None


@dataclass
class Exchange:
    """What one prompt led to."""

    said: str
    calls: list[Made] = field(default_factory=list)
    reported: bool = False
    """It was told that nobody can do it."""
    moves: int = 0
    """Hand-offs since the prompt or the last tool's answer."""
    spoke: bool = False
    """Something was written since then."""


def read_chat(items: str | Sequence[Any]) -> list[Exchange]:
    """Every exchange, oldest first. What is of no known shape is passed over."""
    if isinstance(items, str):
        return [Exchange(items[:MAX_TEXT])]
    exchanges: list[Exchange] = []
    by_id: dict[str, Made] = {}
    for raw in items:
        item = as_dict(raw)
        kind = item.get("type") or "message"
        if kind == "message" and item.get("role") == "user":
            exchanges.append(Exchange(text_of(item.get("content"))[:MAX_TEXT]))
        elif exchanges:
            _take(exchanges[-1], kind, item, by_id)
    return exchanges


def _take(exchange: Exchange, kind: str, item: Mapping[str, Any], by_id: dict[str, Made]) -> None:
    name, call_id = str(item.get("name") or ""), str(item.get("call_id") or "")
    if kind == "message" and item.get("role") == "assistant":
        exchange.spoke = True
    elif kind == "function_call" and name.startswith(HAND_OFF):
        exchange.moves += 1
    elif kind == "function_call":
        made = by_id[call_id] = Made(name, _arguments(item.get("arguments")))
        if name != REPORT:
            exchange.calls.append(made)
    elif kind == "function_call_output" and call_id in by_id:
        by_id[call_id].output = text_of(item.get("output"))
        exchange.reported |= by_id[call_id].name == REPORT
        exchange.moves, exchange.spoke = 0, False


def text_of(content: Any) -> str:
    """A text, or the texts of a message's parts."""
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    return " ".join(str(part["text"]) for part in parts if isinstance(part, dict) and isinstance(part.get("text"), str))


def _arguments(text: Any) -> dict[str, Any]:
    try:
        return as_dict(json.loads(text)) if isinstance(text, str) else {}
    except (ValueError, RecursionError):
        return {}


def user_now(instructions: str | None, utc: datetime | None = None) -> datetime:
    """The user's clock, naive. The instructions tell it to ten minutes, for the sake of prompt caches."""
    utc = utc or datetime.now(UTC)
    found = _MOMENT.search(instructions or "")
    if found is None:
        return utc
    try:
        told = datetime.strptime(f"{found[1]} {found[2]}", "%d %B %Y %H:%M").replace(tzinfo=UTC)
    except ValueError:
        return utc
    # Every zone is whole quarters of an hour from UTC, and what was told is up to ten minutes behind.
    return (utc + -((utc - told) // _QUARTER) * _QUARTER).replace(tzinfo=None)


def user(instructions: str | None) -> Caller:
    """Where the user is, when the instructions say so."""
    place, zone = _PLACE.search(instructions or ""), _ZONE.search(instructions or "")
    return Caller(place=place[1] if place else None, time_zone=zone[1] if zone else "UTC")
