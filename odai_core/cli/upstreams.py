"""`odai upstreams`: a stand-in for the services behind the connectors, with no key and no network."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from odai_core.cli.output import example

if TYPE_CHECKING:
    from odai_core.testing.upstreams import UpstreamServer


@click.command(epilog=example("odai upstreams --latency 0.3"))
@click.option("--port", default=9090, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one.")
@click.option("--key", default="test-key", show_default=True, help="The key every service accepts.")
@click.option("--latency", default=0.0, show_default=True, type=click.FloatRange(0, 60), help="Seconds per answer.")
def command(port: int, key: str, latency: float) -> None:
    """Serve invented answers of every service on 127.0.0.1, and print the settings that lead there.

    POST /control {"service": "yelp", "faults": ["429"], "latency": 0.5} makes it fail.
    """
    from odai_core.testing.upstreams import UpstreamServer

    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(run(UpstreamServer(port=port, key=key, latency=latency), click.echo))


async def run(server: UpstreamServer, tell: Callable[[str], object]) -> None:
    """Serve until cancelled. Raises SetupError when the port is taken."""
    from odai_core.errors import SetupError

    try:
        await server.__aenter__()
    except OSError as error:
        raise SetupError(
            f"The port cannot be used: {error.strerror}.", "Choose another: odai upstreams --port 0"
        ) from None
    try:
        values = [value for service in server.services for value in server.values(service).items()]
        for name, value in dict(values).items():
            tell(f"{name}={value}")
        await server.wait()
    finally:
        await server.__aexit__(None, None, None)
