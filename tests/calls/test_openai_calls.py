"""Whole calls with OpenAI's protocol upstream: a real server, real sockets on both sides."""

import asyncio
import json

import pytest

from odai_core.testing.fake_openai import FakeOpenAI, FunctionCall, Reply
from odai_core.voice.prompts import GREETING
from tests.calls.harness import app_call, running

SUSHI = FunctionCall(
    name="search_businesses_at_yelp",
    arguments=json.dumps(
        {"location": "Union Square, San Francisco", "search_term": "sushi", "sort_by_rating": None, "limit": None}
    ),
)


@pytest.fixture
async def fake():
    async with FakeOpenAI() as server:
        yield server


@pytest.fixture
def settings(fake):
    return {"OPENAI_API_KEY": fake.key, "OPENAI_REALTIME_URL": fake.url, "ODAI_DEMO": "1"}


async def test_a_call_is_greeted_and_gets_a_tool_answer(fake, settings):
    async with running(**settings) as server, app_call(server) as app:
        ready = await app.until("ready")
        assert ready["model"] == "openai"
        assert ready["tools"][0] == "hangup_call"
        await app.until("agent_end")
        assert app.said() == [GREETING]
        fake.replies.append(Reply(calls=(SUSHI,)))
        fake.replies.append(Reply("I found three places."))
        await (await fake.connection()).user_speaks("find sushi near union square")
        end = await app.until("tool_end")
        assert end["ok"], end
        assert end["output"]["response_type"] == "yelp_search_results"
        assert end["output"]["sample"] is True
        await app.until("turn_metrics")
        assert app.said("user") == ["find sushi near union square"]
        assert app.said()[-1] == "I found three places."
        await app.send("bye")
        async with asyncio.timeout(5):
            await app.socket.wait_closed()
        assert app.socket.close_code == 1000
    assert len(server.server.admission) == 0
