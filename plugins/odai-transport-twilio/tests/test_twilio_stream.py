"""Whole streams over a real socket: who gets in, what goes to and fro, how it ends."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pybase64
import pytest
from odai_transport_twilio import AUDIO, rest
from odai_transport_twilio.config import Limits
from websockets.exceptions import InvalidStatus

from odai_core import OdaiError, events

REST = {"TWILIO_ACCOUNT_SID": "AC1"}

# -- who gets in


@pytest.mark.parametrize("signature", ["", "nonsense", "A" * 4000])
async def test_an_unsigned_handshake_is_refused(line: Any, signature: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with line.stream(signature=signature):
            raise AssertionError("it was let in")
    assert refused.value.response.status_code == 403


@pytest.mark.parametrize("origin", ["wss://voice.example.com:443", "https://voice.example.com"])
async def test_every_spelling_of_the_signed_url_is_let_in(line: Any, origin: str) -> None:
    async with line.stream(url=f"{origin}/twilio/connect") as stream:
        await stream.start(await line.parameters())
        assert (await line.context.call()).info.tool_chat_id == "MZ1"
        await stream.stop()
        assert await stream.close_code() == 1000


async def test_a_plain_request_is_no_stream(line: Any) -> None:
    assert (await line.http.get("/twilio/connect")).status_code in {400, 404, 426}


async def test_a_full_house_is_told_before_accept(line: Any, busy: Any) -> None:
    line.context.refusal = busy("full")
    with pytest.raises(InvalidStatus) as refused:
        async with line.stream():
            raise AssertionError("it was let in")
    assert refused.value.response.status_code == 503
    assert refused.value.response.headers["Retry-After"] == "5"


async def test_without_a_public_name_no_stream_opens(serve_line: Any) -> None:
    line = await serve_line(public_host="")
    with pytest.raises(InvalidStatus) as refused:
        async with line.stream():
            raise AssertionError("it was let in")
    assert refused.value.response.status_code == 503


async def test_the_call_knows_what_the_webhook_knew(line: Any) -> None:
    async with line.stream() as stream:
        await stream.start({**await line.parameters("CA7"), "from": "+15550000000"}, "CA7")
        info = (await line.context.call()).info
        assert info.caller.phone == "+14155550123"
        assert (info.caller.user_id, info.caller.time_zone) == (None, "UTC")
        assert info.audio == AUDIO
        assert info.analytics_name == "Twilio Call"
        assert info.analytics == {"stream_sid": "MZ1", "call_sid": "CA7", "phone_number": "+14155550123"}
        assert info.tool_chat_id == "MZ1"
        assert info.session_id not in {"MZ1", "CA7"}
        assert line.context.taken == 1


async def test_no_ticket_no_call(line: Any) -> None:
    ticket = (await line.parameters("CA1"))["ticket"]
    bad: list[dict[str, Any]] = [{}, {"ticket": ""}, {"ticket": ticket + "x"}, {"ticket": 7}, {"ticket": [ticket]}]
    for parameters in bad:
        async with line.stream() as stream:
            await stream.start(parameters)
            assert await stream.close_code() == 1008
    async with line.stream() as stream:
        await stream.start({"ticket": ticket}, "CA2")
        assert await stream.close_code() == 1008
    assert line.context.all_calls == []


async def test_a_ticket_is_used_once(line: Any) -> None:
    parameters = await line.parameters()
    async with line.stream() as stream, line.stream() as again:
        await stream.start(parameters)
        call = await line.context.call()
        await again.start(parameters)
        assert await again.close_code() == 1008
        await stream.media(bytes(400))
        assert await call.next() == ("audio", bytes(400))


async def test_unchecked_it_still_wants_the_ticket(serve_line: Any) -> None:
    line = await serve_line(public_host="", ODAI_TWILIO_VALIDATE="0")
    async with line.stream(signature="") as stream:
        await stream.start({})
        assert await stream.close_code() == 1008
    async with line.stream(signature="") as stream:
        await stream.start(await line.parameters())
        await line.context.call()


async def test_audio_we_do_not_speak_is_refused(line: Any) -> None:
    async with line.stream() as stream:
        await stream.start(await line.parameters(), mediaFormat={"encoding": "audio/l16", "sampleRate": 16000})
        assert await stream.close_code() == 1003
    assert line.context.all_calls == []


# -- to the call


async def test_audio_goes_on_in_pieces_and_the_rest_by_time(line: Any) -> None:
    async with line.talking() as (stream, call):
        sent = bytes(range(250)) * 4
        for start in range(0, 1000, 160):
            await stream.media(sent[start : start + 160])
        pieces = [(await call.next())[1] for _ in range(3)]
        assert [len(piece) for piece in pieces] == [400, 400, 200]
        assert b"".join(pieces) == sent


async def test_only_the_callers_track_counts(line: Any) -> None:
    async with line.talking() as (stream, call):
        await stream.media(b"\x01" * 400, track="outbound")
        await stream.media(b"\x02" * 400)
        assert await call.next() == ("audio", b"\x02" * 400)


async def test_what_the_caller_says_while_the_call_opens_is_kept(line: Any) -> None:
    line.context.opening = asyncio.Event()
    async with line.stream() as stream:
        await stream.media(b"\x01" * 400)
        await stream.start(await line.parameters())
        await line.context.opening_began.wait()
        await stream.media(b"\x02" * 400)
        await stream.socket.ping()
        line.context.opening.set()
        call = await line.context.call()
        assert await call.next() == ("audio", b"\x02" * 400)


async def test_keys_are_typed_turns_and_interrupt(line: Any) -> None:
    async with line.talking() as (stream, call):
        for key in "4", "x", "2", "#":
            await stream.press(key)
        assert await call.next() == ("interrupt",)
        assert await call.next() == ("text", "I typed 42 on the telephone's keypad.")


# -- from the call


async def test_audio_is_followed_by_marks_that_come_back_as_positions(line: Any) -> None:
    async with line.talking() as (stream, call):
        call.speak("item:1", 0)
        call.speak("item:1", 20)
        call.speak("item:1", 40)
        call.saying.put_nowait(events.ResponseEnded("assistant"))
        call.saying.put_nowait(events.AudioEnd("item:1"))
        frames = [await stream.next() for _ in range(5)]
        assert [frame["event"] for frame in frames] == ["media", "media", "mark", "media", "mark"]
        assert {frame["streamSid"] for frame in frames} == {"MZ1"}
        assert pybase64.b64decode(frames[0]["media"]["payload"]) == b"\xff" * 160
        names = [frame["mark"]["name"] for frame in frames if frame["event"] == "mark"]
        assert names == ["0:item:1:40", "0:item:1:60"]
        for name in names:
            await stream.mark(name)
        assert await call.next() == ("played", "item:1", 40)
        assert await call.next() == ("played", "item:1", 60)


async def test_an_interruption_clears_and_stale_marks_say_nothing(line: Any) -> None:
    async with line.talking() as (stream, call):
        call.speak("a", 0, 40)
        call.speak("a", 40, 40)
        call.saying.put_nowait(events.Interrupted("a", 40))
        call.speak("b", 0, 40)
        frames = [await stream.next() for _ in range(7)]
        assert [frame["event"] for frame in frames] == ["media", "mark", "media", "mark", "clear", "media", "mark"]
        assert frames[4] == {"event": "clear", "streamSid": "MZ1"}
        for name in ("0:a:40", "0:a:80", "0:b:40", "9:b:40", "", "b", "1:b:40", "1:b:40"):
            await stream.mark(name)
        await stream.press("#")
        assert await call.next() == ("played", "b", 40)
        assert await call.next() == ("interrupt",)


# -- the end


async def test_stop_ends_the_call_and_closes_everything_once(line: Any) -> None:
    async with line.talking() as (stream, call):
        await stream.stop()
        assert await stream.close_code() == 1000
    assert (call.reason, call.times_closed) == ("caller", 1)
    assert line.context.taken == 0
    assert line.hang_ups.empty()


@pytest.mark.parametrize(
    ("reason", "code", "hung_up"),
    [
        ("hangup", 1000, True),
        ("duration", 1000, True),
        ("idle", 1000, True),
        ("drain", 1001, False),
        ("caller", 1000, False),
        ("error", 1011, True),
        ("model_lost", 1011, True),
    ],
)
async def test_every_end_of_the_call(serve_line: Any, reason: str, code: int, hung_up: bool) -> None:
    line = await serve_line(**REST)
    async with line.talking() as (stream, call):
        call.saying.put_nowait(events.Ended(reason))
        assert await stream.close_code() == code
        async with asyncio.timeout(10):
            await call.closed.wait()
    if hung_up:
        account, sid, authorization, body = line.hang_ups.get_nowait()
        assert (account, sid, body) == ("AC1", "CA1", b"Status=completed")
        assert pybase64.b64decode(authorization.removeprefix("Basic ")) == b"AC1:12345"
    assert line.hang_ups.empty()
    assert call.times_closed == 1


async def test_without_credentials_closing_is_the_hang_up(line: Any) -> None:
    async with line.talking() as (stream, call):
        call.saying.put_nowait(events.Ended("hangup"))
        assert await stream.close_code() == 1000
    assert line.hang_ups.empty()


@pytest.mark.parametrize(
    ("answer", "logged"),
    [
        (('{"code": 20404, "status": 404}', 404), ""),
        (('{"code": 21220}', 400), ""),
        (('{"code": 20003}', 401), "status 401, code 20003"),
        (("<html>", 503), "status 503, code 0"),
        (("[" * 70_000, 500), "status 500, code 0"),
    ],
)
async def test_hanging_up_in_trouble_still_closes(serve_line: Any, caplog: Any, answer: Any, logged: str) -> None:
    caplog.set_level(logging.WARNING, "test.twilio")
    line = await serve_line(**REST)
    line.rest_answer = answer
    async with line.talking() as (stream, call):
        call.saying.put_nowait(events.Ended("hangup"))
        assert await stream.close_code() == 1000
    assert line.hang_ups.qsize() == 1
    messages = [record.getMessage() for record in caplog.records if record.name == "test.twilio"]
    assert len(messages) == bool(logged)
    assert logged in "".join(messages)
    assert "12345" not in caplog.text


async def test_an_api_nobody_answers_at_still_closes(serve_line: Any, caplog: Any) -> None:
    line = await serve_line(**REST, ODAI_TWILIO_API_URL="http://127.0.0.1:1")
    async with line.talking() as (stream, call):
        call.saying.put_nowait(events.Ended("hangup"))
        assert await stream.close_code() == 1000
    assert "Twilio did not take the hang-up: ConnectError" in caplog.text


async def test_an_api_that_keeps_silent_still_closes(serve_line: Any, caplog: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(rest, "_LIMIT", 0.1)
    async with await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0) as silent:
        port = silent.sockets[0].getsockname()[1]
        line = await serve_line(**REST, ODAI_TWILIO_API_URL=f"http://127.0.0.1:{port}")
        async with line.talking() as (stream, call):
            call.saying.put_nowait(events.Ended("hangup"))
            assert await stream.close_code() == 1000
    assert "Twilio did not take the hang-up" in caplog.text


async def test_a_call_that_ends_without_a_word_closes_with_1011(line: Any) -> None:
    async with line.talking() as (stream, call):
        call.saying.put_nowait(None)
        assert await stream.close_code() == 1011
        assert call.times_closed == 1


async def test_nothing_of_the_caller_is_logged(serve_line: Any, caplog: Any) -> None:
    caplog.set_level(logging.DEBUG, "test.twilio")
    line = await serve_line(**REST)
    async with line.talking() as (stream, call):
        for key in "4321#":
            await stream.press(key)
        assert await call.next() == ("interrupt",)
        call.saying.put_nowait(events.Ended("hangup"))
        assert await stream.close_code() == 1000
    async with line.stream() as stream:
        await stream.start({"ticket": "+14155550123"})
        assert await stream.close_code() == 1008
    messages = " ".join(record.getMessage() for record in caplog.records if record.name == "test.twilio")
    assert "no valid ticket" in messages
    assert "A telephone stream is over" in messages
    assert not any(private in messages for private in ("4155550123", "4321", "CA1", "MZ1"))


async def test_a_call_that_cannot_open_closes_with_1011(line: Any, busy: Any) -> None:
    for failure, code in ((OdaiError("no model"), 1011), (RuntimeError("bug"), 1011), (busy("late"), 1013)):
        line.context.open_failure = failure
        async with line.stream() as stream:
            await stream.start(await line.parameters())
            assert await stream.close_code() == code
    assert line.context.taken == 0


async def test_a_call_that_breaks_closes_with_1011(line: Any, caplog: Any) -> None:
    async with line.talking() as (stream, call):
        call.saying.put_nowait(RuntimeError("broken"))
        assert await stream.close_code() == 1011
        assert call.times_closed == 1
    assert "A telephone stream failed" in caplog.text


async def test_silence_of_the_line_ends_the_call(serve_line: Any) -> None:
    line = await serve_line(limits=Limits(silence=0.1))
    async with line.talking() as (stream, call):
        assert await stream.close_code() == 1000
    assert (call.reason, call.times_closed) == ("idle", 1)


async def test_a_stream_that_never_starts_is_closed(serve_line: Any) -> None:
    line = await serve_line(limits=Limits(start=0.1))
    async with line.stream() as stream:
        await stream.send("connected")
        assert await stream.close_code() == 1008
    assert line.context.taken == 0
