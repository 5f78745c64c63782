"""`odai chats`: listing, handing out and forgetting."""

from __future__ import annotations

import asyncio
import json
import stat

import pytest

from odai_core.chats import PastTurn
from odai_core.contract import Secret
from odai_core.store.chats import ChatStore
from odai_core.store.database import Database


@pytest.fixture
def kept(bench):
    """A folder of data with two chats of Ada's and one of Bob's; type `odai chats` beside it."""

    async def fill() -> None:
        database = Database(Secret(""), str(bench.folder / "data"))
        times = iter(range(1_700_000_000, 1_800_000_000, 60))
        store = ChatStore(database, clock=lambda: float(next(times)))
        for owner, chat, title in (("ada", "a1", "Sushi"), ("bob", "b1", "\x1b[31mRed"), ("ada", "a2", "")):
            await store.open(chat, owner)
            turn = PastTurn(id="t", at=1.0, prompt=f"ask {chat}", answer="ü\0")
            await store.append(chat, turn, [{"role": "user", "content": f"ask {chat}"}])
            await store.set_title(chat, title)
        await database.close()

    asyncio.run(fill())
    (bench.folder / ".env").write_text("ODAI_DATA_DIR=data\n")
    return bench


def chats_in(bench) -> set[str]:
    return {chat["chat_id"] for chat in bench.json("chats", "list")["chats"]}


def test_list_shows_whose_they_are(kept):
    shown = kept.odai("chats", "list")
    assert shown.returncode == 0
    lines = shown.stdout.splitlines()
    assert lines[0].split() == ["CHAT", "USER", "LAST", "TURN", "(UTC)", "TITLE"]
    assert [line.split()[:2] for line in lines[1:]] == [["a2", "ada"], ["b1", "bob"], ["a1", "ada"]]
    assert "2023-11-14 22:14" in lines[3]
    assert "\x1b" not in shown.stdout


def test_list_of_one_user_as_json(kept):
    found = kept.odai("chats", "list", "--user", "ada", "--json")
    assert [chat["chat_id"] for chat in json.loads(found.stdout)["chats"]] == ["a2", "a1"]
    assert json.loads(found.stdout)["chats"][1] == {
        "owner": "ada", "chat_id": "a1", "title": "Sushi", "created_at": 1_700_000_000.0, "updated_at": 1_700_000_060.0,
    }  # fmt: skip


def test_nothing_to_list(kept, bench):
    assert kept.odai("chats", "list", "--user", "eve").stdout == "eve has no chats.\n"
    empty = bench.odai("chats", "list", ODAI_DATA_DIR="empty")
    assert empty.stdout == "There are no chats.\n"


@pytest.mark.parametrize(
    "arguments, expected",
    [((), ["a2", "b1", "a1"]), (("--user", "ada"), ["a2", "a1"]), (("a1", "b1"), ["b1", "a1"])],
)
def test_export_writes_a_line_for_each(kept, arguments, expected):
    done = kept.odai("chats", "export", *arguments)
    assert done.returncode == 0
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["chat_id"] for line in lines] == expected
    for line in lines:
        assert line["turns"][0]["items"] == [{"role": "user", "content": f"ask {line['chat_id']}"}]
        assert line["turns"][0]["answer"] == "ü\0"


def test_export_into_a_private_file(kept):
    path = kept.folder / "ada.jsonl"
    path.write_text("old")
    path.chmod(0o644)
    done = kept.odai("chats", "export", "--user", "ada", "--output", "ada.jsonl")
    assert done.stdout == "2 chats written to ada.jsonl.\n"
    assert [json.loads(line)["chat_id"] for line in path.read_text().splitlines()] == ["a2", "a1"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert sorted(one.name for one in kept.folder.iterdir()) == [".env", "ada.jsonl", "data"]


def test_a_failed_export_leaves_the_old_file(kept, monkeypatch):
    async def fail(self, user_id, chat_id):
        raise OSError(28, "No space left on device")

    path = kept.folder / "all.jsonl"
    path.write_text("old")
    monkeypatch.setattr(ChatStore, "export", fail)
    done = kept.odai("chats", "export", "--output", "all.jsonl")
    assert done.returncode == 1
    assert "all.jsonl cannot be written: No space left on device." in done.stderr
    assert path.read_text() == "old"
    assert sorted(one.name for one in kept.folder.iterdir()) == [".env", "all.jsonl", "data"]


def test_export_to_nowhere(kept):
    done = kept.odai("chats", "export", "--output", ".env/ada.jsonl")
    assert done.returncode == 1
    assert "cannot be written: Not a directory." in done.stderr
    assert "Traceback" not in done.stderr


def test_a_chat_that_is_deleted_meanwhile_is_not_exported(kept, monkeypatch):
    export = ChatStore.export

    async def late(self, user_id, chat_id):
        await self.delete("bob", "b1")
        return await export(self, user_id, chat_id)

    monkeypatch.setattr(ChatStore, "export", late)
    done = kept.odai("chats", "export", "--output", "all.jsonl")
    assert done.stdout == "2 chats written to all.jsonl.\n"


@pytest.mark.parametrize("verb", ["export", "delete"])
@pytest.mark.parametrize(
    "arguments, words",
    [
        (("a1", "zz", "a b"), "There is no chat a b, zz."),
        (("b1", "--user", "ada"), "There is no chat b1 of ada."),
    ],
)
def test_a_chat_that_is_not_there_stops_it(kept, verb, arguments, words):
    done = kept.odai("chats", verb, *arguments)
    assert done.returncode == 1
    assert f"Problem: {words}" in done.stderr
    assert "Do this: See them with: odai chats list" in done.stderr
    assert done.stdout == ""
    assert chats_in(kept) == {"a1", "a2", "b1"}


def test_delete_asks_first(kept):
    done = kept.odai("chats", "delete", "a1")
    assert done.returncode == 1
    assert "Delete 1 chat for good?" in done.stderr
    assert chats_in(kept) == {"a1", "a2", "b1"}


def test_delete_by_id_and_by_user(kept):
    assert kept.odai("chats", "delete", "b1", "--yes").stdout == "1 chat deleted.\n"
    assert kept.odai("chats", "delete", "--user", "ada", "--yes").stdout == "2 chats deleted.\n"
    assert kept.odai("chats", "delete", "--user", "ada", "--yes").stdout == "ada has no chats.\n"
    assert chats_in(kept) == set()


def test_delete_of_everything_is_not_to_be_had_by_a_slip(kept):
    done = kept.odai("chats", "delete", "--yes")
    assert done.returncode == 2
    assert "Name chats, or a user with --user." in done.stderr
    assert chats_in(kept) == {"a1", "a2", "b1"}


@pytest.mark.parametrize(
    "url, words",
    [
        ("mysql://u:hunter2@h/d", "ODAI_DATABASE_URL cannot be used"),
        ("sqlite:////proc/nowhere/a.db", "cannot be used: No such file or directory"),
        ("postgresql://u:hunter2@127.0.0.1:1/d", "PostgreSQL database d at 127.0.0.1 cannot be used"),
    ],
)
def test_a_database_that_cannot_be_used_is_cause_and_remedy(bench, url, words):
    done = bench.odai("chats", "list", ODAI_DATABASE_URL=url)
    assert done.returncode == 1
    assert words in done.stderr
    assert "Do this: " in done.stderr
    assert "hunter2" not in done.stderr + done.stdout
