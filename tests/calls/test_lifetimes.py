"""Every end of a call closes everything once: open many, end them in every way, count what is left."""

import asyncio
import gc
import os
import time

import pytest

from odai_core.testing.fake_openai import FakeOpenAI
from tests.calls.harness import app_call, running

CALLS = 200
AT_ONCE = 20


async def one_call(server, ending: int) -> None:
    """One of five ends: a polite bye, an abort, a close, the server's own end, and none of them before `ready`."""
    async with app_call(server) as app:
        if ending % 5 == 4:
            app.socket.transport.abort()
            return
        ready = await app.until("ready")
        if ending % 5 == 0:
            await app.send("bye")
            await app.until("bye")
        elif ending % 5 == 1:
            app.socket.transport.abort()
        elif ending % 5 == 2:
            await app.until("agent_end")
        else:
            await server.server.switchboard.live[ready["session_id"]].end("hangup")
            await app.until("bye")


async def many_calls(server) -> None:
    gate = asyncio.Semaphore(AT_ONCE)

    async def gated(number: int) -> None:
        async with gate:
            await one_call(server, number)

    await asyncio.gather(*(gated(number) for number in range(CALLS)))
    assert await server.server.admission.empty(10)


async def settled() -> tuple[int, int]:
    """Tasks and sockets, once they stopped falling."""
    seen = (10**9, 10**9)
    for _ in range(100):
        gc.collect()
        counts = len(asyncio.all_tasks()), count_sockets()
        if counts == seen:
            return counts
        seen = counts
        await asyncio.sleep(0.1)
    return seen


def count_sockets() -> int:
    kinds = (
        os.readlink(f"/proc/self/fd/{fd}")
        for fd in os.listdir("/proc/self/fd")
        if os.path.lexists(f"/proc/self/fd/{fd}")
    )
    return sum(kind.startswith("socket:") for kind in kinds)


async def returns_to_the_start(server, sessions) -> None:
    await one_call(server, 0)  # what is made once, at the first call, is not a leak
    before = await settled()
    started = time.monotonic()
    await many_calls(server)
    print(f"\n{CALLS} calls in {time.monotonic() - started:.1f} s; tasks, sockets before {before}")
    after = await settled()
    assert after[0] <= before[0]
    assert after[1] <= before[1]
    assert sessions() == 0
    assert server.server.switchboard.live == {}


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="counts sockets in /proc")
async def test_two_hundred_openai_calls_leave_nothing():
    async with FakeOpenAI() as fake:
        settings = {"OPENAI_API_KEY": fake.key or "", "OPENAI_REALTIME_URL": fake.url, "ODAI_DEMO": "1"}
        async with running(**settings) as server:
            await returns_to_the_start(server, lambda: sum(not c.closed.is_set() for c in fake.connections))
        assert len(fake.connections) > CALLS * 0.7


@pytest.mark.speech
@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="counts sockets in /proc")
async def test_two_hundred_local_calls_leave_nothing():
    async with running(ODAI_MODEL="local", ODAI_DEMO="1") as server:
        if problem := server.server.not_ready():
            pytest.skip(problem)
        await returns_to_the_start(server, lambda: 0)
