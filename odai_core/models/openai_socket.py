"""How a socket to the model's server is opened: one TLS context for all calls, no compression, every wait bounded."""

from __future__ import annotations

import ssl
from functools import cache

from websockets.asyncio.client import ClientConnection, connect

MAX_FRAME_BYTES = 8 * 1024 * 1024
PING_S = 10.0
CLOSE_HANDSHAKE_S = 1.0


@cache
def shared_ssl_context() -> ssl.SSLContext:
    """The one TLS context of this process. A new one costs a call 20 ms of blocked event loop and 0.8 MB."""
    return ssl.create_default_context()


async def open_socket(url: str, headers: dict[str, str], timeout: float) -> ClientConnection:
    """Connect within `timeout` seconds; raises what websockets raises.

    A silent server is noticed after at most 20 s (a ping each 10 s, 10 s for its answer).
    """
    return await connect(
        url,
        additional_headers=headers,
        user_agent_header="odai-core",
        ssl=shared_ssl_context() if url.startswith("wss:") else None,
        # Deflate costs 90 us a delta and base64 audio does not shrink.
        compression=None,
        open_timeout=timeout,
        ping_interval=PING_S,
        ping_timeout=PING_S,
        close_timeout=CLOSE_HANDSHAKE_S,
        max_size=MAX_FRAME_BYTES,
    )
