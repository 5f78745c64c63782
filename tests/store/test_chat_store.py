"""What a chat store keeps, for whom, and for how long; on both databases."""

from __future__ import annotations

import json
import uuid

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from odai_core.chats import ChatSummary, PastTurn
from odai_core.errors import ForeignChat
from odai_core.store import chats as room
from odai_core.store.chats import ChatStore
from odai_core.store.writes import WriteStore

DAY = 86400.0


def past(name: str = "t1", **more) -> PastTurn:
    return PastTurn(id=name, at=12.5, prompt="find sushi", answer="Here are **three**.", **more)


# -- one chat


async def test_a_chat_is_new_once_and_resumed_afterwards(store):
    assert await store.open("chat.1", "ada") is True
    assert await store.open("chat.1", "ada") is False
    assert await store.items("chat.1") == []
    assert await store.read("ada", "chat.1") == ()


async def test_turns_and_items_come_back_in_order(store, clock):
    await store.open("c", "ada")
    shown = ({"type": "tool_output", "output": {"rows": [1, 2]}}, {"type": "usage", "cost_usd": None})
    first = past("t1", shown=shown)
    second = past("t0", status="stopped")
    assert await store.append("c", first, [{"role": "user", "content": "one"}, {"role": "assistant"}])
    clock.now += 5
    assert await store.append("c", second, [])
    assert await store.append("c", past("t2"), [{"n": n} for n in range(40)])
    assert await store.items("c") == [
        {"role": "user", "content": "one"}, {"role": "assistant"}, *({"n": n} for n in range(40)),
    ]  # fmt: skip
    assert await store.read("ada", "c") == (first, second, past("t2"))


async def test_the_same_turn_a_second_time_changes_nothing(store, clock):
    await store.open("c", "ada")
    await store.append("c", past(), [{"n": 1}])
    before = await store.export("ada", "c")
    clock.now += 60
    assert await store.append("c", past(status="failed"), [{"n": 2}]) is False
    assert await store.export("ada", "c") == before


async def test_the_same_turn_id_in_another_chat_is_another_turn(store):
    for chat in ("c", "d"):
        await store.open(chat, "ada")
        assert await store.append(chat, past(), [{"chat": chat}])
    assert await store.items("d") == [{"chat": "d"}]


async def test_a_turn_for_a_chat_that_is_gone_is_not_kept(store):
    assert await store.append("nobody", past(), [{"n": 1}]) is False
    assert await store.items("nobody") == []


async def test_a_turn_that_fails_on_its_way_leaves_nothing(store, database, monkeypatch):
    await store.open("c", "ada")
    before = await store.export("ada", "c")
    rows = room._rows
    monkeypatch.setattr(room, "_rows", lambda *told: [*rows(*told), rows(*told)[0]])
    with pytest.raises(Exception, match=r"(?i)unique|duplicate") as caught:
        await store.append("c", past(), [{"secret": "words"}])
    assert "words" not in str(caught.value)
    monkeypatch.undo()
    assert await store.export("ada", "c") == before
    assert await store.append("c", past(), [{"n": 1}])


async def test_a_turn_that_is_too_large_is_refused_whole(store):
    await store.open("c", "ada")
    with pytest.raises(ValueError, match="above the 8388608 that a chat keeps"):
        await store.append("c", past(), [{"text": "x" * 5_000_000}, {"text": "x" * 5_000_000}])
    assert await store.read("ada", "c") == ()
    assert await store.append("c", past(), [{"text": "x" * 5_000_000}])
    assert len((await store.items("c"))[0]["text"]) == 5_000_000


def nested(depth: int) -> dict:
    value: dict = {}
    for _ in range(depth):
        value = {"in": value}
    return value


@pytest.mark.parametrize("item", [{"at": object()}, {"bytes": b"x"}, nested(200_000)], ids=["object", "bytes", "deep"])
async def test_a_turn_that_is_not_json_is_refused(store, item):
    await store.open("c", "ada")
    with pytest.raises(ValueError, match="not to be kept as JSON"):
        await store.append("c", past(), [item])
    assert await store.read("ada", "c") == ()


async def test_what_a_newer_odai_wrote_into_a_turn_is_passed_over(store, database):
    await store.open("c", "ada")
    await store.append("c", past(), [])
    async with database.begin() as connection:
        body = json.dumps({"id": "t1", "at": 1, "prompt": "p", "answer": "a", "shown": [], "mood": "fine"})
        await connection.execute(room.turns.update().values(body=body))
    assert await store.read("ada", "c") == (PastTurn(id="t1", at=1, prompt="p", answer="a"),)


# -- anything goes in and comes out


# What PostgreSQL's text cannot hold, what UTF-8 cannot, and what a browser would.
odd = st.text(st.characters() | st.sampled_from("\0\ud800\udfff\u2028\ufeff\U0001f468\\\"'\x7f"), max_size=20)
numbers = st.integers(-(10**40), 10**40) | st.floats(allow_nan=False) | st.sampled_from([1e308, -0.0, 2**63, 10**4000])
json_values = st.recursive(
    st.none() | st.booleans() | numbers | odd,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(odd, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(items=st.lists(st.dictionaries(odd, json_values, max_size=4), max_size=4), prompt=odd, name=odd, owner=odd)
@example(items=[{"text": "a\0b\ud83d", "\0": [10**4000, float("inf")]}], prompt="\0", name="\0\ud800", owner="\0")
async def test_everything_comes_back_as_it_went_in(store, items, prompt, name, owner):
    chat, owner = uuid.uuid4().hex, owner or "ada"
    await store.open(chat, owner)
    assert await store.open(chat, owner) is False
    turn = PastTurn(id=name, at=0.1, prompt=prompt, answer=prompt * 2, shown=tuple(items))
    assert await store.append(chat, turn, items)
    assert await store.append(chat, turn, items) is False
    assert await store.items(chat) == items
    assert await store.read(owner, chat) == (turn,)
    # `==` takes 1 for 1.0 and True.
    assert json.dumps(await store.items(chat)) == json.dumps(items)
    assert [(whose, one.chat_id) for whose, one in await store.find(user_id=owner, chat_ids=[chat])] == [(owner, chat)]


# -- whose it is


async def test_a_foreign_chat_is_refused_and_never_shown(store):
    await store.open("c", "ada")
    await store.append("c", past(), [{"n": 1}])
    before = await store.export("ada", "c")
    with pytest.raises(ForeignChat) as caught:
        await store.open("c", "bob")
    assert "ada" not in str(caught.value)
    assert await store.list("bob") == ()
    assert await store.read("bob", "c") is None
    assert await store.export("bob", "c") is None
    assert await store.delete("bob", "c") is False
    assert await store.export("ada", "c") == before


@pytest.mark.parametrize("user", ["Ada", "ada ", "ad", "%", "", "a_a", "ada\0"])
async def test_a_user_is_one_exact_name(store, user):
    await store.open("c", "ada")
    await store.append("c", past(), [])
    assert await store.read(user, "c") is None
    assert await store.list(user) == ()


BAD_IDS = ["", "a" * 129, "a b", "a/b", "ä", "a\0", "a\n", "a'--", "%", "\ud800"]


@pytest.mark.parametrize("chat_id", BAD_IDS, ids=ascii)
async def test_an_id_that_cannot_be_one_is_the_id_of_no_chat(store, chat_id):
    with pytest.raises(ForeignChat, match="1 to 128 characters"):
        await store.open(chat_id, "ada")
    assert await store.read("ada", chat_id) is None
    assert await store.export("ada", chat_id) is None
    assert await store.delete("ada", chat_id) is False
    assert await store.claim(chat_id, "me", 10) is False
    assert await store.set_title(chat_id, "Sushi") is False
    assert await store.append(chat_id, past(), []) is False
    assert await store.items(chat_id) == []
    assert await store.find(chat_ids=[chat_id]) == ()
    await store.release(chat_id, "me")


async def test_the_longest_id_with_every_kind_of_sign_is_one(store):
    chat_id = ("aZ09._-" * 20)[:128]
    assert await store.open(chat_id, "ada")
    assert await store.append(chat_id, past(), [])


async def test_a_guest_has_no_chat(store):
    with pytest.raises(ForeignChat, match="guest"):
        await store.open("c", "")


# -- titles


async def test_a_chat_is_named_once(store):
    await store.open("c", "ada")
    assert await store.set_title("c", "  Sushi\n in\tBoston\0\ud800 ") is True
    assert await store.set_title("c", "Pizza") is False
    assert (await store.export("ada", "c"))["title"] == "Sushi in Boston"


@pytest.mark.parametrize("title", ["", " \n", "\0"])
async def test_a_title_of_nothing_leaves_room_for_a_better_one(store, title):
    await store.open("c", "ada")
    assert await store.set_title("c", title) is False
    assert await store.set_title("c", "é" * 500) is True
    assert (await store.export("ada", "c"))["title"] == "é" * 120


# -- who is in it


async def test_one_holder_at_a_time(store, clock):
    await store.open("c", "ada")
    assert await store.claim("c", "one", 30)
    assert not await store.claim("c", "two", 30)
    await store.release("c", "two")
    assert not await store.claim("c", "two", 30)
    clock.now += 29
    assert await store.claim("c", "one", 30), "kept for longer"
    clock.now += 29
    assert not await store.claim("c", "two", 30)
    await store.release("c", "one")
    assert await store.claim("c", "two", 30)


async def test_a_holder_that_died_loses_the_chat(store, clock):
    await store.open("c", "ada")
    await store.claim("c", "dead", 30)
    clock.now += 30
    assert await store.claim("c", "two", 30)
    assert not await store.claim("c", "dead", 30)


# -- lists


async def test_the_list_is_the_newest_first_in_pages(store, clock):
    for number in range(5):
        clock.now += 10
        await store.open(f"c{number}", "ada")
        await store.append(f"c{number}", past(), [])
    await store.open("silent", "ada")
    await store.open("b", "bob")
    await store.append("b", past(), [])
    clock.now += 10
    await store.append("c1", past("t2"), [])
    first = await store.list("ada", limit=3)
    assert [chat.chat_id for chat in first] == ["c1", "c4", "c3"]
    assert first[0] == ChatSummary(chat_id="c1", title="", created_at=clock.now - 40, updated_at=clock.now)
    rest = await store.list("ada", limit=3, before=first[-1].updated_at)
    assert [chat.chat_id for chat in rest] == ["c2", "c0"]
    assert await store.list("ada", before=rest[-1].updated_at) == ()
    assert await store.list("ada", limit=-1) == ()
    assert len(await store.list("ada", limit=10**30)) == 5


async def test_the_operator_finds_all_of_them(store, clock):
    for chat, owner in (("a", "ada"), ("b", "bob"), ("c", "ada")):
        clock.now += 1
        await store.open(chat, owner)
    found = await store.find()
    assert [(owner, chat.chat_id) for owner, chat in found] == [("ada", "c"), ("bob", "b"), ("ada", "a")]
    assert [chat.chat_id for _, chat in await store.find(user_id="ada")] == ["c", "a"]
    assert [chat.chat_id for _, chat in await store.find(user_id="ada", chat_ids=["a", "b"])] == ["a"]


# -- leaving


async def count_rows(database) -> dict[str, int]:
    tables = [room.chats, room.turns, room.items_table, room.metadata.tables["odai_writes"]]
    async with database.read() as connection:
        return {table.name: len((await connection.execute(table.select())).all()) for table in tables}


async def fill(store, database, chat: str) -> None:
    await store.open(chat, "ada")
    await store.append(chat, past(), [{"n": 1}, {"n": 2}])
    await WriteStore(database).begin(chat, "send_mail", "d")


async def test_deleting_takes_everything(store, database):
    await fill(store, database, "c")
    await fill(store, database, "d")
    assert await store.delete("ada", "c") is True
    assert await store.delete("ada", "c") is False
    one_chat = {"odai_chats": 1, "odai_turns": 1, "odai_items": 2, "odai_writes": 1}
    assert await count_rows(database) == one_chat
    assert await store.append("c", past("t2"), [{"n": 3}]) is False
    assert await count_rows(database) == one_chat
    assert await store.open("c", "bob"), "the id is free again"
    assert await store.items("c") == []


async def test_what_is_old_expires_and_what_is_in_use_stays(store, database, clock):
    await fill(store, database, "old")
    await fill(store, database, "held")
    clock.now += 10 * DAY
    await fill(store, database, "new")
    await store.claim("held", "me", 60)
    assert await store.expire(clock.now - 10 * DAY) == 0, "not yet: exactly ten days"
    assert await store.expire(clock.now - 9 * DAY) == 1
    assert {chat.chat_id for _, chat in await store.find()} == {"held", "new"}
    assert await count_rows(database) == {"odai_chats": 2, "odai_turns": 2, "odai_items": 4, "odai_writes": 2}
    clock.now += 60
    assert await store.expire(clock.now - 9 * DAY) == 1


async def test_what_nobody_said_anything_in_goes_by_itself(store, database, clock):
    await fill(store, database, "said")
    await store.open("empty", "ada")
    await store.open("held", "ada")
    await store.open("open", "ada")
    clock.now += DAY
    await store.open("new", "ada")
    await store.claim("held", "me", 60)
    assert await store.expire_empty(clock.now - DAY, {"open"}) == 0, "not yet: exactly a day"
    assert await store.expire_empty(clock.now - DAY + 1, {"open"}) == 1
    assert {chat.chat_id for _, chat in await store.find()} == {"said", "held", "open", "new"}


async def test_many_expire_in_portions(store, clock, monkeypatch):
    monkeypatch.setattr(room, "EXPIRE_AT_ONCE", 3)
    for number in range(7):
        await store.open(f"c{number}", "ada")
    assert await store.expire(clock.now + 1) == 7
    assert await store.find() == ()


async def test_an_export_is_all_of_it_and_can_be_kept_again(store, clock):
    await store.open("c", "ada\0")
    shown = ({"type": "handoff", "name": "transfer_to_yelp"},)
    await store.append("c", past("t1", shown=shown), [{"content": "\0\ud800"}, {"n": 10**30}])
    await store.set_title("c", "Sushi")
    clock.now += 5
    await store.append("c", past("t2", status="stopped"), [])
    kept = json.loads(json.dumps(await store.export("ada\0", "c")))
    assert kept == {
        "format": "odai-chat-1",
        "owner": "ada\0",
        "chat_id": "c",
        "title": "Sushi",
        "created_at": clock.now - 5,
        "updated_at": clock.now,
        "turns": [
            {
                "id": "t1", "at": 12.5, "prompt": "find sushi", "answer": "Here are **three**.",
                "shown": [{"type": "handoff", "name": "transfer_to_yelp"}], "status": "completed",
                "items": [{"content": "\0\ud800"}, {"n": 10**30}],
            },
            {
                "id": "t2", "at": 12.5, "prompt": "find sushi", "answer": "Here are **three**.",
                "shown": [], "status": "stopped", "items": [],
            },
        ],
    }  # fmt: skip
    await store.open("again", kept["owner"])
    for turn in kept["turns"]:
        items = turn.pop("items")
        await store.append("again", PastTurn(**turn), items)
    await store.set_title("again", kept["title"])
    again = await store.export("ada\0", "again")
    same = ("turns", "owner", "title", "format")
    original = await store.export("ada\0", "c")
    assert {name: again[name] for name in same} == {name: original[name] for name in same}


async def test_a_store_tells_the_time_by_itself(database):
    store = ChatStore(database)
    await store.open("c", "ada")
    assert (await store.export("ada", "c"))["created_at"] > 1.7e9


async def test_a_page_is_so_many_turns_and_no_more_bytes_than_one_may_have(store, monkeypatch):
    await store.open("c", "ada")
    for number in range(7):
        await store.append("c", past(str(number)), [{"n": number}])
    found, older = await store.page("ada", "c", limit=3)
    assert ([one.id for one in found], older) == (["4", "5", "6"], True)
    found, older = await store.page("ada", "c", limit=4, before="4")
    assert ([one.id for one in found], older) == (["0", "1", "2", "3"], False)
    assert await store.page("ada", "c", limit=3, before="0") == ((), False)
    assert await store.page("ada", "c", limit=3, before="no such\0\ud800") == ((), False)
    assert await store.page("bob", "c", limit=3) is None
    monkeypatch.setattr("odai_core.store.chats.PAGE_BYTES", 1)
    found, older = await store.page("ada", "c", limit=3)
    assert ([one.id for one in found], older) == (["6"], True)


async def test_items_of_a_long_chat_are_those_of_its_newest_turns(store):
    await store.open("c", "ada")
    for number in range(5):
        await store.append("c", past(str(number)), [{"n": number}, {"text": "x" * 100}])
    assert [item["n"] for item in await store.items("c", newest=300) if "n" in item] == [3, 4]
    assert [item["n"] for item in await store.items("c", newest=1) if "n" in item] == [4]
    assert len(await store.items("c", newest=10_000)) == 10
    assert await store.items("nobody", newest=1) == []
