"""What a telephone call costs: ours beside the Agents SDK's own Twilio example pattern, in one run.

    python benchmarks/calls.py [--calls 20 60] [--seconds 10] [--deflate]

A real server process pinned to one core; on the other core this process plays Twilio (50 frames a second and call) and
OpenAI (speaking half of the time, 40 ms deltas in real time). Time stamps travel inside the audio, which both servers
pass through untouched, so the added latency is measured from socket to socket, each way. Prints figures and ratios.
With --deflate OpenAI's side compresses for whoever offers it, as servers do by default; without, it never does.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import os
import statistics
import struct
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from processes import free_port, running, spent
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

HERE = Path(__file__).parent
KEY = "benchmark"
MAGIC = b"\x01\x02\x03\x05\x07\x0b"
STAMP = struct.Struct(">6sQ")
FRAME, DELTA_MS, TURN_S = 160, 40, 2.0


def stamped(size: int) -> bytes:
    """`size` bytes of audio that say when they were sent."""
    return STAMP.pack(MAGIC, time.monotonic_ns()).ljust(size, b"\xff")


class Stamps:
    """Finds stamps in a stream of audio that may be cut anywhere."""

    def __init__(self, into: list[float]) -> None:
        self.into = into
        self.rest = b""

    def take(self, data: bytes) -> None:
        now = time.monotonic_ns()
        data = self.rest + data
        at = data.find(MAGIC)
        while at >= 0 and at + STAMP.size <= len(data):
            self.into.append((now - STAMP.unpack_from(data, at)[1]) / 1e6)
            at = data.find(MAGIC, at + STAMP.size)
        self.rest = data[-STAMP.size + 1 :] if at < 0 else data[at:]


@dataclass
class Measured:
    """Milliseconds each way, and what the server spent."""

    up: list[float] = field(default_factory=list)
    down: list[float] = field(default_factory=list)
    cpu: float = 0.0
    rss_kb: float = 0.0


class Upstream:
    """The least that is a realtime service: it configures, listens, and speaks half of the time."""

    def __init__(self, measured: Measured) -> None:
        self.measured = measured
        self.tasks: set[asyncio.Task[None]] = set()

    async def handle(self, peer: ServerConnection) -> None:
        await self.send(peer, "session.created", session={"id": "s", "type": "realtime"})
        stamps = Stamps(self.measured.up)
        speaker = asyncio.create_task(self.speak(peer))
        self.tasks.add(speaker)
        try:
            async for text in peer:
                message = json.loads(text)
                if message["type"] == "input_audio_buffer.append":
                    stamps.take(base64.b64decode(message["audio"]))
                elif message["type"] == "session.update":
                    await self.send(peer, "session.updated", session=message["session"])
        except ConnectionClosed:
            pass
        finally:
            speaker.cancel()
            self.tasks.discard(speaker)

    async def speak(self, peer: ServerConnection) -> None:
        number = 0
        with suppress(ConnectionClosed):
            while True:
                await asyncio.sleep(TURN_S)
                number += 1
                await self.answer(peer, f"r{number}", f"i{number}")

    async def answer(self, peer: ServerConnection, response_id: str, item_id: str) -> None:
        response: dict[str, Any] = {
            "id": response_id,
            "object": "realtime.response",
            "status": "in_progress",
            "output": [],
        }
        item = {"id": item_id, "type": "message", "role": "assistant", "status": "in_progress", "content": []}
        await self.send(peer, "response.created", response=response)
        await self.send(peer, "response.output_item.added", response_id=response_id, output_index=0, item=item)
        where = {"response_id": response_id, "item_id": item_id, "output_index": 0, "content_index": 0}
        due = time.monotonic()
        for _ in range(int(TURN_S * 1000 / DELTA_MS)):
            audio = base64.b64encode(stamped(DELTA_MS * 8)).decode()
            await self.send(peer, "response.output_audio.delta", delta=audio, **where)
            due += DELTA_MS / 1000
            await asyncio.sleep(max(0.0, due - time.monotonic()))
        await self.send(peer, "response.output_audio.done", **where)
        await self.send(peer, "response.done", response=response | {"status": "completed"})

    @staticmethod
    async def send(peer: ServerConnection, kind: str, **fields: Any) -> None:
        await peer.send(json.dumps({"type": kind, "event_id": "e", **fields}))


async def telephone(url: str, parameters: dict[str, str], number: int, stop: asyncio.Event, measured: Measured) -> None:
    """One caller as Twilio carries it: frames in real time, marks returned."""
    sid = f"MZ{number:032x}"
    start: dict[str, Any] = {
        "event": "start",
        "sequenceNumber": "1",
        "streamSid": sid,
        "start": {
            "streamSid": sid,
            "accountSid": "AC" + "0" * 32,
            "callSid": f"CA{number:032x}",
            "tracks": ["inbound"],
            "customParameters": parameters,
            "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
        },
    }
    async with connect(url, compression=None, max_size=None) as peer:
        await peer.send(json.dumps({"event": "connected", "protocol": "Call", "version": "1.0.0"}))
        await peer.send(json.dumps(start))
        listening = asyncio.create_task(listen(peer, sid, measured))
        due, frame = time.monotonic(), 0
        try:
            while not stop.is_set():
                payload = base64.b64encode(stamped(FRAME) if frame % 7 == 0 else b"\xff" * FRAME).decode()
                media = (
                    f'{{"event":"media","sequenceNumber":"{frame + 2}","streamSid":"{sid}","media":{{"track":"inbound",'
                )
                await peer.send(f'{media}"chunk":"{frame + 1}","timestamp":"{frame * 20}","payload":"{payload}"}}}}')
                frame += 1
                due += 0.02
                await asyncio.sleep(max(0.0, due - time.monotonic()))
            await peer.send(
                json.dumps({"event": "stop", "streamSid": sid, "stop": {"callSid": start["start"]["callSid"]}})
            )
        finally:
            listening.cancel()


async def listen(peer: Any, sid: str, measured: Measured) -> None:
    stamps = Stamps(measured.down)
    async for text in peer:
        message = json.loads(text)
        if message["event"] == "media":
            stamps.take(base64.b64decode(message["media"]["payload"]))
        elif message["event"] == "mark":
            await peer.send(
                json.dumps({"event": "mark", "sequenceNumber": "1", "streamSid": sid, "mark": message["mark"]})
            )


def ticket(port: int, number: int) -> dict[str, str]:
    """Ring our webhook, as Twilio does, and read the parameters it hands out."""
    form = f"CallSid=CA{number:032x}&From=%2B15550100&To=%2B15550101&AccountSid=AC{'0' * 32}".encode()
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/twilio/incoming", form, timeout=10) as answer:
        root = ElementTree.fromstring(answer.read())
    return {each.attrib["name"]: each.attrib["value"] for each in root.iter("Parameter")}


@contextmanager
def server(name: str, port: int, upstream: str) -> Iterator[subprocess.Popen[bytes]]:
    """The server under test, on core 0."""
    if name == "odai":
        command = [str(Path(sys.executable).parent / "odai"), "serve", "--port", str(port), "--log-level", "error"]
    else:
        command = [
            sys.executable,
            str(HERE / "sdk_pattern.py"),
            "--port",
            str(port),
            "--upstream",
            upstream,
            "--key",
            KEY,
        ]
    environment = os.environ | {
        "OPENAI_API_KEY": KEY,
        "OPENAI_REALTIME_URL": upstream,
        "OPENAI_AGENTS_DISABLE_TRACING": "1",
        "ODAI_MODEL": "openai",
        "ODAI_TWILIO_VALIDATE": "0",
        "ODAI_MAX_CALLS": "2000",
    }
    with (
        tempfile.TemporaryDirectory() as folder,
        running(command, port, folder=folder, environment=environment) as process,
    ):
        yield process


async def measure(name: str, calls: int, seconds: float, deflate: bool = False) -> Measured:
    measured = Measured()
    upstream = Upstream(measured)
    compression = "deflate" if deflate else None
    async with serve(upstream.handle, "127.0.0.1", 0, compression=compression, max_size=None) as listening:
        upstream_url = f"ws://127.0.0.1:{next(iter(listening.sockets)).getsockname()[1]}/v1/realtime"
        port = free_port()
        with await asyncio.to_thread(enter, server(name, port, upstream_url)) as process:
            idle_rss = spent(process.pid)[1]
            stop = asyncio.Event()
            lines = []
            for number in range(calls):
                parameters = await asyncio.to_thread(ticket, port, number) if name == "odai" else {}
                url = f"ws://127.0.0.1:{port}/twilio/connect"
                lines.append(asyncio.create_task(telephone(url, parameters, number, stop, measured)))
                await asyncio.sleep(0.03)
            await asyncio.sleep(2 * TURN_S)
            measured.up.clear()
            measured.down.clear()
            before, started = spent(process.pid)[0], time.monotonic()
            await asyncio.sleep(seconds)
            after, rss = spent(process.pid)
            measured.cpu = (after - before) / calls / (time.monotonic() - started) * 1000
            measured.rss_kb = (rss - idle_rss) / calls
            stop.set()
            await asyncio.gather(*lines, return_exceptions=True)
    return measured


class enter:
    """Enter a blocking context manager in the thread that makes this object."""

    def __init__(self, manager: Any) -> None:
        self.manager = manager
        self.value = manager.__enter__()

    def __enter__(self) -> Any:
        return self.value

    def __exit__(self, *error: Any) -> Any:
        return self.manager.__exit__(*error)


def quantile(values: list[float], share: float) -> float:
    return statistics.quantiles(values, n=100)[round(share * 100) - 1] if len(values) > 1 else float("nan")


def show(rows: list[tuple[str, int, Measured]]) -> None:
    head = ("server", "calls", "cpu ms/call-s", "up p50", "up p99", "down p50", "down p99", "kB/call", "samples")
    print("".join(f"{word:>14}" for word in head))
    for name, calls, m in rows:
        figures = (
            m.cpu,
            quantile(m.up, 0.5),
            quantile(m.up, 0.99),
            quantile(m.down, 0.5),
            quantile(m.down, 0.99),
            m.rss_kb,
        )
        print(
            f"{name:>14}{calls:>14}"
            + "".join(f"{figure:>14.2f}" for figure in figures)
            + f"{len(m.up) + len(m.down):>14}"
        )
    print("\nours / SDK pattern (below 1: ours is cheaper or faster)")
    for ours, theirs in zip(rows[::2], rows[1::2], strict=True):
        a, b = ours[2], theirs[2]
        ratios = {
            "cpu": a.cpu / b.cpu,
            "up p50": quantile(a.up, 0.5) / quantile(b.up, 0.5),
            "up p99": quantile(a.up, 0.99) / quantile(b.up, 0.99),
            "down p50": quantile(a.down, 0.5) / quantile(b.down, 0.5),
            "down p99": quantile(a.down, 0.99) / quantile(b.down, 0.99),
            "memory": a.rss_kb / b.rss_kb,
        }
        print(f"  {ours[1]:>4} calls: " + ", ".join(f"{name} {ratio:.2f}" for name, ratio in ratios.items()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, nargs="+", default=[20, 60])
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--deflate", action="store_true", help="OpenAI's side accepts permessage-deflate")
    options = parser.parse_args()
    if (os.cpu_count() or 1) > 1:
        os.sched_setaffinity(0, {1})
    rows = [
        (name, calls, asyncio.run(measure(name, calls, options.seconds, options.deflate)))
        for calls in options.calls
        for name in ("odai", "sdk-pattern")
    ]
    show(rows)


if __name__ == "__main__":
    main()
