"""What is said of a coin's price."""

from __future__ import annotations

from datetime import datetime, timedelta
from math import floor, log10
from typing import Any

from odai_core import speech
from odai_tool_coinmarketcap.shapes import Coin, Quote

STALE = timedelta(minutes=15)

_LARGE = ((10**12, "trillion"), (10**9, "billion"), (10**6, "million"))


def price(coin: Coin, quote: Quote, now: datetime) -> str:
    """The price, how it moved in a day, what all coins are worth; the time only when it is old."""
    said = f"{_name(coin)} is at {dollars(quote.price or 0)}{_moved(quote)}."
    cap = quote.market_cap or 0
    worth = f" Its market value is about {_large(cap)} dollars." if cap >= 1e6 else ""
    return speech.fit(said + worth + _age(quote, now), said + _age(quote, now), said)


def projection(coin: Coin, quote: Quote) -> dict[str, Any]:
    """What a voice model needs for the questions that follow."""
    return {
        "name": _name(coin),
        "symbol": speech.clean(coin.symbol, 12),
        "price_usd": _significant(quote.price or 0),
        "change_24h_percent": _rounded(quote.percent_change_24h),
        "change_7d_percent": _rounded(quote.percent_change_7d),
        "market_cap_usd": None if quote.market_cap is None else round(quote.market_cap),
    }


def dollars(amount: float) -> str:
    """Dollars and cents; below one dollar cents, to four digits that count."""
    if amount >= 0.99995:
        return speech.money(amount)
    cents = _significant(amount) * 100
    if cents < 1e-6:
        return "less than a millionth of a cent"
    said = decimal(cents, max(3 - floor(log10(cents)), 0))
    return f"{said} cent{'' if said == 'one' else 's'}"


def decimal(value: float, places: int) -> str:
    """(1.87, 1) -> "one point nine"; zeros at the end are not said."""
    whole, _, part = f"{value:.{places}f}".partition(".")
    part = part.rstrip("0")
    digits = " ".join(speech.number(int(digit)) for digit in part)
    return f"{speech.number(int(whole))} point {digits}" if digits else speech.number(int(whole))


def _name(coin: Coin) -> str:
    return speech.clean(coin.name, 40) or speech.clean(coin.symbol, 12) or "That coin"


def _moved(quote: Quote) -> str:
    change = quote.percent_change_24h
    if change is None:
        return ""
    if abs(change) < 0.05:
        return ", unchanged from a day ago"
    return f", {'up' if change > 0 else 'down'} {_percent(abs(change))} percent in a day"


def _percent(change: float) -> str:
    return decimal(change, 1) if change < 100 else speech.roughly(round(change))


def _large(value: float) -> str:
    """A million or more, to two digits: 1820240000000 -> "one point eight trillion"."""
    scale, name = next((scale, name) for scale, name in _LARGE if value >= scale * 0.995)
    many = value / scale
    return f"{decimal(many, 1) if many < 9.95 else speech.roughly(round(many))} {name}"


def _age(quote: Quote, now: datetime) -> str:
    if quote.last_updated is None or now - quote.last_updated <= STALE:
        return ""
    old = now - quote.last_updated
    return f" That is as of {speech.duration(old.total_seconds())} ago." if old.days < 2 else " That price is days old."


def _significant(amount: float) -> float:
    """Two decimals; below one dollar four digits that count."""
    return round(amount, 2) if amount >= 1 else float(f"{amount:.4g}")


def _rounded(change: float | None) -> float | None:
    return None if change is None else round(change, 2)
