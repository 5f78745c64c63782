"""Servers that are killed in mid-turn, and two processes with one database."""

import asyncio
import json
import os
import sys
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from odai_core.contract import Secret
from odai_core.store.chats import ChatStore
from odai_core.store.database import Database
from odai_core.text import prompts
from tests.chats.chat_server import Client, database, text_of

ROOT = Path(__file__).parents[2]


class Process:
    """A server in a process of its own."""

    def __init__(self, process, port, token):
        self.process = process
        self.port = port
        self.token = token

    @asynccontextmanager
    async def chat(self):
        url = f"ws://127.0.0.1:{self.port}/chats/chat-1?token={self.token}"
        async with connect(url, open_timeout=10) as socket:
            yield Client(socket)

    async def line(self):
        """The next thing its tools did."""
        async with asyncio.timeout(20):
            return (await self.process.stdout.readline()).decode().strip()

    async def kill(self):
        self.process.kill()
        await self.process.wait()


@asynccontextmanager
async def process(folder, seconds=0.0):
    started = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.chats.chat_server", str(folder), str(seconds),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL, cwd=ROOT, env={**os.environ},
    )  # fmt: skip
    try:
        async with asyncio.timeout(30):
            port, token = (await started.stdout.readline()).decode().split()
        yield Process(started, int(port), token)
    finally:
        if started.returncode is None:
            started.kill()
        await started.wait()


async def kept(folder):
    """The turns and the items that are in the database."""
    store = Database(Secret(database(folder)))
    try:
        chats = ChatStore(store)
        return await chats.read("ada", "chat-1"), await chats.items("chat-1")
    finally:
        await store.close()


@pytest.mark.slow
async def test_a_killed_server_loses_only_the_turn_that_ran(tmp_path):
    async with process(tmp_path, seconds=60) as one, one.chat() as chat:
        await chat.ask("hello")
        await chat.send("look")
        assert await one.line() == "look tea"
        await one.kill()
        with pytest.raises(ConnectionClosed):
            await chat.until("end_of_stream")
    turns, items = await kept(tmp_path)
    assert [turn.prompt for turn in turns] == ["hello"]
    assert [item["content"] for item in items] == ["hello", "Hello yourself."]


@pytest.mark.slow
async def test_the_next_process_takes_the_chat_over_and_nothing_is_there_twice(tmp_path, monkeypatch):
    async with process(tmp_path, seconds=60) as one, one.chat() as chat:
        await chat.ask("hello")
        await chat.send("buy")
        asked = await chat.until("confirmation_required")
        await chat.send({"type": "confirm", "id": asked["id"], "approve": True})
        bought = await one.line()
        await one.kill()
    # The dead process still holds its lease; nobody wants to wait for it here.
    store = Database(Secret(database(tmp_path)))
    later = ChatStore(store, clock=lambda: 4e9)
    assert await later.claim("chat-1", "next", 1)
    await later.release("chat-1", "next")
    await store.close()
    async with process(tmp_path) as two, two.chat() as chat:
        await chat.send("buy")
        asked = await chat.until("confirmation_required")
        await chat.send({"type": "confirm", "id": asked["id"], "approve": True})
        again = await two.line()
        await chat.until("end_of_stream")
    assert text_of(chat.seen) == "Bought."
    assert bought.startswith("buy tea ")
    assert again == bought, "the service is told the same id, so that it does not do it twice"
    turns, items = await kept(tmp_path)
    assert [turn.prompt for turn in turns] == ["hello", "buy"]
    assert [item["content"] for item in items if "content" in item] == ["hello", "Hello yourself.", "buy", "Bought."]
    assert prompts.CUT_OFF not in json.dumps(items)


@pytest.mark.slow
async def test_two_processes_take_turns_in_one_chat(tmp_path):
    async with process(tmp_path, seconds=1) as one, process(tmp_path) as two, one.chat() as first, two.chat() as second:
        await first.send("look")
        assert await one.line() == "look tea"
        await second.send("hello")
        await first.until("end_of_stream")
        await second.until("end_of_stream")
    turns, _ = await kept(tmp_path)
    assert [turn.prompt for turn in turns] == ["look", "hello"]
    assert text_of(first.seen) == "Let me look.\n\nThere is tea."
    assert text_of(second.seen) == "Hello yourself."
