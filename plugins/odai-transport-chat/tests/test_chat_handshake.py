"""Who gets a chat's socket, and who is told why not, before and after it is accepted."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from odai_transport_chat.routes import PER_USER
from websockets.typing import Subprotocol

from odai_core import CallRefused, OdaiError, QuotaReached, SetupError
from odai_core.errors import Draining, Overloaded


async def test_a_prompt_is_answered_in_the_words_of_the_wire(site: Any) -> None:
    async with site.connect("a.chat_1", "token=good.token&tz=Europe/Lisbon&locale=pt-PT") as peer:
        chat = await site.ctx.next_chat()
        await peer.send("Good day")
        turn = await chat.next_turn()
        turn.say("Good ")
        assert await peer.receive() == {"type": "raw_response_event", "delta": "Good ", "current_agent": "ODAI"}
        turn.end()
        assert await peer.receive() == {"type": "end_of_stream"}
    assert turn.text == "Good day"
    assert chat.info.chat_id == "a.chat_1"
    caller = chat.info.caller
    assert (caller.user_id, caller.time_zone, caller.locale) == ("user-1", "Europe/Lisbon", "pt-PT")


@pytest.mark.parametrize(
    "options",
    [
        {"query": "", "additional_headers": {"Authorization": "Bearer good.token"}},
        {"query": "", "subprotocols": [Subprotocol("odai.token.good.token"), Subprotocol("odai.chat")]},
        {"query": "", "subprotocols": [Subprotocol("odai.token.good.token")]},
        {"query": "token=good.token"},
    ],
)
async def test_the_token_comes_in_a_header_a_subprotocol_or_the_query(site: Any, options: dict[str, Any]) -> None:
    async with site.connect(**options) as peer:
        await site.ctx.next_chat()
        ours = "odai.chat" in options.get("subprotocols", [])
        assert peer.subprotocol == ("odai.chat" if ours else None), "a token is never echoed"


@pytest.mark.parametrize("query", ["", "token=", "token=wrong", "token=" + "x" * 9000, "token=%00"])
async def test_a_bad_token_is_refused_before_accept(site: Any, query: str) -> None:
    answer = await site.refusal(query=query)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert json.loads(answer.body or b"")["code"] == "bad_token"
    assert site.ctx.opened == 0


async def test_a_guest_has_no_chats(site: Any) -> None:
    answer = await site.refusal(query="token=guest")
    assert (answer.status_code, json.loads(answer.body)["code"]) == (403, "guest")


async def test_a_page_of_another_site_is_refused(site: Any) -> None:
    assert (await site.refusal(origin="https://elsewhere.example")).status_code == 403
    async with site.connect(origin=site.http):
        await site.ctx.next_chat()


@pytest.mark.parametrize("chat_id", ["x" * 129, "with%20space", "semi;colon", "%2e%2e%5cwindows", "ümlaut", "a%00"])
async def test_an_odd_chat_id_is_refused(site: Any, chat_id: str) -> None:
    assert (await site.refusal(chat_id)).status_code == 400
    assert site.ctx.opened == 0


@pytest.mark.parametrize("reason", [Overloaded("1000 chats are open"), Draining("about to restart")])
async def test_a_chat_without_a_place_is_refused_before_accept(site: Any, reason: CallRefused) -> None:
    async def refuse() -> None:
        raise reason

    site.ctx.opening = refuse
    answer = await site.refusal()
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "1000" not in answer.body.decode()


async def test_nobody_takes_all_the_sockets(site: Any) -> None:
    open_ones = [await site.connect(f"chat-{n}") for n in range(PER_USER)]
    assert (await site.refusal("one-more")).status_code == 503
    async with site.connect("another", "token=good.ann"):
        pass
    for peer in open_ones:
        await peer.close()
    await site.ctx.all_over()


async def test_a_foreign_chat_is_closed_with_1008_and_nothing_of_it_is_told(site: Any) -> None:
    async with site.connect("mine", "token=good.ann") as peer:
        await peer.send("A secret")
        (await (await site.ctx.next_chat()).next_turn()).end()
        await peer.until("end_of_stream")
    await site.ctx.all_over()
    async with site.connect("mine", "token=good.bob") as peer:
        code, seen = await peer.closing()
    assert code == 1008
    assert [(frame["type"], frame["code"], frame["retryable"]) for frame in seen] == [("error", "foreign_chat", False)]
    assert site.ctx.opened == 1


@pytest.mark.parametrize(
    "failure, close_code, code, retryable",
    [
        (partial(QuotaReached, "That is all for today."), 1008, "quota", False),
        (partial(OdaiError, "host 10.0.0.1 is down"), 1011, "internal", True),
        (partial(SetupError, "No model.", "Run `odai doctor`."), 1011, "unavailable", False),
    ],
)
async def test_a_chat_that_cannot_open_says_why(
    site: Any, failure: Callable[[], OdaiError], close_code: int, code: str, retryable: bool
) -> None:
    async def fail() -> None:
        raise failure()

    site.ctx.opening = fail
    async with site.connect() as peer:
        closed, [told] = await peer.closing()
    assert closed == close_code
    assert (told["type"], told["code"], told["retryable"]) == ("error", code, retryable)
    assert "10.0.0.1" not in told["message"]


@pytest.mark.parametrize("loopback", [True, False])
async def test_only_somebody_at_this_machine_is_told_what_to_set_up(site: Any, loopback: bool) -> None:
    async def fail() -> None:
        raise SetupError("No model.", "Run `odai doctor`.")

    site.ctx.opening, site.ctx.loopback = fail, loopback
    async with site.connect() as peer:
        _, [told] = await peer.closing()
    assert ("odai doctor" in told["message"]) == loopback


async def test_a_failure_is_an_error_without_its_words(site: Any, caplog: pytest.LogCaptureFixture) -> None:
    async def fail() -> None:
        # Not a literal: the log shows lines of source, and may.
        raise RuntimeError("-".join(["secret", "detail"]))

    site.ctx.opening = fail
    async with site.connect() as peer:
        code, seen = await peer.closing()
    assert code == 1011
    assert "secret-detail" not in json.dumps(seen) + caplog.text
    assert "RuntimeError" in caplog.text
