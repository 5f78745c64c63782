"""Whose packages are whose: a small SQLite file, one list for each user."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

LIMIT = 20
"""Packages of one user; a new one pushes out the one that was asked for longest ago."""
LOCK_SECONDS = 2.0

_TABLE = """
CREATE TABLE IF NOT EXISTS packages (
    owner BLOB NOT NULL, code TEXT NOT NULL, carrier TEXT, tracker TEXT NOT NULL, asked INTEGER NOT NULL,
    PRIMARY KEY (owner, code)
) WITHOUT ROWID
"""
_SAVE = "INSERT OR REPLACE INTO packages (owner, code, carrier, tracker, asked) VALUES (?, ?, ?, ?, ?)"
_FORGET = """
DELETE FROM packages WHERE owner = ? AND code NOT IN
    (SELECT code FROM packages WHERE owner = ? ORDER BY asked DESC, code LIMIT ?)
"""
_OF = "SELECT code, tracker, carrier FROM packages WHERE owner = ? ORDER BY asked DESC, code LIMIT ?"


class StoreError(Exception):
    """The file cannot be used; the message names the kind of trouble and nothing of what is in it."""


@dataclass(frozen=True)
class Package:
    """A package somebody asked for. It is private: never log it."""

    code: str
    tracker: str
    """EasyPost's id."""
    carrier: str | None = None


@dataclass(frozen=True)
class Store:
    """The lists in one file. Each operation opens and closes it in a thread of its own, so nothing is left to close."""

    path: Path

    async def save(self, user: str, package: Package) -> None:
        """Put it at the top of the user's list. Raises `StoreError`."""
        await _in_thread(_save, self.path, _owner(user), package)

    async def of(self, user: str) -> list[Package]:
        """The user's own packages, the one last asked for first. Raises `StoreError`."""
        return await _in_thread(_of, self.path, _owner(user))


def store_at(chosen: str) -> Store:
    """The store in that file; for "" in this user's data folder."""
    if chosen:
        return Store(Path(chosen).expanduser())
    from platformdirs import user_data_path

    return Store(user_data_path("odai", appauthor=False) / "easypost.sqlite")


async def _in_thread(work: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
    # 20 ms to import, and most commands of `odai` run no event loop.
    import asyncio

    return await asyncio.to_thread(work, *given, **named)


def _owner(user: str) -> bytes:
    """Any text, whatever is in it, becomes a key that equals only itself, and that names nobody."""
    import hashlib

    return hashlib.sha256(user.encode("utf-8", "surrogatepass")).digest()


def _save(path: Path, owner: bytes, package: Package) -> None:
    # Here and below: 5 ms of every `odai` command that lists plugins.
    import sqlite3

    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # SQLite would make it readable for everybody.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        with closing(sqlite3.connect(path, timeout=LOCK_SECONDS)) as database, database:
            database.execute(_TABLE)
            database.execute(_SAVE, (owner, package.code, package.carrier, package.tracker, time.time_ns()))
            database.execute(_FORGET, (owner, owner, LIMIT))
    except (sqlite3.Error, OSError) as error:
        raise StoreError(type(error).__name__) from None


def _of(path: Path, owner: bytes) -> list[Package]:
    import sqlite3

    try:
        if not path.exists():
            return []
        with closing(sqlite3.connect(path, timeout=LOCK_SECONDS)) as database:
            database.execute(_TABLE)
            return [Package(*row) for row in database.execute(_OF, (owner, LIMIT))]
    except (sqlite3.Error, OSError) as error:
        raise StoreError(type(error).__name__) from None
