"""What was used, one row for each prompt or stretch of a call; summed by day, user, model and kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal, TypeAlias

from sqlalchemy import BigInteger, Column, ColumnElement, Float, Index, String, Table, Text, func, select

from odai_core.store.database import Database, insert_new, metadata
from odai_core.store.texts import escaped, unescaped

By: TypeAlias = Literal["day", "user", "model", "kind"]
"""What a report can be ordered by."""
BY: tuple[By, ...] = ("day", "user", "model", "kind")

COUNTS = (
    "input_tokens",
    "cached_input_tokens",
    "output_tokens",
    "audio_input_tokens",
    "cached_audio_input_tokens",
    "audio_output_tokens",
)

usage = Table(
    "odai_usage",
    metadata,
    Column("id", Text, primary_key=True),
    Column("user", Text, nullable=False),
    Column("kind", String(20), nullable=False),
    Column("chat_id", Text, nullable=False),
    Column("day", String(10), nullable=False),
    Column("at", Float, nullable=False),
    Column("model", Text, nullable=False),
    *(Column(name, BigInteger, nullable=False) for name in COUNTS),
    Column("call_ms", BigInteger, nullable=False),
    Column("cost_nanos", BigInteger),
    Index("odai_usage_of_user", "user", "day"),
    Index("odai_usage_of_day", "day"),
)


@dataclass(frozen=True, kw_only=True)
class Used:
    """One row. Counts of tokens as in `odai_core.Usage`."""

    id: str
    user: str
    kind: str
    chat_id: str
    day: str
    """2026-11-23, UTC."""
    at: float
    """Unix seconds."""
    model: str
    input_tokens: int = 0
    cached_input_tokens: int = 0
    output_tokens: int = 0
    audio_input_tokens: int = 0
    cached_audio_input_tokens: int = 0
    audio_output_tokens: int = 0
    call_ms: int = 0
    cost_nanos: int | None = None
    """Billionths of a US dollar, for a token may cost five of them; None: unknown."""


@dataclass(frozen=True, kw_only=True)
class Total:
    """A sum of rows, all of one `key`. Money is in billionths of a US dollar, of those whose cost is known."""

    key: str = ""
    records: int = 0
    input_tokens: int = 0
    cached_input_tokens: int = 0
    output_tokens: int = 0
    call_ms: int = 0
    cost_nanos: int = 0
    unknown: int = 0
    """Records without a known cost."""


class UsageStore:
    """Adds rows and sums them. Every method raises SetupError when the database cannot be used."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, used: Used) -> bool:
        """Keep it. False: a row of this id was there already, and stays as it is."""
        row: dict[str, Any] = {field.name: getattr(used, field.name) for field in fields(used)}
        for name, value in row.items():
            if isinstance(value, str):
                row[name] = escaped(value)
        async with self._database.begin() as connection:
            return (await connection.execute(insert_new(connection, usage).values(**row))).rowcount == 1

    async def of_day(self, user: str, day: str) -> Total:
        """All that a user had on a day."""
        query = select(*_sums()).where(usage.c.user == escaped(user), usage.c.day == day)
        async with self._database.read() as connection:
            return _total("", tuple((await connection.execute(query)).one()))

    async def report(self, by: By, *, since: str, until: str, user: str | None = None) -> tuple[Total, ...]:
        """Sums of the days from `since` to `until`, both included; days in order, others with the largest first."""
        key = usage.c[by]
        wanted: list[ColumnElement[bool]] = [usage.c.day >= since, usage.c.day <= until]
        if user is not None:
            wanted.append(usage.c.user == escaped(user))
        query = select(*_sums(), key).where(*wanted).group_by(key)
        async with self._database.read() as connection:
            found = [_total(unescaped(row[-1]), tuple(row)) for row in (await connection.execute(query)).all()]
        if by == "day":
            return tuple(sorted(found, key=lambda total: total.key))
        return tuple(sorted(found, key=lambda total: (-total.cost_nanos, -total.input_tokens, total.key)))


def _sums() -> Sequence[ColumnElement[Any]]:
    summed = ("input_tokens", "cached_input_tokens", "output_tokens", "call_ms", "cost_nanos")
    return (
        func.count(),
        *(func.coalesce(func.sum(usage.c[name]), 0) for name in summed),
        func.count() - func.count(usage.c.cost_nanos),
    )


def _total(key: str, row: Sequence[Any]) -> Total:
    # PostgreSQL sums 64-bit integers into a numeric.
    numbers = [int(value) for value in row[:7]]
    names = ("records", "input_tokens", "cached_input_tokens", "output_tokens", "call_ms", "cost_nanos", "unknown")
    return Total(key=key, **dict(zip(names, numbers, strict=True)))
