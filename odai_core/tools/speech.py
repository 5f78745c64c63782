"""Numbers, times and lists as a person says them, for connectors to build their spoken answers from."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from zoneinfo import ZoneInfo

from odai_core.tools.words import MAX_SPOKEN, clean_spoken, cut

_ONES = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_SCALES = ((1_000_000_000, "billion"), (1_000_000, "million"), (1000, "thousand"), (100, "hundred"))
_IRREGULAR = {
    "one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth",
    "twelve": "twelfth",
}  # fmt: skip
_MONEY = {"USD": ("dollar", "cent"), "EUR": ("euro", "cent"), "GBP": ("pound", "pence"), "CAD": ("dollar", "cent")}


def number(value: int) -> str:
    """2150 -> "two thousand one hundred fifty". From a trillion on, the digits."""
    if value < 0:
        return f"minus {number(-value)}"
    if value >= 10**12:
        return str(value)
    if value < 20:
        return _ONES[value]
    if value < 100:
        tens, rest = divmod(value, 10)
        return _TENS[tens] + (f" {_ONES[rest]}" if rest else "")
    scale, name = next((scale, name) for scale, name in _SCALES if value >= scale)
    many, rest = divmod(value, scale)
    return f"{number(many)} {name}" + (f" {number(rest)}" if rest else "")


def roughly(value: int) -> str:
    """A number rounded to two digits, as one says a count: 1289 -> "thirteen hundred", 43 -> "forty three"."""
    step = 10 ** max(len(str(abs(value))) - 2, 0)
    value = (value + step // 2) // step * step
    if 1000 < value < 10_000 and value % 1000:
        return f"{number(value // 100)} hundred"
    return number(value)


def ordinal(value: int) -> str:
    """22 -> "twenty second"."""
    head, _, last = number(value).rpartition(" ")
    last = _IRREGULAR.get(last) or (f"{last[:-1]}ieth" if last.endswith("y") else f"{last}th")
    return f"{head} {last}".strip()


def count(value: int, noun: str, plural: str = "") -> str:
    """(1, "review") -> "one review"; (1289, "review") -> "thirteen hundred reviews"."""
    return f"{roughly(value)} {noun if value == 1 else plural or noun + 's'}"


def digits(text: str) -> str:
    """A number on a train or a plane, by pairs: "113" -> "one thirteen", "2150" -> "twenty one fifty"."""
    if not (text.isascii() and text.isdecimal()):
        return " ".join(text)
    if text.startswith("0") or len(text) > 4:
        return " ".join(_ONES[int(digit)] for digit in text)
    if len(text) < 3 or text.endswith("000"):
        return number(int(text))
    head, tail = int(text[:-2]), int(text[-2:])
    said = "hundred" if not tail else f"oh {_ONES[tail]}" if tail < 10 else number(tail)
    return f"{number(head)} {said}"


def flight(airline: str, flight_number: str) -> str:
    """("Delta", "113") -> "Delta one thirteen"."""
    return f"{airline} {digits(flight_number)}"


def clock(moment: datetime) -> str:
    """14:10 -> "two ten PM", in the zone the moment has; "noon" and "midnight" have their names."""
    if moment.minute == 0 and moment.hour % 12 == 0:
        return "noon" if moment.hour else "midnight"
    minute = (
        ""
        if not moment.minute
        else f" oh {_ONES[moment.minute]}"
        if moment.minute < 10
        else " " + number(moment.minute)
    )
    return f"{number(moment.hour % 12 or 12)}{minute} {'AM' if moment.hour < 12 else 'PM'}"


def local(moment: datetime, zone: str) -> datetime:
    """The moment as clocks there show it; unchanged when nobody knows the zone (an IANA name)."""
    try:
        return moment.astimezone(ZoneInfo(zone))
    except (LookupError, ValueError, OSError, OverflowError):
        return moment


def day(when: date, today: date) -> str:
    """Told from today: "today", "tomorrow", "yesterday", "on Friday"; from a week on "on November twenty second"."""
    away = (when - today).days
    if away in (-1, 0, 1):
        return ("yesterday", "today", "tomorrow")[away + 1]
    if abs(away) < 7:
        return f"{'last' if away < 0 else 'on'} {when:%A}"
    return f"on {when:%B} {ordinal(when.day)}"


def duration(seconds: float) -> str:
    """900 -> "fifteen minutes"; 7500 -> "two hours and five minutes". Below half a minute: "less than a minute"."""
    minutes = round(abs(seconds) / 60)
    if minutes == 0:
        return "less than a minute"
    hours, minutes = divmod(minutes, 60)
    parts = [_exactly(hours, "hour")] if hours else []
    return join([*parts, _exactly(minutes, "minute")] if minutes else parts)


def _exactly(value: int, noun: str) -> str:
    return f"{number(value)} {noun}{'' if value == 1 else 's'}"


def stars(rating: float) -> str:
    """A rating to the nearest half: 4.5 -> "four and a half stars"."""
    whole, half = divmod(round(rating * 2), 2)
    said = number(whole) + " and a half" * half
    return f"{said} star{'' if (whole, half) == (1, 0) else 's'}"


def money(amount: float, currency: str = "USD") -> str:
    """4.5 -> "four dollars and fifty cents"; from a hundred on without the cents."""
    unit, part = _MONEY.get(currency, (currency, ""))
    units, cents = divmod(round(abs(amount) * 100), 100)
    if abs(amount) >= 100 or not part:
        units, cents = round(abs(amount)), 0
    said = [f"{number(units)} {unit}{'' if units == 1 or not part else 's'}"] if units or not cents else []
    if cents:
        said.append(f"{number(cents)} {part}{'' if cents == 1 or part == 'pence' else 's'}")
    return ("minus " if amount < 0 else "") + " and ".join(said)


def join(items: Iterable[str], word: str = "and") -> str:
    """["a", "b", "c"] -> "a, b and c"."""
    *most, last = [item for item in items if item] or [""]
    return f"{', '.join(most)} {word} {last}" if most else last


def fit(*answers: str) -> str:
    """The first answer that can be said in one breath (300 characters), else the last one, cut."""
    return next((answer for answer in answers if len(answer) <= MAX_SPOKEN), cut(answers[-1], MAX_SPOKEN))


def clean(text: object, limit: int = MAX_SPOKEN) -> str:
    """Somebody else's text without markup, addresses and control characters, at most `limit` characters."""
    return cut(clean_spoken(text), limit)
