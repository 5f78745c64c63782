"""The ways a service fails, each as one answer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Literal, get_args

from quart import Response

from odai_core.testing.upstreams.service import JSON, Reply, Service

Fault = Literal[
    "400", "401", "402", "403", "404", "422", "429", "500", "502", "503", "504",
    "html", "garbage", "empty", "truncated", "huge", "deep", "redirect", "slow",
]  # fmt: skip
FAULTS: tuple[Fault, ...] = get_args(Fault)

HUGE = 3 * 1024 * 1024
_BODIES = {
    "html": b"<!doctype html><html><body><h1>Bad gateway</h1></body></html>",
    "garbage": b'{"businesses": [{"id": \xff\xfe',
    "empty": b"",
    "huge": b'"' + b"x" * HUGE + b'"',
    "deep": b"[" * 200_000,
}


def response(fault: Fault, service: Service) -> Response:
    """What is sent for a fault; "slow" is answered by the server, which knows when to stop waiting."""
    if fault == "truncated":
        return Response(_half(), content_type=JSON)
    if fault == "redirect":
        return Response(b"", 302, headers={"Location": "http://127.0.0.1:9/elsewhere"})
    if fault in _BODIES:
        return Response(_BODIES[fault], content_type="text/html" if fault == "html" else JSON)
    failed = sent(service.error(int(fault)))
    if fault == "429" and "Retry-After" not in failed.headers:
        failed.headers["Retry-After"] = "30"
    return failed


def sent(reply: Reply) -> Response:
    """A reply as Quart sends it."""
    return Response(reply.encoded(), reply.status, headers=dict(reply.headers), content_type=reply.content_type)


async def _half() -> AsyncIterator[bytes]:
    yield b'{"businesses": ['
    raise ConnectionResetError("the stand-in breaks off here")
