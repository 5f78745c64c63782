"""Yelp passes the standard tests."""

from __future__ import annotations

from odai_core.testing.kit import conformance

TestYelp = conformance(
    "yelp",
    happy={
        "search_businesses_at_yelp": {"location": "Boston", "search_term": "tacos"},
        "get_business_reviews_at_yelp": {"business_id": "gR9DTbKCON2g1Z23bWcEp1"},
    },
    unknown={
        "search_businesses_at_yelp": {"location": "Boston", "search_term": "nothing"},
        "get_business_reviews_at_yelp": {"business_id": "unknown"},
    },
    samples={"get_business_reviews_at_yelp": {"business_id": "Sakura Sushi"}},
)
