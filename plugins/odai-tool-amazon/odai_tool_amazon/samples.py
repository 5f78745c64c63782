"""Answers for demo mode, in the API's own shape: invented products."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

import msgspec

from odai_core import ToolError
from odai_tool_amazon.shapes import Product


def search(query: str) -> list[Product]:
    """The products that share a word with the question."""
    asked = _words(query)
    found = [product for product in _samples() if asked & _words(product.title)]
    if not found:
        raise ToolError(
            "not_found", "My sample data only knows vacuums, headphones, mixers, lamps, boots and chargers."
        )
    return found


def product(asin: str) -> Product:
    """One of the products above."""
    for known in _samples():
        if known.asin == asin:
            return known
    raise ToolError("not_found", "My sample data doesn't know that product. Search for one first.")


@cache
def _samples() -> list[Product]:
    return msgspec.json.decode(files(__package__).joinpath("samples.json").read_bytes(), type=list[Product])


def _words(text: str) -> set[str]:
    """Words without their plural s, and without those that tell nothing."""
    return {word.rstrip("s") for word in re.findall(r"[a-z]{3,}", text.casefold())} - {"the", "and", "for", "good"}
