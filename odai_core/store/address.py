"""Where the database is: ODAI_DATABASE_URL read into what SQLAlchemy and its driver need, and words without secrets."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from odai_core.errors import SettingError

SQLITE = frozenset({"sqlite", "sqlite+aiosqlite"})
POSTGRESQL = frozenset({"postgresql", "postgres", "postgresql+asyncpg"})
CONNECT_SECONDS = 10
COMMAND_SECONDS = 60
"""What one statement may take, a wait for a lock included."""


@dataclass(frozen=True, kw_only=True)
class Address:
    """One database. Printing it shows no password."""

    url: URL
    label: str
    """For messages: "SQLite file /srv/odai/odai.db" or "PostgreSQL database odai at db.example.com"."""
    file: Path | None = None
    """Of SQLite; None also for a database in memory."""
    connect_args: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def sqlite(self) -> bool:
        return self.url.get_backend_name() == "sqlite"


def read_address(text: str, data_dir: str = "") -> Address:
    """`text` as it was set; "" is the file odai.db in `data_dir`, or in this user's data folder.

    Raises SettingError, which never repeats the text: a password stands in it.
    """
    if not text:
        return _sqlite_file(data_folder(data_dir) / "odai.db")
    try:
        url = make_url(text)
        usable = url.port is None or 0 < url.port < 65536
    except (ArgumentError, ValueError):
        usable = False
    if not usable:
        raise _unreadable("it is not an address with a scheme, a host and a name")
    if url.drivername in SQLITE:
        return _sqlite(url)
    if url.drivername in POSTGRESQL:
        return _postgresql(url)
    raise _unreadable("it begins with another scheme than postgresql:// or sqlite://")


def data_folder(data_dir: str) -> Path:
    """ODAI_DATA_DIR, or where this system keeps a user's data."""
    if data_dir:
        return Path(data_dir).expanduser().absolute()
    from platformdirs import user_data_path

    return user_data_path("odai")


def _sqlite(url: URL) -> Address:
    name = url.database or ":memory:"
    if name == ":memory:":
        return Address(url=make_url("sqlite+aiosqlite://"), label="SQLite database in memory")
    if url.host or url.query or name.startswith("file:"):
        raise _unreadable("an SQLite address has three slashes, then a path, and no options")
    return _sqlite_file(Path(name).expanduser().absolute())


def _sqlite_file(file: Path) -> Address:
    return Address(url=URL.create("sqlite+aiosqlite", database=str(file)), label=f"SQLite file {file}", file=file)


def _postgresql(url: URL) -> Address:
    """The driver reads the address itself: it knows sslmode, sslrootcert and the rest as libpq has them."""
    options = dict(url.query)
    if "ssl" in options:
        options["sslmode"] = options.pop("ssl")
    options.setdefault("application_name", "odai")
    name = url.database or "of this user"
    place = url.host or options.get("host") or "this machine"
    address = url.set(drivername="postgresql", query=options).render_as_string(hide_password=False)

    async def connect(**arguments: Any) -> Any:
        import asyncpg  # type: ignore[import-untyped]

        return await asyncpg.connect(address, **arguments)

    return Address(
        url=url.set(drivername="postgresql+asyncpg", query={}),
        label=f"PostgreSQL database {name} at {place}",
        connect_args={"async_creator_fn": connect, "timeout": CONNECT_SECONDS, "command_timeout": COMMAND_SECONDS},
    )


def _unreadable(why: str) -> SettingError:
    return SettingError(
        f"ODAI_DATABASE_URL cannot be used: {why}.",
        "Write postgresql://user:password@host/name (each of / : @ % in the password as %2F %3A %40 %25) "
        "or sqlite:////folder/odai.db, or leave it empty for a file of this user.",
    )
