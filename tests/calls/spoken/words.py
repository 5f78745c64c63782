"""Speech compared as words: numbers in digits whether they were said or written, no case, no punctuation."""

from __future__ import annotations

import re
from collections.abc import Sequence

_ONES = """
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
    eighteen nineteen
"""
_VALUES = {word: str(value) for value, word in enumerate(_ONES.split())} | {"oh": "0", "o": "0"}
_DECADES = "twenty thirty forty fifty sixty seventy eighty ninety"
_TENS = {word: str(10 * value) for value, word in enumerate(_DECADES.split(), 2)}
_SAME = {
    "mr": ["mister"], "st": ["street"], "ave": ["avenue"], "goodbye": ["good", "bye"], "meters": ["metres"],
    "ok": ["okay"], "cannot": ["can", "not"], "favour": ["favor"],
}  # fmt: skip


def words(text: str) -> list[str]:
    """`Four-fifty-six St.` -> ["456", "street"]; "thirteen hundred" -> ["1300"]; "4.5" -> ["4", "and", "a", "half"]."""
    text = re.sub(r"(\d)\.5\b", r"\1 and a half", text.lower().replace("’", "'"))
    text = re.sub(r"(\d),(?=\d{3}\b)", r"\1", text)
    found: list[str] = []
    number: list[str] = []
    for word in [*re.findall(r"[a-z']+|\d+", text.replace("-", " ")), ""]:
        numeral = word.isdigit() or word in _VALUES or word in _TENS or word in ("hundred", "thousand")
        if numeral and (number or word not in ("hundred", "thousand", "o")):
            number.append(word)
            continue
        if number:
            found.append(_digits(number))
            number = []
        if word.strip("'"):
            found += _SAME.get(word.strip("'"), [word.strip("'")])
    return found


def _digits(spoken: Sequence[str]) -> str:
    """A run of number words, as one says a flight or a count: by pairs, or with hundreds."""
    for scale, zeros in (("thousand", 3), ("hundred", 2)):
        if scale in spoken:
            at = spoken.index(scale)
            rest = _digits(spoken[at + 1 :]) if spoken[at + 1 :] else ""
            return str(int(_digits(spoken[:at]) or "1") * 10**zeros + int(rest or "0"))
    said, tens = "", False
    for word in spoken:
        value = word if word.isdigit() else _VALUES.get(word) or _TENS[word]
        said = said[:-1] + value if tens and len(value) == 1 and value != "0" else said + value
        tens = word in _TENS
    return said


def contains(heard: Sequence[str], wanted: str) -> bool:
    """Whether the words of `wanted` stand in a row in `heard`."""
    row = words(wanted)
    return any(list(heard[at : at + len(row)]) == row for at in range(len(heard) - len(row) + 1))


def errors(reference: Sequence[str], heard: Sequence[str]) -> int:
    """Words to change, add or remove."""
    row = list(range(len(heard) + 1))
    for i, expected in enumerate(reference, 1):
        last, row[0] = row[0], i
        for j, word in enumerate(heard, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (word != expected))
    return row[-1]
