"""Several things asked in one message, taken apart where each is a request of its own."""

from __future__ import annotations

import re
from datetime import date
from typing import Final

from odai_model_local.brain import entities
from odai_model_local.brain.gazetteers import city_in
from odai_model_local.brain.router import TELLING, ToolIndex
from odai_model_local.brain.slots import fill
from odai_model_local.brain.spec import COMMANDS, ToolSpec
from odai_model_local.brain.utterance import STOP, Utterance

MAX_PARTS: Final = 4
_BETWEEN = re.compile(
    r"(?<=[.?!;])\s+|\s*\n+\s*|,\s+|"
    r",?\s+(?:and then|and also|as well as|and|then|plus|also)\s+(?:(?:please|also|then)\s+)?",
    re.IGNORECASE,
)
_JOINING: Final = ("and", "plus", "also", "as well as", "then")
_BEGINS = re.compile(
    r"(?:the|a|an|any|some|my|is|are|do|does|did|can|could|will|what|what's|whats|how|where|when|who|which|find|get|give|"
    r"show|tell|search|look|check|convert|track|open|read|book|send|put|add|list|also|please|then)\b",
    re.IGNORECASE,
)
_MAX_PIECES: Final = 8
_SURE: Final = 0.9
"""Of a sure score: this much makes a piece a request, when its own words say so too."""
_PLAIN: Final = 1.25
"""And this much by itself."""
_LEANED_ON: Final = frozenset({"location", "latitude", "longitude", "id", "date"})
"""What another part of the message, the tool's own search, or a question gives."""


def split(index: ToolIndex, text: str, today: date) -> list[str]:
    """The requests of a message in order; the message itself when it is one, or cannot be told apart."""
    pieces, gaps = _pieces(text)
    if not 1 < len(pieces) <= _MAX_PIECES:
        return [text]
    parts: list[str] = [pieces[0]]
    tools = [_request(index, pieces[0], today)]
    for gap, piece in zip(gaps, pieces[1:], strict=True):
        own = _request(index, piece, today)
        same = _more_of_the_same(tools[-1], parts[-1], piece) if own is None else ""
        if same:
            parts.append(same)
            tools.append(tools[-1])
        elif own is not None and tools[-1] is not None and _stands_alone(tools[-1], gap, piece):
            parts.append(_leaning(piece))
            tools.append(own)
        else:
            parts[-1] += gap + piece
            tools[-1] = _request(index, parts[-1], today)
    return parts if 1 < len(parts) <= MAX_PARTS and all(tools) else [text]


def _pieces(text: str) -> tuple[list[str], list[str]]:
    pieces, gaps, at = [], [], 0
    for found in _BETWEEN.finditer(text):
        if text[at : found.start()].strip() and text[found.end() :].strip():
            pieces.append(text[at : found.start()].strip())
            gaps.append(found[0])
            at = found.end()
    return [*pieces, text[at:].strip()], gaps


def _request(index: ToolIndex, text: str, today: date) -> ToolSpec | None:
    """The tool a piece asks for by itself: surely, in words of its own, and with all it needs but a place."""
    utterance = index.mend(Utterance.parse(text))
    route = index.route(utterance)
    best, score = route.best, route.score / route.scale.sure
    if best is None or score < (_SURE if len(utterance.tokens) > 1 else _PLAIN) or route.topic_score > route.score:
        return None
    own = utterance.stems & best.literals - COMMANDS - STOP
    typed = any(entities.find(slot.kind, utterance.tokens) for slot in best.slots if slot.kind in TELLING)
    lacking = [slot for slot in fill(best, utterance, today).missing if slot.kind not in _LEANED_ON]
    return best if (own or typed or score >= _PLAIN) and not lacking else None


def _stands_alone(before: ToolSpec, gap: str, piece: str) -> bool:
    """After a search for any words, a bare noun is one of them: "search for bitcoin and ethereum history"."""
    if before.first("query", "text") is None or not gap.strip(" ,").lower().startswith(_JOINING):
        return True
    return bool(_BEGINS.match(piece))


def _leaning(piece: str) -> str:
    """As it leans on the part before: "any concerts there"."""
    return f"and {piece}" if re.search(r"\b(?:there|it|them|that day)\b", piece, re.IGNORECASE) else piece


def _more_of_the_same(tool: ToolSpec | None, before: str, piece: str) -> str:
    """The same asked for something else: "the weather in Boston and Chicago", "the price of bitcoin and ethereum"."""
    if tool is None:
        return ""
    bare = piece.strip(" .?!,")
    earlier, now = Utterance.parse(before).tokens, Utterance.parse(bare).tokens
    place = tool.first("location", "latitude") is not None and city_in(bare) is not None
    if place and any(city_in(span.value) for span in entities.find("location", earlier)):
        return f"what about {bare}?"
    for slot in tool.slots:
        if slot.kind in TELLING and entities.find(slot.kind, earlier):
            spans = entities.find(slot.kind, now)
            if any(span.start == 0 and span.end == len(now) for span in spans):
                return f"what about {bare}?"
    return ""
