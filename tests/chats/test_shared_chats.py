"""Two servers with one database, on SQLite and on PostgreSQL: one chat, one turn at a time, one history."""

import asyncio
import json

from odai_core.contract import ToolContext, tool
from tests.chats.chat_server import serving, text_of
from tests.text.desk_bench import call, calls, connector, say, to


class Shop:
    """Tools that are the same on both servers."""

    def __init__(self):
        self.waiting = asyncio.Event()
        self.go = asyncio.Event()
        self.bought = []

    def entry(self):
        @tool(timeout=60)
        async def ponder() -> str:
            """Think for as long as the test likes."""
            self.waiting.set()
            await self.go.wait()
            return "thought"

        @tool(confirm=True)
        async def buy(ctx: ToolContext, what: str) -> str:
            """Buy something."""
            self.bought.append(ctx.write_id)
            return f"bought {what}"

        return connector("shop", ponder, buy)


SCRIPTS = {
    "think": [to("shop"), calls(call("ponder")), say("I thought.")],
    "hello": [say("Hello!")],
    "buy tea": [to("shop"), calls(call("buy", what="tea")), say("Bought, with ünïcödé.")],
}


async def test_two_servers_take_turns_and_share_what_was_said(url):
    shop = Shop()
    async with (
        serving(url, shop.entry(), scripts=SCRIPTS) as one,
        serving(url, shop.entry(), scripts=SCRIPTS) as two,
        one.chat() as first,
        two.chat() as second,
    ):
        await first.send("think")
        await asyncio.wait_for(shop.waiting.wait(), 10)
        await second.send("hello")
        await two.when(lambda: second_waits(two))
        shop.go.set()
        await first.until("end_of_stream")
        await second.until("end_of_stream")
        said = [item["content"] for item in two.model.given[-1] if "content" in item]
        assert said == ["think", "I thought.", "hello"]
        await first.send("buy tea")
        asked = await first.until("confirmation_required")
        await first.send({"type": "confirm", "id": asked["id"], "approve": True})
        await first.until("end_of_stream")
        past = await two.server.chats.book.read("ada", "chat-1")
        write = await two.server.chats.writes.read(shop.bought[0])
    assert [turn.prompt for turn in past] == ["think", "hello", "buy tea"]
    assert past[2].answer == "Bought, with ünïcödé."
    assert (write.state, len(shop.bought)) == ("finished", 1)
    assert "bought tea" in json.dumps(past[2].shown)
    assert text_of(first.seen).startswith("I thought.")


def second_waits(running):
    """Its prompt has the lock of its own process, and asks the database for the chat."""
    shared = running.server.chats.turns._locks.get("chat-1")
    return shared is not None and shared.lock.locked()
