"""Opens chats: holds what they share, and gives each its catalog, its model and its history."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from agents import set_tracing_disabled

from odai_core.accounts.desk import Accounts
from odai_core.analytics.segment import Analytics
from odai_core.chats import Chat, ChatInfo, Usage
from odai_core.errors import Draining, Overloaded, SetupError
from odai_core.plugins.host import PluginHost
from odai_core.store.chats import ChatStore
from odai_core.store.database import Database
from odai_core.store.writes import WriteStore
from odai_core.text.alone import Turns
from odai_core.text.chat import LiveChat
from odai_core.text.engine import Engines
from odai_core.text.failures import DRAIN
from odai_core.text.turn import TurnLimits
from odai_core.tools.http import HttpClient
from odai_core.usage.ledger import Kind, Ledger

GOODBYE_SECONDS = 2.0
"""What a turn that is cut off gets to end."""
STOP_SECONDS = 20.0
"""What an action that was begun gets to end before a server that stops cuts it off; its outcome is then unknown."""
WAIT_SECONDS = 30.0
"""How long a prompt waits for a turn of the same chat in another window."""

log = logging.getLogger("odai.text")


@dataclass(frozen=True, kw_only=True)
class ChatLimits:
    """Of all chats, and of each."""

    chats: int
    confirm_seconds: float
    wait_seconds: float
    turn: TurnLimits


class ChatDesk:
    """One per server. Owns none of what it is given; `close` ends what its chats began."""

    def __init__(
        self,
        host: PluginHost,
        *,
        database: Database,
        http: HttpClient,
        accounts: Accounts,
        ledger: Ledger,
        analytics: Analytics,
    ) -> None:
        core = host.settings.core
        self.http = http
        self.accounts = accounts
        self.ledger = ledger
        self.demo: bool = core["ODAI_DEMO"]
        self.store = self.book = ChatStore(database)
        self.writes = WriteStore(database)
        self.engines = Engines(host)
        self.turns = Turns(self.store)
        self.limits = ChatLimits(
            chats=core["ODAI_MAX_CHATS"],
            confirm_seconds=core["ODAI_CONFIRM_SECONDS"],
            wait_seconds=WAIT_SECONDS,
            turn=TurnLimits(
                seconds=core["ODAI_MAX_TURN_SECONDS"],
                context_tokens=core["ODAI_CHAT_CONTEXT_TOKENS"],
                tracing=core["ODAI_TRACING"],
            ),
        )
        # The SDK's default is to send what users say to OpenAI's tracing.
        set_tracing_disabled(not core["ODAI_TRACING"])
        self.live: set[LiveChat] = set()
        self.opened = 0
        self.draining = False
        self._analytics = analytics
        self._tasks: set[asyncio.Task[Any]] = set()

    @asynccontextmanager
    async def open_chat(self, info: ChatInfo) -> AsyncIterator[Chat]:
        """A chat of this user, new or resumed. Raises ForeignChat, Overloaded, Draining, SetupError (the database)."""
        if self.draining:
            raise Draining("The server is about to restart.")
        if len(self.live) >= self.limits.chats:
            raise Overloaded(f"All {self.limits.chats} chats are open.")
        chat = LiveChat(self, info)
        self.live.add(chat)
        try:
            new = await self.enter(info)
            self.opened += 1
            self.track(info, "Chat Created" if new else "Existing Chat Used", {})
            yield chat
        finally:
            self.live.discard(chat)
            await chat.close()

    async def enter(self, info: ChatInfo) -> bool:
        """Make the chat the user's, unless it is; True: it is new."""
        return await self.store.open(info.chat_id, info.caller.user_id or "")

    async def warm_up(self) -> None:
        """Make the model and the agents that the first prompt would wait for."""
        try:
            async with self.engines.use():
                pass
        except SetupError as error:
            log.warning("no chat can be answered: %s %s", error.cause, error.remedy)

    async def drain(self, seconds: float) -> None:
        """Take no new chat and no new prompt; turns that run get so many seconds, then a polite end."""
        self.draining = True
        await self._answers_end(seconds)
        for chat in list(self.live):
            await chat.stop(DRAIN)
        await self._answers_end(GOODBYE_SECONDS)

    async def close(self) -> None:
        """End every chat and close the model. Idempotent."""
        self.draining = True
        for chat in self.live:
            chat.leave()
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=STOP_SECONDS)
            if late:
                log.error("%d turns or actions of chats did not end in time and are cut off", len(late))
                for task in late:
                    task.cancel()
                await asyncio.wait(late)
        await self.engines.close()

    def own(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Start a task that outlives whoever asked for it; `close` waits for it."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def track(self, info: ChatInfo, name: str, properties: Mapping[str, Any]) -> None:
        """Tell analytics what happened in a chat."""
        properties = {"chat_id": info.chat_id, **properties}
        self._analytics.track(name, properties, user_id=info.caller.user_id, anonymous_id=info.chat_id)

    async def pay(self, usage: Usage, *, id: str, info: ChatInfo, kind: Kind) -> float | None:
        """Write down what was used; the cost in US dollars, when it is known. A ledger that fails stops nobody."""
        try:
            return await self.ledger.record(
                usage, id=id, user=info.caller.user_id or "", kind=kind, chat_id=info.chat_id
            )
        except Exception as error:
            log.error("usage was not written down: %s", type(error).__name__)
            return None

    async def _answers_end(self, seconds: float) -> None:
        """Wait until no chat answers, at most so many seconds."""
        answers = [asyncio.ensure_future(attempt.concluded.wait()) for chat in self.live for attempt in chat.attempts]
        if answers:
            _, late = await asyncio.wait(answers, timeout=seconds)
            for waiting in late:
                waiting.cancel()
