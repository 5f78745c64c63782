"""The examples about accounts and changes: a card is linked in a browser, and a book reserved once, over real HTTP."""

from __future__ import annotations

import base64
import hashlib
import json
import logging
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from cryptography.fernet import Fernet

from odai_core import Caller, ToolContext, ToolResponse
from odai_core.plugins.catalog import State
from odai_core.testing.upstreams import Ask, Reply, Route, Service, UpstreamServer, auth
from odai_core.tools.invoke import invoke
from tests.calls.harness import Running, running

pytestmark = pytest.mark.usefixtures("installed")

BASIC = "Basic " + base64.b64encode(b"odai:test-key").decode()
REDIRECT = "http://127.0.0.1/auth/shelf/callback"
CARD = {"number": "4711", "name": "Ada's card", "access_token": "card-token"}


def authorize(ask: Ask) -> object:
    assert (ask.query["response_type"], ask.query["client_id"]) == ("code", "odai")
    ask.kept["challenge"] = ask.query["code_challenge"]
    return {"agree": True}


def token(ask: Ask) -> object:
    """For the right client, a good code and the verifier of the challenge that was sent before."""
    form = ask.form()
    made = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).decode().rstrip("=")
    proven = made == ask.kept["challenge"] and form["redirect_uri"] == REDIRECT
    if ask.headers.get("authorization") != BASIC or form["code"] != "good" or not proven:
        return Reply({"error": "invalid_grant"}, 401)
    return CARD


def revoked(ask: Ask) -> object:
    ask.done.append({"revoked": ask.form()["token"]})
    return {}


def reserved(ask: Ask) -> object:
    """Once for each Idempotency-Key."""
    if ask.headers.get("authorization") != "Bearer card-token":
        return Reply({"error": "invalid_token"}, 401)
    made = ask.kept.setdefault("made", {})
    key = ask.headers["idempotency-key"]
    if key not in made:
        made[key] = {"title": ask.json()["title"], "until": "Friday"}
        ask.done.append(made[key])
    return made[key]


SHELF = Service(
    name="shelf",
    settings={"SHELF_BASE_URL": "{url}", "SHELF_CLIENT_SECRET": "{key}"},
    authorize=auth.anybody,
    routes=[
        Route("GET", "/authorize", authorize),
        Route("POST", "/token", token),
        Route("POST", "/revoke", revoked),
        Route("POST", "/reservations", reserved),
    ],
)


class House:
    """The server, the library, and a browser."""

    def __init__(self, server: Running, library: UpstreamServer, browser: httpx2.AsyncClient) -> None:
        self.server, self.library, self.browser = server, library, browser

    async def leave(self) -> dict[str, str]:
        """Agree to our question; what the library is told."""
        ticket = self.server.server.signer.sign({"user": "ada", "scopes": []}, purpose="account.shelf")
        asked = await self.browser.get("/auth/shelf/login", params={"ticket": ticket})
        assert "the ODAI user <strong" in asked.text
        form = {
            name: unescape(re.search(rf'name="{name}" value="(.*?)"', asked.text)[1]) for name in ("ticket", "proof")
        }
        sent = await self.browser.post("/auth/shelf/login", data=form, headers={"Origin": self.server.http})
        assert sent.status_code == 303
        assert (await self.browser.get(sent.headers["location"])).json() == {"agree": True}
        return {name: value for name, (value,) in parse_qs(urlsplit(sent.headers["location"]).query).items()}

    async def come_back(self, told: dict[str, str], code: str = "good") -> httpx2.Response:
        return await self.browser.get("/auth/shelf/callback", params={"code": code, "state": told["state"]})

    async def reserve(self, title: str, write_id: str) -> ToolResponse:
        server = self.server.server
        catalog = server.host.catalog
        entry = catalog.find("tools", "shelf")
        assert entry is not None
        caller = Caller(user_id="ada")
        context = ToolContext(
            http=server.http, settings=catalog.settings_of(entry), caller=caller, log=logging.getLogger("test"),
            account=server.accounts.account_of(catalog, entry, caller), write_id=write_id,
        )  # fmt: skip
        return await invoke(entry.specs[0], json.dumps({"title": title}), context)


@asynccontextmanager
async def opened(folder: Path, **more: str) -> AsyncIterator[House]:
    async with UpstreamServer(extra=[SHELF]) as library:
        settings = {
            "ODAI_PLUGINS": "odai-account-shelf,odai-tool-shelf", "ODAI_DATA_DIR": str(folder),
            "ODAI_ACCOUNT_KEYS": Fernet.generate_key().decode(), "SHELF_CLIENT_ID": "odai",
            "SHELF_REDIRECT_URI": REDIRECT, **library.values("shelf"), **more,
        }  # fmt: skip
        async with running(**settings) as server, httpx2.AsyncClient(base_url=server.http) as browser:
            yield House(server, library, browser)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with opened(tmp_path) as made:
        yield made


async def test_both_are_ready(house: House) -> None:
    entries = {entry.kind: entry for entry in house.server.server.host.catalog.entries if entry.name == "shelf"}
    assert {kind: entry.state for kind, entry in entries.items()} == {"accounts": State.READY, "tools": State.READY}
    assert house.server.server.mount_failures == {}


async def test_a_card_is_linked(house: House) -> None:
    told = await house.leave()
    page = await house.come_back(told)
    assert (page.status_code, "Shelf is connected" in page.text, "Ada&#x27;s card" in page.text) == (200, True, True)
    server = house.server.server
    (link,) = await server.accounts.links(server.host.catalog.find("accounts", "shelf"), "ada")
    assert (link.label, link.broken) == ("Ada's card", False)


async def test_without_a_card_it_is_asked_for(house: House) -> None:
    response = await house.reserve("Emma", "w1")
    assert response.response_type == "account_needed"
    assert response.response["connect_url"].startswith("/auth/shelf/login?ticket=")
    assert house.library.done("shelf") == []


async def test_a_book_is_reserved_once_however_often_it_is_tried(house: House) -> None:
    await house.come_back(await house.leave())
    for _ in range(3):
        response = await house.reserve("Emma", "w1")
        assert response.spoken == "Emma is reserved for you until Friday."
    assert (await house.reserve("Emma", "w2")).ok
    assert house.library.done("shelf") == [{"title": "Emma", "until": "Friday"}] * 2


async def test_a_state_counts_once_and_in_its_own_browser(house: House) -> None:
    told = await house.leave()
    async with httpx2.AsyncClient(base_url=house.server.http) as stranger:
        other = House(house.server, house.library, stranger)
        assert (await other.come_back(told)).status_code == 400
    cookies = dict(house.browser.cookies)
    assert (await house.come_back(told)).status_code == 200
    house.browser.cookies.update(cookies)
    again = await house.come_back(told)
    assert (again.status_code, "answered already" in again.text) == (400, True)


@pytest.mark.parametrize("state", ["", "nonsense", "x" * 20_000])
async def test_a_state_that_is_none(house: House, state: str) -> None:
    await house.leave()
    assert (await house.come_back({"state": state})).status_code == 400


async def test_a_code_that_is_worth_nothing(house: House) -> None:
    page = await house.come_back(await house.leave(), code="bad")
    assert (page.status_code, "Shelf was not connected" in page.text) == (400, True)
    assert (await house.reserve("Emma", "w1")).response_type == "account_needed"


async def test_removing_a_card_tells_the_library(house: House) -> None:
    await house.come_back(await house.leave())
    server = house.server.server
    entry = server.host.catalog.find("accounts", "shelf")
    (link,) = await server.accounts.links(entry, "ada")
    assert await server.accounts.remove(entry, "ada", link.id)
    assert house.library.done("shelf") == [{"revoked": "card-token"}]
