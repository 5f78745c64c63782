"""What a tool changes has one id until it is known how it ended; on both databases."""

from __future__ import annotations

import asyncio

import pytest

from odai_core.errors import ForeignChat
from odai_core.store.writes import Write, WriteStore


@pytest.fixture
async def writes(database, store, clock):
    await store.open("c", "ada")
    await store.open("d", "ada")
    return WriteStore(database, clock)


async def test_a_write_has_an_id_and_its_answer_is_kept(writes):
    write = await writes.begin("c", "send_mail", "digest")
    assert write == Write(id=write.id, state="started")
    assert len(write.id) == 32
    assert await writes.finish(write.id, {"sent": True, "odd": "\0\ud800"})
    kept = {"sent": True, "odd": "\0\ud800"}
    assert await writes.read(write.id) == Write(id=write.id, state="finished", response=kept)


async def test_a_second_try_has_the_same_id_until_it_is_finished(writes):
    first = await writes.begin("c", "send_mail", "digest")
    again = await writes.begin("c", "send_mail", "digest")
    assert again == Write(id=first.id, state="started", again=True)
    assert await writes.read(first.id) == again
    assert await writes.finish(first.id, {})
    third = await writes.begin("c", "send_mail", "digest")
    assert third.id != first.id
    assert not third.again


async def test_many_at_once_begin_one_write(writes):
    for digest in ("x", "y", "z"):
        begun = await asyncio.gather(*(writes.begin("c", "send_mail", digest) for _ in range(12)))
        assert len({write.id for write in begun}) == 1
        assert [write.again for write in begun].count(False) == 1


async def test_what_certainly_did_not_happen_is_begun_anew(writes):
    first = await writes.begin("c", "send_mail", "digest")
    assert await writes.abandon(first.id)
    assert (await writes.read(first.id)).state == "abandoned"
    second = await writes.begin("c", "send_mail", "digest")
    assert second.id != first.id


async def test_a_write_ends_once(writes):
    write = await writes.begin("c", "send_mail", "digest")
    assert await writes.finish(write.id, {"n": 1})
    assert not await writes.finish(write.id, {"n": 2})
    assert not await writes.abandon(write.id)
    assert (await writes.read(write.id)).response == {"n": 1}
    assert not await writes.finish("nobody", {})


async def test_other_chats_tools_and_arguments_are_other_writes(writes):
    told = [("c", "send_mail", "x"), ("d", "send_mail", "x"), ("c", "make_event", "x"), ("c", "send_mail", "y")]
    assert len({(await writes.begin(*one)).id for one in told}) == 4


@pytest.mark.parametrize("chat_id", ["gone", "a\0b", ""])
async def test_no_write_begins_in_a_chat_that_is_gone(writes, chat_id):
    with pytest.raises(ForeignChat):
        await writes.begin(chat_id, "send_mail", "digest")


async def test_a_deleted_chat_takes_its_writes_along(writes, store):
    write = await writes.begin("c", "send_mail", "digest")
    await store.delete("ada", "c")
    assert await writes.read(write.id) is None
    assert not await writes.finish(write.id, {})
