"""One open chat: its turns, one after another, each kept whole at its end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from odai_core.chats import ChatInfo
from odai_core.text.attempt import Attempt
from odai_core.text.confirm import Confirmations
from odai_core.text.events import ChatError, ChatEvent

if TYPE_CHECKING:
    from odai_core.text.desk import ChatDesk


class LiveChat:
    """Implements `odai_core.Chat`. Made by the desk, which closes it."""

    def __init__(self, desk: ChatDesk, info: ChatInfo) -> None:
        self._desk = desk
        self._info = info
        self._confirmations = Confirmations(desk.limits.confirm_seconds)
        self._attempts: dict[Attempt, asyncio.Task[None]] = {}

    @property
    def chat_id(self) -> str:
        return self._info.chat_id

    @property
    def model_name(self) -> str:
        return self._desk.engines.model_name

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        """The prompts on their way."""
        return tuple(self._attempts)

    async def prompt(self, text: str) -> AsyncIterator[ChatEvent]:
        attempt = Attempt(self._desk, self._info, self._confirmations, text)
        task = self._attempts[attempt] = self._desk.own(attempt.run())
        try:
            async for event in attempt.outbox.events():
                yield event
        finally:
            attempt.outbox.close()
            attempt.stop()
            await _settled(task)
            self._attempts.pop(attempt, None)

    async def confirm(self, confirmation_id: str, approve: bool) -> bool:
        return self._confirmations.answer(confirmation_id, approve)

    async def stop(self, reason: ChatError | None = None) -> None:
        """`reason` is what the user is told; None: it was the user."""
        for attempt in list(self._attempts):
            attempt.stop(reason)

    def leave(self) -> None:
        """Nobody reads any more: stop what runs."""
        for attempt in self._attempts:
            attempt.outbox.close()
            attempt.stop()

    async def close(self) -> None:
        """Stop what runs, and wait until it is kept. Idempotent."""
        self.leave()
        for task in list(self._attempts.values()):
            await _settled(task)


async def _settled(task: asyncio.Task[None]) -> None:
    """Wait for its end even when the task around is cancelled; the cancellation goes on afterwards."""
    try:
        await asyncio.wait({task})
    except asyncio.CancelledError:
        await asyncio.wait({task})
        raise
