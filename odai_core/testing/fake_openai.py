"""A stand-in for OpenAI's realtime server: the GA protocol over a real WebSocket on loopback, scripted by a test.

    async with FakeOpenAI() as server:
        server.replies.append(Reply("It is raining in Ghent."))
        ...                                   # connect a client to server.url with server.key
        connection = await server.connection()
        await connection.user_speaks("How is the weather?")

`python -m odai_core.testing.fake_openai --port 9000` runs one for load tests.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
from collections import deque
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Self

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from odai_core.testing.fake_openai_answer import FunctionCall, Reply
from odai_core.testing.fake_openai_call import FakeConnection

__all__ = ["FakeConnection", "FakeOpenAI", "FunctionCall", "Reply", "say_or_next"]

Script = Callable[["FakeOpenAI", Mapping[str, Any]], Reply]


def say_or_next(server: FakeOpenAI, response: Mapping[str, Any]) -> Reply:
    """What is answered unless a test sets `server.script`.

    A response.create whose metadata names `say` is spoken word for word; else the next of `server.replies`, and
    when there is none, `server.default`.
    """
    said = (response.get("metadata") or {}).get("say")
    if said:
        return Reply(said)
    return server.replies.popleft() if server.replies else server.default


class FakeOpenAI:
    """The server. `key=None` lets everybody in; `turn_every_ms` makes a caller's turn of each so much audio."""

    def __init__(
        self,
        *,
        key: str | None = "test-key",
        host: str = "127.0.0.1",
        port: int = 0,
        default: Reply | None = None,
        script: Script = say_or_next,
        keep_audio: bool = True,
        turn_every_ms: int | None = None,
    ) -> None:
        self.key = key
        self.default = default or Reply("Certainly.")
        self.script = script
        self.keep_audio = keep_audio
        self.turn_every_ms = turn_every_ms
        self.replies: deque[Reply] = deque()
        self.connections: list[FakeConnection] = []
        self._address = (host, port)
        self._server: Server | None = None
        self._arrived = asyncio.Condition()

    async def __aenter__(self) -> Self:
        host, port = self._address
        self._server = await serve(
            self._serve, host, port, process_request=self._authorize, max_size=16 * 1024 * 1024, close_timeout=1
        )
        return self

    async def __aexit__(self, *exc: object) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    @property
    def port(self) -> int:
        """The port it listens on."""
        assert self._server is not None
        return int(next(iter(self._server.sockets)).getsockname()[1])

    @property
    def url(self) -> str:
        """Where a client connects: `ws://host:port/v1/realtime`."""
        return f"ws://{self._address[0]}:{self.port}/v1/realtime"

    async def connection(self, number: int = 1, *, timeout: float = 5) -> FakeConnection:
        """The `number`-th connection since the start, as soon as it is there."""
        async with asyncio.timeout(timeout), self._arrived:
            await self._arrived.wait_for(lambda: len(self.connections) >= number)
        return self.connections[number - 1]

    def _authorize(self, socket: ServerConnection, request: Request) -> Response | None:
        if self.key is None or request.headers.get("Authorization") == f"Bearer {self.key}":
            return None
        return socket.respond(HTTPStatus.UNAUTHORIZED, "Incorrect API key provided.\n")

    async def _serve(self, socket: ServerConnection) -> None:
        connection = FakeConnection(
            socket,
            lambda response: self.script(self, response),
            keep_audio=self.keep_audio,
            turn_every_ms=self.turn_every_ms,
        )
        async with self._arrived:
            self.connections.append(connection)
            self._arrived.notify_all()
        try:
            await connection.run()
        except ConnectionClosed:
            pass
        finally:
            if not self.keep_audio:
                self.connections.remove(connection)


async def _main(options: argparse.Namespace) -> None:
    reply = Reply("Load.", audio_ms=options.audio_ms, frame_ms=options.frame_ms, speed=options.speed)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    server = FakeOpenAI(
        key=options.key, port=options.port, default=reply, keep_audio=False, turn_every_ms=options.turn_every_ms
    )
    async with server:
        print(server.url, flush=True)
        await stop.wait()


def main() -> None:
    """Serve until interrupted; the first line printed is the URL."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--key", default=None, help="refuse other keys (default: let everybody in)")
    parser.add_argument("--audio-ms", type=int, default=2000, help="length of each answer")
    parser.add_argument("--frame-ms", type=int, default=100, help="audio in each delta")
    parser.add_argument("--speed", type=float, default=1.0, help="times real time; 0: at once")
    parser.add_argument("--turn-every-ms", type=int, default=None, help="answer after each so much of caller's audio")
    asyncio.run(_main(parser.parse_args()))


if __name__ == "__main__":
    main()
