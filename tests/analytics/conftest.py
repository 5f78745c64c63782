"""A collector on the loopback that answers like Segment's and keeps what it was sent."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest


@dataclass
class Collector:
    host: str = ""
    status: int = 200
    bodies: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    answer: threading.Event = field(default_factory=threading.Event)
    """Cleared: requests are taken and never answered."""
    asked: threading.Event = field(default_factory=threading.Event)

    @property
    def messages(self) -> list[dict[str, Any]]:
        return [message for body in self.bodies for message in body["batch"]]

    @property
    def keys(self) -> set[str]:
        return {base64.b64decode(h["Authorization"].removeprefix("Basic ")).decode() for h in self.headers}


@pytest.fixture
def collector() -> Iterator[Collector]:
    kept = Collector()
    kept.answer.set()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            kept.headers.append({**dict(self.headers.items()), "path": self.path})
            kept.bodies.append(json.loads(body))
            kept.asked.set()
            kept.answer.wait(30)
            self.send_response(kept.status)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *args: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    kept.host = f"http://127.0.0.1:{server.server_port}"
    yield kept
    kept.answer.set()
    server.shutdown()
    server.server_close()
    thread.join(5)
