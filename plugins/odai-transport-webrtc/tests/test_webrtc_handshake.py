"""Who gets a call, and who is told why not, before and while it opens."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from odai_transport_webrtc.stream import NOT_READY, UNREACHABLE
from websockets.typing import Subprotocol

from odai_core import CallRefused, OdaiError, QuotaReached, SetupError


async def test_ready_is_the_first_frame_and_says_what_answers(site: Any) -> None:
    async with site.connect("abcdefgh", "token=good.token&barge_in=1") as peer:
        assert await peer.receive() == {
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
    assert call.info.screen is True
    assert call.info.audio.turns.interrupt is True
    assert call.info.caller.user_id == "user-1"


async def test_without_barge_in_the_assistant_completes_its_sentence(site: Any) -> None:
    async with site.connect() as peer:
        assert (await peer.receive())["barge_in"] is False
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
    async with site.connect(query=f"token=good.token&{query}") as peer:
        await peer.receive()
    caller = (await site.ctx.next_call()).info.caller
    assert (caller.time_zone, caller.locale) == (zone, locale)


async def test_the_token_may_come_as_a_subprotocol_which_is_not_echoed(site: Any) -> None:
    async with site.connect(
        query="", subprotocols=[Subprotocol("odai.token.good.token"), Subprotocol("odai.voice")]
    ) as peer:
        assert peer.subprotocol == "odai.voice"
        assert (await peer.receive())["event"] == "ready"


async def test_no_subprotocol_is_chosen_when_ours_is_not_offered(site: Any) -> None:
    async with site.connect(subprotocols=[Subprotocol("chat"), Subprotocol("superchat")]) as peer:
        assert peer.subprotocol is None
        assert (await peer.receive())["event"] == "ready"


async def test_the_token_may_come_as_a_bearer(site: Any) -> None:
    async with site.connect(query="", additional_headers={"Authorization": "bearer good.token"}) as peer:
        assert (await peer.receive())["event"] == "ready"


@pytest.mark.parametrize("query", ["", "token=", "token=wrong", "token=" + "x" * 5000, "token=%00"])
async def test_a_bad_token_is_refused_before_accept(site: Any, query: str) -> None:
    answer = await site.refusal(query=query)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert json.loads(answer.body or b"")["code"] == "bad_token"
    assert site.ctx.opened == 0
    assert not site.ctx.live


async def test_a_wrong_bearer_is_not_saved_by_a_good_query(site: Any) -> None:
    answer = await site.refusal(additional_headers={"Authorization": "Bearer wrong"})
    assert answer.status_code == 401


async def test_a_page_of_another_site_is_refused(site: Any) -> None:
    answer = await site.refusal(origin="https://elsewhere.example")
    assert answer.status_code == 403
    async with site.connect(origin=site.http) as peer:
        assert (await peer.receive())["event"] == "ready"


@pytest.mark.parametrize(
    "session_id", ["short", "x" * 65, "with%20space", "semi;colon1", "%2e%2e%5cwindows", "ümlaut-id"]
)
async def test_an_odd_session_id_is_refused(site: Any, session_id: str) -> None:
    assert (await site.refusal(session_id)).status_code == 400
    assert site.ctx.opened == 0


async def test_a_uuid_is_a_session_id(site: Any) -> None:
    async with site.connect("123e4567-e89b-12d3-a456-426614174000") as peer:
        assert (await peer.receive())["session_id"] == "123e4567-e89b-12d3-a456-426614174000"


async def test_a_live_session_id_is_refused_and_its_call_goes_on(site: Any) -> None:
    async with site.connect() as first:
        await first.receive()
        answer = await site.refusal()
        assert answer.status_code == 409
        assert "Retry-After" not in answer.headers
        await first.tell("ping", t=1)
        assert await first.receive() == {"event": "pong", "t": 1}


async def test_a_full_server_says_when_to_come_back(site: Any) -> None:
    site.ctx.limit = 0
    answer = await site.refusal()
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"


async def test_a_call_refused_after_accept_closes_as_overloaded(site: Any) -> None:
    async def refuse() -> None:
        raise CallRefused("no model session is free")

    site.ctx.opening = refuse
    async with site.connect() as peer:
        code, seen = await peer.closing()
    assert code == 1013
    assert seen == [{"event": "bye", "reason": "overloaded", "message": "Every line is taken. Try again in a moment."}]


async def test_a_caller_without_allowance_is_told_in_words(site: Any) -> None:
    async def refuse() -> None:
        raise QuotaReached("That was all for today.")

    site.ctx.opening = refuse
    async with site.connect() as peer:
        code, seen = await peer.closing()
    assert code == 1008
    assert seen == [{"event": "bye", "reason": "quota", "message": "That was all for today."}]


async def test_a_model_that_cannot_open_is_an_error_without_its_words(
    site: Any, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail() -> None:
        # Not a literal: the log shows lines of source, and may.
        raise RuntimeError("-".join(["secret", "detail"]))

    site.ctx.opening = fail
    async with site.connect() as peer:
        code, seen = await peer.closing()
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
    async with site.connect() as peer:
        assert await peer.closing() == (1011, [{"event": "bye", "reason": reason, "message": message}])
    await site.ctx.all_over()
