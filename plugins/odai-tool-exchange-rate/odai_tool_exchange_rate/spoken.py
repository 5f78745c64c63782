"""What is said of rates: amounts as a person says them."""

from __future__ import annotations

import math
from collections.abc import Mapping

from odai_core import speech
from odai_tool_exchange_rate import currencies


def pair(amount: float, base: str, target: str, result: float, sample: bool) -> str:
    """One amount in another currency."""
    when = "at the sample rate" if sample else "at today's rate"
    verb = "is" if amount == 1 else "are"
    return _sentence(f"{said(amount, base)} {verb} {said(result, target)} {when}.")


def table(base: str, rates: Mapping[str, float]) -> str:
    """One unit in the three currencies that are asked for most."""
    told = speech.join(said(rate, iso) for iso, rate in list(rates.items())[:3])
    return _sentence(f"{said(1, base)} is {told}.")


def _sentence(text: str) -> str:
    return speech.fit(text[:1].upper() + text[1:])


def said(amount: float, iso: str) -> str:
    """2.5, "EUR" -> "two euros and fifty cents"; 91.23, "CHF" -> "ninety one point two Swiss francs"."""
    if iso in ("USD", "EUR", "GBP") and amount >= 1:
        words = speech.money(amount, iso)
        return words if len(words) < 80 else f"{speech.roughly(round(amount))} {currencies.name(iso)}"
    return f"{_number(amount)} {currencies.name(iso)}"


def _number(amount: float) -> str:
    if amount >= 100 or amount == int(amount):
        return speech.number(round(amount))
    if amount >= 1:
        whole, tenth = divmod(round(amount * 10), 10)
        return f"{speech.number(whole)} point {speech.number(tenth)}" if tenth else speech.number(whole)
    # Two digits that count: 0.0000421 is "zero point zero zero zero zero four two".
    places = min(12, 1 - math.floor(math.log10(amount)))
    digits = f"{amount:.{places}f}".partition(".")[2].rstrip("0")
    return "zero point " + " ".join(speech.number(int(digit)) for digit in digits or "0")
