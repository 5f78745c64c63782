"""What a chat costs: ours beside the Agents SDK's bare `run_streamed`, on the same stand-in, in one run.

    python benchmarks/chat.py [--turns 40] [--deltas 500] [--chats 1000]

Three ways, each a process of its own pinned to one core; on the other core this process is the model's service, which
answers at once with as many deltas as asked for, and the people who chat:
- odai: `odai serve` with every installed connector as a hand-off, SQLite for the history, a token, the ledger;
- socket: `run_streamed` behind the plainest Quart WebSocket (`bare_chat.py`), nothing kept, nobody asked who they are;
- bare: `run_streamed` in a loop, without any server.
Prints the time from the prompt to the first delta, processor time for 1,000 deltas, and memory for an idle chat, with
ratios. The service itself adds no waiting, so all of the time is the server's and the SDK's.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from processes import free_port, running, spent
from websockets.asyncio.client import ClientConnection, connect

from odai_core import Secret
from odai_core.web.auth import Signer, Tokens

HERE = Path(__file__).parent
PAUSE = 0.03
"""Seconds between the first delta and the others."""
SECRET = secrets.token_hex(16)


@dataclass
class Measured:
    """Milliseconds to the first delta, processor milliseconds for 1,000 deltas, kB for an idle chat."""

    firsts: list[float] = field(default_factory=list)
    cpu: float = float("nan")
    idle_kb: float = float("nan")
    used_kb: float = float("nan")


class Service:
    """The least that is an OpenAI-compatible chat service: `deltas` pieces of text, usage, done."""

    def __init__(self, deltas: int) -> None:
        chunk = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "benchmark"}

        def event(delta: dict[str, Any], finish: str | None = None) -> bytes:
            choice = {"index": 0, "delta": delta, "finish_reason": finish}
            return b"data: " + json.dumps({**chunk, "choices": [choice]}).encode() + b"\n\n"

        usage = {"prompt_tokens": 100, "completion_tokens": deltas, "total_tokens": 100 + deltas}
        pieces = [event({"role": "assistant", "content": "Well, "})]
        pieces += [event({"content": f"word{number} "}) for number in range(deltas - 1)]
        pieces += [
            event({}, "stop"),
            b"data: " + json.dumps({**chunk, "choices": [], "usage": usage}).encode() + b"\n\n",
        ]
        pieces += [b"data: [DONE]\n\n"]
        chunks = [b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces]
        self.first = (
            b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks[0]
        )
        self.rest = b"".join(chunks[1:]) + b"0\r\n\r\n"
        whole = {**chunk, "object": "chat.completion", "usage": usage}
        whole["choices"] = [
            {"index": 0, "message": {"role": "assistant", "content": "A title"}, "finish_reason": "stop"}
        ]
        self.plain = json.dumps(whole).encode()

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
                body = await reader.readexactly(int(length[1]) if length else 0)
                if json.loads(body or b"{}").get("stream"):
                    writer.write(self.first)
                    # Apart from the rest, or the SDK works through all of it before it tells of the first.
                    await asyncio.sleep(PAUSE)
                    writer.write(self.rest)
                else:
                    writer.write(
                        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
                        % (len(self.plain), self.plain)
                    )
                await writer.drain()
        writer.close()


@contextmanager
def server(name: str, port: int, upstream: str) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, str(HERE / "bare_chat.py"), "--port", str(port), "--upstream", upstream]
    if name == "odai":
        command = [str(Path(sys.executable).with_name("odai")), "serve", "--demo", "--port", str(port)]
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {
            "ODAI_DATA_DIR": folder,
            "ODAI_SECRET": SECRET,
            "ODAI_TEXT_PLUGIN": "compatible",
            "ODAI_TEXT_BASE_URL": upstream,
            "ODAI_TEXT_MODEL": "benchmark",
            "ODAI_MAX_CHATS": "5000",
        }
        with running(command, port, folder=folder, environment=environment, quiet=True) as process:
            yield process


async def turn(chat: ClientConnection) -> tuple[float, int]:
    """Milliseconds to the first delta, and the characters that came. Ends at end_of_stream."""
    started, first, characters = time.monotonic_ns(), 0, 0
    await chat.send("Tell me something.")
    while True:
        frame = json.loads(await asyncio.wait_for(chat.recv(), 60))
        if frame["type"] == "raw_response_event":
            first = first or time.monotonic_ns()
            characters += len(frame["delta"])
        elif frame["type"] == "error":
            raise SystemExit(f"the server answered: {frame}")
        elif frame["type"] == "end_of_stream":
            return (first - started) / 1e6, characters


async def measure(name: str, port: int, process: subprocess.Popen[bytes], options: argparse.Namespace) -> Measured:
    measured = Measured()
    tokens = Tokens(Signer(Secret(SECRET)))

    def dial(number: int) -> Any:
        # A user of ours may not have all the sockets there are.
        token = tokens.mint(f"bench-{number % 250}")
        url = f"ws://127.0.0.1:{port}/chats/bench-{secrets.token_hex(4)}-{number}?token={token}"
        return connect(url, max_size=None, compression=None, open_timeout=30)

    async with AsyncExitStack() as open_chats:
        async with dial(0) as chat:
            for _ in range(3):
                await turn(chat)
        before = spent(process.pid)[0]
        for number in range(options.turns):  # a new chat each: history would make later turns longer
            async with dial(number) as chat:
                first, characters = await turn(chat)
                measured.firsts.append(first)
                if characters < options.deltas * 5:
                    raise SystemExit(f"{name} left out part of an answer")
        measured.cpu = (spent(process.pid)[0] - before) * 1e6 / (options.turns * options.deltas)
        settled = spent(process.pid)[1]
        chats = [await open_chats.enter_async_context(dial(number)) for number in range(options.chats)]
        await asyncio.sleep(2)
        measured.idle_kb = (spent(process.pid)[1] - settled) / options.chats
        for chat in chats:
            await turn(chat)
        await asyncio.sleep(2)
        measured.used_kb = (spent(process.pid)[1] - settled) / options.chats
    return measured


async def alone(port: int, options: argparse.Namespace) -> Measured:
    """The SDK without a socket, in the process of `bare_chat.py`."""

    def ask(turns: int) -> Any:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/bare?turns={turns}", timeout=600) as answer:
            return json.load(answer)

    await asyncio.to_thread(ask, 3)
    told = await asyncio.to_thread(ask, options.turns)
    return Measured(firsts=told["firsts"], cpu=told["cpu"] * 1e6 / told["deltas"])


def show(rows: dict[str, Measured], options: argparse.Namespace) -> None:
    heads = ("", "first delta p50", "p95 (ms)", "CPU ms/1,000 deltas", "kB/idle chat", "kB/chat after a turn")
    print("".join(f"{head:>22}" for head in heads))
    for name, m in rows.items():
        figures = (statistics.median(m.firsts), statistics.quantiles(m.firsts, n=20)[18], m.cpu, m.idle_kb, m.used_kb)
        print(f"{name:>22}" + "".join(f"{figure:>22.2f}" for figure in figures))
    ours, plain, bare = rows["odai"], rows["socket"], rows["bare"]
    first, plainly, barely = (statistics.median(m.firsts) for m in (ours, plain, bare))
    print(
        f"\nadded to the first delta: {first - barely:.1f} ms over the bare SDK, {first - plainly:.1f} over the socket"
    )
    print(f"CPU for 1,000 deltas: ours / bare {ours.cpu / bare.cpu:.2f}, ours / socket {ours.cpu / plain.cpu:.2f}")
    print(f"memory of an idle chat: ours / socket {ours.idle_kb / plain.idle_kb:.2f}")


async def run(options: argparse.Namespace) -> dict[str, Measured]:
    service = await asyncio.start_server(Service(options.deltas).handle, "127.0.0.1", 0)
    upstream = f"http://127.0.0.1:{service.sockets[0].getsockname()[1]}/v1"
    rows: dict[str, Measured] = {}
    for name in ("odai", "socket"):
        port = free_port()
        manager = server(name, port, upstream)
        process = await asyncio.to_thread(manager.__enter__)
        try:
            rows[name] = await measure(name, port, process, options)
            if name == "socket":
                rows["bare"] = await alone(port, options)
        finally:
            await asyncio.to_thread(manager.__exit__, None, None, None)
    service.close()
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=40)
    parser.add_argument("--deltas", type=int, default=500)
    parser.add_argument("--chats", type=int, default=1000)
    options = parser.parse_args()
    if (os.cpu_count() or 1) > 1:
        os.sched_setaffinity(0, {1})
    show(asyncio.run(run(options)), options)


if __name__ == "__main__":
    main()
