"""What people call a flight -> its ICAO ident: "Delta flight one thirteen", "DL 113" and "DAL113" are one."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from odai_core import ToolError, speech


class Airline(NamedTuple):
    icao: str
    iata: str
    name: str
    also: str

    @property
    def short(self) -> str:
        """As people say it: "Delta Air Lines" -> "Delta"."""
        return re.sub(r"( (air ?lines?|limited))+$", "", self.name, flags=re.IGNORECASE)


class Ident(NamedTuple):
    icao: str
    airline: str
    number: str


def parse(text: str) -> Ident:
    """Raises `ToolError("bad_request")` with the question to ask back."""
    words = _words(text)
    before, number, after = _around_number(words)
    code, bare = _code(words)
    if code is None:
        code, bare = _code([*before, number, *after])
    if code:
        return Ident(code.icao + bare, code.short, bare)
    if not number:
        raise ToolError("bad_request", "Which flight is it? Tell me the airline and the number.")
    if len(number) > 4:
        raise ToolError("bad_request", "That isn't a flight number I know. It has one to four digits.")
    airline, bare = _named(before or after), _bare(number)
    return Ident(airline.icao + bare, airline.short, bare)


def _code(words: list[str]) -> tuple[Airline | None, str]:
    """A code and a number at the start: three letters are ICAO's, two are IATA's (or a letter and a digit)."""
    for end in range(len(words), 0, -1):
        match = _CODE.fullmatch("".join(words[:end]))
        airline = _by_code().get((match[1] or match[2]).upper()) if match else None
        if match and airline:
            return airline, _bare(match[3])
    return None, ""


def _bare(number: str) -> str:
    return re.sub(r"^0+(?=[0-9])", "", number).upper()


def _named(words: list[str]) -> Airline:
    name = "".join(words)
    if not name:
        raise ToolError("bad_request", "Which airline is that flight with?")
    found = _by_name().get(name) or [
        airline for airline in _airlines() if airline.iata and _key(airline.name).startswith(name) and len(name) > 3
    ]
    if len(found) == 1:
        return found[0]
    if 1 < len(found) <= 4:
        names = speech.join((airline.name for airline in found), "or")
        raise ToolError("bad_request", f"Is that {names}?")
    raise ToolError("bad_request", "I don't know that airline. Tell me its two-letter code and the flight number.")


# -- words -------------------------------------------------------------------------------------------

_CODE = re.compile(r"(?:([a-z]{3})|([a-z][a-z0-9]|[0-9][a-z]))([0-9]{1,4}[a-z]?)")
_FILLER = frozenset(
    {
        "flight",
        "flights",
        "number",
        "no",
        "the",
        "my",
        "airline",
        "airlines",
        "airways",
        "lines",
        "and",
        "with",
        "on",
        "by",
    }
)
_UNITS = {"zero": 0, "oh": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
          "nine": 9, "niner": 9, "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15,
          "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19, "twenty": 20, "thirty": 30, "forty": 40,
          "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}  # fmt: skip
_SCALES = {"thousand": 1000, "hundred": 100}


def _words(text: str) -> list[str]:
    """Lower-case words and runs of digits, without filler."""
    found = re.findall(r"[a-z]+|[0-9]+", text[:200].casefold().replace("'", ""))
    return _kept(found)


def _around_number(words: list[str]) -> tuple[list[str], str, list[str]]:
    """The words before the first number, the number in digits, the words after it."""
    is_number = [word in _UNITS or word in _SCALES or word.isdigit() for word in words]
    start = is_number.index(True) if True in is_number else len(words)
    end = is_number.index(False, start) if False in is_number[start:] else len(words)
    return words[:start], _number(words[start:end]), words[end:]


def _number(words: list[str]) -> str:
    """["one", "thirteen"] -> "113"; ["twelve", "hundred", "five"] -> "1205"; ["2", "oh", "5"] -> "205"."""
    for scale in _SCALES:
        if scale in words:
            at = words.index(scale)
            many, rest = _number(words[:at]) or "1", _number(words[at + 1 :]) or "0"
            return str(int(many) * _SCALES[scale] + int(rest))
    said, tens = "", False
    for word in words:
        value = _UNITS.get(word)
        if value is not None and tens and 0 < value < 10:
            said = said[:-1] + str(value)
        else:
            said += word if value is None else str(value)
        tens = value is not None and value >= 20
    return said


# -- the table ---------------------------------------------------------------------------------------


@cache
def _airlines() -> tuple[Airline, ...]:
    # Here, because a look at the installed plugins names no airline.
    import csv

    text = files(__package__).joinpath("airlines.csv").read_text(encoding="utf-8")
    return tuple(Airline(*row) for row in list(csv.reader(text.splitlines()))[1:])


@cache
def _by_code() -> dict[str, Airline]:
    by_iata = {airline.iata: airline for airline in _airlines() if airline.iata}
    return by_iata | {airline.icao: airline for airline in _airlines()}


@cache
def _by_name() -> dict[str, list[Airline]]:
    """Names, short names and nicknames; who sells tickets (has an IATA code) goes before who does not."""
    named: dict[str, list[Airline]] = {}
    for airline in _airlines():
        for key in {_key(airline.name), _key(airline.short), _key(airline.also)} - {""}:
            named.setdefault(key, []).append(airline)
    return {key: _sellers(airlines) for key, airlines in named.items()}


def _sellers(airlines: list[Airline]) -> list[Airline]:
    return [airline for airline in airlines if airline.iata] or airlines


def _key(name: str) -> str:
    return "".join(_kept(re.findall(r"[a-z0-9]+", name.casefold())))


def _kept(words: Iterable[str]) -> list[str]:
    return [word for word in words if word not in _FILLER]
