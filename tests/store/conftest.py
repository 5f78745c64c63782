"""Both databases, for real: a test that asks for `url` or `database` runs once on each."""

from __future__ import annotations

import pytest

from odai_core.contract import Secret
from odai_core.store.chats import ChatStore
from odai_core.store.database import Database
from tests.store.postgres import postgres

__all__ = ["postgres"]


class Clock:
    """Unix seconds that move when told to."""

    def __init__(self, now: float = 1_700_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'kept' / 'odai.db'}"
        return
    postgres = request.getfixturevalue("postgres")
    url = postgres.database()
    yield url
    postgres.give_back(url)


@pytest.fixture
async def database(url):
    database = Database(Secret(url))
    yield database
    await database.close()


@pytest.fixture
def store(database, clock):
    return ChatStore(database, clock)
