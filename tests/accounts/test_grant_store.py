"""Rows of grants on both databases."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import func, select

from odai_core.contract import Secret
from odai_core.store.database import Database
from odai_core.store.grants import GrantStore, used_names

from .conftest import Clock


@pytest.fixture
def store(database: Database, clock: Clock) -> GrantStore:
    return GrantStore(database, clock)


async def put(store: GrantStore, user: str = "ada", subject: str = "s", sealed: bytes = b"1", most: int = 3):
    return await store.put(user, "bank", subject, sealed, most=most)


async def test_a_grant_replaces_the_one_of_its_subject(store: GrantStore, clock: Clock):
    first = await put(store)
    clock.now += 5
    second = await put(store, subject="t")
    (row, _) = await store.of("ada", "bank")
    assert await store.mark_broken(row)
    assert await put(store, sealed=b"2") == first
    rows = await store.of("ada", "bank")
    assert [(row.id, row.sealed, row.version, row.broken) for row in rows] == [
        (first, b"2", 2, False),
        (second, b"1", 1, False),
    ]
    assert rows[0].linked_at == clock.now - 5
    assert await store.of("eve", "bank") == ()
    assert await store.of("ada", "mail") == ()
    assert await store.get(first) == rows[0]
    assert await store.get("nobody") is None


async def test_there_are_so_many_and_no_more(store: GrantStore):
    ids = [await put(store, subject=subject) for subject in "abcd"]
    assert ids[3] is None
    assert await put(store, subject="a", sealed=b"new") == ids[0]
    assert await put(store, user="eve", subject="d") is not None


@pytest.mark.parametrize("odd", ["a\x00b", "\ud800", "ü" * 300, "'; drop table account_grants; --"])
async def test_odd_names_are_kept_apart(odd: str, store: GrantStore):
    await put(store, user=odd, subject=odd)
    (row,) = await store.of(odd, "bank")
    assert row.subject == odd
    assert await store.of("ada", "bank") == ()
    assert await store.remove(odd, "bank", row.id, version=1)


async def test_one_subject_at_once_is_one_row(store: GrantStore):
    ids = await asyncio.gather(*(put(store, sealed=str(n).encode()) for n in range(8)))
    (row,) = await store.of("ada", "bank")
    assert (set(ids), row.version) == ({row.id}, 8)


async def test_only_the_newest_version_may_be_changed(store: GrantStore):
    row_id = await put(store)
    old = await store.get(row_id)
    assert await store.reseal(old, b"other key")
    assert await store.renew(old, b"2")
    assert not await store.renew(old, b"3")
    assert not await store.reseal(old, b"3")
    assert not await store.mark_broken(old)
    now = await store.get(row_id)
    assert (now.sealed, now.version) == (b"2", 2)


async def test_a_lease_has_one_holder_and_an_end(store: GrantStore, clock: Clock):
    row_id = await put(store)
    assert await store.claim(row_id, "one", seconds=10)
    assert not await store.claim(row_id, "two", seconds=10)
    await store.release(row_id, "two")
    assert not await store.claim(row_id, "two", seconds=10)
    clock.now += 10
    assert await store.claim(row_id, "two", seconds=10)
    await store.release(row_id, "two")
    assert await store.claim(row_id, "three", seconds=10)
    assert not await store.claim("nobody", "x", seconds=10)


async def test_two_processes_cannot_claim_one_row(url: str, store: GrantStore, clock: Clock):
    row_id = await put(store)
    others = [Database(Secret(url)) for _ in range(3)]
    stores = [store, *(GrantStore(other, clock) for other in others)]
    claims = [one.claim(row_id, f"h{n}", seconds=10) for n, one in enumerate(stores * 3)]
    assert sorted(await asyncio.gather(*claims)) == [False] * 11 + [True]
    for other in others:
        await other.close()


async def test_only_its_owner_forgets_a_grant(store: GrantStore):
    row_id = await put(store)
    assert not await store.remove("eve", "bank", row_id, version=1)
    assert not await store.remove("ada", "mail", row_id, version=1)
    assert not await store.remove("ada", "bank", row_id, version=2)
    assert await store.remove("ada", "bank", row_id, version=1)
    assert not await store.remove("ada", "bank", row_id, version=1)


async def test_a_name_may_be_used_once_until_it_expires(store: GrantStore, clock: Clock, database: Database):
    assert sorted(await asyncio.gather(*(store.once("state", seconds=60) for _ in range(6)))) == [False] * 5 + [True]
    for odd in ("\ud800", "x" * 10_000, ""):
        assert await store.once(odd, seconds=60)
        assert not await store.once(odd, seconds=60)
    clock.now += 60
    assert await store.once("state", seconds=60)
    async with database.read() as connection:
        assert await connection.scalar(select(func.count()).select_from(used_names)) == 1
