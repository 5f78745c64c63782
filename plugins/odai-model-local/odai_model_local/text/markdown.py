"""Strangers' data as Markdown that shows it and does nothing else: escaped texts, checked links, readable values."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Any, Final
from urllib.parse import quote, urlsplit

MAX_CELL = 120
MAX_TEXT = 400
MAX_URL = 1000
_SPECIAL: Final = re.compile(r"([\\`*_\[\]|~])")
# At the start of a line these begin a heading, a list, a quote, a rule or a fence.
_LINE_START: Final = re.compile(r"^([#>+=-]|\d{1,9}(?=[.)](?:\s|$)))")
_INVISIBLE: Final = re.compile(r"[\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]")
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d")
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")
_URL_SAFE: Final = "/:?#@!$&'*+,;=%~-._"


def line(text: Any, longest: int = MAX_TEXT) -> str:
    """Any text as one printable line, cut after a whole word."""
    raw = str(text)[: 4 * longest + 200]
    raw = _INVISIBLE.sub("", "".join(char if char.isprintable() else " " for char in raw))
    short = " ".join(raw.split())
    if len(short) <= longest:
        return short
    return short[:longest].rsplit(" ", 1)[0].rstrip(",;:. ") + "…"


def escaped(text: Any, longest: int = MAX_TEXT) -> str:
    """One line in which nothing is markup any more, wherever it stands."""
    safe = line(text, longest).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    safe = _SPECIAL.sub(r"\\\1", safe)
    return _LINE_START.sub(lambda found: _harmless(found[1]), safe)


def _harmless(start: str) -> str:
    return f"{start}\\" if start.isdigit() else f"\\{start}"


def address(value: Any) -> str:
    """An http(s) address that can stand in a Markdown link, or ""."""
    if not isinstance(value, str) or len(value) > MAX_URL or not value.isprintable() or " " in value.strip():
        return ""
    try:
        parts = urlsplit(value.strip())
        whole = parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        return ""
    # Parentheses, angle brackets and quotes would end the link; as escapes they mean the same.
    return quote(value.strip(), safe=_URL_SAFE) if whole and "\\" not in value else ""


def link(text: Any, url: Any, longest: int = MAX_CELL) -> str:
    """The text as a link when the address is one, else the text."""
    shown, where = escaped(text, longest), address(url)
    return f"[{shown}]({where})" if where and shown else shown


def number(value: float) -> str:
    """1820240000000.0 -> 1.82 trillion; 91234.5678 -> 91,234.57; 0.000123 -> 0.000123."""
    if value != value or value in (float("inf"), float("-inf")):
        return ""
    for size, word in ((1e12, "trillion"), (1e9, "billion"), (1e6, "million")):
        if abs(value) >= size:
            return f"{value / size:,.2f}".rstrip("0").rstrip(".") + f" {word}"
    if value == int(value):
        return f"{int(value):,}"
    return f"{value:,.2f}".rstrip("0").rstrip(".") if abs(value) >= 10 else f"{value:.4g}"


def moment(text: str) -> str:
    """An ISO date or time as people write it: "Mon 23 Nov, 07:45 UTC"; "" when it is none."""
    try:
        if _DAY.fullmatch(text):
            return _day(date.fromisoformat(text))
        if not _MOMENT.match(text):
            return ""
        when = datetime.fromisoformat(text)
    except ValueError:
        return ""
    utc = when.utcoffset() is not None and not when.utcoffset()
    return f"{_day(when)}, {when:%H:%M}{' UTC' if utc else ''}"


def _day(day: date) -> str:
    year = "" if day.year == datetime.now(UTC).year else f" {day.year}"
    return f"{day:%a} {day.day} {day:%b}{year}"


def scalar(key: str, value: Any, longest: int = MAX_CELL) -> str:
    """One value, escaped; "" for what says nothing."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        # Years and numbers of things are not amounts.
        plain = re.search(r"year|number|code|zip|gate|terminal|flight|quarter", key, re.IGNORECASE)
        return str(value) if plain and isinstance(value, int) else number(value)
    if not isinstance(value, str):
        return ""
    if address(value):
        return link(urlsplit(value).hostname or value, value)
    return escaped(moment(value) or (value.replace("_", " ") if _is_code(value) else value), longest)


def _is_code(value: str) -> bool:
    """in_transit, not iPhone_15."""
    return re.fullmatch(r"[a-z]+(?:_[a-z]+)+", value) is not None
