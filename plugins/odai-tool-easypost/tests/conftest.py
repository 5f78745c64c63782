"""What the tests of EasyPost share: a stand-in, a file for lists, contexts, and running a tool as a call does."""

from __future__ import annotations

import itertools
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from odai_core import Caller, Secret, ToolContext, ToolResponse
from odai_core.testing.upstreams import UpstreamServer
from odai_core.tools.compact import for_model
from odai_core.tools.http import HttpClient
from odai_core.tools.invoke import invoke
from odai_core.tools.schema import describe

As = Callable[[str | None], ToolContext]
Context = Callable[..., ToolContext]


@pytest.fixture
async def server() -> AsyncIterator[UpstreamServer]:
    async with UpstreamServer() as running:
        yield running


@pytest.fixture
def lists(tmp_path: Path) -> Path:
    return tmp_path / "data" / "lists.sqlite"


@pytest.fixture
async def as_user(server: UpstreamServer, lists: Path, context: Context) -> AsyncIterator[As]:
    """A context for any caller; nothing is answered from the cache, so that every request shows."""
    times = itertools.count(0, 1000)

    async def no_pause(_: float) -> None: ...

    http = HttpClient(timeout=1, clock=lambda: float(next(times)), sleep=no_pause)
    yield lambda user: context(server, http, lists, user)
    await http.aclose()


@pytest.fixture
def context() -> Context:
    """`context(server, http, lists, user, key=...)`; without a server it is demo mode."""

    def made(
        server: UpstreamServer | None, http: HttpClient, lists: Path, user: str | None, key: str = "test-key"
    ) -> ToolContext:
        base = server.url("easypost") if server else "http://127.0.0.1:1"
        values = {"EASYPOST_API_KEY": Secret(key), "EASYPOST_BASE_URL": base, "EASYPOST_STORE": str(lists)}
        caller = Caller(user_id=user, time_zone="America/New_York")
        return ToolContext(http=http, settings=values, caller=caller, log=logging.getLogger("test"), demo=not server)

    return made


@pytest.fixture
def call() -> Callable[..., Awaitable[ToolResponse]]:
    """`await call(tool, arguments, context)`, and whatever comes back can be said."""

    async def run(tool: Any, arguments: dict[str, Any], ctx: ToolContext) -> ToolResponse:
        response = await invoke(describe(tool), json.dumps(arguments), ctx)
        assert 0 < len(response.spoken) <= 300
        assert "http" not in response.spoken
        assert len(for_model(response).encode()) <= 1500
        return response

    return run


@pytest.fixture
def put_in_the_way(lists: Path) -> Callable[[], None]:
    """Make a folder where the file of lists should be."""

    def put() -> None:
        lists.unlink(missing_ok=True)
        lists.mkdir(parents=True, exist_ok=True)

    return put
