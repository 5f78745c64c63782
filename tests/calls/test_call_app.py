"""Whole in-app calls: turns, tools, trouble and refusals, over real sockets with OpenAI's protocol upstream."""

import asyncio
import json
import uuid
from dataclasses import replace

import httpx2
import pytest
from quart import Blueprint
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from odai_core.contract import TransportPlugin, tool
from odai_core.plugins.catalog import Catalog, Entry, State
from odai_core.plugins.discovery import Candidate
from odai_core.testing.fake_openai import FakeOpenAI, FunctionCall, Reply
from odai_core.voice import prompts
from tests.calls.harness import app_call, running
from tests.voice.bench import entry

SUSHI = FunctionCall(
    name="search_businesses_at_yelp",
    arguments=json.dumps({"location": "Ghent", "search_term": "sushi", "sort_by_rating": None, "limit": None}),
)


@pytest.fixture
async def fake():
    async with FakeOpenAI() as server:
        yield server


@pytest.fixture
def settings(fake):
    return {"OPENAI_API_KEY": fake.key, "OPENAI_REALTIME_URL": fake.url, "ODAI_DEMO": "1"}


@pytest.fixture
async def server(settings):
    async with running(**settings) as server:
        yield server


async def answered(app):
    """Wait until an answer is over and all its audio has come; returns the audio's item. Either may be told first."""
    since = len(app.events)
    async with asyncio.timeout(10):
        while missing := {"agent_end", "audio_end"} - {event["event"] for event in app.events[since:]}:
            await app.until(missing.pop())
    return app.named("audio_end")[-1]["item_id"]


async def greeted(app):
    """Wait for the whole greeting; returns its item."""
    await app.until("ready")
    return await answered(app)


async def heard(server, item, ms):
    """Wait until the one call there is knows that so much was heard."""
    (live,) = server.server.switchboard.live.values()
    async with asyncio.timeout(5):
        while live.playback.position() != (item, ms):  # noqa: ASYNC110 - nobody is told of a position
            await asyncio.sleep(0.005)


def install(server, *more):
    """What a pip install does, less the pip: the next catalog."""
    host = server.server.host
    host.catalog = Catalog(entries=(*host.catalog.entries, *more), generation=host.catalog.generation + 1)


def of_type(connection, kind):
    items = [event["item"] for event in connection.of("conversation.item.create")]
    return [item for item in items if item["type"] == kind]


# -- turns


async def test_by_default_the_assistant_completes_its_utterance(fake, server):
    hold = asyncio.Event()
    async with app_call(server) as app:
        await greeted(app)
        upstream = await fake.connection()
        fake.replies.append(Reply("It is raining in Ghent.", audio_ms=1000, hold=hold))
        await upstream.user_speaks("how is the weather?")
        await app.until("audio")
        spoken = await upstream.speech_starts()
        hold.set()
        item = await answered(app)
        await upstream.speech_stops(spoken, "thanks")
        await answered(app)
        assert len(app.audio[item]) == 48_000
        assert app.named("audio_interrupted") == []
        assert upstream.of("response.cancel") == upstream.of("conversation.item.truncate") == []


async def test_with_barge_in_it_is_cut_where_the_client_was(fake, server):
    async with app_call(server, query="&barge_in=1") as app:
        assert (await app.until("ready"))["barge_in"] is True
        greeting = await answered(app)
        upstream = await fake.connection()
        await app.send("played", item_id=greeting, ms=400)
        await heard(server, greeting, 400)
        fake.replies.append(Reply("one two three four", audio_ms=2000, hold=asyncio.Event()))
        await upstream.user_speaks("count, please")
        item = (await app.until("audio"))["item_id"]
        while len(app.audio[item]) < 2000 * 48:
            await app.until("audio")
        await app.send("played", item_id=item, ms=300)
        await app.send("played", item_id=item, ms=1000)
        await heard(server, item, 1000)
        await upstream.speech_starts()
        assert (await app.until("audio_interrupted"))["item_id"] == item
        truncated = await upstream.wait_for("conversation.item.truncate")
        assert (truncated["item_id"], truncated["audio_end_ms"]) == (item, 1000)
        await app.until(
            "history_updated", item={"id": item, "role": "assistant", "text": "one two", "status": "interrupted"}
        )
        assert len(upstream.of("conversation.item.truncate")) == 1, "the greeting was heard to its end"


async def test_a_client_that_reports_nothing_is_cut_by_the_clock(fake, server):
    loop = asyncio.get_running_loop()
    async with app_call(server, query="&barge_in=1") as app:
        await heard(server, await greeted(app), 400)
        upstream = await fake.connection()
        fake.replies.append(Reply("one two three four", audio_ms=700, speed=1, hold=asyncio.Event()))
        await upstream.user_speaks("count, please")
        item = (await app.until("audio"))["item_id"]
        began = loop.time()
        while len(app.audio[item]) < 700 * 48:
            await app.until("audio")
        await upstream.speech_starts()
        truncated = await upstream.wait_for("conversation.item.truncate")
        assert abs(truncated["audio_end_ms"] - (loop.time() - began) * 1000) < 150


async def test_the_client_can_interrupt(fake, server):
    async with app_call(server) as app:
        await greeted(app)
        upstream = await fake.connection()
        fake.replies.append(Reply("one two three four", audio_ms=60_000, hold=asyncio.Event(), late_deltas=3))
        await app.send("text", text="count, please")
        item = (await app.until("audio"))["item_id"]
        await app.send("interrupt")
        await app.until("audio_interrupted")
        await upstream.wait_for("response.cancel")
        count = len(app.audio[item])
        await app.send("text", text="and now?")
        await answered(app)
        assert len(app.audio[item]) == count, "late audio is not for the caller"


# -- tools


async def test_parallel_tools_get_one_answer(fake, server):
    async with app_call(server) as app:
        await greeted(app)
        upstream = await fake.connection()
        fake.replies.extend([Reply(calls=(SUSHI, replace(SUSHI, call_id="second"))), Reply("Here are both.")])
        await upstream.user_speaks("sushi, twice")
        await app.until("turn_metrics")
        assert app.said()[-1] == "Here are both."
        assert len(app.named("tool_end")) == 2
        assert len(of_type(upstream, "function_call_output")) == 2
        assert len(upstream.of("response.create")) == 2, "the greeting's and one for both tools"


async def test_a_tool_that_hangs_is_filled_and_told(fake, server):
    @tool(timeout=1.5, progress="Waiting")
    async def wait_for_ever() -> str:
        """Wait."""
        await asyncio.Event().wait()
        return ""

    install(server, entry("waiter", wait_for_ever))
    async with app_call(server) as app:
        await greeted(app)
        upstream = await fake.connection()
        fake.replies.extend([Reply(calls=(FunctionCall(name="wait_for_ever"),)), Reply("That took too long.")])
        await app.send("text", text="wait")
        end = await app.until("tool_end")
        assert (end["ok"], end["output"]["response"]["code"]) == (False, "timeout")
        await app.until("turn_metrics")
        assert "too long" in of_type(upstream, "function_call_output")[0]["output"]
        ticks = [item for item in app.audio if item.startswith("filler")]
        assert ticks
        assert all(len(app.audio[item]) == 120 * 48 for item in ticks)


async def test_a_tool_that_is_not_there_is_answered(fake, server):
    async with app_call(server) as app:
        await greeted(app)
        fake.replies.extend([Reply(calls=(FunctionCall(name="teleport"),)), Reply("I cannot do that.")])
        await app.send("text", text="beam me up")
        await app.until("turn_metrics")
        assert app.said()[-1] == "I cannot do that."


async def test_hanging_up_says_goodbye_and_closes(fake, server):
    async with app_call(server) as app:
        await greeted(app)
        fake.replies.append(Reply("Goodbye!", calls=(FunctionCall(name="hangup_call"),)))
        await app.send("text", text="bye")
        assert (await app.until("bye"))["reason"] == "hangup"
        await app.socket.wait_closed()
        assert app.socket.close_code == 1000
        assert app.said()[-1] == "Goodbye!"


# -- trouble upstream


async def test_a_failed_answer_is_apologised_for(fake, server):
    async with app_call(server) as app:
        await greeted(app)
        fake.replies.append(Reply(status="failed"))
        await app.send("text", text="sushi")
        assert (await app.until("error"))["code"] == "response_failed"
        await answered(app)
        assert app.said()[-1] == prompts.FAILED


@pytest.mark.parametrize("how", ["abort", "1000", "1011"])
async def test_a_connection_lost_in_mid_answer_is_replaced_with_the_conversation(fake, server, how):
    async with app_call(server) as app:
        await greeted(app)
        first = await fake.connection()
        fake.replies.append(Reply("I found three", audio_ms=300, hold=asyncio.Event()))
        await first.user_speaks("find sushi")
        await app.until("audio")
        if how == "abort":
            first.abort()
        else:
            await first.close(int(how))
        second = await fake.connection(2)
        create = await second.wait_for("response.create")
        assert create["response"]["metadata"]["say"] == prompts.RECONNECTED
        old = [(item["role"], item["content"][0]["text"]) for item in of_type(second, "message")]
        assert old[:2] == [("assistant", prompts.GREETING), ("user", "find sushi")]
        assert "I found three".startswith(old[2][1])
        await app.until("agent_end")
        await app.send("ping", t=1)
        await app.until("pong")


# -- who may call


async def refusal(server, session, token):
    with pytest.raises(InvalidStatus) as refused:
        async with connect(f"{server.ws}/app/voice/stream/{session}?token={token}"):
            raise AssertionError("it opened")
    return refused.value.response.status_code


async def test_strangers_second_sockets_and_a_full_house_are_refused(fake, settings):
    async with running(**settings, ODAI_MAX_CALLS="1") as server:
        session = uuid.uuid4()
        forged = server.token()[:-3] + "AAA"
        assert await refusal(server, session, "nonsense") == 401
        assert await refusal(server, session, forged) == 401
        assert fake.connections == [], "no model is asked for a stranger"
        async with app_call(server) as app:
            live = (await app.until("ready"))["session_id"]
            assert await refusal(server, live, server.token()) == 409
            assert await refusal(server, uuid.uuid4(), server.token()) == 503
            await app.until("agent_end")
        assert len(fake.connections) == 1
        assert await server.server.admission.empty(5)
        async with app_call(server) as app:
            await app.until("ready")


async def test_bad_frames_never_end_a_call(server):
    async with app_call(server) as app:
        await app.until("ready")
        for frame in ("", "{", "[]", "null", '"x"', '{"event":7}', '{"event":"fly"}', '{"event":"audio"}', b"\0\1",
                      '{"event":"audio","payload":"!"}', '{"event":"played","item_id":"x","ms":-1}',
                      "[" * 5000, '{"event":"text","text":" "}'):  # fmt: skip
            await app.socket.send(frame)
        await app.until("error", code="unknown_event")
        await app.send("played", item_id="nobody", ms=5)
        await app.send("ping", t=7)
        assert (await app.until("pong"))["t"] == 7
        assert app.named("bye") == []


# -- generations


async def test_a_new_transport_appears_while_an_old_socket_stays_open(server):
    def routes(context):
        late = Blueprint("late", __name__)

        @late.get("/")
        async def page():
            return "late"

        return late

    plugin = TransportPlugin(name="late", api=1, title="Late", summary="come late", prefix="/late", blueprint=routes)
    candidate = Candidate(kind="transports", name="late", module="late", distribution="odai-late", version="1")
    async with app_call(server) as app, httpx2.AsyncClient(base_url=server.http, trust_env=False) as http:
        await greeted(app)
        assert (await http.get("/late/")).status_code == 404
        install(server, Entry(candidate=candidate, name="late", state=State.READY, plugin=plugin))
        assert (await http.get("/late/")).text == "late"
        await app.send("text", text="still there?")
        await app.until("agent_end")
        assert app.said()[-1] == "Certainly."
