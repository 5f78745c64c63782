"""The standard tests of every connector, for Google Shopping."""

from odai_core.testing.kit import conformance

TestGoogleShopping = conformance(
    "google-shopping",
    happy={"get_google_products": [{"query": "noise-cancelling headphones"}, {"query": "used headphones"}]},
    unknown={"get_google_products": {"query": "nothing"}},
)
