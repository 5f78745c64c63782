"""Frames in, frames out, and the close code of every end, over a real socket."""

from __future__ import annotations

import base64
import json
import struct
from typing import Any

import pytest

from odai_core import events

# -- frames in --------------------------------------------------------------------------------------


async def test_everything_a_client_says_reaches_the_call_in_order(site: Any) -> None:
    async with site.connect() as peer:
        await peer.receive()
        call = await site.ctx.next_call()
        await peer.tell("audio", payload=base64.b64encode(b"\x01\x00" * 480).decode())
        await peer.tell("audio", payload="")
        await peer.tell("text", text="  hello  ")
        await peer.tell("played", item_id="item_1", ms=120.7)
        await peer.tell("interrupt")
        await call.until(lambda call: call.interrupts)
        assert call.audio == b"\x01\x00" * 480
        assert call.texts == ["hello"]
        assert call.positions == [("item_1", 120)]


@pytest.mark.parametrize(
    "frame, code",
    [
        ("", "bad_json"),
        ("nonsense", "bad_json"),
        ("[]", "bad_json"),
        ('{"event":7}', "bad_json"),
        ("[" * 100_000, "bad_json"),
        (b"\x00\x01", "bad_json"),
        (b"", "bad_json"),
        ('{"event":"dance"}', "unknown_event"),
        ('{"event":"audio"}', "bad_audio"),
        ('{"event":"audio","payload":"@@@@"}', "bad_audio"),
        ('{"event":"audio","payload":"AAAA"}', "bad_audio"),
        (json.dumps({"event": "audio", "payload": base64.b64encode(bytes(48_002)).decode()}), "bad_audio"),
        ('{"event":"text","text":"   "}', "bad_event"),
        ('{"event":"played","item_id":"i","ms":-1}', "bad_event"),
    ],
)
async def test_a_bad_frame_gets_an_error_and_the_call_goes_on(site: Any, frame: Any, code: int | str) -> None:
    async with site.connect() as peer:
        await peer.receive()
        await peer.send(frame)
        answer = await peer.receive()
        assert (answer["event"], answer["code"], answer["retryable"]) == ("error", code, False)
        await peer.tell("ping", t="still here")
        assert await peer.receive() == {"event": "pong", "t": "still here"}


async def test_exactly_one_second_of_audio_is_taken(site: Any) -> None:
    async with site.connect() as peer:
        call = await site.ctx.next_call()
        await peer.tell("audio", payload=base64.b64encode(bytes(48_000)).decode())
        await call.until(lambda call: len(call.audio) == 48_000)


async def test_fifty_bad_frames_are_forgiven_with_few_answers_and_the_next_ends_the_call(site: Any) -> None:
    async with site.connect() as peer:
        await peer.receive()
        for _ in range(50):
            await peer.send("junk")
        await peer.tell("ping", t=1)
        answers: list[dict[str, Any]] = []
        while not answers or answers[-1]["event"] != "pong":
            answers.append(await peer.receive())
        assert 10 <= len(answers) - 1 <= 12
        for _ in range(51):
            await peer.send("junk")
        code, seen = await peer.closing()
    assert code == 1008
    assert seen[-1]["reason"] == "bad_frames"
    assert (await site.ctx.next_call()).ended == ["error"]


async def test_a_frame_beyond_the_server_limit_closes_as_too_big(site: Any) -> None:
    async with site.connect() as peer:
        await peer.receive()
        await peer.send("x" * (1 << 20 | 1))
        code, _ = await peer.closing()
    assert code == 1009
    await site.ctx.all_over()


async def test_a_flood_of_controls_that_the_call_cannot_take_ends_it(site: Any) -> None:
    async with site.connect() as peer:
        await peer.receive()
        call = await site.ctx.next_call()
        call.taking.clear()
        await peer.tell("audio", payload="AAAAAAAA")
        for number in range(80):
            await peer.tell("played", item_id="i", ms=number)
        code, seen = await peer.closing()
    assert code == 1008
    assert seen[-1]["reason"] == "flood"


async def test_audio_that_the_call_does_not_take_is_bounded_and_the_newest_survives(site: Any) -> None:
    async with site.connect() as peer:
        await peer.receive()
        call = await site.ctx.next_call()
        call.taking.clear()
        for second in range(10):
            await peer.tell("audio", payload=base64.b64encode(struct.pack("<h", second) * 24_000).decode())
        await peer.tell("text", text="after")
        await peer.tell("ping", t=1)
        assert (await peer.receive())["event"] == "pong"
        call.taking.set()
        await call.until(lambda call: call.texts)
    seconds = [struct.unpack_from("<h", call.audio, at)[0] for at in range(0, len(call.audio), 48_000)]
    assert len(seconds) <= 3
    assert seconds[-2:] == [8, 9]


# -- frames out -------------------------------------------------------------------------------------


async def test_every_event_of_a_call_arrives_as_the_wire_sheet_says(site: Any) -> None:
    async with site.connect() as peer:
        await peer.receive()
        call = await site.ctx.next_call()
        call.emit(
            events.ResponseStarted("ODAI"),
            events.Audio("item_1", b"\x01\x02", 0, 7),
            events.ToolEnded("c1", "find_tide", None, 12, True),
            events.Ended("hangup", "Goodbye."),
        )
        code, seen = await peer.closing()
    assert seen == [
        {"event": "agent_start", "agent": "ODAI"},
        {"event": "audio", "payload": "AQI=", "item_id": "item_1", "seq": 7},
        {"event": "tool_end", "tool": "find_tide", "call_id": "c1", "ms": 12, "ok": True},
        {"event": "bye", "reason": "hangup", "message": "Goodbye."},
    ]
    assert code == 1000


@pytest.mark.parametrize(
    "reason, code",
    [
        ("hangup", 1000),
        ("caller", 1000),
        ("duration", 1000),
        ("idle", 1000),
        ("drain", 1001),
        ("slow_peer", 1013),
        ("model_lost", 1011),
        ("error", 1011),
    ],
)
async def test_why_a_call_ended_decides_the_close_code(site: Any, reason: str, code: int | str) -> None:
    async with site.connect() as peer:
        await peer.receive()
        (await site.ctx.next_call()).emit(events.Ended(reason))
        assert await peer.closing() == (code, [{"event": "bye", "reason": reason}])
    await site.ctx.all_over()


async def test_a_call_that_breaks_closes_1011_and_never_1000(site: Any, caplog: pytest.LogCaptureFixture) -> None:
    async with site.connect() as peer:
        await peer.receive()
        (await site.ctx.next_call()).emit(RuntimeError("private words"))
        code, seen = await peer.closing()
    assert code == 1011
    assert seen[-1]["reason"] == "error"
    assert "private words" not in json.dumps(seen) + caplog.text
    await site.ctx.all_over()
    assert site.ctx.closed == 1
