"""What is said of products, made from the data."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from odai_core import speech
from odai_tool_amazon.shapes import Product, Review

_ORDINALS = ("First", "Second", "Third")
_WORDS = 7
"""Sellers write whole paragraphs into a title; brand and model come first."""
_TAIL = re.compile(r"\s*(?:[,;:|(\[–—]|\s-\s|\b(?:with|for|featuring|includes|including)\b).*", re.IGNORECASE)
_DOMAIN = re.compile(r"\.(?:com?|org|net|io|gov|edu)\b(?:\.\w\w\b)?", re.IGNORECASE)
_CURRENCIES = frozenset({"USD", "EUR", "GBP"})


def search(products: Sequence[Product], query: str) -> str:
    """At most three of them, those that nobody paid for first."""
    opening = f"For {_plain(query, 40)} on Amazon:"
    named = [product for product in products if not product.sponsored] or list(products)
    tellings = ((_full, 3), (_short, 3), (_short, 2), (_short, 1))
    return speech.fit(*(_told(opening, [describe(product) for product in named[:most]]) for describe, most in tellings))


def details(product: Product) -> str:
    """Name, price and stars, what it is, and one buyer's words."""
    counted = f" from {speech.count(product.ratingsTotal, 'rating')}" if product.ratingsTotal and product.rating else ""
    first = f"{_full(product)}{counted}."
    told = [f"{feature}." for feature in features(product)[:1]]
    said = [_quoted(review) for review in (product.topReviews or [])[:1] if review.title or review.body]
    return speech.fit(" ".join([first, *told, *said]), " ".join([first, *told]), first)


def features(product: Product) -> list[str]:
    """The seller's first points, short."""
    return [point for point in (_plain(text, 90) for text in (product.featureBullets or [])[:3]) if point]


def projection(product: Product) -> dict[str, Any]:
    """What a voice model needs to talk about it and to ask for its details."""
    return {
        "asin": speech.clean(product.asin, 10),
        "title": name(product),
        "price": (product.price and speech.clean(product.price.display, 20)) or None,
        "rating": product.rating,
        "ratings": product.ratingsTotal,
        "sponsored": product.sponsored or None,
    }


def name(product: Product) -> str:
    """Brand and model: "Acme V8 Cordless Vacuum, 40 min, grey" -> "Acme V8 Cordless Vacuum"."""
    whole = _plain(product.title, 200)
    head = _TAIL.sub("", whole, count=1)
    words = (head if len(head.split()) > 1 else whole).split()[:_WORDS]
    said = speech.clean(" ".join(words), 60).rstrip(" .,-&")
    return said if any(letter.isalnum() for letter in said) else "A product without a name"


def _told(opening: str, told: Sequence[str]) -> str:
    if len(told) == 1:
        return f"{opening} {told[0]}."
    return " ".join([opening, *(f"{nth}, {said}." for nth, said in zip(_ORDINALS, told, strict=False))])


def _full(product: Product) -> str:
    return f"{_short(product)}, {speech.stars(product.rating)}" if product.rating else _short(product)


def _short(product: Product) -> str:
    price = _price(product)
    return f"{name(product)}, {price}" if price else name(product)


def _price(product: Product) -> str:
    """In words; "" when the amount or its currency is not known."""
    price = product.price
    if price is None or not price.value or price.currency not in _CURRENCIES or price.value >= 10**9:
        return ""
    # Nobody says "and ninety nine cents".
    near = price.value > 1 and abs(price.value - round(price.value)) < 0.06
    return speech.money(round(price.value) if near else price.value, price.currency)


def _quoted(review: Review) -> str:
    text = _plain(review.title or review.body or "", 70)
    stars = f" gave {speech.stars(review.rating)} and" if review.rating else ""
    return f"One buyer{stars} says: {text}." if text else ""


def _plain(text: str, limit: int) -> str:
    return _DOMAIN.sub("", speech.clean(text, limit)).rstrip(". ")
