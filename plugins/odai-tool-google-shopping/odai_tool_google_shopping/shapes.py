"""What SerpApi's Google Shopping answers, as far as we use it. A field that may be missing or null has a default."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Raw, Struct, ValidationError
from msgspec.json import decode
from msgspec.structs import replace

from odai_core import ToolError, speech

Price = Annotated[float, Meta(ge=0, le=1e9)]
Rating = Annotated[float, Meta(ge=0, le=5)]
Count = Annotated[int, Meta(ge=0, le=10**9)]


class Product(Struct, frozen=True):
    title: str
    product_link: str | None = None
    source: str | None = None
    """The shop."""
    price: str | None = None
    """As shown: "$199.99", or "$12.45/mo" for an instalment."""
    extracted_price: Price | None = None
    old_price: str | None = None
    rating: Rating | None = None
    reviews: Count | None = None
    snippet: str | None = None
    delivery: str | None = None
    tag: str | None = None
    second_hand_condition: str | None = None
    thumbnail: str | None = None


class Metadata(Struct, frozen=True):
    status: str = ""

    def __post_init__(self) -> None:
        # An answer that cannot be decoded is not cached: a failed search must not answer the next caller as well.
        if self.status in ("Error", "Processing", "Queued"):
            raise ValueError("the search did not finish")


class Search(Struct, frozen=True):
    """Without results there is no list, and a sentence in `error`."""

    search_metadata: Metadata = Metadata()
    shopping_results: list[Raw] | None = None
    error: str | None = None


def products(found: Search) -> list[Product]:
    """The results that can be read. Raises `ToolError("bad_shape")` when none of them can."""
    if found.shopping_results is None and found.error is None:
        raise _unreadable()
    known = [product for raw in found.shopping_results or () if (product := _read(raw)) is not None]
    if found.shopping_results and not known:
        raise _unreadable()
    return known


def _read(raw: Raw) -> Product | None:
    try:
        product = decode(raw, type=Product, strict=False)
    except (ValidationError, RecursionError):
        return None
    if not speech.clean(product.title):
        return None
    return replace(product, product_link=_web(product.product_link), thumbnail=_web(product.thumbnail))


def _web(address: str | None) -> str | None:
    """Pictures also come as text, hundreds of kilobytes of it, and a link to a script is none for a screen."""
    return address if address and address.startswith(("https://", "http://")) else None


def _unreadable() -> ToolError:
    return ToolError("bad_shape", "Google Shopping gave an answer I can't read. Please try again in a moment.")
