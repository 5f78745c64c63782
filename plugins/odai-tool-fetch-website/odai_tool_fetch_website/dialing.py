"""Connecting to a name: every address it has is checked, and the connection goes to a checked one and nowhere else.

The name is looked up once, here, and what is dialled is an address: no second look-up could answer otherwise (DNS
rebinding). TLS still verifies the name, which httpcore2 keeps for itself.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import httpcore2
from httpcore2 import AnyIOBackend, AsyncNetworkBackend, AsyncNetworkStream

from odai_tool_fetch_website.addresses import Address, is_public, parse
from odai_tool_fetch_website.target import Unreachable, refused

CONNECT_SECONDS = 3.0
"""For the look-up and all attempts to connect."""
ATTEMPTS = 3
"""Addresses of one name that are tried."""

Resolve = Callable[[str, int], Awaitable[list[str]]]
"""A name and a port -> its addresses, as text. Raises OSError."""


class PublicBackend(AsyncNetworkBackend):
    """The network as httpcore2 sees it: only public addresses, TCP only. `resolve` and `network` are for tests."""

    def __init__(self, *, resolve: Resolve | None = None, network: AsyncNetworkBackend | None = None) -> None:
        self._resolve = resolve or resolve_name
        self._network = network or AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> AsyncNetworkStream:
        """Raises `ToolError("bad_request")` when one of the addresses is not public, and httpcore2's errors."""
        try:
            async with asyncio.timeout(timeout or CONNECT_SECONDS):
                return await self._first(await self._checked(host, port), port)
        except TimeoutError:
            raise httpcore2.ConnectTimeout("too slow to connect") from None

    async def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> AsyncNetworkStream:
        """Never."""
        raise refused()

    async def sleep(self, seconds: float) -> None:
        await self._network.sleep(seconds)

    async def _checked(self, host: str, port: int) -> list[Address]:
        literal = parse(host)
        try:
            texts = [host] if literal is not None else await self._resolve(host, port)
        except (OSError, UnicodeError):
            texts = []
        if not texts:
            raise Unreachable("not_found", "I couldn't find that website.")
        addresses = [parse(text) for text in texts]
        # One private address among public ones is what a rebinding name looks like: such a name is not opened at all.
        found = [address for address in addresses if address is not None and is_public(address)]
        if len(found) < len(addresses):
            raise refused()
        return found

    async def _first(self, addresses: list[Address], port: int) -> AsyncNetworkStream:
        failed: Exception = httpcore2.ConnectError("no address")
        for address in addresses[:ATTEMPTS]:
            try:
                return await self._network.connect_tcp(str(address), port)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failed = error
        raise failed


async def resolve_name(host: str, port: int) -> list[str]:
    """Its addresses from the system's resolver."""
    found = await asyncio.get_running_loop().run_in_executor(
        _resolvers(), lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    )
    return list(dict.fromkeys(str(where[0]) for *_, where in found))


@cache
def _resolvers() -> ThreadPoolExecutor:
    """Threads of our own: a slow name server must not keep the process's other threads busy."""
    return ThreadPoolExecutor(max_workers=4, thread_name_prefix="odai-fetch-dns")
