"""A server that answers exactly the bytes it is told, and a client whose clock stands still."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from odai_core import ToolError
from odai_core.tools.http import HttpClient

KEY = "k3y-that-must-stay-hidden"

Reply = bytes | Callable[[asyncio.StreamWriter], object]


def http(status: int = 200, body: bytes = b"{}", **headers: str) -> bytes:
    """One HTTP/1.1 answer as bytes."""
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", "Content-Type: application/json"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@dataclass
class Scripted:
    """Gives its replies in order, the last one for ever; an empty reply closes, None never answers."""

    url: str = ""
    replies: list[bytes | None] = field(default_factory=list)
    heads: list[str] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    asked: asyncio.Event = field(default_factory=asyncio.Event)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                length = [line for line in head.lower().split("\r\n") if line.startswith("content-length:")]
                self.bodies.append(await reader.readexactly(int(length[0].split(":")[1])) if length else b"")
                self.heads.append(head)
                self.asked.set()
                reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
                if reply is None:
                    await reader.read()
                    return
                writer.write(reply)
                await writer.drain()
                if not reply or not reply.startswith(b"HTTP/1.1") or b"Connection: close" in reply:
                    return
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@pytest.fixture
async def server() -> AsyncIterator[Scripted]:
    scripted = Scripted()
    listener = await asyncio.start_server(scripted.serve, "127.0.0.1", 0)
    scripted.url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    yield scripted
    listener.close()


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def client(clock: Clock) -> AsyncIterator[HttpClient]:
    made = HttpClient(timeout=2, clock=clock, sleep=clock.sleep)
    yield made
    await made.aclose()


async def refused(client: HttpClient, *args: Any, **more: Any) -> ToolError:
    with pytest.raises(ToolError) as caught:
        await client.get_json(*args, service="Yelp", **more)
    return caught.value
