"""Several processes at one database: killed in the middle of a turn, or all at it at once."""

from __future__ import annotations

import asyncio
import dataclasses
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from odai_core.contract import Secret
from odai_core.store.chats import ChatStore
from odai_core.store.database import Database
from tests.store.worker import ITEMS, turn

DEATHS = 25
ROOT = Path(__file__).parents[2]


@pytest.fixture
def worker(url):
    started = []

    def start() -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.store.worker", url],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1, cwd=ROOT,
        )  # fmt: skip
        started.append(process)
        return process

    yield start
    for process in started:
        process.stdin.close()
        process.stdout.close()
        assert process.wait(timeout=30) == 0


def tell(process: subprocess.Popen[str], line: str) -> int:
    """The pid of the child that does it."""
    process.stdin.write(line + "\n")
    word, pid = process.stdout.readline().split()
    assert word == "pid"
    return int(pid)


def hear(process: subprocess.Popen[str]) -> list[str]:
    """What the child says until its end; it must have ended well."""
    said = [line.strip() for line in iter(process.stdout.readline, "ended 0\n")]
    assert not [line for line in said if line.startswith("ended") or not line], said
    return said


def kill_in_the_middle(process: subprocess.Popen[str], first: int) -> int:
    """Start appending at turn `first`, kill at a random moment, and give the last turn that was said to be kept."""
    pid = tell(process, f"append chat {first}")
    last = -1
    for _ in range(random.randint(1, 3)):
        word, number, kept = process.stdout.readline().split()
        assert (word, kept) in {("kept", "True"), ("kept", "False")}
        last = int(number)
    # Up to the length of a transaction: the moment of death is the subject.
    time.sleep(random.uniform(0, 0.01))
    os.kill(pid, signal.SIGKILL)
    for line in iter(process.stdout.readline, "ended -9\n"):
        word, number, kept = line.split()
        last = int(number)
    return last


def numbers(count: int) -> list[str]:
    return [str(number) for number in range(count)]


async def test_a_process_killed_in_a_turn_leaves_the_whole_turn_or_nothing(url, worker):
    database = Database(Secret(url))
    store = ChatStore(database)
    await store.open("chat", "ada")
    process, last = worker(), -1
    for _ in range(DEATHS):
        # The turn of which nobody heard is tried again under its id.
        last = await asyncio.to_thread(kill_in_the_middle, process, last + 1)
        # One snapshot: PostgreSQL may still be at the dead client's COMMIT.
        kept = (await store.export("ada", "chat"))["turns"]
        names = [one["id"] for one in kept]
        assert names in (numbers(last + 1), numbers(last + 2))
        for one in kept:
            past, items = turn(one["id"])
            assert one == dataclasses.asdict(past) | {"shown": [], "items": items}
    assert last >= DEATHS
    await database.close()


async def test_processes_that_append_at_once_never_fail_and_never_interleave(url, worker):
    """The database is new: they make its tables at once too."""
    processes = [worker() for _ in range(3)]
    database = Database(Secret(url))
    store = ChatStore(database)
    await store.open("chat", "ada")
    await database.close()
    for name, process in zip("abc", processes, strict=True):
        tell(process, f"fill chat {name} 20")
    await asyncio.gather(*(asyncio.to_thread(hear, process) for process in processes))

    database = Database(Secret(url))
    items = await ChatStore(database).items("chat")
    turns = [items[at : at + ITEMS] for at in range(0, len(items), ITEMS)]
    assert Counter(one[0]["turn"] for one in turns) == Counter(f"{name}{at}" for name in "abc" for at in range(20))
    assert all(one == turn(one[0]["turn"])[1] for one in turns)
    assert [one.id for one in await ChatStore(database).read("ada", "chat")] == [one[0]["turn"] for one in turns]
    await database.close()


async def test_processes_that_open_a_new_database_at_once_all_get_it(url, worker):
    processes = [worker() for _ in range(4)]
    for process in processes:
        tell(process, "claim nowhere me")
    said = await asyncio.gather(*(asyncio.to_thread(hear, process) for process in processes))
    assert said == [["False"]] * 4


async def test_one_of_two_processes_gets_the_chat(url, worker):
    database = Database(Secret(url))
    await ChatStore(database).open("chat", "ada")
    await database.close()
    one, two = worker(), worker()
    for _ in range(5):
        tell(one, "claim chat one")
        tell(two, "claim chat two")
        said = await asyncio.gather(asyncio.to_thread(hear, one), asyncio.to_thread(hear, two))
        assert sorted(said) == [["False"], ["True"]]
        database = Database(Secret(url))
        await ChatStore(database).release("chat", "one")
        await ChatStore(database).release("chat", "two")
        await database.close()


async def test_two_processes_that_begin_the_same_write_get_one_id(url, worker):
    database = Database(Secret(url))
    await ChatStore(database).open("chat", "ada")
    await database.close()
    processes = [worker(), worker(), worker()]
    for process in processes:
        tell(process, "begin chat")
    said = await asyncio.gather(*(asyncio.to_thread(hear, process) for process in processes))
    assert said[0] == said[1] == said[2]
    assert len(said[0][0]) == 32
