"""What tools change in the world: an id for each change, so that none is made twice."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Column, Float, ForeignKey, Index, String, Table, Text, insert, select, text, update

from odai_core.errors import ForeignChat
from odai_core.store.chats import CHAT_ID, chats
from odai_core.store.database import Database, metadata
from odai_core.store.texts import decode, encode

State = Literal["started", "finished", "abandoned"]

writes = Table(
    "odai_writes",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("chat_id", ForeignKey("odai_chats.chat_id", ondelete="CASCADE"), nullable=False),
    Column("tool", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("response", Text),
    Column("started_at", Float, nullable=False),
    Index("odai_writes_by_chat", "chat_id"),
)
_STARTED = text("state = 'started'")
Index(
    "odai_writes_unfinished",
    writes.c.chat_id,
    writes.c.tool,
    writes.c.digest,
    unique=True,
    sqlite_where=_STARTED,
    postgresql_where=_STARTED,
)


@dataclass(frozen=True, kw_only=True)
class Write:
    """One change that a tool makes."""

    id: str
    """Random; what the service is told, so that it knows a second try."""
    state: State
    response: dict[str, Any] | None = None
    """What the tool answered, once it is finished."""
    again: bool = False
    """It was begun before and nobody knows how it ended: the service may have done it."""


class WriteStore:
    """One row for each change. Every method raises SetupError when the database cannot be used."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    async def begin(self, chat_id: str, tool: str, digest: str) -> Write:
        """A new write, or the unfinished one of the same chat, tool and digest. Raises ForeignChat: the chat is gone.

        `digest` is a hash of the arguments.
        """
        same = (writes.c.chat_id == chat_id) & (writes.c.tool == tool) & (writes.c.digest == digest)
        async with self._database.begin() as connection:
            # The chat's row is the lock: two processes that begin the same write get one id.
            chat = select(chats.c.turns).where(chats.c.chat_id == chat_id).with_for_update()
            if not CHAT_ID.fullmatch(chat_id) or await connection.scalar(chat) is None:
                raise ForeignChat("This chat is gone.")
            found = await connection.scalar(select(writes.c.id).where(same, writes.c.state == "started"))
            if found is not None:
                return Write(id=found, state="started", again=True)
            row = {"id": secrets.token_hex(16), "chat_id": chat_id, "tool": tool, "digest": digest}
            await connection.execute(insert(writes).values(row | {"state": "started", "started_at": self._clock()}))
        return Write(id=row["id"], state="started")

    async def finish(self, id: str, response: Mapping[str, Any]) -> bool:
        """It is done; the next one with the same arguments is a new one. False: it was not unfinished."""
        return await self._settle(id, state="finished", response=encode(response))

    async def abandon(self, id: str) -> bool:
        """It certainly did not happen. False: it was not unfinished."""
        return await self._settle(id, state="abandoned")

    async def read(self, id: str) -> Write | None:
        """How it stands; None: there is no such write, or its chat was deleted."""
        async with self._database.read() as connection:
            row = (await connection.execute(select(writes).where(writes.c.id == id))).one_or_none()
        if row is None:
            return None
        response = None if row.response is None else decode(row.response)
        return Write(id=row.id, state=row.state, response=response, again=row.state == "started")

    async def _settle(self, id: str, **values: str) -> bool:
        settle = update(writes).where(writes.c.id == id, writes.c.state == "started").values(values)
        async with self._database.begin() as connection:
            return (await connection.execute(settle)).rowcount == 1
