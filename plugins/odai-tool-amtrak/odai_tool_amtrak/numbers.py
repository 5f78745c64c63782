"""What people call a train -> its number: "the twenty one fifty", "train #5" and "5-9" (started on the 9th)."""

from __future__ import annotations

import re

from odai_core import ToolError

_UNITS = {"zero": 0, "oh": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
          "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15,
          "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19, "twenty": 20, "thirty": 30, "forty": 40,
          "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}  # fmt: skip


def train_number(text: str) -> str:
    """Raises `ToolError("bad_request")` with the question to ask back."""
    plain = text.strip().casefold()[:100]
    match = re.search(r"(?<![0-9])([0-9]{1,4})(?:-([0-9]{1,2}))?(?![0-9])", plain)
    if match:
        number, day = match[1].lstrip("0"), match[2]
    else:
        number, day = _spelled(re.findall(r"[a-z]+", plain)), None
    if not number or len(number) > 4:
        raise ToolError("bad_request", "Which train is it? Tell me its number.")
    return f"{number}-{int(day)}" if day else number


def _spelled(words: list[str]) -> str:
    """Word by word, "twenty one fifty" -> "2150"; "one hundred seventy one" -> "171"."""
    if "hundred" in words:
        at = words.index("hundred")
        return str(int(_spelled(words[:at]) or "1") * 100 + int(_spelled(words[at + 1 :]) or "0"))
    said, tens = "", False
    for word in words:
        value = _UNITS.get(word)
        if value is None:
            continue
        said = said[:-1] + str(value) if tens and 0 < value < 10 else said + str(value)
        tens = value >= 20
    return said
