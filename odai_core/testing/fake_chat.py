"""A stand-in for an OpenAI-compatible chat service, over real HTTP on loopback: scripted by a test, or by rules.

    async with FakeChat() as service:
        service.answers.append(Answer(calls=[Call("get_weather", {"place": "Ghent"})]))
        service.answers.append(Answer("It is raining in Ghent."))
        ...                                   # a client with base_url=service.url and service.key

It serves /v1/chat/completions and /v1/responses, streamed (server-sent events) and whole. Without a script it works by
rules: a prompt like `weatherapi.get_weather({"place": "Ghent"})` is handed off, called and answered with its output.

`python -m odai_core.testing.fake_chat --port 0` runs one for load tests; the first line printed is its URL.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import signal
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Self

from odai_core.testing.fake_chat_answer import Answer, Call, Trouble, events, failed_event, whole
from odai_core.testing.fake_chat_request import Asked, Line, Step, read, work

__all__ = ["Answer", "Asked", "Call", "FakeChat", "Line", "Step", "Trouble", "next_or_rules"]

DIALECTS = {"/v1/chat/completions": "chat", "/v1/responses": "responses"}
MAX_BODY = 64 * 1024 * 1024
_BATCH = 32 * 1024
"""Bytes written at once when there is no pause between pieces."""

Script = Callable[["FakeChat", Asked], "Answer | Trouble"]


def next_or_rules(service: FakeChat, asked: Asked) -> Answer | Trouble:
    """The next of `service.answers`; when there is none, by rules; when they say nothing, `service.default`."""
    if service.answers:
        return service.answers.popleft()
    return work(asked, service.rules) or service.default


class FakeChat:
    """The server. `key=None` lets everybody in; `delta_seconds` is the pause before each piece of an answer."""

    def __init__(
        self,
        *,
        key: str | None = "sk-test-key",
        port: int = 0,
        default: Answer | None = None,
        rules: Mapping[str, Sequence[Step]] | None = None,
        script: Script = next_or_rules,
        delta_seconds: float = 0.0,
        keep: bool = True,
    ) -> None:
        self.key = key
        self.default = default or Answer("Certainly, here it is.")
        self.rules = rules or {}
        self.script = script
        self.delta_seconds = delta_seconds
        self.answers: deque[Answer | Trouble] = deque()
        self.requests: list[Asked] = []
        """What was asked, refused requests included; only the number grows with `keep=False`."""
        self.served = 0
        self.open = 0
        """Connections now."""
        self.most = 0
        """Answers under way at once, at most."""
        self.left = asyncio.Event()
        """A client has gone in the middle of an answer."""
        self._keep = keep
        self._port = port
        self._running = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", self._port, backlog=1024)
        return self

    async def __aexit__(self, *exc: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def url(self) -> str:
        """The base URL for a client: `http://127.0.0.1:port/v1`."""
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/v1"

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.open += 1
        try:
            while await self._serve(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        except asyncio.CancelledError:
            pass  # we end it, and asyncio.streams of 3.11 complains about a cancelled handler
        finally:
            self.open -= 1
            self._tasks.discard(task)
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """One request; False when the connection is over."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
        length = int(headers.get("content-length") or 0)
        if length > MAX_BODY:
            return False
        body = await reader.readexactly(length)
        dialect = DIALECTS.get(head[0].split(" ")[1])
        self.served += 1
        if dialect is None:
            return _respond(writer, 404, b'{"error": {"message": "Unknown request URL"}}')
        try:
            asked = read(dialect, json.loads(body), headers)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            fault = json.dumps({"error": {"message": str(error), "type": "invalid_request_error"}})
            return _respond(writer, 400, fault.encode())
        if self._keep:
            self.requests.append(asked)
        if self.key is not None and asked.key != self.key:
            return _respond(writer, 401, Trouble("status", 401, "invalid_api_key").body())
        self._running += 1
        self.most = max(self.most, self._running)
        try:
            return await self._answer(self.script(self, asked), asked, writer)
        except ConnectionError:
            self.left.set()
            raise
        finally:
            self._running -= 1

    async def _answer(self, answer: Answer | Trouble, asked: Asked, writer: asyncio.StreamWriter) -> bool:
        if isinstance(answer, Trouble):
            return await self._trouble(answer, asked, writer)
        if not asked.stream:
            return _respond(writer, 200, whole(answer, asked.dialect, asked.model))
        _begin(writer)
        pause = self.delta_seconds if answer.seconds is None else answer.seconds
        await _stream(writer, events(answer, asked.dialect, asked.model, asked.wants_usage), pause)
        writer.write(b"0\r\n\r\n")
        await writer.drain()
        return True

    async def _trouble(self, trouble: Trouble, asked: Asked, writer: asyncio.StreamWriter) -> bool:
        if trouble.kind == "status":
            extra = "" if trouble.retry_after is None else f"Retry-After: {trouble.retry_after:g}\r\n"
            return _respond(writer, trouble.status, trouble.body(), extra)
        if trouble.kind == "silent":
            await asyncio.Event().wait()
        _begin(writer)
        some = [*events(Answer("One two three four five."), asked.dialect, asked.model, False)][: 2 + trouble.after]
        if trouble.kind == "huge":
            await _huge(writer)
        if trouble.kind == "empty":
            some = [
                b'data: {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": []}\n\n'
            ]
            some.append(b"data: [DONE]\n\n")
        await _stream(writer, some, 0)
        if trouble.kind == "slow_head":
            await asyncio.Event().wait()
        if trouble.kind == "cut":
            await writer.drain()
            return False
        if trouble.kind == "garbage":
            await _stream(writer, [b'data: {"id": "x", "choices": [{"delta": {"cont\n\n'], 0)
        if trouble.kind == "error":
            await _stream(writer, [b"data: %b\n\n" % trouble.body()], 0)
        if trouble.kind == "failed":
            await _stream(writer, [failed_event(asked.model)], 0)
        writer.write(b"0\r\n\r\n")
        await writer.drain()
        return True


def _respond(writer: asyncio.StreamWriter, status: int, body: bytes, extra: str = "") -> bool:
    head = f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\nContent-Type: application/json\r\n{extra}"
    writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
    return True


def _begin(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")


async def _stream(writer: asyncio.StreamWriter, pieces: Iterable[bytes], pause: float) -> None:
    waiting, size = [], 0
    for piece in pieces:
        waiting.append(b"%x\r\n%b\r\n" % (len(piece), piece))
        size += len(piece)
        if pause or size > _BATCH:
            writer.write(b"".join(waiting))
            await writer.drain()
            waiting, size = [], 0
            if pause:
                await asyncio.sleep(pause)
    writer.write(b"".join(waiting))
    await writer.drain()


async def _huge(writer: asyncio.StreamWriter) -> None:
    """One line that does not end, until the client has had enough."""
    writer.write(b'7\r\ndata: "\r\n')
    block = b"10000\r\n" + b"a" * 65536 + b"\r\n"
    while not writer.transport.is_closing():
        writer.write(block)
        await writer.drain()
    raise ConnectionResetError


async def _main(options: argparse.Namespace) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    text = " ".join(f"word{number}" for number in range(options.deltas))
    pause = 1 / options.rate if options.rate else 0.0
    default = Answer(text, cached_tokens=options.cached)
    async with FakeChat(
        key=options.key, port=options.port, default=default, delta_seconds=pause, keep=False
    ) as service:
        print(service.url, flush=True)
        await stop.wait()


def main() -> None:
    """Serve until interrupted; the first line printed is the base URL."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--key", default=None, help="refuse other keys (default: let everybody in)")
    parser.add_argument("--deltas", type=int, default=100, help="pieces of each answer")
    parser.add_argument("--rate", type=float, default=0.0, help="pieces a second; 0: at once")
    parser.add_argument("--cached", type=int, default=0, help="cached ones of 100 input tokens")
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_main(parser.parse_args()))


if __name__ == "__main__":
    main()
