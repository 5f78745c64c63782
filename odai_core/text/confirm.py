"""Questions to the user before something is changed: asked outside the model, answered once, or expired."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from odai_core.text.events import ChatEvent, ConfirmationRequired, ConfirmationSettled

Emit = Callable[[ChatEvent], Awaitable[None]]


class Confirmations:
    """The questions of one open chat that wait. An id belongs to one chat, one tool and its exact arguments."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._waiting: dict[str, asyncio.Future[bool]] = {}

    def answer(self, confirmation_id: str, approve: bool) -> bool:
        """False: no such question waits."""
        waiting = self._waiting.pop(confirmation_id, None)
        if waiting is None or waiting.done():
            return False
        waiting.set_result(approve)
        return True

    async def ask(
        self, emit: Emit, *, tool: str, title: str, question: str, arguments: Mapping[str, Any], agent: str
    ) -> str:
        """Ask and wait; "approved", "declined" or "expired"."""
        confirmation_id = secrets.token_urlsafe(12)
        answered: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting[confirmation_id] = answered
        expires_at = time.time() + self._seconds
        outcome = "expired"
        try:
            await emit(
                ConfirmationRequired(
                    confirmation_id, tool, title, question, arguments, expires_at=expires_at, agent=agent
                )
            )
            async with asyncio.timeout(self._seconds):
                outcome = "approved" if await answered else "declined"
        except TimeoutError:
            pass
        finally:
            self._waiting.pop(confirmation_id, None)
            await emit(ConfirmationSettled(confirmation_id, outcome))
        return outcome
