"""However a socket ends, its turn ends with it and nothing stays open."""

from __future__ import annotations

import asyncio
import gc
import socket
import time
from typing import Any

import pytest
from odai_transport_chat.session import Session

from odai_core import chat_events


async def no_more_tasks_than(count: int) -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    async with asyncio.timeout(10):
        while len(others) >= count:
            _, others = await asyncio.wait(others, return_when=asyncio.FIRST_COMPLETED)


async def asked(site: Any, peer: Any) -> tuple[Any, Any]:
    chat = await site.ctx.next_chat()
    await peer.send("Good day")
    turn = await chat.next_turn()
    turn.say("Good")
    await peer.until("raw_response_event")
    return chat, turn


async def test_a_polite_close_ends_the_chat_once(site: Any) -> None:
    async with site.connect():
        await site.ctx.next_chat()
    await site.ctx.all_over()
    assert site.ctx.closed == 1


@pytest.mark.parametrize("abruptly", [True, False])
async def test_a_peer_that_goes_in_mid_turn_stops_the_turn(site: Any, abruptly: bool) -> None:
    peer = await site.connect()
    _, turn = await asked(site, peer)
    if abruptly:
        peer.transport.abort()
    else:
        await peer.close()
    await asyncio.wait_for(turn.closed.wait(), 10)
    await site.ctx.all_over()
    assert site.ctx.closed == 1


async def test_a_peer_that_vanishes_while_the_chat_opens_stops_the_opening(site: Any) -> None:
    opening, cancelled = asyncio.Event(), asyncio.Event()

    async def for_ever() -> None:
        opening.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set()
            raise

    site.ctx.opening = for_ever
    connecting = asyncio.create_task(site.connect().__aenter__())
    await asyncio.wait_for(opening.wait(), 10)
    connecting.cancel()
    await asyncio.wait_for(cancelled.wait(), 10)
    assert site.ctx.opened == 0


@pytest.mark.parametrize("site", [{"ODAI_CHAT_IDLE": 0.2}], indirect=True)
async def test_a_silent_client_is_let_go_but_never_in_a_turn(site: Any) -> None:
    async with site.connect() as peer:
        _, turn = await asked(site, peer)
        # Longer than the limit: what is awaited is the answer, which only comes afterwards.
        asyncio.get_running_loop().call_later(0.5, turn.end)
        await peer.until("end_of_stream")
        assert await peer.closing() == (1000, [])
    await site.ctx.all_over()


async def test_a_stopping_server_closes_a_resting_chat_with_1001(site: Any) -> None:
    async with site.connect() as peer:
        await site.ctx.next_chat()
        site.ctx.stop.set()
        assert await peer.closing() == (1001, [])
    await site.ctx.all_over()


async def test_a_token_that_has_expired_takes_no_further_prompt(site: Any) -> None:
    site.ctx.expires_at = time.time() + 3600
    async with site.connect() as peer:
        _, turn = await asked(site, peer)
        turn.end()
        await peer.until("end_of_stream")
    site.ctx.expires_at = time.time() - 1
    async with site.connect() as peer:
        await peer.send("One more")
        code, seen = await peer.closing()
    assert (code, [(frame["type"], frame["code"]) for frame in seen]) == (1008, [("error", "token_expired")])
    assert site.ctx.opened == 2
    await site.ctx.all_over()


async def test_a_stopping_server_lets_the_turn_finish_first(site: Any) -> None:
    async with site.connect() as peer:
        _, turn = await asked(site, peer)
        site.ctx.stop.set()
        turn.say(" day")
        turn.emit(chat_events.EndOfStream())
        # Suggestions and a title are still to come, and are not waited for.
        code, seen = await peer.closing()
    assert code == 1001
    assert [frame["type"] for frame in seen] == ["raw_response_event", "end_of_stream"]
    assert turn.closed.is_set()
    await site.ctx.all_over()


@pytest.mark.parametrize("site", [{"ODAI_CHAT_STALL": 0.3}], indirect=True)
async def test_a_client_that_does_not_read_is_let_go_and_holds_little(site: Any) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", site.port, sock=None, limit=1024, family=socket.AF_INET)
    raw = writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    writer.write(
        b"GET /chats/slow?token=good.token HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    assert b" 101 " in await reader.readline()
    chat = await site.ctx.next_chat()
    writer.write(b"\x81\x82\x00\x00\x00\x00Hi")
    turn = await chat.next_turn()
    for _ in range(20_000):
        turn.say("x" * 1000)
    await site.ctx.all_over()
    assert turn.closed.is_set()
    assert turn._queue.qsize() > 5_000, "the turn waited for its reader"
    writer.close()


async def test_two_hundred_sockets_leave_nothing_behind(site: Any) -> None:
    async with site.connect("warm", "token=good.warm"):
        await site.ctx.next_chat()
    await site.ctx.all_over()
    gc.collect()
    before = len(asyncio.all_tasks())
    peers = []
    for number in range(200):
        peer = await site.connect(f"chat-{number}", f"token=good.user-{number % 20}")
        peers.append(peer)
        if number % 2:
            await asked(site, peer)
        else:
            await site.ctx.next_chat()
    assert site.ctx.opened - site.ctx.closed == 200
    for number, peer in enumerate(peers):
        if number % 3:
            await peer.close()
        else:
            peer.transport.abort()
    await site.ctx.all_over()
    del peers, peer
    await no_more_tasks_than(before)
    # The last cancellation's traceback goes a few turns of the loop after its task.
    async with asyncio.timeout(10):
        while any(isinstance(thing, Session) for thing in gc.get_objects()):
            await asyncio.sleep(0)
            gc.collect()
