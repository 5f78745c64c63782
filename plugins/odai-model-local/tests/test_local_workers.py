"""The pool: bounded, shared, closed."""

from __future__ import annotations

import asyncio
import threading

import pytest
from odai_model_local import workers
from odai_model_local.workers import Busy, Workers


async def test_a_full_queue_is_refused_at_once_and_recovers() -> None:
    pool = Workers(threads=1, waiting=1)
    gate = threading.Event()
    try:
        running = asyncio.create_task(pool.run(gate.wait, 5))
        waiting = asyncio.create_task(pool.run(int, "7"))
        await asyncio.sleep(0)
        with pytest.raises(Busy):
            await pool.run(int, "8")
        gate.set()
        assert await running is True
        assert await waiting == 7
        assert await pool.run(int, "9") == 9
    finally:
        gate.set()
        pool.close()


async def test_a_cancelled_job_that_waits_never_runs_and_gives_its_place_back() -> None:
    pool = Workers(threads=1, waiting=1)
    gate, ran = threading.Event(), threading.Event()
    try:
        running = asyncio.create_task(pool.run(gate.wait, 5))
        waiting = asyncio.create_task(pool.run(lambda _: ran.set(), None))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        next_one = asyncio.create_task(pool.run(int, "1"))
        await asyncio.sleep(0)
        gate.set()
        assert await next_one == 1
        await running
        assert not ran.is_set()
    finally:
        gate.set()
        pool.close()


async def test_what_somebody_waits_to_hear_goes_first() -> None:
    pool = Workers(threads=1)
    gate, order = threading.Event(), list[str]()

    def note(name: str) -> bool:
        order.append(name)
        return True

    try:
        jobs = [asyncio.create_task(pool.run(gate.wait, 5))]
        await asyncio.sleep(0)
        for name, urgent in (("words 1", False), ("words 2", False), ("voice 1", True), ("voice 2", True)):
            jobs.append(asyncio.create_task(pool.run(note, name, urgent=urgent)))
        await asyncio.sleep(0)
        gate.set()
        await asyncio.gather(*jobs)
        assert order == ["voice 1", "voice 2", "words 1", "words 2"]
    finally:
        gate.set()
        pool.close()


async def test_closing_leaves_nobody_waiting() -> None:
    pool = Workers(threads=1)
    gate = threading.Event()
    running = asyncio.create_task(pool.run(gate.wait, 5))
    waiting = asyncio.create_task(pool.run(int, "1"))
    await asyncio.sleep(0)
    closing = asyncio.create_task(asyncio.to_thread(pool.close))
    await asyncio.sleep(0)
    gate.set()
    await closing
    assert await running is True
    async with asyncio.timeout(5):
        await asyncio.wait({waiting})


async def test_an_error_reaches_the_caller() -> None:
    pool = Workers(threads=1)
    try:
        with pytest.raises(ValueError, match="invalid literal"):
            await pool.run(int, "x")
    finally:
        pool.close()


async def test_a_closed_pool_refuses_and_counts_nothing() -> None:
    pool = Workers(threads=1, waiting=0)
    pool.close()
    for _ in range(3):
        with pytest.raises(RuntimeError):
            await pool.run(int, "1")


async def test_the_shared_pool_is_one_until_it_is_closed() -> None:
    first = workers.shared()
    assert workers.shared() is first
    workers.close()
    workers.close()
    second = workers.shared()
    assert second is not first
    assert await second.run(int, "3") == 3
    workers.close()
