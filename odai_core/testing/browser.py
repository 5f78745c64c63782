"""A real Chromium for tests of pages; it keeps what went wrong in them. Needs the package playwright and a Chromium."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import pytest

CHROMIUM = os.environ.get("ODAI_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
WATCH = """
addEventListener("securitypolicyviolation", (event) => console.error("CSP", event.violatedDirective, event.blockedURI));
"""
PATIENCE = 10_000
"""Milliseconds until what should be seen has to be there."""


class Browser:
    """A browser with the page that is looked at."""

    def __init__(self, context: Any) -> None:
        self.context = context
        self.page: Any = None
        self.errors: list[str] = []
        """Warnings and errors of the console, exceptions, and breaches of the page's policy."""
        self.requests: list[str] = []

    async def open(self, address: str = "") -> Any:
        """Another page; it becomes the one that is looked at."""
        page = await self.context.new_page()
        page.on("console", lambda line: self.errors.append(line.text) if line.type in {"error", "warning"} else None)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", lambda request: self.requests.append(request.url))
        self.page = page
        if address:
            await page.goto(address)
        return page

    async def press(self, name: str) -> None:
        """Click the button of this name."""
        await self.page.get_by_role("button", name=name).click()

    async def sees(self, text: str) -> None:
        """Wait until this text is visible."""
        await self.page.get_by_text(text, exact=False).first.wait_for(state="visible", timeout=PATIENCE)

    async def gone(self, text: str) -> None:
        """Wait until this text is not visible any more."""
        await self.page.get_by_text(text, exact=False).first.wait_for(state="hidden", timeout=PATIENCE)


B = TypeVar("B", bound=Browser)


@asynccontextmanager
async def launch(kind: type[B], *flags: str, script: str = "", **options: Any) -> AsyncIterator[B]:
    """Start one; `script` runs before those of every page. Skips the test where there is none."""
    if not CHROMIUM:
        pytest.skip("NO BROWSER: install chromium (Debian: apt-get install chromium) or set ODAI_CHROMIUM")
    playwright = pytest.importorskip("playwright.async_api", reason="NO BROWSER: pip install playwright")
    async with playwright.async_playwright() as driver:
        chromium = await driver.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, *flags])
        context = await chromium.new_context(locale="en-US", **options)
        await context.add_init_script(WATCH + script)
        yield kind(context)
        await chromium.close()
