"""A chat that was deleted and begun anew by somebody else is not the one an open window still shows."""

import asyncio
from contextlib import aclosing

from agents.testing import ScriptedModel

from odai_core.calls import Caller
from odai_core.text.events import ChatError, TextDelta
from tests.text.desk_bench import answer_of, bench, everything, of, say
from tests.text.test_chat_stopping import SECONDS, Gate, speaking

BOB = Caller(user_id="bob")


async def test_a_window_left_open_does_not_read_the_next_owners_chat(tmp_path):
    model = ScriptedModel([say("Noted."), say("Never said.")])
    async with bench(tmp_path, model=model) as it, it.open() as old:
        await it.desk.book.delete("ada", "chat-1")
        async with it.open(caller=BOB) as bobs:
            assert answer_of(await everything(bobs, "my pin is 4711")) == "Noted."
        events = await everything(old, "what was said here?")
        assert [event.code for event in of(events, ChatError)] == ["unavailable"]
        assert len(model.calls) == 1
        assert [turn.prompt for turn in await it.desk.book.read("bob", "chat-1")] == ["my pin is 4711"]


async def test_a_turn_that_outlives_its_chat_is_not_kept_in_the_next_owners(tmp_path):
    gate = Gate()
    async with bench(tmp_path, model=ScriptedModel([speaking(gate, "Wait")])) as it, it.open() as old:
        async with aclosing(old.prompt("something nasty")) as events, asyncio.timeout(SECONDS):
            async for event in events:
                if isinstance(event, TextDelta):
                    break
            await it.desk.book.delete("ada", "chat-1")
            await it.desk.store.open("chat-1", "bob")
        assert await it.desk.book.read("bob", "chat-1") == ()
        assert await it.desk.store.items("chat-1") == []


async def test_the_store_lets_only_the_owner_take_and_fill_a_chat(tmp_path):
    async with bench(tmp_path) as it:
        await it.desk.store.open("chat-1", "bob")
        assert not await it.desk.store.claim("chat-1", "one", 20, owner="ada")
        assert await it.desk.store.claim("chat-1", "one", 20, owner="bob")
