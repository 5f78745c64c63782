"""Turns over a real socket: one at a time, stopped, confirmed, and whatever a client throws between them."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from odai_transport_chat.frames import FRAME_LIMIT
from odai_transport_chat.patience import AT_ONCE, IN_A_ROW
from odai_transport_chat.session import WAITING, Limits, hold

from odai_core import Caller, ChatInfo, chat_events


def codes(frames: list[dict[str, Any]]) -> list[str]:
    return [frame["code"] for frame in frames if frame["type"] == "error"]


async def test_an_object_with_a_message_is_unpacked(site: Any) -> None:
    async with site.connect() as peer:
        chat = await site.ctx.next_chat()
        for sent, read in [('{"message": "Hello", "thread_id": "t"}', "Hello"), ('{"unknown": 1}', '{"unknown": 1}')]:
            await peer.send(sent)
            turn = await chat.next_turn()
            assert turn.text == read
            turn.end()
            await peer.until("end_of_stream")


async def test_one_turn_at_a_time_and_a_bounded_queue_behind_it(site: Any) -> None:
    async with site.connect() as peer:
        chat = await site.ctx.next_chat()
        await peer.send("first")
        first = await chat.next_turn()
        for number in range(WAITING + 2):
            await peer.send(f"waiting {number}")
        refused = [await peer.receive() for _ in range(2)]
        assert codes(refused) == ["busy", "busy"]
        assert refused[0]["retryable"] is True
        first.end()
        for number in range(WAITING):
            turn = await chat.next_turn()
            assert turn.text == f"waiting {number}"
            assert first.closed.is_set()
            turn.end()
            first = turn
        told = [await peer.receive() for _ in range(WAITING + 1)]
        assert {frame["type"] for frame in told} == {"end_of_stream"}


async def test_the_next_prompt_does_not_wait_for_suggestions(site: Any) -> None:
    async with site.connect() as peer:
        chat = await site.ctx.next_chat()
        await peer.send("first")
        first = await chat.next_turn()
        first.emit(chat_events.EndOfStream())
        await peer.until("end_of_stream")
        await peer.send("second")
        second = await chat.next_turn()
        assert first.closed.is_set()
        second.end(chat_events.SuggestedPrompts((chat_events.SuggestedPrompt("More", 0.5),)))
        assert [frame["type"] for frame in await peer.until("suggested_prompts")] == [
            "end_of_stream",
            "suggested_prompts",
        ]


async def test_stop_stops_the_turn_and_the_next_one_runs(site: Any) -> None:
    async with site.connect() as peer:
        chat = await site.ctx.next_chat()
        await peer.send("first")
        turn = await chat.next_turn()
        turn.say("One, ")
        await peer.until("raw_response_event")
        await peer.tell("stop")
        await peer.until("end_of_stream")
        assert chat.stops == 1
        await peer.send("second")
        assert (await chat.next_turn()).text == "second"


async def test_a_stop_that_overtakes_the_first_word_still_stops(site: Any) -> None:
    async with site.connect() as peer:
        chat = await site.ctx.next_chat()
        begun = asyncio.Event()
        stop = chat.stop

        async def too_early() -> None:
            begun.set()

        chat.stop = too_early
        await peer.send("first")
        turn = await chat.next_turn()
        await peer.tell("stop")
        await asyncio.wait_for(begun.wait(), 10)
        chat.stop = stop
        turn.say("One")
        await peer.until("end_of_stream")
        assert chat.stops == 1


async def test_a_stop_without_a_turn_is_nothing(site: Any) -> None:
    async with site.connect() as peer:
        chat = await site.ctx.next_chat()
        await peer.tell("stop")
        await peer.tell("confirm", id="none", approve=True)
        assert codes([await peer.receive()]) == ["not_waiting"]
        assert chat.stops == 0
        await peer.send("first")
        turn = await chat.next_turn()
        turn.say("One")
        turn.end()
        assert [frame["type"] for frame in await peer.until("end_of_stream")] == [
            "raw_response_event",
            "end_of_stream",
        ]


@pytest.mark.parametrize("approve, outcome", [(True, "approved"), (False, "declined")])
async def test_a_question_is_answered_while_the_turn_runs(site: Any, approve: bool, outcome: str) -> None:
    async with site.connect() as peer:
        chat = await site.ctx.next_chat()
        chat.waiting.add("k1")
        await peer.send("Send the mail")
        turn = await chat.next_turn()
        arguments = {"to": "ann@example.com"}
        turn.emit(
            chat_events.ConfirmationRequired("k1", "send", "Gmail", "Send?", arguments, expires_at=1e10, agent="Gmail")
        )
        asked = (await peer.until("confirmation_required"))[-1]
        assert (asked["id"], asked["arguments"]) == ("k1", arguments)
        await peer.tell("confirm", id="k1", approve=approve)
        assert await peer.receive() == {"type": "confirmation_settled", "id": "k1", "outcome": outcome}
        await peer.tell("confirm", id="k1", approve=approve)
        assert codes([await peer.receive()]) == ["not_waiting"]
        assert chat.confirmed == [("k1", approve)] * 2


async def test_bytes_and_nothing_are_told_so_and_the_chat_goes_on(site: Any) -> None:
    async with site.connect() as peer:
        chat = await site.ctx.next_chat()
        for sent, code in [
            (b"\0\1", "bad_frame"), (b"", "bad_frame"), ("", "empty_prompt"), ("  ", "empty_prompt"),
            ("x" * 40_000, "too_long"), ('{"type": "confirm"}', "bad_frame"),
        ]:  # fmt: skip
            await peer.send(sent)
            assert codes([await peer.receive()]) == [code]
        await peer.send("still here")
        assert (await chat.next_turn()).text == "still here"


async def test_a_frame_that_is_too_big_closes_with_1009(site: Any) -> None:
    async with site.connect() as peer:
        await site.ctx.next_chat()
        await peer.send("x" * (FRAME_LIMIT + 1))
        code, seen = await peer.closing()
    assert (code, codes(seen)) == (1009, ["frame_too_big"])
    async with site.connect() as peer:
        await site.ctx.next_chat()
        await peer.send("x" * (1 << 21))
        assert (await peer.closing())[0] == 1009
    await site.ctx.all_over()


async def test_a_flood_is_answered_sparingly_and_ended(site: Any) -> None:
    async with site.connect() as peer:
        await site.ctx.next_chat()
        for _ in range(IN_A_ROW + 1):
            await peer.send(b"")
        code, seen = await peer.closing()
    assert code == 1008
    assert AT_ONCE < len(codes(seen)) < IN_A_ROW // 2
    assert codes(seen)[-1] == "flood"
    await site.ctx.all_over()


async def test_a_flood_of_prompts_is_ended_too_and_the_turn_with_it(site: Any) -> None:
    async with site.connect() as peer:
        chat = await site.ctx.next_chat()
        for number in range(3 * IN_A_ROW):
            await peer.send(f"prompt {number}")
        assert (await peer.closing())[0] == 1008
    await site.ctx.all_over()
    assert (await chat.next_turn()).closed.is_set()


async def test_a_turn_that_raises_closes_with_1011_and_keeps_its_words(
    site: Any, caplog: pytest.LogCaptureFixture
) -> None:
    async with site.connect() as peer:
        chat = await site.ctx.next_chat()
        await peer.send("first")
        turn = await chat.next_turn()
        turn.say("One")
        turn.emit(RuntimeError("-".join(["secret", "detail"])))
        code, seen = await peer.closing()
    assert code == 1011
    assert [frame["type"] for frame in seen] == ["raw_response_event", "error"]
    assert "secret-detail" not in json.dumps(seen) + caplog.text
    await site.ctx.all_over()


async def test_two_sockets_of_a_chat_have_each_their_own(site: Any) -> None:
    async with site.connect() as one, site.connect() as two:
        chats = [await site.ctx.next_chat(), await site.ctx.next_chat()]
        for number, (peer, chat) in enumerate(zip([one, two], chats, strict=True)):
            await peer.send(f"from {number}")
            turn = await chat.next_turn()
            turn.say(f"to {number}")
            turn.end()
            assert (await peer.until("end_of_stream"))[0]["delta"] == f"to {number}"


JUNK = st.one_of(
    st.text(max_size=60),
    st.binary(max_size=20),
    st.fixed_dictionaries({"type": st.sampled_from(["stop", "confirm", "prompt", "usage"])}).map(json.dumps),
    st.fixed_dictionaries(
        {"type": st.just("confirm"), "id": st.text(max_size=5) | st.integers(), "approve": st.booleans() | st.text()}
    ).map(json.dumps),
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(JUNK, max_size=30))
def test_a_hostile_client_is_answered_and_leaves_nothing_open(context: Any, sent: list[str | bytes]) -> None:

    class Socket:
        """A Quart WebSocket whose peer sends all this and goes."""

        def __init__(self) -> None:
            self.frames = iter(sent)
            self.told: list[dict[str, Any]] = []
            self.gone = asyncio.Event()

        async def accept(self, subprotocol: str | None) -> None:
            assert not self.told

        async def receive(self) -> str | bytes:
            await asyncio.sleep(0)
            for frame in self.frames:
                return frame
            self.gone.set()
            return await asyncio.get_running_loop().create_future()

        async def send(self, frame: str) -> None:
            self.told.append(json.loads(frame))

        async def close(self, code: int, reason: str) -> None:
            self.gone.set()

    async def run() -> None:
        ctx, socket = context(), Socket()
        info = ChatInfo(chat_id="c", caller=Caller(user_id="u"))
        holding = asyncio.create_task(
            hold(ctx, socket, info, Limits(idle=60, stall=5))  # type: ignore[arg-type]
        )
        answering = asyncio.create_task(answer(await ctx.next_chat()))
        await asyncio.wait_for(socket.gone.wait(), 10)
        holding.cancel()
        await asyncio.gather(holding, return_exceptions=True)
        answering.cancel()
        await asyncio.gather(answering, return_exceptions=True)
        assert (ctx.opened, ctx.closed) == (1, 1)
        assert {frame["type"] for frame in socket.told} <= {"error", "raw_response_event", "end_of_stream"}
        assert asyncio.all_tasks() == {asyncio.current_task()}

    async def answer(chat: Any) -> None:
        while True:
            turn = await chat.next_turn()
            turn.say(turn.text)
            turn.end()

    asyncio.run(run())
