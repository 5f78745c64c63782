"""What a model costs on a day: a table in a file, read once and checked line by line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import Any

from odai_core.chats import Usage
from odai_core.errors import SettingError

NANOS = 10**9
"""Money is counted in billionths of a dollar: a cached token of a small model costs five of them."""
_PER_TOKEN = 1000
"""A dollar for a million tokens is a thousand billionths for one."""
DEAREST = Decimal(100_000)
"""Dollars per million tokens; more is a slip of the pen."""
MAX_BYTES = 1024 * 1024
MAX_COUNT = 10**9
"""Tokens of one record; a server that tells of more is not believed."""

_SNAPSHOT = re.compile(r"-\d{4}-\d{2}-\d{2}$")
_OPTIONAL = frozenset({"cached_input", "cache_write", "audio_input", "cached_audio_input", "audio_output", "source"})


@dataclass(frozen=True, kw_only=True)
class Price:
    """US dollars per million tokens of a model, from a day on."""

    model: str
    """A name, which stands for its dated snapshots too; or the beginning of names, with a * at its end."""
    valid_from: date
    input: Decimal
    output: Decimal
    cached_input: Decimal | None = None
    """None: as `input`."""
    cache_write: Decimal | None = None
    """None: as `input`."""
    audio_input: Decimal | None = None
    """None: unknown."""
    cached_audio_input: Decimal | None = None
    """None: as `audio_input`."""
    audio_output: Decimal | None = None
    """None: unknown."""
    source: str = ""

    def fits(self, model: str) -> bool:
        """Is this the price of that model?"""
        if self.model.endswith("*"):
            return model.startswith(self.model[:-1])
        return model == self.model or _SNAPSHOT.sub("", model) == self.model


class Prices:
    """A table of prices."""

    def __init__(self, rows: Iterable[Price]) -> None:
        # The name that says most comes first, then the newest price.
        self.rows = tuple(
            sorted(rows, key=lambda row: (not _is_exact(row), -len(row.model), -row.valid_from.toordinal()))
        )

    def of(self, model: str, day: date) -> Price | None:
        """The price of a model on a day, or None when the table has none."""
        named = next((row.model for row in self.rows if row.fits(model)), None)
        return next((row for row in self.rows if row.model == named and row.valid_from <= day), None)

    def cost(self, usage: Usage, day: date) -> int | None:
        """What it cost, in billionths of a US dollar; None when a price of it is unknown."""
        price = self.of(usage.model, day)
        if price is None:
            return None
        total = Decimal(0)
        for tokens, dollars in _parts(usage, price):
            if tokens and dollars is None:
                return None
            total += tokens * (dollars or 0)
        return int((total * _PER_TOKEN).to_integral_value())


def count(value: object) -> int:
    """A number of tokens as a whole number from 0 to `MAX_COUNT`, whatever a server made of it."""
    return min(value, MAX_COUNT) if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0


def _is_exact(row: Price) -> bool:
    return not row.model.endswith("*")


def _parts(usage: Usage, price: Price) -> Iterable[tuple[int, Decimal | None]]:
    """Tokens of each kind with their price. Cached and audio ones are part of the input and output."""
    audio_in, audio_out = count(usage.audio_input_tokens), count(usage.audio_output_tokens)
    cached_audio = min(count(usage.cached_audio_input_tokens), audio_in)
    text_in = max(0, count(usage.input_tokens) - audio_in)
    cached_text = min(max(0, count(usage.cached_input_tokens) - cached_audio), text_in)
    written = min(count(usage.details.get("cache_write_tokens")), text_in - cached_text)
    yield text_in - cached_text - written, price.input
    yield cached_text, price.input if price.cached_input is None else price.cached_input
    yield written, price.input if price.cache_write is None else price.cache_write
    yield audio_in - cached_audio, price.audio_input
    yield cached_audio, price.audio_input if price.cached_audio_input is None else price.cached_audio_input
    yield max(0, count(usage.output_tokens) - audio_out), price.output
    yield audio_out, price.audio_output


# -- reading


def load_prices(path: str = "") -> Prices:
    """The table at `path`, or the built-in one. Raises SettingError that names the file and the line of the table."""
    if not path:
        return read_prices(files(__package__).joinpath("prices.toml").read_text(encoding="utf-8"), "prices.toml")
    file = Path(path).expanduser()
    try:
        if file.stat().st_size > MAX_BYTES:
            raise _bad(file.name, "it is larger than 1 MiB")
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no UTF-8 text"
        raise _bad(file.name, reason or type(error).__name__) from None
    return read_prices(text, file.name)


def read_prices(text: str, name: str) -> Prices:
    """A table from TOML. Raises SettingError; `name` is how it is called there."""
    try:
        document = tomllib.loads(text, parse_float=Decimal)
    except (ValueError, RecursionError, ArithmeticError) as error:
        raise _bad(name, f"it is no TOML ({error})" if isinstance(error, ValueError) else "it is no TOML") from None
    rows = document.get("price")
    if set(document) != {"price"} or not isinstance(rows, list):
        raise _bad(name, "it holds something other than [[price]] tables")
    prices = [_row(row, f"price {number}", name) for number, row in enumerate(rows, 1)]
    seen: set[tuple[str, date]] = set()
    for price in prices:
        if (price.model, price.valid_from) in seen:
            raise _bad(name, f"{price.model} has two prices from {price.valid_from} on")
        seen.add((price.model, price.valid_from))
    return Prices(prices)


def _row(row: object, place: str, name: str) -> Price:
    if not isinstance(row, dict):
        raise _bad(name, f"{place} is no table")
    model = row.get("model")
    if not isinstance(model, str) or not model or not model.isprintable() or "*" in model[:-1]:
        raise _bad(name, f'{place} needs a model: "a-name", or "a-beginning*"')
    place = f"{place} ({model})"
    start = row.get("from")
    if not isinstance(start, date) or isinstance(start, datetime):
        raise _bad(name, f"{place} needs a day to hold from: from = 2026-11-23")
    known = {field.name for field in fields(Price)} - {"model", "valid_from"}
    if extra := sorted(set(row) - known - {"model", "from"}):
        raise _bad(name, f"{place} has {extra[0]!r}, which means nothing here")
    if missing := sorted(known - _OPTIONAL - set(row)):
        raise _bad(name, f"{place} needs {missing[0]!r}")
    money = {key: _dollars(row, key, place, name) for key in known - {"source"} if key in row}
    source = row.get("source", "")
    if not isinstance(source, str):
        raise _bad(name, f"{place} has a source that is no text")
    return Price(model=model, valid_from=start, source=source, **money)


def _dollars(row: Mapping[str, Any], key: str, place: str, name: str) -> Decimal:
    value = row[key]
    number = Decimal(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else Decimal("NaN")
    if not number.is_finite() or not 0 <= number <= DEAREST:
        raise _bad(name, f"{place} has no price in {key!r}: write dollars per million tokens, such as 0.75")
    return number


def _bad(name: str, why: str) -> SettingError:
    return SettingError(f"The price table {name} cannot be used: {why}.", "Mend it, or take ODAI_PRICES away.")
