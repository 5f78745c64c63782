"""Old chats are forgotten by a task that nothing can stop but its owner."""

from __future__ import annotations

import asyncio
import logging
import time

import pytest

from odai_core.calls import Caller
from odai_core.chats import ChatInfo, PastTurn
from odai_core.errors import SetupError
from odai_core.settings import Settings
from odai_core.store.chats import ChatStore
from odai_core.store.expiry import DAY, EVERY_SECONDS, Expiry
from odai_core.web.app import Server


class Nights:
    """A sleep that lasts until it is told to end, and moves the clock."""

    def __init__(self, clock) -> None:
        self.clock = clock
        self.slept = asyncio.Event()
        self.morning = asyncio.Event()

    async def __call__(self, seconds: float) -> None:
        assert seconds == EVERY_SECONDS
        self.slept.set()
        await self.morning.wait()
        self.morning.clear()
        self.clock.now += seconds

    async def next(self) -> None:
        self.slept.clear()
        self.morning.set()
        await asyncio.wait_for(self.slept.wait(), 10)


async def ids(store) -> set[str]:
    return {chat.chat_id for _, chat in await store.find()}


async def say(store, chat_id) -> None:
    await store.open(chat_id, "ada")
    turn = PastTurn(id="t", at=1.0, prompt="p", answer="a", shown=(), status="completed")
    assert await store.append(chat_id, turn, [])


async def test_chats_go_when_their_days_are_over(store, clock, caplog):
    caplog.set_level(logging.INFO, "odai.store")
    await say(store, "first")
    clock.now += DAY
    await say(store, "second")
    nights = Nights(clock)
    expiry = Expiry(store, 2, clock=clock, sleep=nights)
    expiry.start()
    expiry.start()
    await asyncio.wait_for(nights.slept.wait(), 10)
    assert await ids(store) == {"first", "second"}
    for _ in range(4):
        await nights.next()
    assert await ids(store) == {"first", "second"}, "two days to the second"
    await nights.next()
    assert await ids(store) == {"second"}
    assert [record.getMessage() for record in caplog.records] == ["chats deleted after 2 days without a turn: 1"]
    await expiry.stop()
    await expiry.stop()


async def test_without_days_only_empty_chats_go(store, clock, caplog):
    caplog.set_level(logging.INFO, "odai.store")
    await say(store, "said")
    await store.open("empty", "ada")
    await store.open("live", "ada")
    nights = Nights(clock)
    expiry = Expiry(store, 0, live=lambda: {"live"}, clock=clock, sleep=nights)
    expiry.start()
    await asyncio.wait_for(nights.slept.wait(), 10)
    for _ in range(4):
        await nights.next()
    assert await ids(store) == {"said", "empty", "live"}, "a day to the second"
    await nights.next()
    assert await ids(store) == {"said", "live"}
    assert [record.getMessage() for record in caplog.records] == ["chats deleted in which nothing was said: 1"]
    await expiry.stop()


@pytest.mark.parametrize("error", [SetupError("The disk is full.", "Free some."), ZeroDivisionError()], ids=repr)
async def test_a_database_that_fails_is_tried_again(clock, caplog, error):
    class Failing:
        tries = 0

        async def expire_empty(self, before: float, live: object) -> int:
            return 0

        async def expire(self, before: float) -> int:
            self.tries += 1
            raise error

    nights, failing = Nights(clock), Failing()
    expiry = Expiry(failing, 1, clock=clock, sleep=nights)
    expiry.start()
    await asyncio.wait_for(nights.slept.wait(), 10)
    await nights.next()
    assert failing.tries == 2
    assert "old chats stay for now" in caplog.text
    assert ("The disk is full. Free some." in caplog.text) == isinstance(error, SetupError)
    await expiry.stop()


async def test_it_stops_in_the_middle_of_its_work():
    class Endless:
        began = asyncio.Event()

        async def expire_empty(self, before: float, live: object) -> int:
            self.began.set()
            await asyncio.Event().wait()
            return 0

    endless = Endless()
    expiry = Expiry(endless, 1)
    expiry.start()
    await asyncio.wait_for(endless.began.wait(), 10)
    await asyncio.wait_for(expiry.stop(), 10)


@pytest.mark.parametrize("text, days", [("", 0), ("0", 0), ("0.5", 0.5), ("90", 90)])
def test_the_setting(text, days):
    assert Settings({"ODAI_CHAT_DAYS": text}).core["ODAI_CHAT_DAYS"] == days


async def test_the_server_runs_it_from_its_start_to_its_stop(url, monkeypatch):
    days = 2
    expired: asyncio.Queue[float] = asyncio.Queue()
    expire = ChatStore.expire

    async def tell(self, before: float) -> int:
        gone = await expire(self, before)
        expired.put_nowait(before)
        return gone

    monkeypatch.setattr(ChatStore, "expire", tell)
    server = Server(Settings({"ODAI_CHAT_DAYS": f"{days}", "ODAI_DATABASE_URL": url, "ODAI_PLUGINS": "none"}))
    old = ChatStore(server.database, clock=lambda: time.time() - DAY - 60)
    await old.open("old", "ada")
    await old.open("live", "ada")
    await say(old, "said")
    await ChatStore(server.database).open("new", "ada")
    async with server.chats.open_chat(ChatInfo(chat_id="live", caller=Caller(user_id="ada"))):
        await server.start()
        before = await asyncio.wait_for(expired.get(), 10)
    assert abs(time.time() - days * DAY - before) < 60
    assert await ids(old) == {"live", "new", "said"}
    await server.stop()
    assert "odai-chat-expiry" not in {task.get_name() for task in asyncio.all_tasks()}
