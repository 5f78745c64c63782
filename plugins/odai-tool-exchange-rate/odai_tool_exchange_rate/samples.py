"""Rates for demo mode: invented ones, near to what they once were."""

from __future__ import annotations

from odai_core import ToolError

_FOR_A_DOLLAR = {
    "USD": 1.0, "EUR": 0.91, "GBP": 0.78, "JPY": 148.2, "CAD": 1.37, "AUD": 1.52, "CHF": 0.86, "CNY": 7.12,
    "INR": 84.6, "MXN": 18.9, "BRL": 5.4, "SEK": 10.4, "NOK": 10.7, "DKK": 6.8, "PLN": 3.9, "KRW": 1385.0,
    "THB": 33.5, "TRY": 34.2, "ZAR": 17.8, "SGD": 1.31, "HKD": 7.78, "NZD": 1.66, "ILS": 3.7, "AED": 3.67,
}  # fmt: skip


def rates(base: str) -> dict[str, float]:
    """One unit of `base` in every currency we know."""
    if base not in _FOR_A_DOLLAR:
        raise ToolError("not_found", "My sample data doesn't know that currency.")
    return {iso: round(rate / _FOR_A_DOLLAR[base], 6) for iso, rate in _FOR_A_DOLLAR.items()}
