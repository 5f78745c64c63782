"""The database: one engine for the process, opened at its first use and closed once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from sqlalchemy import MetaData

from odai_core.contract import Secret

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

metadata = MetaData()
"""Every table of ours; each file of this room adds its own."""


class Database:
    """`async with database.begin() as connection:` is one transaction: all of it is kept, or nothing.

    `url` is SQLAlchemy's: sqlite+aiosqlite:///chats.db or postgresql+asyncpg://user@host/name.
    """

    def __init__(self, url: Secret) -> None:
        self._url = url
        self._engine: AsyncEngine | None = None
        self._opening = asyncio.Lock()

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncConnection]:
        """A transaction, committed at the end of the block and rolled back when it raises."""
        engine = self._engine or await self._open()
        async with engine.begin() as connection:
            yield connection

    async def close(self) -> None:
        """Close every connection. Idempotent."""
        engine, self._engine = self._engine, None
        if engine is not None:
            await engine.dispose()

    async def _open(self) -> AsyncEngine:
        from sqlalchemy.ext.asyncio import create_async_engine

        async with self._opening:
            if self._engine is None:
                engine = create_async_engine(self._url.reveal())
                try:
                    async with engine.begin() as connection:
                        await connection.run_sync(metadata.create_all)
                except BaseException:
                    await engine.dispose()
                    raise
                self._engine = engine
            return self._engine
