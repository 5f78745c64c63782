"""The database itself: opened late, closed once, private, and clear about what is wrong with it."""

from __future__ import annotations

import asyncio
import gc
import os
import sqlite3
import stat
import threading

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError

from odai_core.contract import Secret
from odai_core.errors import SettingError, SetupError
from odai_core.store import database as room
from odai_core.store import sqlite
from odai_core.store.address import read_address
from odai_core.store.database import Database, insert_new, schema_version
from tests.store.postgres import PASSWORD

ONE = select(1)


async def use(database: Database) -> None:
    async with database.begin() as connection:
        assert await connection.scalar(ONE) == 1


# -- transactions


async def test_a_block_that_raises_leaves_nothing(database):
    async def fail() -> None:
        async with database.begin() as connection:
            await connection.execute(insert_new(connection, schema_version).values(version=0))
            raise KeyError

    with pytest.raises(KeyError):
        await fail()
    async with database.read() as connection:
        assert (await connection.scalars(select(schema_version.c.version))).all() == [1]


async def test_an_insert_of_what_is_there_changes_nothing(database):
    async with database.begin() as connection:
        assert (await connection.execute(insert_new(connection, schema_version).values(version=1))).rowcount == 0
        assert (await connection.execute(insert_new(connection, schema_version).values(version=0))).rowcount == 1


async def test_mistakes_in_a_block_are_raised_as_they_are(database):
    with pytest.raises(IntegrityError):
        async with database.begin() as connection:
            await connection.execute(schema_version.insert().values(version=1))
    with pytest.raises(ConnectionResetError, match="somebody else's"):
        async with database.begin():
            raise ConnectionResetError("somebody else's")


async def test_a_reader_sees_one_moment_while_somebody_writes(database):
    async with database.read() as reader:
        assert await reader.scalar(select(schema_version.c.version)) == 1
        async with database.begin() as writer:
            await writer.execute(update(schema_version).values(version=0))
        assert await reader.scalar(select(schema_version.c.version)) == 1
    async with database.read() as reader:
        assert await reader.scalar(select(schema_version.c.version)) == 0


async def test_many_tasks_add_without_losing_one(database):
    async def add() -> None:
        async with database.begin() as connection:
            version = await connection.scalar(select(schema_version.c.version).with_for_update())
            await connection.execute(update(schema_version).values(version=version + 1))

    await asyncio.gather(*(add() for _ in range(50)))
    async with database.read() as connection:
        assert await connection.scalar(select(schema_version.c.version)) == 51


async def test_a_task_that_is_cancelled_anywhere_gives_everything_back(database):
    """Cancelled after one more step each time, from the first wait to the last."""

    async def write() -> None:
        async with database.begin() as connection:
            await connection.execute(update(schema_version).values(version=schema_version.c.version))

    await write()
    for steps in range(60):
        task = asyncio.create_task(write())
        for _ in range(steps):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait({task})
        async with asyncio.timeout(10):
            await write()


# -- opening and closing


def workers() -> int:
    """Threads of SQLite connections that do not end by themselves within a moment."""
    ours = [thread for thread in threading.enumerate() if "_connection_worker" in thread.name]
    for thread in ours:
        thread.join(timeout=5)
    return sum(thread.is_alive() for thread in ours)


async def test_it_is_opened_late_and_once(url, monkeypatch):
    made = []
    engine = room._engine
    monkeypatch.setattr(room, "_engine", lambda address: made.append(engine(address)) or made[-1])
    database = Database(Secret(url))
    assert not made
    await asyncio.gather(*(use(database) for _ in range(20)))
    assert len(made) == 1
    await database.close()
    await database.close()


async def test_one_that_is_never_used_leaves_no_file(tmp_path):
    database = Database(Secret(f"sqlite:///{tmp_path}/a.db"))
    await database.close()
    assert os.listdir(tmp_path) == []


async def test_nothing_is_left_after_many(url, request):
    def left() -> tuple[int, int, int]:
        gc.collect()
        return workers(), len(os.listdir("/dev/fd")), len(asyncio.all_tasks())

    async def one() -> None:
        database = Database(Secret(url))
        await asyncio.gather(*(use(database) for _ in range(12)))
        await database.close()

    await one()
    before = left()
    for _ in range(10):
        await one()
    assert left() == before
    if "postgresql" in url:
        server = request.getfixturevalue("postgres")
        mine = f"SELECT count(*) FROM pg_stat_activity WHERE datname = '{url.rpartition('/')[2]}'"
        # A backend ends a moment after its socket.
        assert any(server.run(mine) == [(0,)] or not server.run("SELECT pg_sleep(0.1)") for _ in range(50))


async def test_close_waits_for_a_transaction_and_lets_no_new_one_in(url):
    database = Database(Secret(url))
    begun, go = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        async with database.begin() as connection:
            begun.set()
            await go.wait()
            await connection.execute(update(schema_version).values(version=0))

    await use(database)
    holding = asyncio.create_task(hold())
    await begun.wait()
    closing = asyncio.create_task(database.close())
    await asyncio.sleep(0)
    with pytest.raises(SetupError, match="closed"):
        await use(database)
    assert not closing.done()
    go.set()
    await asyncio.gather(holding, closing)
    again = Database(Secret(url))
    async with again.read() as connection:
        assert await connection.scalar(select(schema_version.c.version)) == 0
    await again.close()


async def test_a_transaction_that_outlives_the_close_ends_it(url, monkeypatch, caplog):
    monkeypatch.setattr(room, "CLOSE_SECONDS", 0)
    database = Database(Secret(url))
    async with database.begin() as connection:
        await database.close()
        assert "still running" in caplog.text
        assert await connection.scalar(ONE) == 1
    assert database._engine is None
    assert workers() == 0


# -- what can be wrong


async def test_a_newer_schema_is_refused_and_left_alone(url):
    database = Database(Secret(url))
    async with database.begin() as connection:
        await connection.execute(update(schema_version).values(version=room.SCHEMA + 1))
    await database.close()
    older = Database(Secret(url))
    with pytest.raises(SetupError, match="newer ODAI") as caught:
        await use(older)
    assert "pip install --upgrade odai-core" in caught.value.remedy
    await older.close()


async def test_it_is_tried_again_after_it_could_not_be_opened(tmp_path):
    (tmp_path / "folder").write_text("in the way")
    database = Database(Secret(f"sqlite:///{tmp_path}/folder/odai.db"))
    with pytest.raises(SetupError):
        await use(database)
    (tmp_path / "folder").unlink()
    await use(database)
    await database.close()


# -- SQLite


def mode(path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


async def test_the_default_is_a_private_file_in_the_data_folder(tmp_path):
    database = Database(Secret(""), str(tmp_path / "data"))
    async with database.begin() as connection:
        assert await connection.scalar(text("PRAGMA journal_mode")) == "wal"
        assert await connection.scalar(text("PRAGMA foreign_keys")) == 1
        assert await connection.scalar(text("PRAGMA secure_delete")) == 1
        assert await connection.scalar(text("PRAGMA busy_timeout")) == 30_000
    assert mode(tmp_path / "data") == 0o700
    assert {mode(path) for path in (tmp_path / "data").iterdir()} == {0o600}
    assert database.label == f"SQLite file {tmp_path}/data/odai.db"
    await database.close()


def test_without_a_folder_it_is_the_user_s_own(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert read_address("").file.name == "odai.db"
    assert read_address("").file.parent.name == "odai"
    assert read_address("", "~/x").file.is_absolute()


async def test_a_file_that_is_no_database(tmp_path):
    (tmp_path / "odai.db").write_text("Dear diary, " * 100)
    with pytest.raises(SetupError, match="file is not a database") as caught:
        await use(Database(Secret(""), str(tmp_path)))
    assert "ODAI_DATA_DIR" in caught.value.remedy


async def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(SetupError, match="cannot be used: File exists"):
        await use(Database(Secret(""), str(tmp_path / "file")))


async def test_a_folder_in_the_place_of_the_file(tmp_path):
    (tmp_path / "odai.db").mkdir()
    with pytest.raises(SetupError, match="unable to open database file"):
        await use(Database(Secret(""), str(tmp_path)))


async def test_a_file_that_another_program_holds_for_ever(tmp_path, monkeypatch):
    monkeypatch.setattr(sqlite, "BUSY_SECONDS", 0.05)
    database = Database(Secret(""), str(tmp_path))
    await use(database)
    other = sqlite3.connect(tmp_path / "odai.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(SetupError, match="cannot be used: database is locked"):
        await use(database)
    other.execute("ROLLBACK")
    other.close()
    await use(database)
    await database.close()


def old_kind_of_file(file) -> sqlite3.Connection:
    """Without the write-ahead log, and another program is writing it just then."""
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("CREATE TABLE t (x)")
    other.execute("BEGIN EXCLUSIVE")
    return other


def test_the_log_is_turned_on_once_nobody_holds_the_file(tmp_path, monkeypatch):
    other = old_kind_of_file(tmp_path / "odai.db")
    monkeypatch.setattr(sqlite, "BUSY_SECONDS", 0.0)
    tries: list[object] = []
    monkeypatch.setattr(sqlite.time, "sleep", lambda seconds: tries.append(other.execute("ROLLBACK")))
    monkeypatch.setattr(sqlite.time, "monotonic", lambda: 0.0)
    sqlite.prepare(tmp_path / "odai.db")
    assert len(tries) == 1
    other.close()
    fresh = sqlite3.connect(tmp_path / "odai.db")
    assert fresh.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    fresh.close()


def test_the_log_cannot_be_turned_on_while_somebody_holds_the_file(tmp_path, monkeypatch):
    other = old_kind_of_file(tmp_path / "odai.db")
    monkeypatch.setattr(sqlite, "BUSY_SECONDS", 0.0)
    with pytest.raises(SetupError, match="cannot be used: database is locked"):
        sqlite.prepare(tmp_path / "odai.db")
    other.close()


async def test_a_writer_that_does_not_end_is_told_from_a_broken_file(tmp_path, monkeypatch):
    database = Database(Secret(""), str(tmp_path))
    async with database.begin():
        monkeypatch.setattr(sqlite, "BUSY_SECONDS", 0)
        with pytest.raises(SetupError, match="another transaction has not ended"):
            await use(database)
        async with database.read() as connection:
            assert await connection.scalar(ONE) == 1
    await database.close()


async def test_in_memory_readers_and_writers_take_turns():
    database = Database(Secret("sqlite://"))

    async def read() -> int:
        async with database.read() as connection:
            return await connection.scalar(select(schema_version.c.version))

    async def write() -> None:
        async with database.begin() as connection:
            await connection.execute(update(schema_version).values(version=7))

    await asyncio.gather(*(write() for _ in range(5)), *(read() for _ in range(5)))
    assert await read() == 7
    await database.close()


async def test_what_is_deleted_is_gone_from_the_file(tmp_path, store_of):
    database = Database(Secret(""), str(tmp_path))
    await store_of(database)
    await database.close()
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"my deepest secret" not in kept


@pytest.fixture
def store_of():
    from odai_core.chats import PastTurn
    from odai_core.store.chats import ChatStore

    async def fill_and_delete(database: Database) -> None:
        store = ChatStore(database)
        await store.open("c", "ada")
        await store.append("c", PastTurn(id="1", at=1, prompt="my deepest secret", answer=""), [{"x": "y" * 9000}])
        assert await store.delete("ada", "c")

    return fill_and_delete


# -- PostgreSQL


async def test_a_connection_that_the_server_dropped_is_made_anew(postgres):
    url = postgres.database()
    database = Database(Secret(url))
    await use(database)
    drop = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{url.rpartition('/')[2]}'"
    assert postgres.run(drop)
    await use(database)

    async def lose_it() -> None:
        async with database.begin() as connection:
            await connection.scalar(ONE)
            postgres.run(drop)
            await connection.scalar(ONE)

    with pytest.raises(SetupError, match="cannot be used"):
        await lose_it()
    await use(database)
    await database.close()


async def test_a_wrong_password_is_told_and_not_shown(postgres):
    database = Database(Secret(postgres.url("postgres", password="wrong-secret")))
    with pytest.raises(SetupError, match='password authentication failed for user "odai"') as caught:
        await use(database)
    assert "wrong-secret" not in str(caught.value)
    assert "ODAI_DATABASE_URL" in caught.value.remedy
    assert PASSWORD not in repr(database._address)


async def test_a_database_that_is_not_there(postgres):
    with pytest.raises(SetupError, match='database "nowhere" does not exist'):
        await use(Database(Secret(postgres.url("nowhere"))))


async def test_an_option_that_the_server_does_not_know(postgres):
    with pytest.raises(SetupError, match='unrecognized configuration parameter "colour"'):
        await use(Database(Secret(postgres.url("postgres") + "?colour=red")))


@pytest.mark.parametrize("option", ["ssl", "sslmode"])
async def test_tls_is_asked_for_as_libpq_writes_it(postgres, option):
    with pytest.raises(SetupError, match="SSL"):
        await use(Database(Secret(postgres.url("postgres") + f"?{option}=require")))


async def test_a_user_who_may_not_make_tables(postgres):
    url = postgres.database()
    name = url.rpartition("/")[2]
    postgres.run("CREATE ROLE reader LOGIN PASSWORD 'read'", name)
    database = Database(Secret(url.replace("odai:not%2Fa%3Asecret%40all", "reader:read")))
    with pytest.raises(SetupError, match="permission denied"):
        await use(database)
    await database.close()


async def test_a_server_that_is_not_there(unused_tcp_port):
    database = Database(Secret(f"postgres://odai:hidden@127.0.0.1:{unused_tcp_port}/odai"))
    with pytest.raises(SetupError, match=r"PostgreSQL database odai at 127\.0\.0\.1 cannot be used") as caught:
        await use(database)
    assert "hidden" not in str(caught.value)
    await database.close()


# -- addresses


@pytest.mark.parametrize(
    "written, driver",
    [
        ("postgresql://u:p@h/d", "postgresql+asyncpg"),
        ("postgres://u:p@h/d?sslmode=require", "postgresql+asyncpg"),
        ("postgresql+asyncpg://u:p@h:5433/d", "postgresql+asyncpg"),
        ("sqlite:////srv/a.db", "sqlite+aiosqlite"),
        ("sqlite+aiosqlite:///a.db", "sqlite+aiosqlite"),
        ("sqlite:///:memory:", "sqlite+aiosqlite"),
    ],
)
def test_the_driver_is_ours_to_know(written, driver):
    assert read_address(written).url.drivername == driver


@pytest.mark.parametrize(
    "written, label",
    [
        ("postgresql://u:p@db.example.com:5433/d", "PostgreSQL database d at db.example.com"),
        ("postgresql://u@/d?host=/run/postgresql", "PostgreSQL database d at /run/postgresql"),
        ("postgresql://", "PostgreSQL database of this user at this machine"),
        ("sqlite:////srv/a.db", "SQLite file /srv/a.db"),
        ("sqlite://", "SQLite database in memory"),
    ],
)
def test_an_address_in_words_has_no_secrets(written, label):
    assert read_address(written).label == label


BAD = [
    "hunter2",
    "hunter2://",
    "mysql://u:hunter2@h/d",
    "postgresql+psycopg2://u:hunter2@h/d",
    "postgresql://u:hunter2@h:99999/d",
    "postgresql://u:hunter2@h:port/d",
    "postgresql://u:hunter2@[::1/d",
    "sqlite:///a.db?hunter2=1",
    "sqlite://hunter2/a.db",
    "sqlite:///file:hunter2?mode=ro&uri=true",
    "https://hunter2",
    "\0hunter2",
]


@pytest.mark.parametrize("written", BAD, ids=ascii)
def test_an_address_that_cannot_be_used_is_named_and_not_shown(written):
    with pytest.raises(SettingError, match="ODAI_DATABASE_URL cannot be used") as caught:
        Database(Secret(written))
    assert "hunter2" not in str(caught.value)
    assert "postgresql://user:password@host/name" in caught.value.remedy
    assert (
        caught.value.__context__ is None
        or caught.value.__suppress_context__
        or "hunter2" not in repr(caught.value.__context__)
    )
