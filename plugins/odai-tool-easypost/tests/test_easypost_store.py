"""The lists of packages: private, bounded, and each its owner's alone."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import stat
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from odai_tool_easypost import store as module
from odai_tool_easypost.store import LIMIT, Package, Store, StoreError, store_at


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "odai" / "lists.sqlite")


async def test_what_is_saved_comes_back_newest_first(store: Store):
    packages = [Package(f"CODE{number:04d}", f"trk_{number}", "UPS" if number else None) for number in range(3)]
    for package in packages:
        await store.save("ann", package)
    assert await store.of("ann") == packages[::-1]
    await store.save("ann", Package("CODE0000", "trk_new", "FedEx"))
    assert await store.of("ann") == [Package("CODE0000", "trk_new", "FedEx"), packages[2], packages[1]]


async def test_a_list_has_an_end_and_leaves_the_others_alone(store: Store):
    await store.save("bob", Package("BOBS0001", "trk_b"))
    for number in range(LIMIT + 5):
        await store.save("ann", Package(f"CODE{number:04d}", f"trk_{number}"))
    kept = await store.of("ann")
    assert [package.code for package in kept] == [f"CODE{number:04d}" for number in range(LIMIT + 4, 4, -1)]
    assert len(await store.of("bob")) == 1
    with sqlite3.connect(store.path) as database:
        assert database.execute("SELECT count(*) FROM packages").fetchone() == (LIMIT + 1,)
    database.close()


async def test_two_users_may_wait_for_the_same_package(store: Store):
    for user in ("ann", "bob"):
        await store.save(user, Package("SAME0001", "trk_s"))
    await store.save("ann", Package("SAME0001", "trk_s", "UPS"))
    assert (await store.of("bob"))[0].carrier is None


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(categories=None), max_size=30), st.text(st.characters(categories=None), max_size=30))
def test_two_ids_share_a_list_only_when_they_are_one(tmp_path: Path, ann: str, bob: str):
    path = tmp_path / "any.sqlite"
    path.unlink(missing_ok=True)
    asyncio.run(Store(path).save(ann, Package("ANNS0001", "trk_a")))
    assert bool(asyncio.run(Store(path).of(bob))) == (ann == bob)


async def test_only_its_owner_can_read_the_file(store: Store):
    before = os.umask(0)
    try:
        await store.save("ann", Package("CODE0001", "trk_1"))
    finally:
        os.umask(before)
    assert stat.S_IMODE(store.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(store.path.parent.stat().st_mode) == 0o700
    assert b"ann" not in store.path.read_bytes()
    assert [file.name for file in store.path.parent.iterdir()] == [store.path.name]


async def test_looking_makes_no_file(store: Store):
    assert await store.of("ann") == []
    assert not store.path.parent.exists()


async def test_a_damaged_file_is_named_by_its_kind_of_trouble(store: Store):
    store.path.parent.mkdir()
    store.path.write_bytes(b"this is no database of packages, but something quite different" * 20)
    with pytest.raises(StoreError, match=r"\ADatabaseError\Z"):
        await store.of("ann")
    with pytest.raises(StoreError, match=r"\ADatabaseError\Z"):
        await store.save("ann", Package("CODE0001", "trk_1"))


async def test_a_locked_file_is_waited_for_only_so_long(store: Store, monkeypatch):
    monkeypatch.setattr(module, "LOCK_SECONDS", 0.01)
    await store.save("ann", Package("CODE0001", "trk_1"))
    blocker = sqlite3.connect(store.path, isolation_level=None)
    blocker.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StoreError, match="OperationalError"):
        await store.save("ann", Package("CODE0002", "trk_2"))
    blocker.execute("ROLLBACK")
    blocker.close()
    await store.save("ann", Package("CODE0002", "trk_2"))
    assert len(await store.of("ann")) == 2


async def test_many_at_once_lose_nothing(store: Store):
    await asyncio.gather(*(store.save(f"user{number}", Package("CODE0001", f"trk_{number}")) for number in range(20)))
    found = await asyncio.gather(*(store.of(f"user{number}") for number in range(20)))
    assert [packages[0].tracker for packages in found] == [f"trk_{number}" for number in range(20)]


def test_the_file_is_where_it_was_asked_for_or_in_the_users_data_folder(monkeypatch, tmp_path: Path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert store_at("~/mine.sqlite").path == tmp_path / "mine.sqlite"
    assert store_at("").path.name == "easypost.sqlite"
    assert store_at("").path.is_relative_to(tmp_path)
