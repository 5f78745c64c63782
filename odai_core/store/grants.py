"""Sealed grants by user and service, the lease of whoever renews one, and names that may be used once."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    and_,
    delete,
    func,
    select,
    update,
)

from odai_core.store.database import Database, insert_new, metadata
from odai_core.store.texts import escaped, unescaped

grants = Table(
    "account_grants",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("user_id", Text, nullable=False),
    Column("service", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("version", Integer, nullable=False),
    Column("linked_at", Float, nullable=False),
    Column("updated_at", Float, nullable=False),
    Column("broken", Boolean, nullable=False),
    Column("holder", String(32), nullable=False),
    Column("held_until", Float, nullable=False),
    UniqueConstraint("user_id", "service", "subject"),
)
used_names = Table(
    "used_names",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("expires_at", Float, nullable=False, index=True),
)
_SHOWN = (grants.c.id, grants.c.subject, grants.c.sealed, grants.c.version, grants.c.linked_at, grants.c.broken)


@dataclass(frozen=True, kw_only=True)
class Row:
    """A grant as it is kept."""

    id: str
    subject: str
    sealed: bytes
    version: int
    """Another one with every new grant."""
    linked_at: float
    """Unix seconds."""
    broken: bool


class GrantStore:
    """`clock` gives unix seconds."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    async def put(self, user_id: str, service: str, subject: str, sealed: bytes, *, most: int) -> str | None:
        """Keep a grant, in place of an older one of the same subject; the id of its row, or None above `most` rows."""
        now = self._clock()
        owned = and_(grants.c.user_id == escaped(user_id), grants.c.service == service)
        same = and_(owned, grants.c.subject == escaped(subject))
        new = {"sealed": sealed, "updated_at": now, "broken": False, "holder": "", "held_until": 0.0}
        replace = update(grants).where(same).values(version=grants.c.version + 1, **new)
        async with self._database.begin() as connection:
            if not (await connection.execute(replace)).rowcount:
                count = await connection.scalar(select(func.count()).select_from(grants).where(owned))
                if count is not None and count >= most:
                    return None
                names = {"user_id": escaped(user_id), "service": service, "subject": escaped(subject)}
                row = {"id": secrets.token_urlsafe(12), "version": 1, "linked_at": now, **names, **new}
                if not (await connection.execute(insert_new(connection, grants).values(row))).rowcount:
                    await connection.execute(replace)
            found: str | None = await connection.scalar(select(grants.c.id).where(same))
            return found

    async def of(self, user_id: str, service: str) -> tuple[Row, ...]:
        """A user's, oldest first."""
        mine = and_(grants.c.user_id == escaped(user_id), grants.c.service == service)
        async with self._database.read() as connection:
            found = await connection.execute(select(*_SHOWN).where(mine).order_by(grants.c.linked_at, grants.c.id))
            return tuple(_row(row) for row in found)

    async def get(self, row_id: str) -> Row | None:
        async with self._database.read() as connection:
            row = (await connection.execute(select(*_SHOWN).where(grants.c.id == row_id))).one_or_none()
            return None if row is None else _row(row)

    async def claim(self, row_id: str, holder: str, *, seconds: float) -> bool:
        """Become the one that renews it; False while another one is at it, on any server, or when it is gone."""
        now = self._clock()
        free = and_(grants.c.id == row_id, grants.c.held_until <= now)
        async with self._database.begin() as connection:
            claimed = await connection.execute(
                update(grants).where(free).values(holder=holder, held_until=now + seconds)
            )
            return bool(claimed.rowcount)

    async def release(self, row_id: str, holder: str) -> None:
        """Let another one try."""
        mine = and_(grants.c.id == row_id, grants.c.holder == holder)
        async with self._database.begin() as connection:
            await connection.execute(update(grants).where(mine).values(holder="", held_until=0.0))

    async def renew(self, row: Row, sealed: bytes) -> bool:
        """The grant that this row's was exchanged for. False when the row has another grant by now, or is gone."""
        new = {"sealed": sealed, "version": row.version + 1, "updated_at": self._clock(), "broken": False}
        return await self._change(row, **new, holder="", held_until=0.0)

    async def reseal(self, row: Row, sealed: bytes) -> bool:
        """The same grant under another key: no new version, so that a renewal that is under way goes on."""
        return await self._change(row, sealed=sealed)

    async def mark_broken(self, row: Row) -> bool:
        """The service has taken it back. False when the row has another grant by now, or is gone."""
        return await self._change(row, broken=True, holder="", held_until=0.0)

    async def remove(self, user_id: str, service: str, row_id: str, *, version: int) -> bool:
        """Forget this version of it. False when the row has another grant by now, or is gone, or is not the user's."""
        same = and_(grants.c.id == row_id, grants.c.version == version)
        mine = and_(grants.c.user_id == escaped(user_id), grants.c.service == service, same)
        async with self._database.begin() as connection:
            return bool((await connection.execute(delete(grants).where(mine))).rowcount)

    async def once(self, name: str, *, seconds: float) -> bool:
        """True for the first that uses this name within so many seconds. Names that have expired are cleared away."""
        now = self._clock()
        row = {"name": hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest(), "expires_at": now + seconds}
        async with self._database.begin() as connection:
            await connection.execute(delete(used_names).where(used_names.c.expires_at <= now))
            return bool((await connection.execute(insert_new(connection, used_names).values(row))).rowcount)

    async def _change(self, row: Row, **values: Any) -> bool:
        same = and_(grants.c.id == row.id, grants.c.version == row.version)
        async with self._database.begin() as connection:
            return bool((await connection.execute(update(grants).where(same).values(**values))).rowcount)


def _row(row: Any) -> Row:
    return Row(
        id=row.id,
        subject=unescaped(row.subject),
        sealed=bytes(row.sealed),
        version=row.version,
        linked_at=row.linked_at,
        broken=row.broken,
    )
