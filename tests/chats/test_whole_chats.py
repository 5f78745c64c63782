"""Whole chats through a real server and a real socket."""

import asyncio
import json

import httpx2
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from odai_core.contract import ToolContext, tool
from odai_core.errors import AccountNeeded, ToolError
from odai_core.text import prompts
from tests.chats.chat_server import kinds, serving, text_of
from tests.text.desk_bench import call, calls, connector, say, to

CONNECT = "https://odai.example/auth/google/login?ticket=secret"


class World:
    """What the tools of these tests work on."""

    def __init__(self):
        self.sent = []
        self.waiting = asyncio.Event()
        self.go = asyncio.Event()
        self.running = 0

    def entries(self):
        @tool(progress="Searching")
        async def find(what: str) -> dict:
            """Find something."""
            return {"found": what, "url": f"https://x.example/{what}"}

        async def together() -> str:
            """Wait for another one of its kind."""
            self.running += 1
            if self.running == 2:
                self.go.set()
            await self.go.wait()
            return "met"

        async def broken() -> str:
            """Fail."""
            raise ToolError("upstream", "The shop isn't answering.")

        async def inbox() -> str:
            """Read mail."""
            raise AccountNeeded("Connect your Google account first.", account_type="google", connect_url=CONNECT)

        @tool(timeout=60)
        async def ponder() -> str:
            """Think for as long as the test likes."""
            self.waiting.set()
            await self.go.wait()
            return "thought"

        @tool(confirm=True, timeout=60, progress="Sending")
        async def send(ctx: ToolContext, to: str) -> str:
            """Send a letter."""
            self.waiting.set()
            if to == "slow":
                await self.go.wait()
            self.sent.append((to, ctx.write_id))
            return f"sent to {to}"

        async def keep(text: str) -> str:
            """Keep a text."""
            return f"kept {text}"

        return (
            connector("yelp", find, together, broken, ponder),
            connector("gmail", inbox, send, title="Gmail"),
            connector("google-docs", keep, title="Google Docs"),
        )


def letter(to_whom="bob"):
    return [to("gmail"), calls(call("send", to=to_whom)), say("It is on its way.")]


SCRIPTS = {
    "hello": [say("Hello!")],
    "sushi": [to("yelp"), calls(call("find", what="sushi")), say("There is [sushi](https://x.example/sushi).")],
    "everything": [
        to("yelp"),
        calls(call("find", what="sushi"), saying="First I look."),
        to("google_docs"),
        calls(call("keep", text="sushi")),
        to("odai"),
        say("Found and kept."),
    ],
    "both": [to("yelp"), calls(call("together"), call("together"), call("broken")), say("They met.")],
    "mail": [to("gmail"), calls(call("inbox")), say("Please connect it.")],
    "think": [to("yelp"), calls(call("ponder")), say("I thought.")],
    "write": letter(),
    "write slowly": letter("slow"),
}


@pytest.fixture
def world():
    return World()


async def test_a_hand_off_a_tool_and_markdown(tmp_path, world):
    async with serving(tmp_path, *world.entries(), scripts=SCRIPTS) as it, it.chat() as chat:
        frames = await chat.ask("sushi")
        await chat.until("title")
    assert kinds(frames) == [
        "agent_updated", "handoff", "agent_updated", "tool_call", "tool_output", "raw_response_event", "usage",
        "end_of_stream",
    ]  # fmt: skip
    assert text_of(frames) == "There is [sushi](https://x.example/sushi)."
    handoff, called, output = (
        next(f for f in frames if f["type"] == k) for k in ("handoff", "tool_call", "tool_output")
    )
    assert (handoff["name"], handoff["current_agent"]) == ("transfer_to_yelp", "ODAI")
    assert (called["name"], called["description"], called["current_agent"]) == ("find", "Searching", "Yelp")
    assert output["output"]["response"] == {"found": "sushi", "url": "https://x.example/sushi"}
    assert chat.seen[-1] == {"type": "title", "title": "Sushi"}


async def test_on_to_docs_and_back_to_odai(tmp_path, world):
    async with serving(tmp_path, *world.entries(), scripts=SCRIPTS) as it, it.chat() as chat:
        frames = await chat.ask("everything")
    names = [frame["name"] for frame in frames if frame["type"] == "handoff"]
    assert names == ["transfer_to_yelp", "transfer_to_google_docs", "transfer_to_odai"]
    assert [frame["name"] for frame in frames if frame["type"] == "tool_call"] == ["find", "keep"]
    assert text_of(frames) == "First I look.\n\nFound and kept."


async def test_tools_at_once_and_one_that_fails(tmp_path, world):
    async with serving(tmp_path, *world.entries(), scripts=SCRIPTS) as it, it.chat() as chat:
        frames = await chat.ask("both")
    outputs = [frame["output"] for frame in frames if frame["type"] == "tool_output"]
    assert sorted(output["response_type"] for output in outputs) == ["error", "together", "together"]
    assert text_of(frames) == "They met."


async def test_an_account_that_is_needed_is_a_button_for_the_user_and_no_link_for_the_model(tmp_path, world):
    async with serving(tmp_path, *world.entries(), scripts=SCRIPTS) as it, it.chat() as chat:
        frames = await chat.ask("mail")
        given = json.dumps(it.model.given[-1])
    (output,) = [frame["output"] for frame in frames if frame["type"] == "tool_output"]
    assert output["response_type"] == "account_needed"
    assert output["response"] == {"account_type": "google", "connect_url": CONNECT}
    assert "account_needed" in given
    assert "ticket" not in given


@pytest.mark.parametrize("approve", [True, False])
async def test_a_question_is_answered_once_and_in_its_own_chat(tmp_path, world, approve):
    async with (
        serving(tmp_path, *world.entries(), scripts=SCRIPTS) as it,
        it.chat() as chat,
        it.chat("other") as other,
    ):
        await chat.send("write")
        asked = await chat.until("confirmation_required")
        assert (asked["tool"], asked["friendly_name"], asked["arguments"]) == ("send", "Gmail", {"to": "bob"})
        assert "Send a letter" in asked["question"]
        for client, named in ((other, asked["id"]), (chat, "x" * 16)):
            await client.send({"type": "confirm", "id": named, "approve": True})
            await client.until("error")
        assert world.sent == []
        await chat.send({"type": "confirm", "id": asked["id"], "approve": approve})
        settled = await chat.until("confirmation_settled")
        await chat.until("end_of_stream")
    assert settled == {
        "type": "confirmation_settled",
        "id": asked["id"],
        "outcome": "approved" if approve else "declined",
    }
    assert [name for name, _ in world.sent] == (["bob"] if approve else [])


async def test_a_question_expires(tmp_path, world):
    async with (
        serving(tmp_path, *world.entries(), scripts=SCRIPTS, ODAI_CONFIRM_SECONDS="0.1") as it,
        it.chat() as chat,
    ):
        frames = await chat.ask("write")
        (settled,) = [frame for frame in frames if frame["type"] == "confirmation_settled"]
        assert settled["outcome"] == "expired"
        assert prompts.EXPIRED in json.dumps(it.model.given[-1])
    assert world.sent == []


async def test_who_hangs_up_on_a_running_action_finds_it_done(tmp_path, world):
    async with serving(tmp_path, *world.entries(), scripts=SCRIPTS) as it:
        async with it.chat() as chat:
            await chat.send("write slowly")
            asked = await chat.until("confirmation_required")
            await chat.send({"type": "confirm", "id": asked["id"], "approve": True})
            await asyncio.wait_for(world.waiting.wait(), 10)
        world.go.set()
        async with it.chat() as chat:
            await chat.ask("hello")
        history = it.model.given[-1]
        (turn, _) = await it.server.chats.book.read("ada", "chat-1")
    assert [name for name, _ in world.sent] == ["slow"]
    assert "sent to slow" in json.dumps(history)
    assert turn.status == "stopped"


async def test_two_windows_never_mix_and_the_second_knows_the_first(tmp_path, world):
    async with (
        serving(tmp_path, *world.entries(), scripts=SCRIPTS) as it,
        it.chat() as one,
        it.chat() as two,
    ):
        await one.send("think")
        await asyncio.wait_for(world.waiting.wait(), 10)
        await two.send("hello")
        await it.when(lambda: it.server.chats.turns._locks["chat-1"].lock._waiters)
        world.go.set()
        await one.until("end_of_stream")
        await two.until("end_of_stream")
        history = it.model.given[-1]
    said = [item["content"] for item in history if "content" in item]
    assert said == ["think", "I thought.", "hello"]
    assert text_of(one.seen) == "I thought."
    assert text_of(two.seen) == "Hello!"


async def test_a_stopped_turn_is_kept_and_the_chat_goes_on(tmp_path, world):
    async with serving(tmp_path, *world.entries(), scripts=SCRIPTS) as it, it.chat() as chat:
        await chat.send("think")
        await asyncio.wait_for(world.waiting.wait(), 10)
        await chat.send({"type": "stop"})
        await chat.until("end_of_stream")
        assert text_of(await chat.ask("hello")) == "Hello!"
        history = json.dumps(it.model.given[-1])
    assert prompts.CUT_OFF in history
    assert prompts.STOPPED in history


async def test_a_chat_is_resumed_by_another_server(tmp_path, world):
    async with serving(tmp_path, *world.entries(), scripts=SCRIPTS) as it, it.chat() as chat:
        await chat.ask("sushi")
        await chat.until("title")
    async with serving(tmp_path, *world.entries(), scripts=SCRIPTS) as it, it.chat() as chat:
        await chat.ask("hello")
        said = [item["content"] for item in it.model.given[-1] if "content" in item]
        token = it.server.tokens.mint("ada")
        async with httpx2.AsyncClient() as http:
            past = (await http.get(f"http://127.0.0.1:{it.port}/chats/chat-1", headers={"Authorization": token})).json()
    assert said == ["sushi", "There is [sushi](https://x.example/sushi).", "hello"]
    assert [turn["prompt"] for turn in past["turns"]] == ["sushi", "hello"]
    assert [card["type"] for card in past["turns"][0]["shown"]] == ["handoff", "tool_output", "usage"]


async def test_a_foreign_chat_is_refused(tmp_path, world):
    async with serving(tmp_path, *world.entries(), scripts=SCRIPTS) as it:
        async with it.chat() as chat:
            await chat.ask("hello")
        with pytest.raises((ConnectionClosed, InvalidStatus)) as refused:
            async with it.chat(user="eve") as chat:
                await chat.ask("hello")
        assert "1008" in str(refused.value)
        assert len(await it.server.chats.book.read("ada", "chat-1")) == 1


async def test_a_server_that_stops_lets_an_answer_end(tmp_path, world):
    async with serving(tmp_path, *world.entries(), scripts=SCRIPTS) as it, it.chat() as chat:
        await chat.send("think")
        await asyncio.wait_for(world.waiting.wait(), 10)
        draining = asyncio.create_task(it.server.drain())
        await chat.until("end_of_stream")
        await draining
    assert [frame["code"] for frame in chat.seen if frame["type"] == "error"] == ["drain"]
