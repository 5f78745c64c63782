"""Opening and reading pages within a time limit, a few at a time."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from odai_core import ToolError
from odai_tool_fetch_website.fetching import Fetcher
from odai_tool_fetch_website.reading import reader
from odai_tool_fetch_website.shapes import Page, Text

if TYPE_CHECKING:
    import httpx2

DEADLINE = 7.5
"""Seconds for all of it; below the tool's own limit, so that the sentence is ours."""
MAX_READERS = 4
"""Pages read at the same time: each one is a process."""


class Browser:
    """`fetcher` is for tests."""

    def __init__(self, fetcher: Fetcher | None = None) -> None:
        self._fetcher = fetcher or Fetcher()
        self._open = 0

    async def read(self, url: httpx2.URL) -> tuple[Page, Text]:
        """The page at a checked address, and what it says. Raises `ToolError`."""
        if self._open >= MAX_READERS:
            raise ToolError("rate_limited", "I'm reading several pages already. Please try again in a moment.")
        self._open += 1
        try:
            async with asyncio.timeout(DEADLINE), reader() as read:
                page = await self._fetcher.get(url)
                return page, await read(page)
        except TimeoutError:
            raise ToolError("timeout", "That website took too long.") from None
        finally:
            self._open -= 1


browser = Browser()
