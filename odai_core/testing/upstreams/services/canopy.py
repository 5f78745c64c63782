"""The Canopy API's GraphQL endpoint: a search on Amazon and one product."""

from __future__ import annotations

import re
from typing import Any

from odai_core.testing.upstreams import auth
from odai_core.testing.upstreams.service import Ask, Reply, Route, Service


def product(number: int, title: str, **more: Any) -> dict[str, Any]:
    """One product with every field of a search."""
    asin = f"B0EXAMPLE{number}"
    return {
        "asin": asin,
        "title": title,
        "brand": title.split()[0],
        "url": f"https://www.amazon.com/dp/{asin}",
        "mainImageUrl": "https://m.media-amazon.com/images/I/x.jpg",
        "rating": 4.4,
        "ratingsTotal": 21877,
        "isPrime": True,
        "sponsored": False,
        "price": {"symbol": "$", "value": 299.99, "currency": "USD", "display": "$299.99"},
    } | more


def products() -> list[dict[str, Any]]:
    """A sponsored one first, a full one, one without a price, one with nothing but its name."""
    return [
        product(4, "PaidFor Vacuum", sponsored=True),
        product(1, "Acme V8 Cordless Vacuum, 40 min, grey (2026) with wall mount"),
        product(2, "Bolt Stick Vacuum", price=None, rating=4.0, ratingsTotal=377),
        product(3, "Plain Broom", brand=None, rating=None, ratingsTotal=None, isPrime=None, mainImageUrl=None),
    ]


def details(asin: str) -> dict[str, Any]:
    """Everything of one product."""
    reviewers = (("Best vacuum", 5, "Jo"), ("Loud, but <b>fine</b>", 3, None))
    return product(1, "Acme V8 Cordless Vacuum, 40 min, grey (2026) with wall mount") | {
        "asin": asin,
        "subtitle": None,
        "featureBullets": ["Runs for forty minutes on one charge.", "Filter can be washed"],
        "imageUrls": ["https://m.media-amazon.com/images/I/x.jpg"],
        "reviewsTotal": 1290,
        "topReviews": [
            {"title": title, "body": "As I said.", "rating": stars, "verifiedPurchase": True, "reviewer": {"name": who}}
            for title, stars, who in reviewers
        ],
    }


def graphql(ask: Ask) -> Any:
    """Nothing is found for "nothing"; an ASIN that does not begin with B0 is not known."""
    body = ask.json()
    query, variables = (body.get("query"), body.get("variables")) if isinstance(body, dict) else (None, None)
    if not isinstance(query, str) or not isinstance(variables, dict):
        return Reply(failure("GRAPHQL_PARSE_FAILED"), 400)
    if re.search(r"\bamazonProductSearchResults\b", query) and isinstance(variables.get("searchTerm"), str):
        found = [] if variables["searchTerm"] == "nothing" else products()[: variables.get("limit") or 10]
        return {"data": {"amazonProductSearchResults": {"productResults": {"results": found}}}}
    if re.search(r"\bamazonProduct\b", query) and isinstance(variables.get("asin"), str):
        known = variables["asin"].startswith("B0")
        return {"data": {"amazonProduct": details(variables["asin"]) if known else None}}
    return failure("GRAPHQL_VALIDATION_FAILED")


def failure(code: str) -> dict[str, Any]:
    """As GraphQL tells it, whatever the HTTP status."""
    return {"errors": [{"message": "As Canopy words it.", "path": [], "extensions": {"code": code}}], "data": None}


SERVICE = Service(
    name="amazon",
    settings={"CANOPY_API_KEY": "{key}", "CANOPY_BASE_URL": "{url}/"},
    authorize=auth.header("api-key", lambda given: Reply(failure("UNAUTHENTICATED"), 401)),
    routes=[Route("POST", "/", graphql)],
    errors={
        status: Reply(failure(code), status)
        for status, code in ((400, "BAD_USER_INPUT"), (401, "UNAUTHENTICATED"), (402, "PAYMENT_REQUIRED"),
                             (403, "FORBIDDEN"), (429, "RATE_LIMITED"), (500, "INTERNAL_SERVER_ERROR"))
    },
)  # fmt: skip
