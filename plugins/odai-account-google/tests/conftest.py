"""A real server with the account service, Google's stand-in, and a browser that keeps cookies; all over HTTP."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Any

import httpx2
import pytest
from cryptography.fernet import Fernet

from odai_core.settings import Settings
from odai_core.testing.upstreams import UpstreamServer
from odai_core.web.app import Server, create_app
from odai_core.web.serve import listen, serve_until

KEY = Fernet.generate_key().decode()
CALENDAR = "https://www.googleapis.com/auth/calendar.events"
MAIL = "https://www.googleapis.com/auth/gmail.readonly"


@dataclass
class House:
    """What a test works with."""

    server: Server
    google: UpstreamServer
    url: str
    database: Path
    browsers: list[httpx2.AsyncClient] = field(default_factory=list)

    def browser(self) -> httpx2.AsyncClient:
        """Another person's, with cookies of its own."""
        self.browsers.append(httpx2.AsyncClient(base_url=self.url, timeout=20))
        return self.browsers[-1]

    def bearer(self, user: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.server.tokens.mint(user)}"}

    def ticket(self, user: str, *scopes: str) -> str:
        return self.server.signer.sign({"user": user, "scopes": list(scopes)}, purpose="account.google")

    async def leave(self, browser: httpx2.AsyncClient, user: str = "ada", scope: str = CALENDAR) -> str:
        """The address at Google, for a page that asks with a token."""
        answer = await browser.get("/auth/google/login", params={"scope": scope}, headers=self.bearer(user))
        assert answer.status_code == 200, answer.text
        return str(answer.json()["authorization_url"])

    async def consent(self, browser: httpx2.AsyncClient, url: str, **choices: str) -> str:
        """Agree at Google; the address it leads back to."""
        answer = await browser.get(url, params={**httpx2.URL(url).params, **choices})
        assert answer.status_code == 302, answer.text
        return str(answer.headers["location"])

    async def link(self, browser: httpx2.AsyncClient, user: str = "ada", scope: str = CALENDAR, **choices: str) -> Any:
        """All the way; the page it ends on."""
        return await browser.get(await self.consent(browser, await self.leave(browser, user, scope), **choices))

    async def links(self, user: str = "ada") -> list[dict[str, Any]]:
        async with httpx2.AsyncClient(base_url=self.url) as app:
            found: list[dict[str, Any]] = (await app.get("/auth/google/", headers=self.bearer(user))).json()["accounts"]
            return found

    def grants(self) -> Any:
        """The grants as the server holds them."""
        return self.server.accounts.safe


def heading(page: Any) -> str:
    return unescape(re.search(r"<h1>(.*?)</h1>", page.text)[1])


def field_of(page: Any, name: str) -> str:
    return unescape(re.search(rf'name="{name}" value="(.*?)"', page.text)[1])


@pytest.fixture
async def open_house(tmp_path: Path) -> AsyncIterator[Any]:
    closing: list[Any] = []

    async def build(**settings: str) -> House:
        google = UpstreamServer()
        await google.__aenter__()
        closing.append(google)
        bound = listen("127.0.0.1", 0)
        url = f"http://127.0.0.1:{bound.getsockname()[1]}"
        given = {
            "ODAI_SECRET": "a secret for tests", "ODAI_PLUGINS": "odai-account-google", "ODAI_ACCOUNT_KEYS": KEY,
            "ODAI_DATA_DIR": str(tmp_path), "GOOGLE_OAUTH_REDIRECT_URI": f"{url}/auth/google/callback",
            **google.values("google_oauth"),
        }  # fmt: skip
        server = create_app(Settings(given | settings), loopback=True)
        stop, ready = asyncio.Event(), asyncio.Event()
        task = asyncio.create_task(serve_until(server, bound, stop, ready=ready.set))
        await asyncio.wait_for(ready.wait(), 20)
        house = House(server, google, url, tmp_path / "odai.db")
        closing.append((house, stop, task))
        return house

    yield build
    for one in reversed(closing):
        if isinstance(one, UpstreamServer):
            await one.__aexit__(None, None, None)
        else:
            house, stop, task = one
            for browser in house.browsers:
                await browser.aclose()
            stop.set()
            await asyncio.wait_for(task, 20)


@pytest.fixture
async def house(open_house: Any) -> House:
    made: House = await open_house()
    return made
