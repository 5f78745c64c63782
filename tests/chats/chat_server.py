"""A real server whose text model follows scripts, and a client that speaks the chat's protocol.

As a program it is that server in a process of its own, to be killed:
`python -m tests.chats.chat_server <folder> <seconds that a step takes>`; it prints its port and then every call that
its tools really did.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agents.testing import ScriptedModel
from websockets.asyncio.client import ClientConnection, connect

from odai_core.contract import ToolContext, tool
from odai_core.plugins.catalog import Catalog, Entry
from odai_core.settings import Settings
from odai_core.web.app import Server
from odai_core.web.serve import listen, serve_until
from tests.text.desk_bench import call, calls, connector, model_entry, say, to


class Scripts(ScriptedModel):
    """One model for many chats: the script of a turn is looked up by its prompt, and a step by what was done since."""

    def __init__(self, scripts: dict[str, Iterable[Any]]) -> None:
        super().__init__()
        self.scripts = {prompt: list(steps) for prompt, steps in scripts.items()}
        self.given: list[list[Any]] = []

    def stream_response(self, instructions: Any, given: Any, *arguments: Any, **named: Any) -> Any:
        self.given.append(given)
        at = max(place for place, item in enumerate(given) if item.get("role") == "user")
        done = _steps_done(given[at + 1 :])
        step = self.scripts[given[at]["content"]][done]
        return ScriptedModel([step]).stream_response(instructions, given, *arguments, **named)


def _steps_done(items: list[Any]) -> int:
    """How often the model has answered: runs of its own items, parted by outputs of tools."""
    mine = [item.get("type") != "function_call_output" for item in items]
    return sum(1 for at, own in enumerate(mine) if own and (at == 0 or not mine[at - 1]))


def server_of(entries: Iterable[Entry], model: Any, **settings: str) -> Server:
    """A server with the chat transport, this model and these connectors."""
    defaults = {"ODAI_DRAIN_SECONDS": "0.5", "ODAI_SECRET": "a secret for tests", "ODAI_PLUGINS": "chat"}
    server = Server(Settings(defaults | settings), loopback=True)
    found = server.host.catalog
    server.host.catalog = Catalog(entries=(*found.entries, *entries, model_entry(model)), generation=found.generation)
    return server


@dataclass
class Running:
    """A server that listens."""

    server: Server
    port: int
    model: Any

    async def when(self, happened: Callable[[], Any]) -> None:
        """Wait for what only the server knows; a socket lies between."""
        for _ in range(1000):
            if happened():
                return
            await asyncio.sleep(0.01)
        raise AssertionError("it did not happen")

    @asynccontextmanager
    async def chat(self, chat_id: str = "chat-1", user: str = "ada") -> AsyncIterator[Client]:
        token = self.server.tokens.mint(user)
        async with connect(f"ws://127.0.0.1:{self.port}/chats/{chat_id}?token={token}", open_timeout=10) as socket:
            yield Client(socket)


@asynccontextmanager
async def serving(
    folder: Path | str, *entries: Entry, scripts: dict[str, Iterable[Any]], **settings: str
) -> AsyncIterator[Running]:
    """Serve until the block is left; the stop is the real one, with its drain. `folder` may be a database URL."""
    model = Scripts(scripts)
    server = server_of(entries, model, ODAI_DATABASE_URL=database(folder), **settings)
    bound = listen("127.0.0.1", 0)
    port = bound.getsockname()[1]
    stop, ready = asyncio.Event(), asyncio.Event()
    task = asyncio.create_task(serve_until(server, bound, stop, ready=ready.set))
    try:
        async with asyncio.timeout(20):
            await ready.wait()
        yield Running(server, port, model)
    finally:
        stop.set()
        async with asyncio.timeout(20):
            await task


def database(folder: Path | str) -> str:
    return folder if isinstance(folder, str) else f"sqlite+aiosqlite:///{folder / 'chats.db'}"


@dataclass
class Client:
    """The other end of a chat's socket."""

    socket: ClientConnection
    seen: list[dict[str, Any]] = field(default_factory=list)

    async def send(self, frame: str | dict[str, Any]) -> None:
        await self.socket.send(frame if isinstance(frame, str) else json.dumps(frame))

    async def until(self, kind: str) -> dict[str, Any]:
        """Read to the next frame of this type."""
        async with asyncio.timeout(20):
            while True:
                frame = json.loads(await self.socket.recv())
                self.seen.append(frame)
                if frame["type"] == kind:
                    return frame

    async def ask(self, text: str) -> list[dict[str, Any]]:
        """A whole turn's frames."""
        start = len(self.seen)
        await self.send(text)
        await self.until("end_of_stream")
        return self.seen[start:]


def text_of(frames: Iterable[dict[str, Any]]) -> str:
    return "".join(frame["delta"] for frame in frames if frame["type"] == "raw_response_event")


def kinds(frames: Iterable[dict[str, Any]]) -> list[str]:
    """Their types, deltas of one text counted once."""
    told: list[str] = []
    for frame in frames:
        if not (told and told[-1] == frame["type"] == "raw_response_event"):
            told.append(frame["type"])
    return told


# -- a process of its own ---------------------------------------------------------------------------


def _shop(done: Callable[[str], None], seconds: float) -> Entry:
    async def look(what: str) -> str:
        """Look for something."""
        done(f"look {what}")
        await asyncio.sleep(seconds)
        return f"found {what}"

    @tool(confirm=True, timeout=60)
    async def buy(ctx: ToolContext, what: str) -> str:
        """Buy something."""
        done(f"buy {what} {ctx.write_id}")
        await asyncio.sleep(seconds)
        return f"bought {what}"

    return connector("shop", look, buy)


SCRIPTS: dict[str, list[Any]] = {
    "hello": [say("Hello yourself.")],
    "look": [to("shop"), calls(call("look", what="tea"), saying="Let me look."), say("There is tea.")],
    "buy": [to("shop"), calls(call("buy", what="tea")), say("Bought.")],
}


async def _main(folder: Path, seconds: float) -> None:
    def done(text: str) -> None:
        print(text, flush=True)

    server = server_of([_shop(done, seconds)], Scripts(SCRIPTS), ODAI_DATABASE_URL=database(folder))
    bound = listen("127.0.0.1", 0)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    print(bound.getsockname()[1], server.tokens.mint("ada"), flush=True)
    await serve_until(server, bound, stop)


if __name__ == "__main__":
    asyncio.run(_main(Path(sys.argv[1]), float(sys.argv[2])))
