"""Whole chats with a model service over HTTP, in both its dialects: it refuses a history as the real ones do."""

import asyncio
import json
from contextlib import asynccontextmanager

import pytest
from websockets.asyncio.client import connect

from odai_core.testing.fake_chat import Answer, Call, FakeChat, Trouble, next_or_rules
from tests.calls.harness import running
from tests.chats.chat_server import Client, kinds, text_of

SUSHI = {"location": "Boston", "search_term": "sushi"}


@pytest.fixture
async def service():
    def script(service, asked):
        # Requests for titles and suggestions have no tools; the answers that tests prepare are not for them.
        return next_or_rules(service, asked) if asked.tools else Answer("[]")

    async with FakeChat(default=Answer("Certainly."), script=script) as made:
        yield made


@pytest.fixture(params=["openai", "compatible"])
def settings(request, service, tmp_path):
    given = {
        "openai": {"OPENAI_API_KEY": service.key, "OPENAI_BASE_URL": service.url},
        "compatible": {
            "ODAI_TEXT_BASE_URL": service.url,
            "ODAI_TEXT_MODEL": "some-model",
            "ODAI_TEXT_KEY": service.key,
        },
    }[request.param]
    return {
        **given,
        "ODAI_TEXT_PLUGIN": request.param,
        "ODAI_DATABASE_URL": f"sqlite:///{tmp_path / 'odai.db'}",
        "ODAI_DEMO": "1",
        "ODAI_DISABLE": "local",
    }


@asynccontextmanager
async def chat(it):
    url = f"{it.ws}/chats/chat-1?token={it.token()}"
    async with connect(url, open_timeout=10) as socket:
        yield Client(socket)


def work(service):
    """The requests of turns, without those for titles and suggestions."""
    return [asked for asked in service.requests if asked.tools]


async def test_a_chat_of_three_turns_with_hand_offs_tools_and_usage(service, settings):
    service.answers += [
        Answer("I'll look.", calls=[Call("transfer_to_yelp")], input_tokens=50, cached_tokens=20),
        Answer(calls=[Call("search_businesses_at_yelp", SUSHI), Call("nothing_like_it")], reasoning=True),
        Answer("There is **Harbor Sushi**."),
    ]
    async with running(**settings) as it, chat(it) as client:
        frames = await client.ask("sushi in Boston, please")
        assert text_of(frames) == "I'll look.\n\nThere is **Harbor Sushi**."
        (output,) = [frame["output"] for frame in frames if frame["type"] == "tool_output"]
        assert output["response_type"] == "yelp_search_results"
        (usage,) = [frame for frame in frames if frame["type"] == "usage"]
        assert (usage["input_tokens"], usage["cached_input_tokens"]) == (250, 20)
        assert text_of(await client.ask("and then?")) == "Certainly."
        service.answers.append(Answer(calls=[Call("transfer_to_yelp")]))
        assert text_of(await client.ask("once more")) == "Certainly."
    asked = work(service)
    assert "transfer_to_yelp" in asked[0].tools
    assert "search_businesses_at_yelp" in asked[1].tools
    assert "transfer_to_odai" in asked[1].tools
    assert [line.text for line in asked[3].lines if line.role == "user"] == ["sushi in Boston, please", "and then?"]
    results = [line.text for line in asked[3].lines if line.role == "tool"]
    assert json.loads(results[1])["sample"] is True
    assert all(request.wants_usage and request.stream for request in asked)


async def test_turns_that_were_cut_off_leave_a_history_the_service_takes(service, settings):
    service.delta_seconds = 0.05
    service.answers += [
        Answer(calls=[Call("transfer_to_yelp")]),
        Answer("word " * 400, calls=[Call("search_businesses_at_yelp", SUSHI)]),
    ]
    async with running(**settings) as it, chat(it) as client:
        await client.send("go")
        await client.until("raw_response_event")
        await client.send({"type": "stop"})
        await client.until("end_of_stream")
        async with asyncio.timeout(10):
            await service.left.wait()
        service.delta_seconds = 0
        service.answers += [Answer(calls=[Call("transfer_to_yelp")]), Trouble("cut")]
        assert "error" in kinds(await client.ask("again"))
        service.answers.clear()
        frames = await client.ask("and now?")
    assert text_of(frames) == "Certainly."
    assert "error" not in kinds(frames)
