"""The database: one engine for the process, opened at its first use and closed once."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, Integer, MetaData, Table, func, insert, select
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from odai_core.contract import Secret
from odai_core.errors import SetupError
from odai_core.store import sqlite
from odai_core.store.address import Address, read_address

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql
    from sqlalchemy.dialects import sqlite as sqlite_dialect
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

log = logging.getLogger("odai.store")

metadata = MetaData()
"""Every table of ours; each file of this room adds its own."""
SCHEMA = 1
"""Raised when a table changes in a way that an older ODAI would not understand. New tables need no new number."""
schema_version = Table("odai_schema", metadata, Column("version", Integer, primary_key=True))

POOL = {"pool_size": 10, "max_overflow": 10, "pool_timeout": 30, "pool_pre_ping": True, "pool_recycle": 1800}
"""Of each process at a PostgreSQL server, whose own limit is 100 connections unless told otherwise."""
READ_ONLY = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
CLOSE_SECONDS = 10.0
"""What running transactions get to end when the database is closed."""
_SCHEMA_LOCK = 0x0DA1
"""The number of PostgreSQL's advisory lock: two processes that start at once make the tables one after the other."""


class Database:
    """`async with database.begin() as connection:` is one transaction: all of it is kept, or nothing.

    `url` is postgresql://user:password@host/name or sqlite:////folder/file.db; empty: the file odai.db in `data_dir`,
    or in this user's data folder. Raises SettingError for another one. Await nothing but the connection in the block:
    SQLite has one writer at a time. A database that cannot be reached or used is a SetupError, from either method.
    """

    def __init__(self, url: Secret, data_dir: str = "") -> None:
        self._address = read_address(url.reveal(), data_dir)
        self._engine: AsyncEngine | None = None
        self._opening = asyncio.Lock()
        self._writing = asyncio.Lock()
        self._users = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._closed = asyncio.Event()

    @property
    def label(self) -> str:
        """What it is and where, for people; no user and no password."""
        return self._address.label

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that may write, committed at the end of the block and rolled back when it raises."""
        async with self._in_use() as engine, self._turn_to_write(), self._transaction(engine) as connection:
            yield connection

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that only reads: everything in it is of one moment, and no writer waits for it."""
        async with self._in_use() as engine:
            # A database in memory is one connection.
            alone = self._address.sqlite and self._address.file is None
            reader = engine.execution_options(**({sqlite.READS: True} if self._address.sqlite else READ_ONLY))
            turn: AbstractAsyncContextManager[None] = self._turn_to_write() if alone else nullcontext()
            async with turn, self._transaction(reader) as connection:
                yield connection

    async def close(self) -> None:
        """Wait for running transactions, up to 10 s, and close every connection. Idempotent."""
        self._closed.set()
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._idle.wait()
        except TimeoutError:
            log.warning("a transaction is still running; the last one closes the database")
        else:
            await self._dispose()

    @asynccontextmanager
    async def _in_use(self) -> AsyncIterator[AsyncEngine]:
        if self._closed.is_set():
            raise SetupError("The database is closed.", "Start the server again.")
        self._users += 1
        self._idle.clear()
        try:
            yield self._engine or await self._open()
        finally:
            self._users -= 1
            if not self._users:
                self._idle.set()
                if self._closed.is_set():
                    await self._dispose()

    @asynccontextmanager
    async def _turn_to_write(self) -> AsyncIterator[None]:
        """SQLite's lock is asked for by polling, and is not fair; within the process writers stand in a queue."""
        if not self._address.sqlite:
            yield
            return
        try:
            async with asyncio.timeout(sqlite.BUSY_SECONDS):
                await self._writing.acquire()
        except TimeoutError:
            raise self._unusable("another transaction has not ended") from None
        try:
            yield
        finally:
            self._writing.release()

    @asynccontextmanager
    async def _transaction(self, engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
        begun = False
        try:
            async with engine.connect() as connection, connection.begin():
                begun = True
                yield connection
        except (OperationalError, InterfaceError, PoolTimeout) as error:
            raise self._unusable(_reason(error)) from error
        except Exception as error:
            # Until the block begins only the driver runs, and it raises whatever the network does.
            if begun and not (isinstance(error, DBAPIError) and error.connection_invalidated):
                raise
            raise self._unusable(_reason(error)) from error

    async def _open(self) -> AsyncEngine:
        async with self._opening:
            if self._engine is None:
                if self._address.file is not None:
                    await asyncio.to_thread(sqlite.prepare, self._address.file)
                engine = _engine(self._address)
                try:
                    await self._make_tables(engine)
                except BaseException:
                    await engine.dispose()
                    raise
                self._engine = engine
            return self._engine

    async def _make_tables(self, engine: AsyncEngine) -> None:
        async with self._transaction(engine) as connection:
            try:
                if not self._address.sqlite:
                    await connection.execute(select(func.pg_advisory_xact_lock(_SCHEMA_LOCK)))
                await connection.run_sync(schema_version.create, checkfirst=True)
                found = await connection.scalar(select(func.max(schema_version.c.version)))
                if found is None:
                    await connection.execute(insert(schema_version).values(version=SCHEMA))
                elif found > SCHEMA:
                    raise SetupError(
                        f"The {self.label} was made by a newer ODAI (schema {found}; this one knows {SCHEMA}).",
                        "pip install --upgrade odai-core, or point ODAI_DATABASE_URL at another database.",
                    )
                await connection.run_sync(metadata.create_all)
            except DBAPIError as error:
                raise self._unusable(_reason(error)) from error

    async def _dispose(self) -> None:
        engine, self._engine = self._engine, None
        if engine is not None:
            await engine.dispose()

    def _unusable(self, reason: str) -> SetupError:
        password = str(self._address.url.password or "")
        # A password of three letters would be found in any sentence.
        said = reason.replace(password, "[hidden]") if len(password) > 3 else reason
        remedy = (
            "See that the disk is not full and that no other program holds the file."
            if self._address.sqlite
            else "See that the server runs and lets this user in, then look at ODAI_DATABASE_URL."
        )
        return SetupError(f"The {self.label} cannot be used: {said}.", remedy)


def insert_new(connection: AsyncConnection, table: Table) -> sqlite_dialect.Insert | postgresql.Insert:
    """An INSERT that leaves a row which is there already as it is; its `rowcount` tells which happened."""
    if connection.dialect.name == "sqlite":
        from sqlalchemy.dialects.sqlite import insert as sqlite_insert

        return sqlite_insert(table).on_conflict_do_nothing()
    from sqlalchemy.dialects.postgresql import insert as postgresql_insert

    return postgresql_insert(table).on_conflict_do_nothing()


def _engine(address: Address) -> AsyncEngine:
    # Imported at the first use: it costs as much as the rest of SQLAlchemy, and most verbs never open a database.
    from sqlalchemy.ext.asyncio import create_async_engine

    # At DEBUG it prints every statement with what users said.
    logging.getLogger("aiosqlite").setLevel(logging.WARNING)
    options: dict[str, Any] = {"connect_args": address.connect_args, "hide_parameters": True}
    if not address.sqlite:
        return create_async_engine(address.url, **options, **POOL)
    options["connect_args"] = {"timeout": sqlite.BUSY_SECONDS}
    engine = create_async_engine(address.url, **options)
    sqlite.behave(engine.sync_engine)
    return engine


def _reason(error: BaseException) -> str:
    """The first line of what the driver said, without the name of its class."""
    said = str(getattr(error, "orig", None) or error).strip().splitlines()
    return re.sub(r"^<class '[^']*'>: ", "", said[0]).rstrip(".")[:300] if said else type(error).__name__
