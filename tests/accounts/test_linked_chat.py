"""A chat wants an account, its user links it, the tool works: everything together, over HTTP."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from websockets.asyncio.client import connect

from odai_core.settings import Settings
from odai_core.testing.upstreams import UpstreamServer
from odai_core.web.app import create_app
from odai_core.web.serve import listen, serve_until

from .conftest import KEYS

ASKED = "what is on my calendar today"


@pytest.fixture
async def google() -> AsyncIterator[UpstreamServer]:
    async with UpstreamServer() as server:
        yield server


@pytest.fixture
async def house(google: UpstreamServer, tmp_path: Path) -> AsyncIterator[Any]:
    bound = listen("127.0.0.1", 0)
    url = f"http://127.0.0.1:{bound.getsockname()[1]}"
    plugins = "odai-account-google,odai-tool-google-calendar,odai-transport-chat,odai-model-local"
    settings = {
        "ODAI_SECRET": "a secret for tests", "ODAI_PLUGINS": plugins, "ODAI_ACCOUNT_KEYS": KEYS[0],
        "ODAI_DATA_DIR": str(tmp_path), "ODAI_TEXT_PLUGIN": "local", "ODAI_DRAIN_SECONDS": "0.5",
        "GOOGLE_OAUTH_REDIRECT_URI": f"{url}/auth/google/callback",
        **google.values("google_oauth"), **google.values("google-calendar"),
    }  # fmt: skip
    server = create_app(Settings(settings), loopback=True)
    stop, ready = asyncio.Event(), asyncio.Event()
    task = asyncio.create_task(serve_until(server, bound, stop, ready=ready.set))
    await asyncio.wait_for(ready.wait(), 30)
    yield server, url
    stop.set()
    await asyncio.wait_for(task, 20)


async def ask(server: Any, url: str) -> list[dict[str, Any]]:
    """One turn; its tool outputs."""
    address = f"{url.replace('http', 'ws', 1)}/chats/c1?token={server.tokens.mint('ada')}"
    outputs = []
    async with asyncio.timeout(30), connect(address) as socket:
        await socket.send(ASKED)
        async for text in socket:
            frame = json.loads(text)
            if frame["type"] == "tool_output":
                outputs.append(frame["output"])
            if frame["type"] == "end_of_stream":
                return outputs
    raise AssertionError("the socket was closed")


async def test_a_chat_links_an_account_and_uses_it(house: Any, google: UpstreamServer, caplog: Any):
    caplog.set_level(logging.DEBUG)
    server, url = house
    (needed,) = await ask(server, url)
    assert (needed["response_type"], needed["response"]["account_type"]) == ("account_needed", "google")
    async with httpx2.AsyncClient(base_url=url) as browser:
        page = await browser.get(needed["response"]["connect_url"])
        assert "Connect your Google account?" in page.text
        hidden = dict(field.split('" value="') for field in _between(page.text, 'type="hidden" name="', '">'))
        leaving = await browser.post("/auth/google/login", data=hidden, headers={"Origin": url})
        back = await browser.get(leaving.headers["location"])
        assert "Google is connected" in (await browser.get(back.headers["location"])).text
    (events,) = await ask(server, url)
    assert events["response_type"] == "google_calendar_events"
    tokens = {seen.headers["authorization"] for seen in google.seen if seen.service == "google-calendar"}
    assert tokens == {"Bearer test-key.1"}
    google.fail("google-calendar", "401")
    (again,) = await ask(server, url)
    assert again["response_type"] == "google_calendar_events"
    assert google.seen[-1].headers["authorization"] == "Bearer test-key.2"
    told = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith("odai"))
    assert "test-key." not in told + json.dumps([needed, events, again])


def _between(text: str, start: str, end: str) -> list[str]:
    return [part.partition(end)[0] for part in text.split(start)[1:]]
