"""Spoken numbers: "twenty one fifty" is 2150, "b a two one four" is "BA 214", "b b c dot co dot uk" an address."""

from __future__ import annotations

import re
from collections.abc import Sequence


def _numbered(words: str, first: int) -> dict[str, int]:
    """The words of a line, counted from `first`."""
    return {word: value for value, word in enumerate(words.split(), start=first)}


_UNITS = _numbered("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen", 0)
_UNITS |= _numbered("sixteen seventeen eighteen nineteen", 16)
_TENS = {
    word: 10 * tens for word, tens in _numbered("twenty thirty forty fifty sixty seventy eighty ninety", 2).items()
}
_SCALES = {"hundred": 100, "thousand": 1000, "million": 1_000_000}
_ZEROS = frozenset({"oh", "o"})
_LONGEST_NUMBER = 4
"""Words of a number that may have a comma among them: a recogniser hears a breath in "four, oh two"."""
_TIMES = {"double": 2, "triple": 3}
_ENDINGS = {1: "st", 2: "nd", 3: "rd", 21: "st", 22: "nd", 23: "rd", 31: "st"}
ORDINALS = _numbered("first second third fourth fifth sixth seventh eighth ninth tenth", 1)
ORDINALS |= {f"{day}{_ENDINGS.get(day, 'th')}": day for day in range(1, 32)}
# "the first one", "one of these": a lone "one" counts nothing unless it is named as a number.
_NAMING = frozenset({"number", "train", "flight", "quarter", "channel", "platform", "gate", "terminal"})


def _is_number(word: str) -> bool:
    return word in _UNITS or word in _TENS or word in _SCALES or word.isdecimal()


def _cardinal(words: Sequence[str]) -> int:
    """A number said with its scales: "four hundred fifty six"."""
    total = part = 0
    for word in words:
        if word in _SCALES:
            scale = _SCALES[word]
            part = max(part, 1) * scale
            if scale > 100:
                total, part = total + part, 0
        elif word != "and":
            part += _UNITS.get(word, _TENS.get(word, 0)) if not word.isdecimal() else int(word)
    return total + part


def _digits(words: Sequence[str]) -> str:
    """A run of number words as digits, the way people read numbers to each other."""
    if any(word in _SCALES for word in words):
        return str(_cardinal(words))
    out: list[str] = []
    repeat = 1
    for index, word in enumerate(words):
        before = words[index - 1] if index else ""
        if word in _TIMES:
            repeat = _TIMES[word]
            continue
        if word in _ZEROS:
            value = "0"
        elif word in _TENS:
            value = str(_TENS[word])
        elif before in _TENS and 1 <= _UNITS.get(word, 0) <= 9:
            out[-1] = str(_TENS[before] + _UNITS[word])
            continue
        else:
            value = str(_UNITS[word]) if word in _UNITS else word
        out.append(value * repeat)
        repeat = 1
    return "".join(out)


def _run_length(low: Sequence[str], start: int) -> int:
    """How many words from `start` on belong to one number."""
    end = start
    while end < len(low):
        word = low[end]
        following = low[end + 1] if end + 1 < len(low) else ""
        joined = word in _ZEROS and end > start
        linked = word == "and" and low[end - 1] in _SCALES and end > start and _is_number(following)
        doubled = word in _TIMES and _is_number(following)
        if not (_is_number(word) or joined or linked or doubled):
            break
        end += 1
    return end - start


def _edges(word: str) -> tuple[str, str, str]:
    """A word between the punctuation around it."""
    core = word.strip(',.?!;:"()')
    start = word.find(core) if core else len(word)
    return word[:start], core, word[start + len(core) :]


def _stays_a_word(low: Sequence[str], start: int) -> bool:
    """A lone "one" or "hundred" that is no number here."""
    before = low[start - 1] if start else ""
    after = low[start + 1] if start + 1 < len(low) else ""
    spelled = any(len(word) == 1 and word.isalpha() and word not in {"a", "i"} for word in (before, after))
    return low[start] in _SCALES or (low[start] == "one" and before not in _NAMING and not spelled)


def _ends_number(parts: Sequence[tuple[str, str, str]], low: Sequence[str], start: int, at: int) -> bool:
    """Whether punctuation after a word ends a number: "on Delta, four" are two things, "four, oh two" is one."""
    if not parts[at][2]:
        return False
    following = low[at + 1] if at + 1 < len(low) else ""
    digit_or_tens = low[at] in _UNITS or low[at] in _TENS
    joined = following in _UNITS or following in _TENS or following in _ZEROS
    scaled = any(word in _SCALES for word in low[at + 1 : at + 3])
    # "Two thousand, one hundred fifty": a breath after the thousand.
    if parts[at][2] == "," and low[at] == "thousand" and following in _UNITS and "hundred" in low[at + 2 : at + 3]:
        return False
    return not (parts[at][2] == "," and digit_or_tens and joined and not scaled and at - start < _LONGEST_NUMBER)


def to_digits(words: Sequence[str]) -> list[str]:
    """The words with every spoken number as one word of digits; punctuation stays where it was."""
    parts = [_edges(word) for word in words]
    low = [core.lower() for _, core, _ in parts]
    out: list[str] = []
    index = 0
    while index < len(words):
        stop = next((i for i in range(index, len(words)) if _ends_number(parts, low, index, i)), len(words) - 1) + 1
        run = _run_length(low[:stop], index)
        if run == 0 or (run == 1 and _stays_a_word(low, index)):
            out.append(words[index])
            index += 1
            continue
        last = index + run - 1
        out.append(parts[index][0] + _digits(low[index : index + run]) + parts[last][2])
        index += run
    return out


def join_letters(words: Sequence[str]) -> list[str]:
    """Letters said one by one become one word in capitals: "b a 214" -> "BA 214"."""
    out: list[str] = []
    letters: list[str] = []

    def flush() -> None:
        # "a", "i", "a i" are words more often than codes.
        if len(letters) > 1 and not set("".join(letters).lower()) <= {"a", "i"}:
            out.append("".join(letters).upper())
        else:
            out.extend(letters)
        letters.clear()

    for word in words:
        lead, core, trail = _edges(word.replace(".", "") if re.fullmatch(r"(\w\.)+", word) else word)
        if len(core) == 1 and core.isascii() and core.isalpha() and not lead:
            letters.append(core)
            if trail:
                flush()
                out[-1] += trail
            continue
        flush()
        out.append(word)
    flush()
    return out


def join_addresses(text: str) -> str:
    """Addresses said in words: "nytimes dot com", "jo at example dot com"."""
    # "What is polka dot at": no address ends in a preposition.
    text = re.sub(r"(?<=\w),? (?:dot|\.),? (?!(?:at|in|is|to)\b)(?=\w)", ".", text, flags=re.IGNORECASE)
    text = re.sub(r"(?<=\w)\. ?(com|org|gov)\b", lambda end: f".{end[1].lower()}", text, flags=re.IGNORECASE)
    text = re.sub(r"(?<=\.\w\w) slash (?=\w)|(?<=\.\w{3}) slash (?=\w)", "/", text, flags=re.IGNORECASE)
    return re.sub(r"\b(\w+) at (\w+\.(?:com|org|net|edu|io))\b", r"\1@\2", text, flags=re.IGNORECASE)
