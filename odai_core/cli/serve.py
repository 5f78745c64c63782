"""`odai serve`: run the server until it is told to stop."""

from __future__ import annotations

import asyncio
import errno
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from odai_core.cli.logs import LEVELS
from odai_core.cli.output import example
from odai_core.errors import SetupError

if TYPE_CHECKING:
    import socket


@click.command(epilog=example("odai serve --demo --port 9000"))
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8080, show_default=True, type=click.IntRange(0, 65535), help="0: any free one.")
@click.option("--demo", is_flag=True, help="Connectors without a key answer from sample data.")
@click.option("--log-level", default="info", show_default=True, type=click.Choice(LEVELS))
def command(host: str, port: int, demo: bool, log_level: str) -> None:
    """Run the server. Talk to it at the address it prints; stop it with Ctrl+C."""
    from odai_core.cli import logs
    from odai_core.settings import Settings

    logs.set_up(log_level)
    settings = Settings.load(ODAI_DEMO="1") if demo else Settings.load()
    bound = _listen(host, port)
    try:
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(_serve(settings, host, bound))
    finally:
        bound.close()


async def _serve(settings: Any, host: str, bound: socket.socket) -> None:
    from odai_core.cli.welcome import welcome
    from odai_core.web.app import create_app
    from odai_core.web.serve import is_loopback_bind, serve

    loopback = is_loopback_bind(host)
    # The welcome says of each plugin what the log would; one of them is enough.
    quiet = logging.getLogger("odai.plugins")
    quiet.disabled = True
    try:
        server = create_app(settings, loopback=loopback)
    finally:
        quiet.disabled = False
    port = bound.getsockname()[1]
    await serve(server, bound, ready=lambda: welcome(server, host, port, loopback=loopback))


def _listen(host: str, port: int) -> socket.socket:
    """Take the port, before plugins are loaded. Raises SetupError with what to type instead."""
    from odai_core.web.serve import listen

    try:
        return listen(host, port)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            cause, remedy = f"Port {port} on {host} is taken.", f"Type: odai serve --port {port % 65535 + 1}"
        elif error.errno == errno.EACCES:
            cause, remedy = f"Port {port} is not for ordinary users.", "Type: odai serve --port 8080"
        else:
            cause = f"{host} cannot be listened on: {error.strerror or error}."
            remedy = "Type: odai serve --host 127.0.0.1"
        raise SetupError(cause, remedy) from None


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop
