"""Amazon passes the standard tests."""

from __future__ import annotations

from odai_core.testing.kit import conformance

TestAmazon = conformance(
    "amazon",
    happy={"search_amazon": {"query": "cordless vacuum"}, "get_product_details": {"asin": "B0EXAMPLE1"}},
    unknown={"search_amazon": {"query": "nothing"}, "get_product_details": {"asin": "XXXXXXXXXX"}},
)
