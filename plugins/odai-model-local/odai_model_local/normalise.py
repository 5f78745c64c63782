"""Recognised text as people write it: old hyphens gone, digits that were said one by one joined."""

from __future__ import annotations

import re

_NAMES = "zero one two three four five six seven eight nine"
_DIGITS = {word: str(value) for value, word in enumerate(_NAMES.split())} | {"oh": "0", "niner": "9"}
_WORD = "|".join(_DIGITS)
# The recogniser learnt from old books and from tickers: "to-morrow", "micro-soft".
_HYPHENS = re.compile(
    r"\b(to|micro|face|you|net|pay|e|i)-(?=(?:day|morrow|night|soft|book|tube|flix|pal|mail|phone)\b)", re.I
)
# Three at least: "one two" may be a count, "four five six" is a number that was spelled; "thirty three four six" starts
# with a tens word and is not ours to cut.
_SPELLED = re.compile(rf"(?<!ty )(?<!ty-)\b(?!oh\b)(?:{_WORD})(?:[\s,-]+(?:{_WORD})){{2,}}\b", re.I)
_LOOSE = re.compile(r"\b\d(?:[\s-]\d)+\b|\b\d(?:,\s?\d){2,}\b")
_SPACES = re.compile(r"\s+")


def normalise(text: str) -> str:
    """The same words, tidied. Numbers said with tens and hundreds are left to whoever knows what they mean."""
    text = _SPACES.sub(" ", text).strip()
    text = _HYPHENS.sub(r"\1", text)
    text = _SPELLED.sub(lambda match: "".join(_DIGITS[word] for word in _words(match[0])), text)
    return _LOOSE.sub(lambda match: "".join(re.findall(r"\d", match[0])), text)


def _words(phrase: str) -> list[str]:
    return re.findall(r"[a-z]+", phrase.lower())
