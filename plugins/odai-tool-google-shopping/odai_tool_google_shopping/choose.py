"""Which products are worth telling: new ones first, and the cheapest of them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from odai_tool_google_shopping.shapes import Product

_USED = re.compile(r"\b(?:used|second[ -]?hand|refurbished|renewed|pre-?owned|open[ -]box)\b", re.IGNORECASE)


def in_order(products: Sequence[Product], query: str) -> list[Product]:
    """As Google sorts them, with the used ones behind, or in front when the query asks for such."""
    asked = bool(_USED.search(query))
    return sorted(products, key=lambda product: bool(product.second_hand_condition) is not asked)


def worth_telling(products: Sequence[Product], query: str) -> list[Product]:
    """Without the used ones, unless they were asked for or there is nothing else."""
    new = [product for product in products if not product.second_hand_condition]
    return list(products) if _USED.search(query) or not new else new


def cheapest(products: Sequence[Product]) -> Product | None:
    """The lowest price; an instalment is none."""
    priced = [product for product in products if product.extracted_price and not is_instalment(product)]
    return min(priced, key=lambda product: product.extracted_price or 0, default=None)


def is_instalment(product: Product) -> bool:
    return bool(re.search(r"/\s?mo|month", product.price or "", re.IGNORECASE))
