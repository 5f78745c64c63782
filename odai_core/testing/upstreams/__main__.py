"""`python -m odai_core.testing.upstreams --port 9000`: the stand-in on its own, until interrupted."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import functools
from collections.abc import Callable

from odai_core.testing.upstreams import UpstreamServer


async def run(port: int, key: str, latency: float, tell: Callable[[str], object]) -> None:
    """Serve, and tell the settings that point the connectors here."""
    async with UpstreamServer(port=port, key=key, latency=latency) as server:
        for setting, value in (
            ("YELP_BASE_URL", server.url("yelp")),
            ("YELP_API_KEY", key),
            ("FLIGHTAWARE_BASE_URL", server.url("flightaware")),
            ("FLIGHTAWARE_API_KEY", key),
            ("AMTRAKER_BASE_URL", server.url("amtrak")),
        ):
            tell(f"{setting}={value}")
        await server.wait()


def main() -> None:
    """Read the arguments and serve."""
    parser = argparse.ArgumentParser(prog="python -m odai_core.testing.upstreams", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--key", default="test-key", help="the key every service accepts")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds before every answer")
    given = parser.parse_args()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(run(given.port, given.key, given.latency, functools.partial(print, flush=True)))


if __name__ == "__main__":  # pragma: no cover
    main()
