"""Sentences made for the ear, as a screen shows them: "two ten PM" is 2:10 PM, "forty three degrees" 43 degrees."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

_ONES: Final = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS: Final = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_SMALL: Final = {word: value for value, word in enumerate(_ONES)} | {word: 20 + 10 * n for n, word in enumerate(_TENS)}
_SCALES: Final = {"trillion": 10**12, "billion": 10**9, "million": 10**6, "thousand": 1000, "hundred": 100}
_IRREGULAR: Final = {
    "first": "one", "second": "two", "third": "three", "fifth": "five", "eighth": "eight", "ninth": "nine",
    "twelfth": "twelve",
}  # fmt: skip
_ORDINALS: Final = _IRREGULAR | {
    (f"{word[:-1]}ieth" if word.endswith("y") else f"{word}th"): word
    for word in (*_SMALL, *_SCALES)
    if word not in {*_IRREGULAR.values(), "zero"}
}
_WORD: Final = rf"(?:{'|'.join(sorted((*_SMALL, *_SCALES), key=len, reverse=True))})\b"
_RUN: Final = rf"{_WORD}(?: (?:(?:oh|point) )?{_WORD})*"
_NTH: Final = rf"(?:{'|'.join(sorted(_ORDINALS, key=len, reverse=True))})"
# What is joined to other letters, or hyphenated, is nobody's number to change.
_ALONE: Final = r"(?<![\w'’.-])", r"(?![\w'’-])"
_MONTH: Final = "January|February|March|April|May|June|July|August|September|October|November|December"
_DAY: Final = re.compile(rf"\b({_MONTH}) ((?:twenty |thirty )?{_NTH}){_ALONE[1]}")
_PLACE: Final = re.compile(rf"{_ALONE[0]}(the )?({_RUN} )?({_NTH}){_ALONE[1]}(?= (street|avenue)\b)?", re.IGNORECASE)
_NUMBER: Final = re.compile(
    rf"{_ALONE[0]}(?P<minus>minus )?(?P<said>{_RUN})(?P<half> and a half)?"
    rf"(?: (?P<unit>dollars?|euros?|pounds?)(?: and (?P<part>{_RUN}) (?:cents?|pence))?\b| (?P<noon>AM|PM)\b)?"
    rf"{_ALONE[1]}",
    re.IGNORECASE,
)
_SIGNS: Final = {"dollar": "$", "euro": "€", "pound": "£"}
_MEASURED: Final = re.compile(
    r" (?:percent|degrees?|stars?|minutes?|hours?|miles?|kilometers?|meters?|feet|foot|inch(?:es)?|ounces?|pounds?|"
    r"cents?)\b"
)
_LABELLED: Final = re.compile(
    r"(?:\b(?:train|flight|gate|terminal|track|platform|number|zone)|\bfeels like|\b(?:high|low) of) $", re.IGNORECASE
)
_CHOICE: Final = re.compile(r"(?:\bor|\bto) $")
_SENTENCE: Final = re.compile(r"(?:^|[.!?:;]\s*)[\"“(]?$")


def with_digits(text: str) -> str:
    """The text with its numbers, prices, times, days and ratings as people write them.

    Numbers below ten stay words unless they measure or name something, and so do names: "Seven Samurai". Money of one
    currency's name is taken for the best known one. What cannot be read for sure is left as it is.
    """
    text = _DAY.sub(lambda found: f"{found[1]} {_nth(found[2]) or found[2]}", text)
    return _NUMBER.sub(_number, _PLACE.sub(_place, text))


def _place(found: re.Match[str]) -> str:
    """The twenty second, the hundredth; "First, ..." and "twenty seconds" are words."""
    the, before, last, street = found.groups()
    said = f"{before or ''}{last}"
    counted = before or _SMALL.get(_ORDINALS[last.lower()], 10) >= 10
    second = last.lower() == "second" and not the and not street
    nth = "" if not counted or second or _is_name(found, said) else _nth(said)
    return f"{the or ''}{nth}" if nth else found[0]


def _nth(said: str) -> str:
    *head, last = said.lower().split()
    value = cardinal([*head, _ORDINALS[last]])
    if value is None:
        return ""
    teen = value % 100 in (11, 12, 13)
    return f"{value:,}{'th' if teen else {1: 'st', 2: 'nd', 3: 'rd'}.get(value % 10, 'th')}"


def _number(found: re.Match[str]) -> str:
    said, before, after = found["said"], found.string[: found.start()], found.string[found.end() :]
    words = said.lower().split()
    if _is_name(found, said):
        return found[0]
    noon = _clock(words) if found["noon"] else ""
    if noon:
        return f"{noon} {found['noon']}"
    labelled = bool(_LABELLED.search(before))
    minus = "-" if found["minus"] else ""
    figure = _figure(words, plain=labelled and not found["unit"])
    if not figure or (found["half"] and not figure.isdecimal()):
        return found[0]
    unit = (found["unit"] or "").lower().rstrip("s")
    # A pound is also a weight, and with pence it is not.
    if unit in _SIGNS and not found["half"] and (unit != "pound" or found["part"]):
        return _money(found, f"{minus}{_SIGNS[unit]}", figure)
    if found["half"]:
        figure += ".5"
    tail = found[0][found.end("half" if found["half"] else "said") - found.start() :]
    few = len(words) == 1 and _SMALL.get(words[0], 10) < 10 and not minus and not found["half"]
    if few and (_CHOICE.search(before) or not (labelled or _MEASURED.match(tail + after))):
        return found[0]
    return f"{minus}{figure}{tail}"


def _money(found: re.Match[str], sign: str, figure: str) -> str:
    part = cardinal(found["part"].lower().split()) if found["part"] else None
    if found["part"] and (part is None or not 0 < part < 100 or not figure[-1].isdigit()):
        return found[0]
    amount, _, scale = figure.partition(" ")
    return f"{sign}{amount}{f'.{part:02}' if part else ''}{f' {scale}' if scale else ''}"


def _is_name(found: re.Match[str], said: str) -> bool:
    """Capitals where a sentence has none: "Ocean's Eleven", "Twenty One Pilots"; or a name that begins one."""
    said = said.strip()
    if said == said.lower():
        return False
    first, *rest = said.split()
    begins = _SENTENCE.search(found.string[: found.start()]) is not None
    named = not rest and re.match(r" [A-Z]", found.string[found.end() :]) is not None
    return any(word != word.lower() for word in rest) or not begins or named or not first.istitle()


def _figure(words: Sequence[str], *, plain: bool) -> str:
    """The digits of a number however it is said; "" when it is none. `plain`: it names something, so no commas."""
    if "point" in words:
        return _decimal(words)
    scale = words[-1]
    many = cardinal(words[:-1]) if scale in ("million", "billion", "trillion") else None
    if many is not None and many < 1000:
        return f"{many} {scale}"
    value = cardinal(words)
    if value is not None:
        return str(value) if plain else f"{value:,}"
    return _by_pairs(words) or _spelled(words)


def _decimal(words: Sequence[str]) -> str:
    """One point nine, one point eight trillion."""
    at = words.index("point")
    whole, rest = cardinal(words[:at]), list(words[at + 1 :])
    scale = f" {rest.pop()}" if rest[-1] in ("million", "billion", "trillion") else ""
    digits = [_SMALL.get(word, 10) for word in rest]
    return f"{whole:,}.{''.join(map(str, digits))}{scale}" if whole is not None and max(digits, default=10) < 10 else ""


def cardinal(words: Sequence[str]) -> int | None:
    """The value of a number in words, "thirteen hundred" among them; None when they are none."""
    for name, scale in _SCALES.items():
        if name in words:
            at = list(words).index(name)
            many, rest = cardinal(words[:at]), cardinal(words[at + 1 :]) if words[at + 1 :] else 0
            if many is None or rest is None or rest >= scale:
                return None
            return many * scale + rest if 0 < many < (100 if scale == 100 else 1000) else None
    return _below_hundred(words)


def _below_hundred(words: Sequence[str]) -> int | None:
    values = [_SMALL.get(word) for word in words]
    if len(values) == 1:
        return values[0]
    if len(values) == 2 and values[0] is not None and values[1] is not None:
        return values[0] + values[1] if values[0] >= 20 and 0 < values[1] < 10 else None
    return None


def _two(words: Sequence[str]) -> int | None:
    """As the end of a year or a time: ten to ninety nine, or "oh five"."""
    if len(words) == 2 and words[0] == "oh":
        value = _SMALL.get(words[1], 0)
        return value if 0 < value < 10 else None
    value = _below_hundred(words) or 0
    return value if value >= 10 else None


def _by_pairs(words: Sequence[str]) -> str:
    """One thirteen, twenty one fifty, twenty twenty six, one oh five."""
    for at in (1, 2):
        head, tail = _below_hundred(words[:at]), _two(words[at:])
        if head and tail:
            return f"{head}{tail:02}"
    return ""


def _spelled(words: Sequence[str]) -> str:
    """Digit by digit: five or more, or with a zero before."""
    digits = [_SMALL.get(word, 10) for word in words]
    long = len(digits) > 4 or (len(digits) > 1 and digits[0] == 0)
    return "".join(map(str, digits)) if long and max(digits) < 10 else ""


def _clock(words: Sequence[str]) -> str:
    """nine, nine thirty, twelve oh five."""
    for at in (1, 2):
        hour, minute = _below_hundred(words[:at]), _two(words[at:])
        if hour and hour <= 12 and (not words[at:] or (minute and minute < 60)):
            return f"{hour}:{minute:02}" if minute else str(hour)
    return ""
