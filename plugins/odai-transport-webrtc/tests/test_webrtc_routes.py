"""The page, its files and the socket, over a real server."""

from __future__ import annotations

import asyncio
import base64
import gc
import json
import re
import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

import httpx2 as httpx
import pytest
from odai_transport_webrtc.assets import assets
from odai_transport_webrtc.stream import NOT_READY, UNREACHABLE, Stream
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.http11 import Response
from websockets.typing import Subprotocol

from odai_core import CallRefused, OdaiError, SetupError, events


async def receive(peer: ClientConnection) -> dict[str, Any]:
    frame: dict[str, Any] = json.loads(await asyncio.wait_for(peer.recv(), 10))
    return frame


async def tell(peer: ClientConnection, event: str, **fields: Any) -> None:
    await peer.send(json.dumps({"event": event, **fields}))


async def code_of(peer: ClientConnection) -> tuple[int | None, list[dict[str, Any]]]:
    """The close code, and every frame before it."""
    seen = []
    with suppress(ConnectionClosed):
        while True:
            seen.append(await receive(peer))
    return peer.close_code, seen


async def no_more_tasks_than(count: int) -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    async with asyncio.timeout(10):
        while len(others) >= count:
            _, others = await asyncio.wait(others, return_when=asyncio.FIRST_COMPLETED)


async def status_of(address: str, **options: Any) -> Response:
    with pytest.raises(InvalidStatus) as refused:
        await connect(address, **options)
    return refused.value.response


# -- the handshake ----------------------------------------------------------------------------------


async def test_ready_is_the_first_frame_and_says_what_answers(site: Any) -> None:
    async with connect(site.socket("abcdefgh", "token=good.token&barge_in=1")) as peer:
        assert await receive(peer) == {
            "event": "ready",
            "session_id": "abcdefgh",
            "sample_rate": 24000,
            "barge_in": True,
            "model": "scripted",
            "tools": ["find_tide", "tell_time"],
        }
    call = await site.ctx.next_call()
    assert call.info.analytics_name == "App Voice Chat"
    assert call.info.analytics == {"session_id": "abcdefgh"}
    assert call.info.audio.turns.interrupt is True
    assert call.info.caller.user_id == "user-1"


async def test_without_barge_in_the_assistant_completes_its_sentence(site: Any) -> None:
    async with connect(site.socket()) as peer:
        assert (await receive(peer))["barge_in"] is False
        call = await site.ctx.next_call()
    turns = call.info.audio.turns
    assert (turns.type, turns.threshold, turns.silence_ms, turns.interrupt) == ("server_vad", 0.8, 250, False)
    assert call.info.audio.paced is False


@pytest.mark.parametrize(
    "query, zone, locale",
    [
        ("tz=Europe/Berlin&locale=de-DE", "Europe/Berlin", "de-DE"),
        ("tz=America/Argentina/Ushuaia&locale=es", "America/Argentina/Ushuaia", "es"),
        ("tz=America&locale=x", "UTC", "en-US"),
        ("tz=../../etc/passwd&locale=%00", "UTC", "en-US"),
        ("tz=Mars/Olympus&locale=en-US%0Ainjected", "UTC", "en-US"),
        ("tz=/etc/localtime&locale=" + "a" * 500, "UTC", "en-US"),
    ],
)
async def test_zone_and_language_are_taken_only_when_real(site: Any, query: str, zone: str, locale: str) -> None:
    async with connect(site.socket(query=f"token=good.token&{query}")) as peer:
        await receive(peer)
    caller = (await site.ctx.next_call()).info.caller
    assert (caller.time_zone, caller.locale) == (zone, locale)


async def test_the_token_may_come_as_a_subprotocol_which_is_not_echoed(site: Any) -> None:
    async with connect(
        site.socket(query=""), subprotocols=[Subprotocol("odai.token.good.token"), Subprotocol("odai.voice")]
    ) as peer:
        assert peer.subprotocol == "odai.voice"
        assert (await receive(peer))["event"] == "ready"


async def test_no_subprotocol_is_chosen_when_ours_is_not_offered(site: Any) -> None:
    async with connect(site.socket(), subprotocols=[Subprotocol("chat"), Subprotocol("superchat")]) as peer:
        assert peer.subprotocol is None
        assert (await receive(peer))["event"] == "ready"


async def test_the_token_may_come_as_a_bearer(site: Any) -> None:
    async with connect(site.socket(query=""), additional_headers={"Authorization": "bearer good.token"}) as peer:
        assert (await receive(peer))["event"] == "ready"


@pytest.mark.parametrize("query", ["", "token=", "token=wrong", "token=" + "x" * 5000, "token=%00"])
async def test_a_bad_token_is_refused_before_accept(site: Any, query: str) -> None:
    answer = await status_of(site.socket(query=query))
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert json.loads(answer.body or b"")["code"] == "bad_token"
    assert site.ctx.opened == 0
    assert not site.ctx.live


async def test_a_wrong_bearer_is_not_saved_by_a_good_query(site: Any) -> None:
    answer = await status_of(site.socket(), additional_headers={"Authorization": "Bearer wrong"})
    assert answer.status_code == 401


async def test_a_page_of_another_site_is_refused(site: Any) -> None:
    answer = await status_of(site.socket(), origin="https://elsewhere.example")
    assert answer.status_code == 403
    async with connect(site.socket(), origin=site.http) as peer:
        assert (await receive(peer))["event"] == "ready"


@pytest.mark.parametrize(
    "session_id", ["short", "x" * 65, "with%20space", "semi;colon1", "%2e%2e%5cwindows", "ümlaut-id"]
)
async def test_an_odd_session_id_is_refused(site: Any, session_id: str) -> None:
    assert (await status_of(site.socket(session_id))).status_code == 400
    assert site.ctx.opened == 0


async def test_a_uuid_is_a_session_id(site: Any) -> None:
    async with connect(site.socket("123e4567-e89b-12d3-a456-426614174000")) as peer:
        assert (await receive(peer))["session_id"] == "123e4567-e89b-12d3-a456-426614174000"


async def test_a_live_session_id_is_refused_and_its_call_goes_on(site: Any) -> None:
    async with connect(site.socket()) as first:
        await receive(first)
        answer = await status_of(site.socket())
        assert answer.status_code == 409
        assert "Retry-After" not in answer.headers
        await tell(first, "ping", t=1)
        assert await receive(first) == {"event": "pong", "t": 1}


async def test_a_full_server_says_when_to_come_back(site: Any) -> None:
    site.ctx.limit = 0
    answer = await status_of(site.socket())
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"


async def test_a_call_refused_after_accept_closes_as_overloaded(site: Any) -> None:
    async def refuse() -> None:
        raise CallRefused("no model session is free")

    site.ctx.opening = refuse
    async with connect(site.socket()) as peer:
        code, seen = await code_of(peer)
    assert code == 1013
    assert seen == [{"event": "bye", "reason": "overloaded", "message": "Every line is taken. Try again in a moment."}]


async def test_a_model_that_cannot_open_is_an_error_without_its_words(
    site: Any, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail() -> None:
        # Not a literal: the log shows lines of source, and may.
        raise RuntimeError("-".join(["secret", "detail"]))

    site.ctx.opening = fail
    async with connect(site.socket()) as peer:
        code, seen = await code_of(peer)
    assert code == 1011
    assert [frame["event"] for frame in seen] == ["bye"]
    assert "secret-detail" not in json.dumps(seen) + caplog.text
    assert "RuntimeError" in caplog.text
    await site.ctx.all_over()


@pytest.mark.parametrize(
    "failure, loopback, reason, message",
    [
        (partial(SetupError, "No model.", "Run `odai doctor`."), True, "not_ready", "No model. Run `odai doctor`."),
        (partial(SetupError, "No model.", "Run `odai doctor`."), False, "not_ready", NOT_READY.message),
        (partial(OdaiError, "host 10.0.0.1 is down"), True, "model_lost", UNREACHABLE.message),
    ],
)
async def test_a_call_that_cannot_open_says_why_to_whom_it_helps(
    site: Any, failure: Callable[[], OdaiError], loopback: bool, reason: str, message: str
) -> None:
    async def fail() -> None:
        raise failure()

    site.ctx.opening, site.ctx.loopback = fail, loopback
    async with connect(site.socket()) as peer:
        assert await code_of(peer) == (1011, [{"event": "bye", "reason": reason, "message": message}])
    await site.ctx.all_over()


# -- frames in --------------------------------------------------------------------------------------


async def test_everything_a_client_says_reaches_the_call_in_order(site: Any) -> None:
    async with connect(site.socket()) as peer:
        await receive(peer)
        call = await site.ctx.next_call()
        await tell(peer, "audio", payload=base64.b64encode(b"\x01\x00" * 480).decode())
        await tell(peer, "audio", payload="")
        await tell(peer, "text", text="  hello  ")
        await tell(peer, "played", item_id="item_1", ms=120.7)
        await tell(peer, "interrupt")
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
    async with connect(site.socket()) as peer:
        await receive(peer)
        await peer.send(frame)
        answer = await receive(peer)
        assert (answer["event"], answer["code"], answer["retryable"]) == ("error", code, False)
        await tell(peer, "ping", t="still here")
        assert await receive(peer) == {"event": "pong", "t": "still here"}


async def test_exactly_one_second_of_audio_is_taken(site: Any) -> None:
    async with connect(site.socket()) as peer:
        call = await site.ctx.next_call()
        await tell(peer, "audio", payload=base64.b64encode(bytes(48_000)).decode())
        await call.until(lambda call: len(call.audio) == 48_000)


async def test_fifty_bad_frames_are_forgiven_with_few_answers_and_the_next_ends_the_call(site: Any) -> None:
    async with connect(site.socket()) as peer:
        await receive(peer)
        for _ in range(50):
            await peer.send("junk")
        await tell(peer, "ping", t=1)
        answers: list[dict[str, Any]] = []
        while not answers or answers[-1]["event"] != "pong":
            answers.append(await receive(peer))
        assert 10 <= len(answers) - 1 <= 12
        for _ in range(51):
            await peer.send("junk")
        code, seen = await code_of(peer)
    assert code == 1008
    assert seen[-1]["reason"] == "bad_frames"
    assert (await site.ctx.next_call()).ended == ["error"]


async def test_a_frame_beyond_the_server_limit_closes_as_too_big(site: Any) -> None:
    async with connect(site.socket()) as peer:
        await receive(peer)
        await peer.send("x" * (1 << 20 | 1))
        code, _ = await code_of(peer)
    assert code == 1009
    await site.ctx.all_over()


async def test_a_flood_of_controls_that_the_call_cannot_take_ends_it(site: Any) -> None:
    async with connect(site.socket()) as peer:
        await receive(peer)
        call = await site.ctx.next_call()
        call.taking.clear()
        await tell(peer, "audio", payload="AAAAAAAA")
        for number in range(80):
            await tell(peer, "played", item_id="i", ms=number)
        code, seen = await code_of(peer)
    assert code == 1008
    assert seen[-1]["reason"] == "flood"


async def test_audio_that_the_call_does_not_take_is_bounded_and_the_newest_survives(site: Any) -> None:
    async with connect(site.socket()) as peer:
        await receive(peer)
        call = await site.ctx.next_call()
        call.taking.clear()
        for second in range(10):
            await tell(peer, "audio", payload=base64.b64encode(struct.pack("<h", second) * 24_000).decode())
        await tell(peer, "text", text="after")
        await tell(peer, "ping", t=1)
        assert (await receive(peer))["event"] == "pong"
        call.taking.set()
        await call.until(lambda call: call.texts)
    seconds = [struct.unpack_from("<h", call.audio, at)[0] for at in range(0, len(call.audio), 48_000)]
    assert len(seconds) <= 3
    assert seconds[-2:] == [8, 9]


# -- frames out -------------------------------------------------------------------------------------


async def test_every_event_of_a_call_arrives_as_the_wire_sheet_says(site: Any) -> None:
    async with connect(site.socket()) as peer:
        await receive(peer)
        call = await site.ctx.next_call()
        call.emit(
            events.ResponseStarted("ODAI"),
            events.Audio("item_1", b"\x01\x02", 0, 7),
            events.ToolEnded("c1", "find_tide", None, 12, True),
            events.Ended("hangup", "Goodbye."),
        )
        code, seen = await code_of(peer)
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
    async with connect(site.socket()) as peer:
        await receive(peer)
        (await site.ctx.next_call()).emit(events.Ended(reason))
        assert await code_of(peer) == (code, [{"event": "bye", "reason": reason}])
    await site.ctx.all_over()


async def test_a_call_that_breaks_closes_1011_and_never_1000(site: Any, caplog: pytest.LogCaptureFixture) -> None:
    async with connect(site.socket()) as peer:
        await receive(peer)
        (await site.ctx.next_call()).emit(RuntimeError("private words"))
        code, seen = await code_of(peer)
    assert code == 1011
    assert seen[-1]["reason"] == "error"
    assert "private words" not in json.dumps(seen) + caplog.text
    await site.ctx.all_over()
    assert site.ctx.closed == 1


# -- endings ----------------------------------------------------------------------------------------


async def test_a_polite_bye_is_answered_with_bye_and_1000(site: Any) -> None:
    async with connect(site.socket()) as peer:
        await receive(peer)
        call = await site.ctx.next_call()
        await tell(peer, "bye")
        assert await code_of(peer) == (1000, [{"event": "bye", "reason": "caller"}])
    await site.ctx.all_over()
    assert call.ended == ["caller"]
    assert site.ctx.closed == 1


@pytest.mark.parametrize("site", [{"ODAI_APP_VOICE_IDLE": 0.2}], indirect=True)
async def test_a_silent_client_is_let_go(site: Any) -> None:
    async with connect(site.socket()) as peer:
        await receive(peer)
        code, seen = await code_of(peer)
    assert (code, seen[-1]["reason"]) == (1000, "idle")
    assert (await site.ctx.next_call()).ended == ["idle"]


async def test_a_peer_that_vanishes_leaves_nothing_open(site: Any) -> None:
    peer = await connect(site.socket())
    await receive(peer)
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
    peer = await connect(site.socket())
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
        async with connect(site.socket(f"session-{number:04d}")) as peer:
            await receive(peer)
            if number % 3 == 0:
                await tell(peer, "bye")
                await code_of(peer)
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


# -- the page ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/app/voice/"])
async def test_the_page_is_strict_and_never_stored(site: Any, path: str) -> None:
    async with httpx.AsyncClient() as client:
        answer = await client.get(site.http + path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["permissions-policy"].startswith("microphone=(self)")
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'")
    assert "unsafe" not in policy
    assert '<meta name="odai-token" content="good.token">' in answer.text
    assert not re.search(r"https?://", answer.text)
    assert " style=" not in answer.text
    assert site.ctx.asked == [("127.0.0.1", f"127.0.0.1:{site.port}")]


async def test_a_stranger_gets_the_page_without_a_token(site: Any) -> None:
    site.ctx.local = False
    async with httpx.AsyncClient() as client:
        answer = await client.get(site.http)
    assert "odai-token" not in answer.text


async def test_every_file_the_page_names_is_served_with_its_type(site: Any) -> None:
    types = {"js": "text/javascript", "css": "text/css", "svg": "image/svg+xml"}
    async with httpx.AsyncClient(base_url=site.http) as client:
        waiting, seen = re.findall(r'(?:src|href)="(/app/voice/static/[^"]+)"', (await client.get("/")).text), set()
        while waiting:
            path = waiting.pop()
            seen.add(path)
            answer = await client.get(path)
            assert answer.status_code == 200, path
            assert answer.headers["content-type"].startswith(types[path.rsplit(".", 1)[1]]), path
            assert answer.headers["x-content-type-options"] == "nosniff"
            found = re.findall(r'"\./([a-z-]+\.js)"', answer.text)
            waiting += [full for name in found if (full := f"/app/voice/static/{name}") not in seen]
    # Every file is reached from the page: none is left over from an earlier one.
    assert seen == {f"/app/voice/static/{name}" for name in assets() if name != "index.html"}


async def test_an_unchanged_file_is_not_sent_again(site: Any) -> None:
    async with httpx.AsyncClient(base_url=site.http) as client:
        first = await client.get("/app/voice/static/main.js")
        again = await client.get("/app/voice/static/main.js", headers={"If-None-Match": first.headers["etag"]})
        other = await client.get("/app/voice/static/main.js", headers={"If-None-Match": '"other"'})
    assert first.headers["cache-control"] == "no-cache"
    assert (again.status_code, again.content) == (304, b"")
    assert other.status_code == 200


@pytest.mark.parametrize(
    "name", ["nothing.js", "index.html", "..%2f__init__.py", "%2e%2e/page.py", "..%5cpage.py", "", "%00"]
)
async def test_nothing_but_the_files_is_served(site: Any, name: str) -> None:
    async with httpx.AsyncClient(base_url=site.http) as client:
        assert (await client.get(f"/app/voice/static/{name}")).status_code == 404


async def test_a_dry_run_tells_a_browser_why_it_would_be_refused(site: Any) -> None:
    async with httpx.AsyncClient(base_url=site.http) as client:

        async def check(token: str, **headers: str) -> httpx.Response:
            return await client.post("/app/voice/check", headers={"Authorization": f"Bearer {token}", **headers})

        assert (await check("good.token")).status_code == 204
        assert (await check("wrong")).status_code == 401
        assert (await check("good.token", Origin="https://elsewhere.example")).status_code == 403
        site.ctx.limit = 0
        full = await check("good.token")
    assert (full.status_code, full.headers["retry-after"]) == (503, "5")
    assert not site.ctx.live
    assert site.ctx.opened == 0
