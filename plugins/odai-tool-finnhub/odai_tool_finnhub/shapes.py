"""What Finnhub answers, as far as we use it. An unknown symbol is a quote of zeros, an empty profile, no filings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, TypeVar

from msgspec import Meta, Raw, Struct, ValidationError
from msgspec.json import decode

from odai_core import ToolError

T = TypeVar("T")

Price = Annotated[float, Meta(ge=0, le=1e9)]
Change = Annotated[float, Meta(ge=-1e9, le=1e9)]


class Quote(Struct, frozen=True):
    c: Price | None = None
    """The current price; zero for an unknown symbol."""
    d: Change | None = None
    dp: Change | None = None
    """The change since the previous close, in money and in percent."""
    h: Price | None = None
    l: Price | None = None  # noqa: E741 - Finnhub's name for the day's low
    o: Price | None = None
    pc: Price | None = None
    """The previous close."""
    t: Annotated[int, Meta(ge=0, le=4 * 10**9)] | None = None
    """Unix seconds of the last trade."""


class Profile(Struct, frozen=True):
    name: str = ""
    ticker: str = ""
    exchange: str | None = None
    currency: str | None = None
    country: str | None = None
    finnhubIndustry: str | None = None
    marketCapitalization: float | None = None
    """In millions."""
    weburl: str | None = None
    logo: str | None = None


class Match(Struct, frozen=True):
    """One company a search found."""

    symbol: str
    description: str = ""
    type: str | None = None


class Matches(Struct, frozen=True):
    result: list[Raw] | None = None


class Line(Struct, frozen=True):
    """One line of a statement."""

    concept: str | None = None
    unit: str | None = None
    value: Any = None
    """Mostly a number."""


class Statements(Struct, frozen=True):
    bs: list[Line] | None = None
    """The balance sheet."""
    ic: list[Line] | None = None
    """The income statement."""
    cf: list[Line] | None = None
    """The cash flow statement; in a quarter's report it counts from the start of the year."""


class Filing(Struct, frozen=True):
    year: Annotated[int, Meta(ge=1900, le=2200)]
    """The company's fiscal year."""
    report: Statements
    quarter: Annotated[int, Meta(ge=0, le=4)] = 0
    """Zero: the whole year."""
    form: str | None = None
    endDate: str | None = None
    filedDate: str | None = None


class Filings(Struct, frozen=True):
    data: list[Raw] | None = None


def readable(entries: Sequence[Raw] | None, shape: type[T]) -> list[T]:
    """The entries that fit. Raises `ToolError("bad_shape")` when there are some and none of them does."""
    found = []
    for entry in entries or ():
        try:
            found.append(decode(entry, type=shape, strict=False))
        except (ValidationError, RecursionError):
            continue
    if entries and not found:
        raise ToolError("bad_shape", "Finnhub gave an answer I can't read. Please try again in a moment.")
    return found


def currency_of(*told: str | None) -> str:
    """The first that is a currency's code, in capitals; dollars when none is."""
    codes = ((text or "").upper() for text in told)
    return next((code for code in codes if len(code) == 3 and code.isascii() and code.isalpha()), "USD")
