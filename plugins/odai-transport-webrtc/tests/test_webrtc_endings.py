"""However a call ends, nothing stays open."""

from __future__ import annotations

import asyncio
import gc
import socket
from typing import Any

import pytest
from odai_transport_webrtc.stream import Stream

from odai_core import events


async def no_more_tasks_than(count: int) -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    async with asyncio.timeout(10):
        while len(others) >= count:
            _, others = await asyncio.wait(others, return_when=asyncio.FIRST_COMPLETED)


async def test_a_polite_bye_is_answered_with_bye_and_1000(site: Any) -> None:
    async with site.connect() as peer:
        await peer.receive()
        call = await site.ctx.next_call()
        await peer.tell("bye")
        assert await peer.closing() == (1000, [{"event": "bye", "reason": "caller"}])
    await site.ctx.all_over()
    assert call.ended == ["caller"]
    assert site.ctx.closed == 1


@pytest.mark.parametrize("site", [{"ODAI_APP_VOICE_IDLE": 0.2}], indirect=True)
async def test_a_silent_client_is_let_go(site: Any) -> None:
    async with site.connect() as peer:
        await peer.receive()
        code, seen = await peer.closing()
    assert (code, seen[-1]["reason"]) == (1000, "idle")
    assert (await site.ctx.next_call()).ended == ["idle"]


async def test_a_peer_that_vanishes_leaves_nothing_open(site: Any) -> None:
    peer = await site.connect()
    await peer.receive()
    call = await site.ctx.next_call()
    peer.transport.abort()
    await site.ctx.all_over()
    assert call.ended == ["caller"]
    assert site.ctx.closed == 1


async def test_a_peer_that_vanishes_while_the_model_opens_stops_the_opening(site: Any) -> None:
    opening, cancelled = asyncio.Event(), asyncio.Event()

    async def for_ever() -> None:
        opening.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set()
            raise

    site.ctx.opening = for_ever
    peer = await site.connect()
    await asyncio.wait_for(opening.wait(), 10)
    peer.transport.abort()
    await asyncio.wait_for(cancelled.wait(), 10)
    await site.ctx.all_over()
    assert site.ctx.opened == 0


@pytest.mark.parametrize("site", [{"ODAI_APP_VOICE_STALL": 0.3}], indirect=True)
async def test_a_peer_that_does_not_read_is_let_go(site: Any) -> None:
    with socket.create_connection(("127.0.0.1", site.port)) as raw:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        raw.sendall(
            f"GET /app/voice/stream/slowpeer1?token=good.token HTTP/1.1\r\nHost: 127.0.0.1:{site.port}\r\n"
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
        )
        call = await site.ctx.next_call()
        call.emit(*(events.Audio("item_1", bytes(48_000), 0, seq) for seq in range(400)))
        await site.ctx.all_over()
    assert call.ended == ["slow_peer"]
    assert site.ctx.closed == 1


async def test_a_hundred_calls_leave_nothing_behind(site: Any) -> None:
    async def one(number: int) -> None:
        async with site.connect(f"session-{number:04d}") as peer:
            await peer.receive()
            if number % 3 == 0:
                await peer.tell("bye")
                await peer.closing()
            elif number % 3 == 1:
                peer.transport.abort()

    await one(999)
    await site.ctx.all_over()
    gc.collect()
    before = len(asyncio.all_tasks())
    for start in range(0, 100, 10):
        await asyncio.gather(*(one(number) for number in range(start, start + 10)))
        await site.ctx.all_over()
    assert site.ctx.opened == site.ctx.closed == 101
    # Hypercorn's own task of a connection ends a few turns of the loop after the call's.
    await no_more_tasks_than(before)
    gc.collect()
    assert [found for found in gc.get_objects() if isinstance(found, Stream)] == []
