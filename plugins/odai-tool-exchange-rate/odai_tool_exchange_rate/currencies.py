"""Currencies by the names people give them, and what they are called aloud."""

from __future__ import annotations

import re

from odai_core import ToolError

NAMES = {
    "AED": "United Arab Emirates dirhams",
    "ARS": "Argentine pesos",
    "AUD": "Australian dollars",
    "BRL": "Brazilian reais",
    "CAD": "Canadian dollars",
    "CHF": "Swiss francs",
    "CLP": "Chilean pesos",
    "CNY": "Chinese yuan",
    "COP": "Colombian pesos",
    "CZK": "Czech korunas",
    "DKK": "Danish kroner",
    "EGP": "Egyptian pounds",
    "EUR": "euros",
    "GBP": "British pounds",
    "HKD": "Hong Kong dollars",
    "HUF": "Hungarian forints",
    "IDR": "Indonesian rupiahs",
    "ILS": "Israeli shekels",
    "INR": "Indian rupees",
    "ISK": "Icelandic krónur",
    "JPY": "Japanese yen",
    "KRW": "South Korean won",
    "MXN": "Mexican pesos",
    "MYR": "Malaysian ringgit",
    "NGN": "Nigerian naira",
    "NOK": "Norwegian kroner",
    "NZD": "New Zealand dollars",
    "PHP": "Philippine pesos",
    "PLN": "Polish zlotys",
    "RON": "Romanian lei",
    "SAR": "Saudi riyals",
    "SEK": "Swedish kronor",
    "SGD": "Singapore dollars",
    "THB": "Thai baht",
    "TRY": "Turkish liras",
    "TWD": "Taiwan dollars",
    "UAH": "Ukrainian hryvnias",
    "USD": "US dollars",
    "VND": "Vietnamese dong",
    "ZAR": "South African rand",
}
_ALSO = {
    "dollar": "USD", "american dollar": "USD", "buck": "USD", "pound": "GBP", "sterling": "GBP", "quid": "GBP",
    "pound sterling": "GBP", "yuan": "CNY", "renminbi": "CNY", "rmb": "CNY", "yen": "JPY", "franc": "CHF",
    "rupee": "INR", "won": "KRW", "peso": "MXN", "real": "BRL", "reai": "BRL", "zloty": "PLN", "forint": "HUF",
    "baht": "THB", "lira": "TRY", "rand": "ZAR", "shekel": "ILS", "dirham": "AED", "koruna": "CZK", "hryvnia": "UAH",
    "dong": "VND", "ringgit": "MYR", "naira": "NGN", "loonie": "CAD", "kiwi dollar": "NZD", "riyal": "SAR",
    "rupiah": "IDR", "swedish krona": "SEK", "norwegian krone": "NOK", "danish krone": "DKK", "$": "USD", "€": "EUR",
    "£": "GBP", "¥": "JPY",
}  # fmt: skip


def code(said: str) -> str:
    """The ISO 4217 code of what somebody calls a currency. Raises ToolError("bad_request")."""
    text = " ".join(said.split()).strip(".,")[:60]
    known = _BY_NAME.get(_singular(text))
    if known is not None:
        return known
    if re.fullmatch(r"[A-Za-z]{3}", text, re.ASCII):
        return text.upper()
    raise ToolError("bad_request", "I don't know that currency. Say its name, or its three letters such as U S D.")


def name(iso: str) -> str:
    """Aloud: "EUR" -> "euros"; letters for one that is not in the table."""
    return NAMES.get(iso) or " ".join(iso)


def _singular(text: str) -> str:
    words = [word.removesuffix("s") if len(word) > 3 else word for word in text.casefold().split()]
    return " ".join(words)


_BY_NAME = {_singular(spoken): iso for iso, spoken in NAMES.items()} | {_singular(k): iso for k, iso in _ALSO.items()}
