"""Whole chats and the ledger: a turn costs what the user is told, once, and a used-up day is said in a sentence."""

import asyncio
import json
from contextlib import asynccontextmanager

import pytest
from websockets.asyncio.client import connect

from odai_core.contract import Secret
from odai_core.store.database import Database
from odai_core.store.usage import UsageStore
from odai_core.testing.fake_chat import Answer, FakeChat
from tests.calls.harness import running
from tests.store.postgres import postgres

__all__ = ["postgres"]

pytest.importorskip("odai_transport_chat")


@pytest.fixture
async def service():
    async with FakeChat(default=Answer("It is raining in Ghent.")) as made:
        yield made


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request, service, tmp_path):
    url = f"sqlite:///{tmp_path / 'odai.db'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres").database()
    return {
        "OPENAI_API_KEY": service.key,
        "OPENAI_BASE_URL": service.url,
        "ODAI_TEXT_PLUGIN": "openai",
        "ODAI_DATABASE_URL": url,
    }


@asynccontextmanager
async def chatting(server, chat="chat-1", user="ann"):
    """`ask(prompt)` gives every event up to the end of the answer."""
    token = server.server.tokens.mint(user)
    async with connect(f"{server.ws}/chats/{chat}?token={token}", compression=None) as socket:

        async def ask(prompt):
            await socket.send(prompt)
            events = []
            async with asyncio.timeout(15):
                while not events or events[-1]["type"] != "end_of_stream":
                    events.append(json.loads(await socket.recv()))
            return events

        yield ask


async def kept(settings, by):
    database = Database(Secret(settings["ODAI_DATABASE_URL"]))
    try:
        return {one.key: one for one in await UsageStore(database).report(by, since="2000-01-01", until="9999-12-31")}
    finally:
        await database.close()


def named(events, kind):
    return [event for event in events if event["type"] == kind]


async def test_a_turn_costs_what_the_user_is_told(settings):
    async with running(**settings) as server, chatting(server) as ask:
        [told] = named(await ask("how is the weather in Ghent?"), "usage")
    chat = (await kept(settings, "kind"))["chat"]
    assert chat.records == 1
    assert (chat.input_tokens, chat.output_tokens) == (told["input_tokens"], told["output_tokens"])
    assert chat.cached_input_tokens == told["cached_input_tokens"]
    assert told["cost_usd"] > 0
    assert chat.cost_nanos == round(told["cost_usd"] * 10**9)
    assert set(await kept(settings, "user")) == {"ann"}
    assert set(await kept(settings, "model")) == {"gpt-5.4-mini"}


async def test_an_unknown_model_costs_an_unknown_sum(settings):
    async with running(**settings, OPENAI_TEXT_MODEL="nobody-knows") as server, chatting(server) as ask:
        [told] = named(await ask("hello"), "usage")
    assert told["cost_usd"] is None
    assert told["input_tokens"] > 0
    assert (await kept(settings, "kind"))["chat"].unknown == 1


async def test_a_used_up_day_is_said_in_a_sentence_and_asks_no_model(settings, service):
    async with running(**settings, ODAI_DAILY_TOKENS="1") as server:
        async with chatting(server) as ask:
            assert not named(await ask("hello"), "error")
        async with chatting(server) as ask:
            events = await ask("hello once more")
            [error] = named(events, "error")
            assert error["code"] == "quota"
            assert "come back tomorrow" in error["message"]
            assert not named(events, "raw_response_event")
        assert any("hello" in str(asked) for asked in service.requests)
        assert not any("once more" in str(asked) for asked in service.requests)
        async with chatting(server, chat="chat-2", user="bob") as ask:
            assert not named(await ask("hello"), "error")
