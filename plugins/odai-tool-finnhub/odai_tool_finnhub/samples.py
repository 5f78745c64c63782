"""Answers for demo mode, in Finnhub's own shape, with the last trade and the last fiscal years as of now."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from typing import TypeVar
from zoneinfo import ZoneInfo

import msgspec

from odai_core import ToolError

T = TypeVar("T")
_YEAR = re.compile(r"\{Y([+-]\d)?\}")
_FILED_AFTER = timedelta(days=310)
"""From then on in a year its reports are there."""


class Samples(msgspec.Struct, frozen=True):
    search: dict[str, msgspec.Raw]
    """By words of the name."""
    answers: dict[str, msgspec.Raw]
    """By path, ticker and, for reports, frequency."""


def answer(path: str, params: dict[str, str], type: type[T]) -> T:
    """What Finnhub would answer. Raises `ToolError("not_found")` for a company that is not among the samples."""
    now = datetime.now(UTC)
    known = _samples((now - _FILED_AFTER).year)
    if path == "search":
        body = known.search.get(params["q"])
    else:
        body = known.answers.get(" ".join([path, params["symbol"], *([params["freq"]] if "freq" in params else [])]))
    if body is None:
        raise ToolError("not_found", "My sample data only knows Apple, Microsoft, Nvidia, Amazon, Alphabet and Tesla.")
    return msgspec.json.decode(bytes(body).replace(b'"traded"', str(_last_trade(now)).encode()), type=type)


@cache
def _samples(year: int) -> Samples:
    text = files(__package__).joinpath("samples.json").read_text(encoding="utf-8")
    return msgspec.json.decode(_YEAR.sub(lambda match: str(year + int(match[1] or 0)), text), type=Samples)


def _last_trade(now: datetime) -> int:
    """Now while New York trades, else its last close, holidays aside."""
    there = now.astimezone(ZoneInfo("America/New_York"))
    open_at, close_at = time(9, 30), time(16)
    if there.weekday() < 5 and open_at <= there.time() < close_at:
        return int(now.timestamp())
    day = there.date() - timedelta(days=there.time() < open_at)
    day -= timedelta(days=max(day.weekday() - 4, 0))
    return int(datetime.combine(day, close_at, there.tzinfo).timestamp())
