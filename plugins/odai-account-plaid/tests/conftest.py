"""A real server with the account service and Plaid's stand-in, and a browser that keeps cookies; all over HTTP."""

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
from odai_core.testing.upstreams import Ask, Reply, Route, Service, UpstreamServer, auth
from odai_core.web.app import Server, create_app
from odai_core.web.serve import listen, serve_until

BANK = "ins_109508"
SCRIPT = """
window.Plaid = { create: (options) => ({ open: () => {
  if (!options.token.startsWith("link-sandbox-")) throw new Error("no link token");
  options.onSuccess("public-sandbox-0001-ins_109508", {});
} }) };
"""


def script(ask: Ask) -> Reply:
    return Reply(SCRIPT.encode(), content_type="text/javascript")


CDN = Service(
    name="plaid_cdn", settings={"PLAID_LINK_URL": "{url}/link-initialize.js"}, authorize=auth.anybody,
    routes=[Route("GET", "/link-initialize.js", script)],
)  # fmt: skip


@dataclass
class House:
    """What a test works with."""

    server: Server
    plaid: UpstreamServer
    url: str
    folder: Path
    browsers: list[httpx2.AsyncClient] = field(default_factory=list)

    def browser(self) -> httpx2.AsyncClient:
        self.browsers.append(httpx2.AsyncClient(base_url=self.url, timeout=20))
        return self.browsers[-1]

    def bearer(self, user: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.server.tokens.mint(user)}"}

    def ticket(self, user: str = "ada") -> str:
        return self.server.signer.sign({"user": user, "scopes": []}, purpose="account.plaid")

    async def public_token(self, institution: str = BANK) -> str:
        """What Plaid's script would bring."""
        async with httpx2.AsyncClient() as client:
            body = {"client_id": "test-key", "secret": "test-key", "institution_id": institution}
            made = await client.post(f"{self.plaid.url('plaid')}/sandbox/public_token/create", json=body)
            return str(made.json()["public_token"])

    async def post(self, path: str, body: Any = None, user: str = "ada") -> Any:
        async with httpx2.AsyncClient(base_url=self.url, timeout=20) as client:
            return await client.post(f"/auth/plaid/{path}", json=body, headers=self.bearer(user))

    async def link(self, user: str = "ada", institution: str = BANK) -> str:
        answer = await self.post("set_access_token", {"public_token": await self.public_token(institution)}, user)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["id"])

    async def banks(self, user: str = "ada") -> Any:
        async with httpx2.AsyncClient(base_url=self.url) as client:
            return (await client.get("/auth/plaid/accounts", headers=self.bearer(user))).json()["accounts"]

    async def kept(self, user: str = "ada") -> Any:
        return await self.server.accounts.safe.of(user, "plaid")

    async def agree(self, browser: httpx2.AsyncClient, user: str = "ada") -> Any:
        """Through the question; the page with Plaid's script."""
        page = await browser.get("/auth/plaid/login", params={"ticket": self.ticket(user)})
        form = {name: hidden(page, name) for name in ("ticket", "proof")}
        return await browser.post("/auth/plaid/login", data=form, headers={"Origin": self.url})


def hidden(page: Any, name: str) -> str:
    return unescape(re.search(rf'name="{name}" value="(.*?)"', page.text)[1])


def data(page: Any, name: str) -> str:
    return unescape(re.search(rf'data-{name}="(.*?)"', page.text)[1])


@pytest.fixture
async def open_house(tmp_path: Path) -> AsyncIterator[Any]:
    closing: list[Any] = []

    async def build(**settings: str) -> House:
        plaid = UpstreamServer(extra=[CDN])
        await plaid.__aenter__()
        closing.append(plaid)
        bound = listen("127.0.0.1", 0)
        url = f"http://127.0.0.1:{bound.getsockname()[1]}"
        given = {
            "ODAI_SECRET": "a secret for tests", "ODAI_PLUGINS": "odai-account-plaid", "ODAI_DATA_DIR": str(tmp_path),
            "ODAI_ACCOUNT_KEYS": Fernet.generate_key().decode(), **plaid.values("plaid"), **plaid.values("plaid_cdn"),
        }  # fmt: skip
        server = create_app(Settings(given | settings), loopback=True)
        stop, ready = asyncio.Event(), asyncio.Event()
        task = asyncio.create_task(serve_until(server, bound, stop, ready=ready.set))
        await asyncio.wait_for(ready.wait(), 20)
        house = House(server, plaid, url, tmp_path)
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
