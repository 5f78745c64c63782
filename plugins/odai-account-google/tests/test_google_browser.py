"""The way to Google and back in a real Chromium: cookies, the form's leave, and what our own pages hear."""

from __future__ import annotations

import asyncio
import os
import shutil
from typing import Any

import pytest

from .conftest import House

pytestmark = pytest.mark.browser
CHROMIUM = os.environ.get("ODAI_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
WATCH = """
addEventListener("securitypolicyviolation", (event) => console.error("CSP", event.violatedDirective, event.blockedURI));
"""


async def test_a_connect_link_leads_to_google_and_back(house: House):
    if not CHROMIUM:
        pytest.skip("NO BROWSER: install chromium (Debian: apt-get install chromium) or set ODAI_CHROMIUM")
    playwright = pytest.importorskip("playwright.async_api", reason="NO BROWSER: pip install playwright")
    async with playwright.async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        context = await browser.new_context()
        await context.add_init_script(WATCH)
        ours, page = await context.new_page(), await context.new_page()
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        await ours.goto(f"{house.url}/test")
        heard: Any = ours.evaluate(
            "new Promise((hear) => { new BroadcastChannel('odai-accounts').onmessage = (news) => hear(news.data); })"
        )
        waiting = asyncio.ensure_future(heard)
        await page.goto(f"{house.url}/auth/google/login?ticket={house.ticket('ada')}")
        await page.click("text=Continue to Google")
        await page.wait_for_selector("text=Google is connected", timeout=20_000)
        assert await asyncio.wait_for(waiting, 20) == {"type": "linked", "service": "google"}
        assert [link["label"] for link in await house.links()] == ["ada@gmail.example"]
        assert [cookie for cookie in await context.cookies() if "odai" in cookie["name"]] == []
        # A window that no script of ours opened stays, and says so.
        assert [text for text in said if "Scripts may close only" not in text] == []
        await browser.close()
