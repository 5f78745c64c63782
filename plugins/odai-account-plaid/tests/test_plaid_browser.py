"""The page in a real Chromium, with a script in the place of Plaid's, and without one."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator
from typing import Any

import pytest

from .conftest import House

pytestmark = pytest.mark.browser
CHROMIUM = os.environ.get("ODAI_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
WATCH = """
addEventListener("securitypolicyviolation", (event) => console.error("CSP", event.violatedDirective, event.blockedURI));
"""


@pytest.fixture
async def chromium() -> AsyncIterator[Any]:
    if not CHROMIUM:
        pytest.skip("NO BROWSER: install chromium (Debian: apt-get install chromium) or set ODAI_CHROMIUM")
    playwright = pytest.importorskip("playwright.async_api", reason="NO BROWSER: pip install playwright")
    async with playwright.async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        await browser.close()


async def opened(house: House, chromium: Any) -> tuple[Any, list[str]]:
    """The page after the question, and everything its console says."""
    page = await chromium.new_page()
    await page.add_init_script(WATCH)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    await page.goto(f"{house.url}/auth/plaid/login?ticket={house.ticket()}")
    await page.click("text=Continue to Plaid")
    return page, said


async def test_a_bank_is_linked_in_the_browser(house: House, chromium: Any):
    page, said = await opened(house, chromium)
    await page.click("text=Continue to your bank")
    await page.wait_for_selector("text=First Platypus Bank is connected", timeout=20_000)
    assert [bank["institution"] for bank in await house.banks()] == ["First Platypus Bank"]
    assert said == []


async def test_without_plaids_script_the_page_says_so(open_house: Any, chromium: Any):
    house = await open_house(PLAID_LINK_URL="http://127.0.0.1:9/link-initialize.js")
    page, _ = await opened(house, chromium)
    await page.wait_for_selector("text=Plaid cannot be reached from here", timeout=20_000)
