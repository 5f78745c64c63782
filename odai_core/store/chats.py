"""Chats: whose they are, what was said in them, and who is in one now."""

from __future__ import annotations

import itertools
import re
import time
import unicodedata
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any, TypeAlias

from sqlalchemy import (
    Column,
    ColumnElement,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    Row,
    String,
    Table,
    Text,
    UniqueConstraint,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from odai_core.chats import ChatSummary, PastTurn
from odai_core.errors import ForeignChat
from odai_core.store.database import Database, insert_new, metadata
from odai_core.store.texts import decode, encode, escaped, unescaped

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

CHAT_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
MAX_TURN_BYTES = 8 * 2**20
"""Of one turn with its items, as JSON in ASCII."""
PAGE_BYTES = 2 * 2**20
"""Of the turns of one page, unless a single one is larger: whoever reads a chat stops everybody else meanwhile."""
MAX_TITLE = 120
"""Characters of a title."""
MAX_LISTED = 500
"""Chats of one page of a list, whatever was asked for."""
EXPIRE_AT_ONCE = 200
"""Chats that one transaction deletes, so that nobody waits long for it."""

Item: TypeAlias = dict[str, Any]
Items: TypeAlias = list[Item]
Found: TypeAlias = tuple[tuple[str, ChatSummary], ...]

chats = Table(
    "odai_chats",
    metadata,
    Column("chat_id", String(128), primary_key=True),
    Column("owner", Text, nullable=False),
    Column("title", Text, nullable=False, default=""),
    Column("created_at", Float, nullable=False),
    Column("updated_at", Float, nullable=False),
    Column("turns", Integer, nullable=False, default=0),
    Column("holder", Text),
    Column("held_until", Float),
    Index("odai_chats_by_owner", "owner", "updated_at"),
    Index("odai_chats_by_age", "updated_at"),
)
turns = Table(
    "odai_turns",
    metadata,
    Column("chat_id", ForeignKey("odai_chats.chat_id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("id", Text, nullable=False),
    Column("body", Text, nullable=False),
    UniqueConstraint("chat_id", "id"),
)
items_table = Table(
    "odai_items",
    metadata,
    Column("chat_id", String(128), primary_key=True),
    Column("turn", Integer, primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("body", Text, nullable=False),
    ForeignKeyConstraint(["chat_id", "turn"], ["odai_turns.chat_id", "odai_turns.number"], ondelete="CASCADE"),
)


class ChatStore:
    """Implements `odai_core.ChatBook`. `clock` gives unix seconds.

    A chat id that cannot be one is the id of no chat. Every method raises SetupError when the database cannot be used.
    """

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    # -- one chat, for whoever runs it

    async def open(self, chat_id: str, owner: str) -> bool:
        """Make it the owner's, unless it is. True: it is new. Raises ForeignChat, also for an id that cannot be one."""
        if not CHAT_ID.fullmatch(chat_id):
            raise ForeignChat("A chat's id is 1 to 128 characters of A-Z a-z 0-9 . _ -.")
        if not owner:
            raise ForeignChat("A chat belongs to a user, and this caller is a guest.")
        now = self._clock()
        async with self._database.begin() as connection:
            row = {"chat_id": chat_id, "owner": escaped(owner), "created_at": now, "updated_at": now}
            made = await connection.execute(insert_new(connection, chats).values(**row))
            found = await connection.scalar(select(chats.c.owner).where(chats.c.chat_id == chat_id))
        if found != row["owner"]:
            raise ForeignChat("This chat belongs to another user.")
        return made.rowcount == 1

    async def claim(self, chat_id: str, holder: str, seconds: float, owner: str | None = None) -> bool:
        """Take the chat for one turn, or keep it for longer. False: another process has it, or it is gone.

        With an `owner` also when it was deleted, and somebody else has begun one of this id since.
        """
        now = self._clock()
        free = or_(chats.c.holder.is_(None), chats.c.holder == holder, chats.c.held_until <= now)
        take = update(chats).where(_is(chat_id, owner), free).values(holder=holder, held_until=now + seconds)
        async with self._database.begin() as connection:
            return (await connection.execute(take)).rowcount == 1

    async def release(self, chat_id: str, holder: str) -> None:
        """Give it back; another's claim stays."""
        give = update(chats).where(_is(chat_id), chats.c.holder == holder).values(holder=None, held_until=None)
        async with self._database.begin() as connection:
            await connection.execute(give)

    async def items(self, chat_id: str, *, newest: int | None = None) -> Items:
        """The model's input items of all turns, in order; or only those of the newest turns, of so many bytes."""
        async with self._database.read() as connection:
            first = 0 if newest is None else await _first_item(connection, chat_id, newest)
            return [item for turn in (await _items(connection, chat_id, first)).values() for item in turn]

    async def append(
        self, chat_id: str, turn: PastTurn, items: Sequence[Mapping[str, Any]], owner: str | None = None
    ) -> bool:
        """Keep a turn and its items: all of it, or nothing.

        False: nothing was changed, for this turn.id is there already, or the chat is gone, or, with an `owner`, another
        user's by now. Raises ValueError for a turn above 8 MiB, or one that is not JSON.
        """
        body, bodies = encode(asdict(turn)), [encode(item) for item in items]
        size = len(body) + sum(map(len, bodies))
        if size > MAX_TURN_BYTES:
            raise ValueError(f"a turn of {size} bytes is above the {MAX_TURN_BYTES} that a chat keeps")
        async with self._database.begin() as connection:
            # Locks the row at PostgreSQL; at SQLite the whole transaction has the lock.
            number = await connection.scalar(select(chats.c.turns).where(_is(chat_id, owner)).with_for_update())
            same = (turns.c.chat_id == chat_id) & (turns.c.id == escaped(turn.id))
            if number is None or await connection.scalar(select(turns.c.number).where(same)) is not None:
                return False
            row = {"chat_id": chat_id, "number": number, "id": escaped(turn.id), "body": body}
            await connection.execute(insert(turns).values(row))
            if bodies:
                await connection.execute(insert(items_table), _rows(chat_id, number, bodies))
            changed = {"turns": number + 1, "updated_at": self._clock()}
            await connection.execute(update(chats).where(_is(chat_id)).values(changed))
        return True

    async def set_title(self, chat_id: str, title: str) -> bool:
        """Name it, once. False: it has a title, it is gone, or nothing is left of this one without control signs."""
        words = "".join(sign for sign in " ".join(title.split()) if unicodedata.category(sign) not in ("Cc", "Cs"))
        words = words[:MAX_TITLE].strip()
        if not words:
            return False
        name = update(chats).where(_is(chat_id), chats.c.title == "").values(title=words)
        async with self._database.begin() as connection:
            return (await connection.execute(name)).rowcount == 1

    # -- a user's chats

    async def list(self, user_id: str, *, limit: int = 50, before: float | None = None) -> tuple[ChatSummary, ...]:
        """See `odai_core.ChatBook`. A chat in which nothing was said yet is not in it."""
        wanted = select(chats).where(chats.c.owner == escaped(user_id), chats.c.turns > 0)
        if before is not None:
            wanted = wanted.where(chats.c.updated_at < before)
        wanted = wanted.order_by(chats.c.updated_at.desc(), chats.c.chat_id).limit(max(0, min(limit, MAX_LISTED)))
        async with self._database.read() as connection:
            return tuple(_summary(row) for row in await connection.execute(wanted))

    async def read(self, user_id: str, chat_id: str) -> tuple[PastTurn, ...] | None:
        async with self._database.read() as connection:
            if await connection.scalar(select(chats.c.turns).where(_is(chat_id, user_id))) is None:
                return None
            return tuple(turn for _, turn in await _turns(connection, chat_id))

    async def page(
        self, user_id: str, chat_id: str, *, limit: int, before: str | None = None
    ) -> tuple[tuple[PastTurn, ...], bool] | None:
        wanted = turns.c.chat_id == _id(chat_id)
        async with self._database.read() as connection:
            if await connection.scalar(select(chats.c.turns).where(_is(chat_id, user_id))) is None:
                return None
            if before is not None:
                at = select(turns.c.number).where(wanted, turns.c.id == escaped(before))
                wanted &= turns.c.number < (await connection.scalar(at) or 0)
            sizes = select(turns.c.number, func.length(turns.c.body)).where(wanted).order_by(turns.c.number.desc())
            found = [tuple(row) for row in await connection.execute(sizes.limit(max(0, limit) + 1))]
            fitting = _newest(found[:limit], PAGE_BYTES)
            if not fitting:
                return (), bool(found)
            shown = await _turns(connection, chat_id, fitting[-1], fitting[0])
        return tuple(turn for _, turn in shown), len(found) > len(fitting)

    async def delete(self, user_id: str, chat_id: str) -> bool:
        async with self._database.begin() as connection:
            return (await connection.execute(delete(chats).where(_is(chat_id, user_id)))).rowcount == 1

    async def export(self, user_id: str, chat_id: str) -> dict[str, Any] | None:
        """Everything that is kept of it, as JSON can say it; None when the user has no such chat."""
        async with self._database.read() as connection:
            row = (await connection.execute(select(chats).where(_is(chat_id, user_id)))).one_or_none()
            if row is None:
                return None
            kept = await _items(connection, chat_id)
            past = [
                _plain(turn) | {"items": kept.get(number, [])} for number, turn in await _turns(connection, chat_id)
            ]
        return {"format": "odai-chat-1", "owner": user_id, **asdict(_summary(row)), "turns": past}

    # -- all chats, for the operator

    async def find(self, *, user_id: str | None = None, chat_ids: Sequence[str] = ()) -> Found:
        """Owners and chats, the newest first: of a user, of these ids, or all, those without a turn too."""
        wanted = select(chats).order_by(chats.c.updated_at.desc(), chats.c.chat_id)
        if user_id is not None:
            wanted = wanted.where(chats.c.owner == escaped(user_id))
        if chat_ids:
            wanted = wanted.where(chats.c.chat_id.in_([chat_id for chat_id in chat_ids if CHAT_ID.fullmatch(chat_id)]))
        async with self._database.read() as connection:
            return tuple((unescaped(row.owner), _summary(row)) for row in await connection.execute(wanted))

    async def expire(self, before: float) -> int:
        """Delete chats in which nothing was said since `before` (unix seconds) and that nobody is in; how many."""
        return await self._expire(chats.c.updated_at < before)

    async def expire_empty(self, before: float, live: Collection[str]) -> int:
        """The same for chats from before `before` without any finished turn, apart from the `live` ones."""
        empty = (chats.c.turns == 0) & chats.c.chat_id.not_in(live)
        return await self._expire(empty & (chats.c.updated_at < before))

    async def _expire(self, which: ColumnElement[bool]) -> int:
        old = which & or_(chats.c.holder.is_(None), chats.c.held_until <= self._clock())
        some = select(chats.c.chat_id).where(old).limit(EXPIRE_AT_ONCE)
        count = 0
        while True:
            async with self._database.begin() as connection:
                # Asked a second time: a turn may have ended while the statement waited for its row.
                gone = (await connection.execute(delete(chats).where(chats.c.chat_id.in_(some), old))).rowcount
            count += gone
            if gone < EXPIRE_AT_ONCE:
                return count


def _id(chat_id: str) -> str:
    """The id, or that of no chat: databases refuse a NUL or a lone surrogate also in what is only looked for."""
    return chat_id if CHAT_ID.fullmatch(chat_id) else ""


def _is(chat_id: str, user_id: str | None = None) -> ColumnElement[bool]:
    same = chats.c.chat_id == _id(chat_id)
    return same if user_id is None else same & (chats.c.owner == escaped(user_id))


def _rows(chat_id: str, number: int, bodies: Sequence[str]) -> Sequence[dict[str, Any]]:
    return [{"chat_id": chat_id, "turn": number, "position": at, "body": body} for at, body in enumerate(bodies)]


def _newest(sizes: Sequence[tuple[int, int]], most: int) -> list[int]:
    """Of (number, bytes), the newest first, those that come to so many bytes; at least one."""
    total = itertools.accumulate(size for _, size in sizes)
    return [number for at, ((number, _), sum_) in enumerate(zip(sizes, total, strict=True)) if not at or sum_ <= most]


async def _first_item(connection: AsyncConnection, chat_id: str, newest: int) -> int:
    """The number of the first turn whose items are within so many bytes."""
    turn, size = items_table.c.turn, func.sum(func.length(items_table.c.body))
    mine = select(turn, size).where(items_table.c.chat_id == _id(chat_id)).group_by(turn).order_by(turn.desc())
    found = [tuple(row) for row in await connection.execute(mine)]
    return _newest(found, newest)[-1] if found else 0


async def _items(connection: AsyncConnection, chat_id: str, first: int = 0) -> dict[int, Items]:
    """By the number of the turn, in order, from the `first` on."""
    mine = (items_table.c.chat_id == _id(chat_id)) & (items_table.c.turn >= first)
    wanted = select(items_table.c.turn, items_table.c.body).where(mine)
    kept: dict[int, Items] = {}
    for number, body in await connection.execute(wanted.order_by(items_table.c.turn, items_table.c.position)):
        kept.setdefault(number, []).append(decode(body))
    return kept


async def _turns(
    connection: AsyncConnection, chat_id: str, first: int = 0, last: int | None = None
) -> Sequence[tuple[int, PastTurn]]:
    mine = (turns.c.chat_id == chat_id) & (turns.c.number >= first)
    if last is not None:
        mine &= turns.c.number <= last
    wanted = select(turns.c.number, turns.c.body).where(mine).order_by(turns.c.number)
    return [(number, _past_turn(decode(body))) for number, body in await connection.execute(wanted)]


_FIELDS = frozenset(field.name for field in fields(PastTurn))


def _past_turn(body: Mapping[str, Any]) -> PastTurn:
    """What a newer or an older ODAI wrote into it beside our fields is left out."""
    known = {name: value for name, value in body.items() if name in _FIELDS}
    return PastTurn(**known | {"shown": tuple(known["shown"])})


def _plain(turn: PastTurn) -> dict[str, Any]:
    """As JSON has it."""
    return asdict(turn) | {"shown": list(turn.shown)}


def _summary(row: Row[Any]) -> ChatSummary:
    return ChatSummary(chat_id=row.chat_id, title=row.title, created_at=row.created_at, updated_at=row.updated_at)
