"""Standard tests of manners: cancellation, connections, secrets, the event loop, and addresses."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import msgspec

from odai_core.testing.kit.session import session
from odai_core.testing.kit.standard import standard
from odai_core.testing.kit.subject import Arguments, NotApplicable, Subject
from odai_core.testing.upstreams import Seen

BLOCKED_MS = 20
"""A caller hears a gap in the assistant's voice from about here on."""
TRIES = 8
"""A busy machine makes gaps of its own, but not in every try."""
PATIENCE = 5.0
HOSTILE = ("../../x?injected=1&injected=2#é", "a/b%2Fc;d", "x\r\nX-Injected: 1", "%2e%2e%2f?injected=1", "\x00\ud83d é")


@standard(per="tool")
async def test_cancellation_leaves_nothing(subject: Subject, tool: str) -> None:
    """A call that ends in mid-request ends the tool, its tasks and its request; the next call works."""
    _asks(subject, tool)
    async with session(subject) as opened:
        for service in subject.used:
            subject.server.fail(service, "slow", always=True)
        before, spec = asyncio.all_tasks(), subject.spec(tool)
        given: dict[str, Any] = dict(spec.decode(_json(subject.happy[tool][0])))
        if spec.wants_context:
            given[spec.wants_context] = opened.context()
        subject.server.seen.clear()
        running = asyncio.ensure_future(spec.function(**given))
        assert await subject.standin.until(lambda: bool(subject.server.seen), PATIENCE), f"{tool} asked nobody"
        running.cancel()
        await asyncio.wait({running}, timeout=PATIENCE)
        assert running.done(), f"{tool} goes on after it was cancelled"
        assert running.cancelled(), f"{tool} swallows its cancellation: let CancelledError pass"
        over = await subject.standin.until(lambda: subject.server.pending == 0, PATIENCE)
        assert over, f"{tool} leaves its request open when it is cancelled"
        left = asyncio.all_tasks() - before
        if left:
            await asyncio.wait(left, timeout=0.5)
        left = {task for task in left if not task.done()}
        assert not left, f"{tool} leaves {len(left)} tasks behind when it is cancelled"
        subject.server.forget()
        await opened.first(tool)


@standard(per="tool")
async def test_connections_are_shared_and_closed(subject: Subject, tool: str) -> None:
    """Requests go through `ctx.http`: one pool for the process, and nothing stays open after it."""
    _asks(subject, tool)
    with _connections() as made:
        async with session(subject) as opened:
            runs = [await opened.first(tool) for _ in range(4)]
        at_once = max(len(ran.seen) for ran in runs)
        peers = {seen.peer for ran in runs for seen in ran.seen}
        assert len(peers) <= at_once, f"{tool} opens connections of its own for every call: use ctx.http"
        left = [transport for transport in made if not transport.is_closing()]
        assert not left, f"{tool} leaves {len(left)} connections open: use ctx.http"


@standard(per="tool")
async def test_event_loop_is_not_blocked(subject: Subject, tool: str) -> None:
    """Nothing in a call holds the event loop for more than 20 ms; the best of several tries counts."""
    gaps = []
    async with session(subject) as opened:
        await opened.first(tool)
        # Who waits for the service in a blocking way, waits for so long.
        subject.server.latency = 3 * BLOCKED_MS / 1000
        for _ in range(TRIES):
            with _heartbeat() as longest:
                await opened.first(tool)
            gaps.append(longest() * 1000)
            if gaps[-1] <= BLOCKED_MS:
                return
    raise AssertionError(f"{tool} blocks the event loop for {min(gaps):.0f} ms, at most {BLOCKED_MS} is fine")


@standard(per="tool")
async def test_arguments_are_encoded(subject: Subject, tool: str) -> None:
    """Whatever a model puts into an argument stays inside its path segment, query value or body."""
    _asks(subject, tool)
    spec = subject.spec(tool)
    texts = [name for name, schema in spec.parameters["properties"].items() if "string" in _types(schema)]
    async with session(subject) as opened:
        happy: Arguments = subject.happy[tool][0]
        good = (await opened.first(tool)).seen
        for name, hostile in itertools.product(texts, HOSTILE):
            value: Any = [hostile] if "array" in _types(spec.parameters["properties"][name]) else hostile
            ran = await opened.run(tool, {**happy, name: value})
            assert not ran.naked, f"{tool} raises {ran.naked} when {name} is {hostile!r}"
            for seen in ran.seen:
                _inside(subject, f"{tool} with {name}={hostile!r}", seen, good)


def _inside(subject: Subject, what: str, seen: Seen, good: tuple[Seen, ...]) -> None:
    assert seen.service, f"{what} leaves the service's path: {seen.raw_path}"
    segments = seen.raw_path.split("/")
    assert not {".", ".."} & set(segments), f"{what} climbs in the path: {seen.raw_path}"
    alike = {len(one.raw_path.split("/")) for one in good if (one.service, one.method) == (seen.service, seen.method)}
    routes = subject.server.services[seen.service].routes
    known = any(route.match(seen.method, seen.raw_path) is not None for route in routes)
    assert known or len(segments) in alike, f"{what} changes the path's structure: {seen.raw_path}"
    assert "injected" not in seen.query, f"{what} adds to the query: pass params=, never a string"
    assert "x-injected" not in seen.headers, f"{what} adds a header"


@contextmanager
def _connections() -> Iterator[list[asyncio.BaseTransport]]:
    """The transports this loop opens in the meantime."""
    loop, made = asyncio.get_running_loop(), []
    connect: Callable[..., Any] = loop.create_connection

    async def noted(*positional: Any, **named: Any) -> Any:
        pair = await connect(*positional, **named)
        made.append(pair[0])
        return pair

    loop.create_connection = noted  # type: ignore[method-assign]
    try:
        yield made
    finally:
        loop.create_connection = connect  # type: ignore[method-assign]


@contextmanager
def _heartbeat() -> Iterator[Callable[[], float]]:
    """Measures the longest time between two beats of the loop, in seconds."""
    loop = asyncio.get_running_loop()
    last, longest, handle = time.perf_counter(), 0.0, None

    def beat() -> None:
        nonlocal last, longest, handle
        now = time.perf_counter()
        longest, last = max(longest, now - last), now
        handle = loop.call_later(0.001, beat)

    beat()
    try:
        yield lambda: max(longest, time.perf_counter() - last)
    finally:
        if handle is not None:
            handle.cancel()


def _asks(subject: Subject, tool: str) -> None:
    if tool in subject.offline:
        raise NotApplicable(f"{tool} asks no service")


def _types(schema: Any) -> set[str]:
    """The JSON types a property may have, with those of a list's items; a choice of words is none to attack."""
    if "enum" in schema:
        return set()
    types = schema.get("type", ())
    found = {types} if isinstance(types, str) else set(types)
    return found | _types(schema["items"]) if "items" in schema else found


def _json(arguments: Arguments) -> bytes:
    return msgspec.json.encode(dict(arguments))
