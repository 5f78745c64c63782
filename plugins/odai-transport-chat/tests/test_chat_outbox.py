"""A client that reads slowly: nothing is lost, little is held, the turn waits."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from odai_transport_chat import frames
from odai_transport_chat.outbox import MERGED, ROOM, Outbox
from odai_transport_chat.patience import AT_ONCE, IN_A_ROW, Patience

from odai_core import chat_events

Delta, Title = chat_events.TextDelta, chat_events.ChatTitle


async def everything(outbox: Outbox) -> list[dict[str, Any]]:
    await outbox.close()
    told = []
    while (frame := await outbox.get()) is not None:
        told.append(json.loads(frame))
    return told


async def test_what_a_fast_reader_gets_is_as_it_was_told() -> None:
    outbox = Outbox()
    for text in ["a", "b"]:
        await outbox.put(Delta(text, "ODAI"))
        assert await outbox.get() == frames.delta(text, "ODAI")
    assert (len(outbox), outbox.size) == (0, 0)


async def test_deltas_that_wait_become_one_but_never_across_an_agent_or_an_event() -> None:
    outbox = Outbox()
    for event in [
        Delta("a", "ODAI"), Delta("b", "ODAI"), Delta("", "ODAI"), Delta("c", "Yelp"),
        Title("x"), Delta("d", "Yelp"), Delta("e", "Yelp"),
    ]:  # fmt: skip
        await outbox.put(event)
    told = await everything(outbox)
    assert [(frame.get("delta"), frame.get("current_agent")) for frame in told] == [
        ("ab", "ODAI"), ("c", "Yelp"), (None, None), ("de", "Yelp"),
    ]  # fmt: skip
    assert outbox.size == 0


async def test_a_merged_delta_stays_of_a_size_that_every_client_takes() -> None:
    outbox = Outbox()
    for _ in range(100):
        await outbox.put(Delta("\N{GRINNING FACE}" * 1000, "ODAI"))
    told = await everything(outbox)
    assert sum(len(frame["delta"]) for frame in told) == 100_000
    assert max(len(frame["delta"]) for frame in told) < MERGED + 1000


@given(st.lists(st.sampled_from(["a", "bc", "", "T"]) | st.text(max_size=5), max_size=60))
def test_the_text_arrives_whole_and_in_order(texts: list[str]) -> None:
    async def run() -> None:
        outbox = Outbox()
        for text in texts:
            await outbox.put(Title("x") if text == "T" else Delta(text, "ODAI"))
        told = await everything(outbox)
        runs = "".join("\0" if frame["type"] == "title" else frame["delta"] for frame in told)
        assert runs == "".join("\0" if text == "T" else text for text in texts)

    asyncio.run(run())


@pytest.mark.parametrize("event", [Delta("x" * 1000, "ODAI"), Title("x" * 1000)])
async def test_the_turn_waits_for_a_reader_and_memory_is_bounded(event: Any) -> None:
    outbox = Outbox()

    async def talk() -> None:
        for _ in range(10 * ROOM // 1000):
            await outbox.put(event)

    talking = asyncio.create_task(talk())
    read = 0
    while not talking.done() or len(outbox):
        assert outbox.size <= ROOM + 2000
        frame = await outbox.get()
        read += len(json.loads(frame or "").get("delta") or "x" * 1000)
    assert read == 10 * ROOM // 1000 * 1000
    await talking


async def test_a_reply_never_waits() -> None:
    outbox = Outbox()
    while outbox.size < ROOM:
        await outbox.reply("x" * 10_000)
    held = len(outbox)
    await outbox.reply("y")
    assert len(outbox) == held


async def test_the_last_words_come_last_also_when_there_is_no_room() -> None:
    outbox = Outbox()
    await outbox.reply("x" * ROOM)
    await outbox.close("bye")
    assert (await outbox.get(), await outbox.get(), await outbox.get()) == ("x" * ROOM, "bye", None)


def test_patience_answers_some_forgives_more_and_recovers() -> None:
    now = 0.0
    patience = Patience(lambda: now)
    assert [patience.answers() for _ in range(AT_ONCE + 2)] == [True] * AT_ONCE + [False] * 2
    now = 0.5
    assert (patience.answers(), patience.answers()) == (True, False)
    assert [patience.forgives() for _ in range(IN_A_ROW + 1)] == [True] * IN_A_ROW + [False]
    patience.restore()
    assert patience.forgives()
