"""Fetch website under the standard tests of every connector; it asks no service, but any page there is."""

from __future__ import annotations

import pytest
from odai_tool_fetch_website import browsing
from odai_tool_fetch_website.shapes import Page, Text

from odai_core.testing.kit import conformance

PAGE = "The old lighthouse was lit again on Friday. The whole town came to see it.\n\nVolunteers had rebuilt the lamp."


@pytest.fixture(autouse=True)
def a_page(monkeypatch):
    class Canned:
        async def read(self, url):
            page = Page(url=str(url), body=b"", html=True, charset="", cut=False)
            return page, Text(title="The lamp", text=PAGE, date="2026-11-20")

    monkeypatch.setattr(browsing, "browser", Canned())


TestFetchWebsite = conformance(
    "fetch-website", happy={"fetch_website": {"url": "example.com/news"}}, offline={"fetch_website"}
)
