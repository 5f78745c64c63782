"""How we use SQLite: a private file, many readers beside one writer, and no surprise between processes."""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from odai_core.errors import SetupError

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

BUSY_SECONDS = 30.0
"""How long a writer waits for another process."""
READS = "odai_reads"
"""The execution option of transactions that only read."""
PRAGMAS = (
    "PRAGMA foreign_keys=ON",
    # What a user deleted must not stay in the file's free pages.
    "PRAGMA secure_delete=ON",
)


def prepare(file: Path) -> None:
    """Make the folder and the file, for this user alone, and turn on the write-ahead log. Blocks; raises SetupError."""
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Never opened again outside SQLite: closing any descriptor of the file drops this process's locks on it.
        with suppress(FileExistsError):
            os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        with closing(sqlite3.connect(file, timeout=BUSY_SECONDS, isolation_level=None)) as connection:
            _turn_on_wal(connection)
    except (OSError, sqlite3.Error) as error:
        raise SetupError(
            f"The SQLite file {file} cannot be used: {_words(error)}.",
            "Let this user write its folder, or choose another place with ODAI_DATA_DIR or ODAI_DATABASE_URL.",
        ) from error


def _turn_on_wal(connection: sqlite3.Connection) -> None:
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            # The busy time-out does not hold for this statement when several processes make the file at once.
            if getattr(error, "sqlite_errorcode", 0) & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def _words(error: Exception) -> str:
    return (error.strerror or type(error).__name__) if isinstance(error, OSError) else str(error)


def behave(engine: Engine) -> None:
    """Give every connection our pragmas, and every transaction the lock that it will need from its first moment.

    A transaction that begins by reading and then writes fails at once when another process wrote in between, whatever
    the busy time-out; BEGIN IMMEDIATE waits instead.
    """
    from sqlalchemy import event

    @event.listens_for(engine, "connect")
    def connected(connection: Any, record: object) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in PRAGMAS:
            cursor.execute(pragma)
        cursor.close()

    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN" if connection.get_execution_options().get(READS) else "BEGIN IMMEDIATE")
