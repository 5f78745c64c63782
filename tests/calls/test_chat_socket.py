"""Whole chats over the real socket, with the real server, agents and database; only the model is a script."""

import asyncio
import json

import httpx2 as httpx
import pytest
from agents.testing import ScriptedModel
from odai_transport_chat import odai_transports
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from odai_core.contract import tool
from odai_core.plugins.catalog import Catalog, Entry, State
from odai_core.plugins.discovery import Candidate
from odai_core.settings import BoundValues
from odai_core.web import app as app_room
from tests.calls.harness import running
from tests.text.desk_bench import call, calls, connector, model_entry, say, to

WAIT = 15


class Tides:
    """A connector with a tool that looks, one that waits until it may go on, and one that changes something."""

    def __init__(self):
        self.go_on, self.waiting, self.sent = asyncio.Event(), asyncio.Event(), []

    @property
    def entry(self):
        @tool(progress="Looking at the tides")
        async def find_tide(harbour: str) -> dict:
            """Find the next high tide."""
            return {"harbour": harbour, "time": "16:10", "url": "https://tides.example/kiel"}

        @tool(progress="Waiting for the tide")
        async def wait_for_tide() -> str:
            """Wait."""
            self.waiting.set()
            await self.go_on.wait()
            return "high"

        @tool(confirm=True)
        async def send_warning(to: str) -> str:
            """Send a warning."""
            self.sent.append(to)
            return "sent"

        return connector("tides", find_tide, wait_for_tide, send_warning)


def transports():
    candidate = Candidate(kind="transports", name="chat", module="x", distribution="odai-chat", version="1")
    for plugin in odai_transports():
        values = BoundValues({one.name: one.type(one.default) for one in plugin.settings})
        yield Entry(candidate=candidate, name=plugin.name, state=State.READY, plugin=plugin, values=values)


@pytest.fixture
def serving(monkeypatch, tmp_path):
    """`async with serving(step, ...) as served:`, each time with the same database."""

    class Host:
        def __init__(self, settings, *entries):
            self.settings, self.catalog = settings, Catalog(entries=entries)

        def refresh(self):
            return self.catalog

    def start(*steps, tides=None, **settings):
        entries = (*transports(), (tides or Tides()).entry, model_entry(ScriptedModel(list(steps))))
        monkeypatch.setattr(app_room, "PluginHost", lambda given: Host(given, *entries))
        return running(ODAI_DATA_DIR=str(tmp_path), ODAI_MODEL="scripted", **settings)

    return start


class Peer:
    """Somebody who chats."""

    def __init__(self, socket):
        self.socket = socket

    async def ask(self, text):
        await self.socket.send(text)

    async def tell(self, kind, **fields):
        await self.socket.send(json.dumps({"type": kind, **fields}))

    async def until(self, kind):
        seen = []
        async with asyncio.timeout(WAIT):
            while not seen or seen[-1]["type"] != kind:
                seen.append(json.loads(await self.socket.recv()))
        return seen

    async def closing(self):
        with pytest.raises(ConnectionClosed) as closed:
            await self.until("nothing")
        return closed.value.rcvd.code


def chat(served, chat_id="chat-1", user="tester"):
    return connect(f"{served.ws}/chats/{chat_id}?token={served.server.tokens.mint(user)}")


def client(served, user="tester"):
    headers = {"Authorization": f"Bearer {served.server.tokens.mint(user)}"}
    return httpx.AsyncClient(base_url=served.http, headers=headers)


def kinds(frames):
    """Of all frames but the text, and but the one that says who begins."""
    told = [frame for frame in frames if frame["type"] != "raw_response_event" and frame.get("new_agent") != "ODAI"]
    return [frame["type"] for frame in told]


def said(frames):
    return "".join(frame.get("delta", "") for frame in frames)


TURN = (to("tides"), calls(call("find_tide", harbour="Kiel")), say("At **ten past four**."))


async def test_a_turn_with_a_specialist_and_its_tool_is_told_kept_and_read_again(serving):
    async with serving(*TURN) as served, chat(served) as socket, client(served) as http:
        peer = Peer(socket)
        await peer.ask('{"message": "When is high tide?", "thread_id": "x"}')
        frames = await peer.until("end_of_stream")
        assert kinds(frames) == ["handoff", "agent_updated", "tool_call", "tool_output", "usage", "end_of_stream"]
        by_kind = {frame["type"]: frame for frame in frames}
        assert by_kind["tool_call"]["description"] == "Looking at the tides"
        assert by_kind["tool_output"]["output"]["response"]["time"] == "16:10"
        assert by_kind["usage"]["total_tokens"] == 45
        assert by_kind["usage"]["cost_usd"] is None
        assert said(frames) == "At **ten past four**."
        told = (await http.get("/chats/chat-1")).json()
        assert [(turn["prompt"], turn["answer"], turn["status"]) for turn in told["turns"]] == [
            ("When is high tide?", "At **ten past four**.", "completed")
        ]
        kept = [frame for frame in told["turns"][0]["shown"] if frame["type"] == "tool_output"]
        assert kept[0]["output"] == by_kind["tool_output"]["output"]
        assert [row["chat_id"] for row in (await http.get("/chats/")).json()["chats"]] == ["chat-1"]
    async with serving(say("As I said, at ten past four.")) as served, chat(served) as socket, client(served) as http:
        peer = Peer(socket)
        await peer.ask("Say it again")
        await peer.until("end_of_stream")
        assert len((await http.get("/chats/chat-1")).json()["turns"]) == 2
        assert (await http.delete("/chats/chat-1")).status_code == 204
        assert (await http.get("/chats/chat-1")).status_code == 404


async def test_another_user_neither_reads_nor_joins_nor_deletes(serving):
    async with serving(say("Hello.")) as served, chat(served) as socket, client(served, "eve") as eve:
        await Peer(socket).ask("Good day")
        await Peer(socket).until("end_of_stream")
        assert (await eve.get("/chats/chat-1")).status_code == 404
        assert (await eve.delete("/chats/chat-1")).status_code == 404
        assert (await eve.get("/chats/")).json()["chats"] == []
        async with chat(served, user="eve") as hers:
            [told] = await Peer(hers).until("error")
            assert told["code"] == "foreign_chat"
            assert await Peer(hers).closing() == 1008


@pytest.mark.parametrize("approve, sent", [(True, ["Ann"]), (False, [])])
async def test_nothing_is_sent_before_the_user_says_yes(serving, approve, sent):
    tides = Tides()
    steps = (to("tides"), calls(call("send_warning", to="Ann")), say("So be it."))
    async with serving(*steps, tides=tides) as served, chat(served) as socket:
        peer = Peer(socket)
        await peer.ask("Warn Ann")
        asked = (await peer.until("confirmation_required"))[-1]
        assert (asked["arguments"], tides.sent) == ({"to": "Ann"}, [])
        await peer.tell("confirm", id="another", approve=True)
        assert (await peer.until("error"))[-1]["code"] == "not_waiting"
        await peer.tell("confirm", id=asked["id"], approve=approve)
        assert (await peer.until("confirmation_settled"))[-1]["outcome"] == ("approved" if approve else "declined")
        await peer.until("end_of_stream")
    assert tides.sent == sent


async def test_a_stop_ends_the_turn_and_the_next_is_answered(serving):
    tides = Tides()
    steps = (to("tides"), calls(call("wait_for_tide")), say("Here again."))
    async with serving(*steps, tides=tides) as served, chat(served) as socket:
        peer = Peer(socket)
        await peer.ask("Wait for it")
        await asyncio.wait_for(tides.waiting.wait(), WAIT)
        await peer.tell("stop")
        await peer.until("end_of_stream")
        await peer.ask("Are you there?")
        assert said(await peer.until("end_of_stream")) == "Here again."


async def test_who_leaves_in_mid_turn_leaves_nothing_running(serving):
    tides = Tides()
    async with serving(to("tides"), calls(call("wait_for_tide")), tides=tides) as served:
        socket = await chat(served)
        await Peer(socket).ask("Wait for it")
        await asyncio.wait_for(tides.waiting.wait(), WAIT)
        (live,) = served.server.chats.live
        socket.transport.abort()
        for attempt in live.attempts:
            await asyncio.wait_for(attempt.concluded.wait(), WAIT)
    assert not served.server.chats.live


async def test_a_stopping_server_closes_the_resting_and_lets_the_others_finish(serving):
    tides = Tides()
    steps = (to("tides"), calls(call("wait_for_tide")), say("It is high."))
    serve = serving(*steps, tides=tides, ODAI_DRAIN_SECONDS="10")
    async with serve as served, chat(served, "resting") as resting, chat(served, "busy") as busy:
        await Peer(busy).ask("Wait for it")
        await asyncio.wait_for(tides.waiting.wait(), WAIT)
        served.stop.set()
        assert await Peer(resting).closing() == 1001
        with pytest.raises(InvalidStatus) as refused:
            await chat(served, "late")
        assert refused.value.response.status_code == 503
        tides.go_on.set()
        assert said(await Peer(busy).until("end_of_stream")) == "It is high."
        assert await Peer(busy).closing() == 1001


async def test_a_turn_that_does_not_finish_is_ended_politely(serving):
    tides = Tides()
    serve = serving(to("tides"), calls(call("wait_for_tide")), tides=tides, ODAI_DRAIN_SECONDS="0.1")
    async with serve as served, chat(served) as socket:
        await Peer(socket).ask("Wait for it")
        await asyncio.wait_for(tides.waiting.wait(), WAIT)
        served.stop.set()
        frames = await Peer(socket).until("end_of_stream")
        assert [frame["code"] for frame in frames if frame["type"] == "error"] == ["drain"]
        assert await Peer(socket).closing() == 1001


async def test_a_full_house_is_told_before_accept(serving):
    async with serving(ODAI_MAX_CHATS="1") as served, chat(served):
        with pytest.raises(InvalidStatus) as refused:
            await chat(served, "another")
        assert refused.value.response.status_code == 503
