"""The standard tests of every connector, for Google Search."""

from odai_core.testing.kit import conformance

TestGoogleSearch = conformance(
    "google-search",
    happy={"search_google": [{"query": "the tallest building in Boston"}, {"query": "how to boil an egg"}]},
    unknown={"search_google": {"query": "nothing"}},
)
