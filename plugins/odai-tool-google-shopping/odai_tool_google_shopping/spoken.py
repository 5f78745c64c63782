"""What is said of products, made from the data."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from odai_core import speech
from odai_tool_google_shopping.choose import cheapest, is_instalment
from odai_tool_google_shopping.shapes import Product

_CURRENCIES = {"$": "USD", "£": "GBP", "€": "EUR"}
_ORDINALS = ("First", "Second", "Third")
_WORDS = 7
"""Sellers write whole paragraphs into a title; brand and model come first."""
_TAIL = re.compile(r"\s*(?:[,;:|(\[–—]|\s-\s|\b(?:with|for|featuring|includes|including)\b).*", re.IGNORECASE)
_DOMAIN = re.compile(r"\.(?:com?|org|net|io|gov|edu)\b(?:\.\w\w\b)?", re.IGNORECASE)

Describe = Callable[[Product], str]


def search(products: Sequence[Product], query: str) -> str:
    """At most three of them, and which is the cheapest of all."""
    opening = f"For {_plain(query, 40)}:"
    last = _cheapest(products)
    levels: tuple[list[Describe], ...] = (
        [_full] * 3, [_full, _short, _short], [_full, _bare, _bare], [_short, _bare, _bare], [_short] * 2, [_short],
    )  # fmt: skip
    told = [_told(opening, products, level) for level in levels]
    return speech.fit(*(f"{answer} {last}".strip() for answer in told), *told)


def projection(product: Product) -> dict[str, Any]:
    """What a voice model needs to talk about it."""
    return {
        "title": name(product),
        "price": speech.clean(product.price, 20) or None,
        "shop": _shop(product) or None,
        "rating": product.rating,
        "reviews": product.reviews,
        "condition": speech.clean(product.second_hand_condition, 20) or "new",
    }


def name(product: Product) -> str:
    """Brand and model: "Acme Headphones X2 - Over-Ear, Black" -> "Acme Headphones X2"."""
    whole = _plain(product.title, 200)
    head = _TAIL.sub("", whole, count=1)
    words = (head if len(head.split()) > 1 else whole).split()[:_WORDS]
    return speech.clean(" ".join(words), 60).rstrip(" .,-&")


def _told(opening: str, products: Sequence[Product], level: Sequence[Describe]) -> str:
    told = [describe(product) for describe, product in zip(level, products, strict=False)]
    if len(told) == 1:
        return f"{opening} {told[0]}."
    return " ".join([opening, *(f"{nth}, {said}." for nth, said in zip(_ORDINALS, told, strict=False))])


def _cheapest(products: Sequence[Product]) -> str:
    least = cheapest(products)
    if least is None or len(products) < 2:
        return ""
    place = next((nth for nth, product in zip(_ORDINALS, products, strict=False) if product is least), "")
    return f"The {place.lower()} is the cheapest." if place else f"The cheapest is {_short(least)}."


def _full(product: Product) -> str:
    return f"{_short(product)}, {speech.stars(product.rating)}" if product.rating else _short(product)


def _short(product: Product) -> str:
    if not _shop(product):
        return _bare(product)
    return f"{_bare(product)} at {_shop(product)}" if _price(product) else f"{_bare(product)}, at {_shop(product)}"


def _bare(product: Product) -> str:
    parts = (name(product), speech.clean(product.second_hand_condition, 20), _price(product))
    return ", ".join(part for part in parts if part)


def _price(product: Product) -> str:
    """In words; "" when the amount or its currency is not known."""
    currency = _CURRENCIES.get((product.price or "")[:1])
    if not product.extracted_price or currency is None:
        return ""
    amount = product.extracted_price
    # Nobody says "and ninety nine cents".
    whole = round(amount) if amount > 1 and abs(amount - round(amount)) < 0.06 else amount
    return speech.money(whole, currency) + (" a month" if is_instalment(product) else "")


def _shop(product: Product) -> str:
    """An address is no name: "Walmart.com" -> "Walmart"."""
    return _plain(product.source, 30)


def _plain(text: str | None, limit: int) -> str:
    return _DOMAIN.sub("", speech.clean(text, limit)).rstrip(". ")
