"""The standard tests of every connector, for Google News."""

from odai_core.testing.kit import conformance

TestGoogleNews = conformance(
    "google-news",
    happy={"get_google_news_top_stories": {}, "search_google_news": {"query": "interest rates"}},
    unknown={"search_google_news": {"query": "nothing"}},
)
