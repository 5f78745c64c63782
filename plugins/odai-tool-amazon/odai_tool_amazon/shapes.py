"""What the Canopy API answers, as far as we use it. A field that may be missing or null has a default."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from odai_core import ToolError

_CODES = {
    "UNAUTHENTICATED": "auth",
    "FORBIDDEN": "auth",
    "PAYMENT_REQUIRED": "plan",
    "QUOTA_EXCEEDED": "plan",
    "RATE_LIMITED": "rate_limited",
    "TOO_MANY_REQUESTS": "rate_limited",
    "NOT_FOUND": "not_found",
    "BAD_USER_INPUT": "bad_request",
    "GRAPHQL_VALIDATION_FAILED": "bad_request",
}
_SENTENCES = {
    "auth": "Amazon's catalog isn't available at the moment.",
    "plan": "Amazon's catalog isn't available for that.",
    "rate_limited": "Amazon's catalog is busy. Please try again in a moment.",
    "not_found": "Amazon doesn't know that product.",
    "bad_request": "Amazon's catalog didn't understand that. Please say it another way.",
}


class Price(Struct, frozen=True):
    value: Annotated[float, Meta(ge=0)] | None = None
    currency: str | None = None
    display: str | None = None


class Reviewer(Struct, frozen=True):
    name: str | None = None


class Review(Struct, frozen=True):
    title: str | None = None
    body: str | None = None
    rating: Annotated[float, Meta(ge=0, le=5)] | None = None
    verifiedPurchase: bool | None = None
    reviewer: Reviewer | None = None


class Product(Struct, frozen=True):
    asin: str
    title: str
    brand: str | None = None
    url: str | None = None
    mainImageUrl: str | None = None
    rating: Annotated[float, Meta(ge=0, le=5)] | None = None
    ratingsTotal: Annotated[int, Meta(ge=0)] | None = None
    isPrime: bool | None = None
    sponsored: bool = False
    price: Price | None = None
    subtitle: str | None = None
    featureBullets: list[str] | None = None
    imageUrls: list[str] | None = None
    reviewsTotal: int | None = None
    topReviews: list[Review] | None = None


class Page(Struct, frozen=True):
    results: list[Product] | None = None


class Results(Struct, frozen=True):
    productResults: Page | None = None


class Data(Struct, frozen=True):
    amazonProductSearchResults: Results | None = None
    amazonProduct: Product | None = None


class Extensions(Struct, frozen=True):
    code: str | None = None


class Failure(Struct, frozen=True):
    extensions: Extensions | None = None

    def as_tool_error(self) -> ToolError:
        """Its words are not repeated: they may hold the key."""
        code = _CODES.get((self.extensions and self.extensions.code) or "", "upstream")
        return ToolError(
            code, _SENTENCES.get(code, "Amazon's catalog isn't answering right now. Please try again in a moment.")
        )


class Answer(Struct, frozen=True):
    data: Data | None = None
    errors: list[Failure] | None = None

    @property
    def found(self) -> list[Product]:
        """The products of a search."""
        results = self.data and self.data.amazonProductSearchResults
        page = results and results.productResults
        return (page and page.results) or []

    @property
    def product(self) -> Product | None:
        """The product that was asked for."""
        return self.data.amazonProduct if self.data else None
