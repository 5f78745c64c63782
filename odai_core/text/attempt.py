"""A prompt on its way: refused with a sentence, or answered, kept and paid for."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from odai_core.chats import ChatInfo, PastTurn
from odai_core.text.afterwards import Exchange, after_answer
from odai_core.text.alone import Taken
from odai_core.text.confirm import Confirmations
from odai_core.text.events import ChatError, ChatEvent, ChatUsage, EndOfStream, TextDelta
from odai_core.text.failures import BUSY, DRAIN, EMPTY_PROMPT, NOT_KEPT, TOO_LONG, explained
from odai_core.text.outbox import Outbox
from odai_core.text.record import Record
from odai_core.text.shown import Shown
from odai_core.text.toolwork import Workshop
from odai_core.text.turn import Turn

if TYPE_CHECKING:
    from odai_core.text.desk import ChatDesk

MAX_PROMPT = 32_000
"""Characters of one prompt."""
HISTORY_BYTES = 8 * 2**20
"""Of a chat's items that are read for a turn; what the model is given of them is less, see `history`."""

log = logging.getLogger("odai.text")


class Attempt:
    """One prompt. `run` is its life; `stop` shortens it, and what was said and done by then is kept."""

    def __init__(self, desk: ChatDesk, info: ChatInfo, confirmations: Confirmations, prompt: str) -> None:
        self.outbox = Outbox()
        self.concluded = asyncio.Event()
        """The answer is complete and kept."""
        self._id = uuid4().hex
        self._desk = desk
        self._info = info
        self._confirmations = confirmations
        # Half a surrogate pair is a text that JSON, the database and every model refuse.
        self._prompt = prompt.encode("utf-8", "replace").decode()
        self._record = Record(self._id, self._prompt)
        self._shown = Shown()
        self._work: asyncio.Task[None] | None = None
        self._turn: Turn | None = None
        self._stopped = False
        self._reason: ChatError | None = None

    async def run(self) -> None:
        """All of it, to the outbox's end."""
        try:
            completed = await self._answer()
        except Exception as error:
            completed = False
            await self.outbox.put(explained(error, self._info.caller))
        await self.outbox.put(EndOfStream())
        self.concluded.set()
        if completed:
            exchange = Exchange(self._id, self._prompt, self._record.answer, self._record.tools)
            await self._stoppable(after_answer(self._desk, self._info, exchange, self.outbox.put))
        self.outbox.end()

    def stop(self, reason: ChatError | None = None) -> None:
        """`reason` is what the user is told; None: it was the user. The first one counts."""
        if not self._stopped:
            self._stopped, self._reason = True, reason
            if self._work is not None:
                self._work.cancel()

    async def _stoppable(self, work: Coroutine[Any, Any, None]) -> BaseException | None:
        """Run it as a task that `stop` cancels; what it raised."""
        self._work = asyncio.create_task(work)
        if self._stopped:
            self._work.cancel()
        await asyncio.wait({self._work})
        return asyncio.CancelledError() if self._work.cancelled() else self._work.exception()

    async def _answer(self) -> bool:
        """True: a whole answer was given."""
        refusal = self._refusal()
        if refusal is not None:
            await self.outbox.put(refusal)
            return False
        async with AsyncExitStack() as held:
            raised = await self._stoppable(self._take_turn(held))
            # Before the chat is given to the next turn: what this one did is known and kept.
            return await self._conclude(raised)

    def _refusal(self) -> ChatError | None:
        if self._desk.draining:
            return DRAIN
        if len(self._prompt) > MAX_PROMPT:
            return TOO_LONG
        return None if self._prompt.strip() else EMPTY_PROMPT

    async def _take_turn(self, held: AsyncExitStack) -> None:
        desk, info = self._desk, self._info
        user = info.caller.user_id or ""
        alone = desk.turns.alone(
            info.chat_id,
            user,
            wait=desk.limits.wait_seconds,
            refused=lambda: desk.enter(info),
            lost=lambda: self.stop(BUSY),
        )
        await held.enter_async_context(alone)
        await desk.ledger.check(user)
        engine = await held.enter_async_context(desk.engines.use())
        history = await desk.store.items(info.chat_id, newest=HISTORY_BYTES)
        shop = Workshop(
            chat_id=info.chat_id,
            caller=info.caller,
            entries=engine.entries,
            history=history,
            http=desk.http,
            demo=desk.demo,
            account_of=lambda entry: desk.accounts.account_of(engine.catalog, entry, info.caller),
            writes=desk.writes,
            confirmations=self._confirmations,
            track=lambda name, properties: desk.track(info, name, properties),
            own=desk.own,
        )
        turn = Turn(
            engine,
            shop,
            self._record,
            prompt=self._prompt,
            emit=self._emit,
            limits=desk.limits.turn,
            allowed=lambda: desk.ledger.check(user),
        )
        self._turn = turn
        # Else ten windows, or one long turn, could use up a day many times over before anything is written down.
        held.enter_context(desk.ledger.running(user, turn.spending.so_far))
        desk.track(info, "Prompt Submitted", {"prompt": self._prompt})
        await turn.run(history)

    async def _conclude(self, raised: BaseException | None) -> bool:
        """Tell how it ended, and keep it, unless it was refused before it began."""
        stopped = isinstance(raised, asyncio.CancelledError)
        error = self._reason if stopped else self._explained(raised)
        if self._turn is None:
            if error is not None:
                await self.outbox.put(error)
            return False
        turn = self._turn
        await turn.tools.settle()
        if error is not None:
            await self._emit(error)
        status = "stopped" if stopped else "failed" if error is not None else "completed"
        await self._account(turn, cut_off=stopped or (status == "failed" and turn.spending.said))
        if not await self._keep(status):
            await self.outbox.put(NOT_KEPT)
        if status == "completed":
            self._desk.track(self._info, "Response Sent", {})
        return status == "completed"

    def _explained(self, raised: BaseException | None) -> ChatError | None:
        if isinstance(raised, Taken):
            return BUSY
        return None if raised is None else explained(raised, self._info.caller)

    async def _account(self, turn: Turn, *, cut_off: bool) -> None:
        used, told = turn.spending.used(cut_off=cut_off), turn.spending.told
        total = told.total_tokens + used.input_tokens - told.input_tokens + used.output_tokens - told.output_tokens
        if not told.requests and not total:
            return
        cost = await self._desk.pay(used, id=self._id, info=self._info, kind="chat")
        turn.spending.written = True
        await self._emit(ChatUsage(used.input_tokens, used.cached_input_tokens, used.output_tokens, total, cost))

    async def _keep(self, status: str) -> bool:
        items = self._record.finished(status)
        turn = PastTurn(
            id=self._id,
            at=time.time(),
            prompt=self._prompt,
            answer=self._record.answer,
            shown=self._shown.kept,
            status=status,
        )
        try:
            return await self._desk.store.append(self._info.chat_id, turn, items, self._info.caller.user_id or "")
        except Exception as error:
            log.error("a turn could not be kept: %s", type(error).__name__)
            return False

    async def _emit(self, event: ChatEvent) -> None:
        # Nearly all are pieces of text, and looking at one costs as much as sending it.
        if not isinstance(event, TextDelta):
            self._shown.add(event)
        await self.outbox.put(event)
