"""Run the server on Hypercorn until it is told to stop, and then stop well."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import socket
from collections.abc import Callable

from hypercorn.asyncio import serve as hypercorn_serve
from hypercorn.config import Config

from odai_core.web.app import Server
from odai_core.web.auth import is_loopback

log = logging.getLogger("odai.web")

MAX_MESSAGE_BYTES = 1024 * 1024
"""One WebSocket message; Hypercorn would take 16 MiB."""


def listen(host: str, port: int) -> socket.socket:
    """A bound socket; port 0 chooses a free one. Raises OSError when the address is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
        # Two servers can bind one address as long as neither listens; the second must fail here, not later.
        bound.listen()
    except BaseException:
        bound.close()
        raise
    return bound


def is_loopback_bind(host: str) -> bool:
    """Does listening on this name reach no other machine?"""
    return host == "localhost" or is_loopback(host)


async def serve(server: Server, bound: socket.socket, *, ready: Callable[[], None] = lambda: None) -> None:
    """Serve on a bound socket until SIGINT or SIGTERM; calls are drained, everything is closed."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    await serve_until(server, bound, stop, ready=ready)


async def serve_until(
    server: Server, bound: socket.socket, stop: asyncio.Event, *, ready: Callable[[], None] = lambda: None
) -> None:
    """The same without signals: until `stop` is set. Takes the socket over: Hypercorn closes it."""
    config = Config()
    config.websocket_max_message_size = MAX_MESSAGE_BYTES
    config.graceful_timeout = 3.0
    config.include_server_header = False
    config.accesslog = None
    config.errorlog = logging.getLogger("odai.hypercorn")
    try:
        await server.start()
    except BaseException:
        bound.close()
        await server.stop()
        raise
    config.bind = [f"fd://{bound.detach()}"]
    # A full collection walks the SDK's whole heap for 150 ms and more, and no call's audio moves meanwhile.
    gc.collect()
    gc.freeze()

    async def drained() -> None:
        loop = asyncio.get_running_loop()
        loop.call_soon(ready)
        await stop.wait()
        log.info("stopping: %d calls to finish", len(server.admission))
        await server.drain()

    try:
        await hypercorn_serve(server, config, shutdown_trigger=drained)
    finally:
        await server.stop()
        gc.unfreeze()
