"""A hostile website on the loopback network, which the plugin believes to be somewhere on the public internet."""

from __future__ import annotations

import asyncio
import inspect
import socket
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any

import pytest
from httpcore2 import AnyIOBackend, AsyncNetworkBackend, AsyncNetworkStream
from odai_tool_fetch_website.fetching import Fetcher

PUBLIC = "93.184.216.34"
Answer = bytes | Callable[[asyncio.StreamWriter], Any]


def http(body: bytes = b"", status: int = 200, kind: str = "text/html; charset=utf-8", **headers: str) -> bytes:
    """One HTTP/1.1 answer; an empty kind sends no Content-Type."""
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", *([f"Content-Type: {kind}"] if kind else [])]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def html(text: str, title: str = "A page") -> bytes:
    return f"<html><head><title>{title}</title></head><body><article>{text}</article></body></html>".encode()


class Site:
    """Answers by path: bytes, or a function of the writer. `heads` are the requests as they came."""

    def __init__(self) -> None:
        self.port = 0
        self.answers: dict[str, Answer] = {}
        self.heads: list[str] = []
        self.gone = asyncio.Event()
        """Set when a client has closed its connection."""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            self.heads.append(head)
            answer = self.answers[head.split()[1].partition("?")[0]]
            if isinstance(answer, bytes):
                writer.write(answer)
                await writer.drain()
            else:
                running = answer(writer)
                if inspect.isawaitable(running):
                    await running
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()
            self.gone.set()


class Internet(AsyncNetworkBackend):
    """Names with addresses of your choice; whatever is dialled leads to the site, and is written down."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.names: dict[str, list[list[str]]] = {}
        """Answers of the name server, one after the other, the last one for ever; a public address by default."""
        self.asked: list[str] = []
        self.dialled: list[tuple[str, int]] = []
        self.verified: list[str | None] = []
        """The names TLS was told to verify."""
        self.refusing: set[str] = set()
        self._real = AnyIOBackend()

    async def resolve(self, host: str, port: int) -> list[str]:
        self.asked.append(host)
        answers = self.names.get(host, [[PUBLIC]])
        found = answers.pop(0) if len(answers) > 1 else answers[0]
        if not found:
            raise socket.gaierror
        return found

    async def connect_tcp(self, host: str, port: int, *_: Any, **__: Any) -> AsyncNetworkStream:
        self.dialled.append((host, port))
        return Wire(await self._real.connect_tcp("127.0.0.1", 1 if host in self.refusing else self.site.port), self)

    async def connect_unix_socket(self, path: str, timeout: Any = None, socket_options: Iterable[Any] | None = None):
        raise AssertionError

    async def sleep(self, seconds: float) -> None:
        await self._real.sleep(0)


class Wire(AsyncNetworkStream):
    """A connection whose TLS is only noted."""

    def __init__(self, stream: AsyncNetworkStream, internet: Internet) -> None:
        self.stream = stream
        self.internet = internet

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return await self.stream.read(max_bytes, timeout)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        await self.stream.write(buffer, timeout)

    async def aclose(self) -> None:
        await self.stream.aclose()

    async def start_tls(self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None):
        self.internet.verified.append(server_hostname)
        return self

    def get_extra_info(self, info: str) -> Any:
        return self.stream.get_extra_info(info)


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    made = Site()
    listener = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = listener.sockets[0].getsockname()[1]
    yield made
    listener.close()


@pytest.fixture
def internet(site: Site) -> Internet:
    return Internet(site)


@pytest.fixture
def fetcher(internet: Internet) -> Fetcher:
    return Fetcher(resolve=internet.resolve, network=internet)
