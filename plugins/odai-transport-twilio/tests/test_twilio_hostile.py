"""Peers that flood, stall or vanish: the call survives what it can, and nothing stays behind."""

from __future__ import annotations

import asyncio
import json
import os
import random
import socket
from collections.abc import Callable
from typing import Any

import pytest
from odai_transport_twilio.config import Config, Limits
from odai_transport_twilio.stream import Stream
from odai_transport_twilio.tickets import Ticket, Tickets

from odai_core import events


async def _settled(quiet: Callable[[], bool]) -> bool:
    """Wait for what no event tells of: the server's own handling of a connection that is gone."""
    for _ in range(500):
        if quiet():
            return True
        await asyncio.sleep(0.01)
    return False


# -- floods


ODD = [
    "",
    "{",
    "null",
    '{"event":"dance"}',
    '{"event":"media"}',
    '{"event":"media","media":{"track":"inbound","payload":"***"}}',
    '{"event":"media","media":{"track":"inbound","payload":7}}',
    '{"event":"media","media":{"track":"inbound","payload":"' + "A" * 20_000 + '"}}',
    '{"event":"mark","mark":{"name":"0:a:99999999"}}',
    '{"event":"mark","mark":{}}',
    '{"event":"dtmf","dtmf":{"digit":"99"}}',
    '{"event":"start","start":{"streamSid":"MZ2","callSid":"CA2","customParameters":{"ticket":"x"}}}',
    '{"event":"connected"}',
    '{"event":"media","z":' + "[" * 50_000,
    b"\x00\xff",
    b"",
]


async def test_odd_frames_never_end_a_call(line: Any) -> None:
    async with line.talking() as (stream, call):
        for odd in ODD * 20:
            await stream.socket.send(odd)
        await stream.media(b"\x05" * 400)
        assert await call.next() == ("audio", b"\x05" * 400)
    assert line.context.all_calls == [call]


async def test_random_bytes_never_end_a_call(line: Any) -> None:
    dice = random.Random(7)
    base = json.dumps({"event": "media", "media": {"track": "inbound", "payload": "AAAA"}})
    async with line.talking() as (stream, call):
        for _ in range(300):
            at = dice.randrange(len(base))
            text = base[:at] + chr(dice.randrange(32, 300)) * dice.randrange(3) + base[at + 1 :]
            await stream.socket.send(text)
        await stream.press("#")
        while (done := await call.next()) != ("interrupt",):
            assert done[0] == "audio"


async def test_frames_before_the_start_are_ignored(line: Any) -> None:
    async with line.stream() as stream:
        for odd in ODD[:11]:
            await stream.socket.send(odd)
        await stream.media(b"\x01" * 400)
        await stream.start(await line.parameters())
        call = await line.context.call()
        await stream.media(b"\x02" * 400)
        assert await call.next() == ("audio", b"\x02" * 400)


async def test_some_huge_frames_are_ignored_and_a_flood_of_them_closes(line: Any) -> None:
    huge = json.dumps({"event": "media", "media": {"track": "inbound", "payload": "A" * 70_000}})
    async with line.talking() as (stream, call):
        for _ in range(10):
            await stream.socket.send(huge)
        await stream.media(b"\x05" * 400)
        assert await call.next() == ("audio", b"\x05" * 400)
        await stream.socket.send(huge)
        assert await stream.close_code() == 1009
    assert (call.reason, call.times_closed) == ("error", 1)


async def test_a_flood_before_the_start_closes(line: Any) -> None:
    async with line.stream() as stream:
        for _ in range(11):
            await stream.socket.send("x" * 70_000)
        assert await stream.close_code() == 1009
    assert line.context.taken == 0


async def test_a_call_that_takes_no_audio_does_not_stop_the_reading(line: Any) -> None:
    async with line.talking() as (stream, call):
        call.blocked = asyncio.Event()
        for _ in range(300):
            await stream.media(bytes(400))
        await stream.stop()
        assert await stream.close_code() == 1000
    assert call.reason == "caller"


async def test_a_peer_that_reads_nothing_is_left(serve_line: Any) -> None:
    line = await serve_line(limits=Limits(sending=0.2, leaving=0.1, closing=0.1))
    small = socket.create_connection(("127.0.0.1", line.port))
    small.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    async with line.stream(sock=small, max_queue=1, close_timeout=0.1) as stream:
        await stream.start(await line.parameters())
        call = await line.context.call()
        for index in range(3000):
            call.speak("a", index * 1000, 1000)
        async with asyncio.timeout(10):
            await call.closed.wait()
        assert (call.reason, call.times_closed) == ("slow_peer", 1)
        stream.socket.transport.abort()
    assert await _settled(lambda: line.context.taken == 0)


# -- disconnects


@pytest.mark.parametrize("abruptly", [True, False])
@pytest.mark.parametrize("stage", ["accepted", "connected", "opening", "talking", "speaking", "hanging_up"])
async def test_a_disconnect_at_any_stage_leaves_nothing(serve_line: Any, stage: str, abruptly: bool) -> None:
    line = await serve_line(TWILIO_ACCOUNT_SID="AC1")
    context = line.context
    parameters = await line.parameters()
    before = len(asyncio.all_tasks())
    async with line.stream() as stream:
        if stage == "connected":
            await stream.send("connected")
        if stage == "opening":
            context.opening = asyncio.Event()
            await stream.start(parameters)
            await context.opening_began.wait()
        if stage in {"talking", "speaking", "hanging_up"}:
            await stream.start(parameters)
            call = await context.call()
            await stream.media(bytes(200))
        if stage == "speaking":
            for index in range(200):
                call.speak("a", index * 20)
            await stream.next()
        if stage == "hanging_up":
            call.saying.put_nowait(events.Ended("hangup"))
            async with asyncio.timeout(10):
                await line.hang_ups.get()
        if abruptly:
            stream.socket.transport.abort()
    assert await _settled(lambda: context.taken == 0 and len(asyncio.all_tasks()) <= before)
    assert [call.times_closed for call in context.all_calls] == [1] * len(context.all_calls)
    assert len(context.all_calls) == (stage in {"talking", "speaking", "hanging_up"})


async def test_a_caller_who_leaves_while_the_call_opens_ends_the_opening(line: Any) -> None:
    line.context.opening = asyncio.Event()
    async with line.stream() as stream:
        await stream.start(await line.parameters())
        await line.context.opening_began.wait()
        await stream.stop()
        assert await stream.close_code() == 1000
        assert line.context.opening_left.is_set()
    assert line.context.all_calls == []


class SilentSocket:
    """A peer that is there, and no more."""

    def __init__(self, first: str) -> None:
        self.frames: asyncio.Queue[str] = asyncio.Queue()
        self.frames.put_nowait(first)
        self.closed: list[int] = []

    async def receive(self) -> str:
        return await self.frames.get()

    async def send(self, data: str | bytes) -> None:
        raise AssertionError("nothing was said")

    async def close(self, code: int, reason: str = "") -> None:
        self.closed.append(code)


def _peer(context: Any) -> SilentSocket:
    ticket = Tickets(context, 60).issue(Ticket(call_sid="CA1", phone=None))
    body = {"streamSid": "MZ1", "callSid": "CA1", "customParameters": {"ticket": ticket}}
    return SilentSocket(json.dumps({"event": "start", "start": body}))


def _stream(peer: SilentSocket, context: Any) -> Stream:
    return Stream(peer, context, Config.read(context), Tickets(context, 60), Limits())


async def test_a_clean_up_is_not_cut_short_by_a_second_cancellation(make_context: Any) -> None:
    context = make_context()
    context.closing.clear()
    peer = _peer(context)
    running = asyncio.create_task(_stream(peer, context).run("s1"))
    call = await context.call()
    running.cancel()
    await context.closing_began.wait()
    for _ in range(3):
        running.cancel()
        await asyncio.sleep(0)
    assert not running.done()
    context.closing.set()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert (peer.closed, call.times_closed) == ([], 1)


async def test_a_peer_that_is_hung_up_on_cannot_cut_the_end_short(line: Any) -> None:
    line.context.closing.clear()
    async with line.talking() as (stream, call):
        call.saying.put_nowait(events.Ended("hangup"))
        assert await stream.close_code() == 1000
    assert line.context.taken == 1
    line.context.closing.set()
    assert await _settled(lambda: line.context.taken == 0)
    assert call.times_closed == 1


async def test_the_socket_is_closed_once(make_context: Any) -> None:
    context = make_context()
    peer = _peer(context)
    running = asyncio.create_task(_stream(peer, context).run("s1"))
    call = await context.call()
    call.saying.put_nowait(events.Ended("hangup"))
    await asyncio.wait_for(running, 10)
    assert (peer.closed, call.times_closed) == ([1000], 1)


# -- leaks


def _sockets() -> int:
    count = 0
    for number in os.listdir("/proc/self/fd"):
        try:
            count += os.readlink(f"/proc/self/fd/{number}").startswith("socket:")
        except OSError:
            continue
    return count


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="counts sockets through /proc")
async def test_a_hundred_calls_leave_nothing(line: Any) -> None:
    async def one(index: int) -> None:
        async with line.talking() as (stream, call):
            await stream.media(bytes(160))
            call.speak("a", 0, 40)
            assert (await stream.next())["event"] == "media"
            if index % 4 == 0:
                await stream.stop()
                await stream.close_code()
            elif index % 4 == 1:
                call.saying.put_nowait(events.Ended("hangup"))
                await stream.close_code()
            elif index % 4 == 2:
                stream.socket.transport.abort()

    await one(0)
    assert await _settled(lambda: line.context.taken == 0)
    tasks, sockets = len(asyncio.all_tasks()), _sockets()
    for index in range(100):
        await one(index)
    assert await _settled(
        lambda: line.context.taken == 0 and len(asyncio.all_tasks()) <= tasks and _sockets() <= sockets
    )
    assert len(line.context.all_calls) == 101
    assert {call.times_closed for call in line.context.all_calls} == {1}
