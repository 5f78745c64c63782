"""Google Docs passes the standard tests."""

from __future__ import annotations

from odai_core.testing.kit import conformance

TestGoogleDocs = conformance(
    "google-docs",
    happy={
        "search_google_docs_by_name_or_content": {"query": "Lisbon"},
        "save_google_doc": {"title": "Shopping list", "content": "Milk\nBread"},
    },
    unknown={"search_google_docs_by_name_or_content": {"query": "nothing at all"}},
)
