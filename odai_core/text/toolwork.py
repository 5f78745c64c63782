"""A turn's tools at work: announced, run, shown, and, where they change something, asked about and done once."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Protocol

import msgspec

from odai_core.calls import Caller
from odai_core.errors import ToolError
from odai_core.grants import Account
from odai_core.plugins.catalog import Entry
from odai_core.plugins.running import tool_context
from odai_core.text import outward, prompts
from odai_core.text.confirm import Confirmations
from odai_core.text.events import ChatEvent, ToolCalled, ToolOutput
from odai_core.text.record import Record
from odai_core.text.unhandled import REPORT, report_unhandled_request
from odai_core.tools.compact import for_text_model
from odai_core.tools.http import HttpClient
from odai_core.tools.invoke import error_response, invoke
from odai_core.tools.response import ToolResponse
from odai_core.tools.schema import ToolSpec

log = logging.getLogger("odai.text")

_OUTCOME_UNKNOWN = frozenset({"timeout", "upstream", "internal", "bad_shape", "unavailable"})
"""A service that answers like this may have done what it was asked."""
_EVENTS = {"google_access_request": "Google Access Request"}
"""What an answer is counted as, by its response_type, beside the call itself."""
MAX_CALLS = 100
"""Of tools in one turn."""
_REFUSALS = {"declined": prompts.DECLINED, "expired": prompts.EXPIRED}


class Write(Protocol):
    """One confirmed action, as the store knows it."""

    @property
    def id(self) -> str: ...

    @property
    def again(self) -> bool:
        """It was tried before, and nobody knows how that ended."""


class Writes(Protocol):
    """The part of the store that is used here."""

    async def begin(self, chat_id: str, tool: str, digest: str) -> Write:
        """A new action, or the one of the same chat, tool and digest whose outcome is not known."""

    async def finish(self, id: str, response: Mapping[str, Any]) -> bool:
        """It was done."""

    async def abandon(self, id: str) -> bool:
        """It was not done."""


@dataclass(frozen=True, kw_only=True)
class Workshop:
    """What the tools of a turn work with."""

    chat_id: str
    caller: Caller
    entries: Mapping[str, Entry]
    history: Sequence[Mapping[str, Any]]
    """The chat's items before this turn."""
    http: HttpClient
    demo: bool
    account_of: Callable[[Entry], Account | None]
    writes: Writes
    confirmations: Confirmations
    track: Callable[[str, Mapping[str, Any]], None]
    own: Callable[[Coroutine[Any, Any, Any]], asyncio.Task[Any]]
    """Starts a task that outlives the turn's socket."""


class _Call(NamedTuple):
    """One call of a tool."""

    entry: Entry
    spec: ToolSpec
    id: str
    title: str
    agent: str


class ToolWork:
    """The tools of one turn."""

    def __init__(
        self,
        shop: Workshop,
        record: Record,
        *,
        emit: Callable[[ChatEvent], Awaitable[None]],
        paused: Callable[[], AbstractContextManager[None]],
        prompt: str,
    ) -> None:
        self._shop = shop
        self._record = record
        self._emit = emit
        self._paused = paused
        self._prompt = prompt
        self._running: set[asyncio.Task[Any]] = set()
        self._writing: set[asyncio.Task[Any]] = set()
        self._locks: dict[str, asyncio.Lock] = {}
        self._settled: dict[str, ToolResponse] = {}
        self._refused: dict[str, str] = {}
        self._calls = 0

    async def run(self, spec: ToolSpec, call_id: str, arguments: str, agent: str) -> str:
        """Run one tool; the text for the model, at most 16 kB. Raises only a cancellation."""
        if spec.name == REPORT.name:
            return await self._report(arguments)
        task = asyncio.current_task()
        assert task is not None
        self._running.add(task)
        try:
            return await self._shown(spec, call_id, arguments, agent)
        finally:
            self._running.discard(task)

    async def settle(self) -> None:
        """Wait for what runs: tools that were cancelled clean up, and an action that was begun runs to its end."""
        while pending := self._running | self._writing:
            await asyncio.wait(pending)

    async def _report(self, arguments: str) -> str:
        try:
            given = REPORT.decode(arguments)
        except ToolError as error:
            return for_text_model(error_response(error))
        self._shop.track("Unhandled Request", {"prompt": self._prompt, **given})
        return await report_unhandled_request(**given)

    async def _shown(self, spec: ToolSpec, call_id: str, arguments: str, agent: str) -> str:
        self._calls += 1
        if self._calls > MAX_CALLS:
            return for_text_model(ToolResponse.error("unavailable", prompts.ENOUGH_TOOLS, retryable=False))
        await self._emit(ToolCalled(call_id, spec.name, spec.options.progress, agent))
        self._shop.track("Tool Called", {"tool_call": spec.name, "tool_description": spec.options.progress})
        entry = self._shop.entries[spec.name]
        title = str(getattr(entry.plugin, "title", entry.name))
        call = _Call(entry, spec, call_id, title, agent)
        if spec.options.confirm:
            response = await self._write(call, arguments)
        elif spec.options.outward:
            response = await self._leave(call, arguments)
        else:
            response = await self._invoke(call, arguments)
        return await self._answered(call, response)

    async def _answered(self, call: _Call, response: ToolResponse) -> str:
        """The answer goes to the screen and into the record, once; what the model reads."""
        results = self._record.results
        if call.id not in results:
            response = response.named(call.agent, call.title)
            results[call.id] = for_text_model(response)
            if (event := _EVENTS.get(response.response_type)) is not None:
                self._shop.track(event, {"user_id": self._shop.caller.user_id})
            output = response.to_wire() if response.display_response else None
            await self._emit(ToolOutput(call.id, call.spec.name, output, call.agent))
        return results[call.id]

    async def _invoke(self, call: _Call, arguments: str, write_id: str = "") -> ToolResponse:
        shop = self._shop
        context = tool_context(
            call.entry,
            http=shop.http,
            caller=shop.caller,
            demo=shop.demo,
            account=shop.account_of(call.entry),
            write_id=write_id,
        )
        return await invoke(call.spec, arguments, context)

    async def _write(self, call: _Call, arguments: str) -> ToolResponse:
        """Ask, then do it, once: the same again within the turn is given the same answer."""
        try:
            given = msgspec.to_builtins(call.spec.decode(arguments))
        except ToolError as error:
            return error_response(error)
        digest = _digest(call.spec.name, given)
        return await self._once(digest, lambda: self._decided(call, given, digest))

    async def _leave(self, call: _Call, arguments: str) -> ToolResponse:
        """Go where the user sent it; elsewhere, once the chat has read private data, only after a yes."""
        try:
            given = msgspec.to_builtins(call.spec.decode(arguments))
        except ToolError as error:
            return error_response(error)
        items = [*self._shop.history, *self._record.items]
        question = outward.question(call.title, given, items, self._shop.entries)
        if not question:
            return await self._invoke(call, arguments)

        async def decided() -> ToolResponse:
            refusal = await self._asked(call, given, question)
            return refusal or await self._invoke(call, msgspec.json.encode(given).decode())

        return await self._once(_digest(call.spec.name, given), decided)

    async def _once(self, digest: str, decided: Callable[[], Awaitable[ToolResponse]]) -> ToolResponse:
        async with self._locks.setdefault(digest, asyncio.Lock()):
            if digest not in self._settled:
                self._settled[digest] = await decided()
        return self._settled[digest]

    async def _asked(self, call: _Call, given: Mapping[str, Any], question: str) -> ToolResponse | None:
        """None: the user said yes."""
        tool = call.spec.name
        if tool not in self._refused:
            with self._paused():
                outcome = await self._shop.confirmations.ask(
                    self._emit, tool=tool, title=call.title, question=question, arguments=given, agent=call.agent
                )
            if outcome not in _REFUSALS:
                return None
            # Also for other arguments: a model that was told no tries the same with a comma less.
            self._refused[tool] = outcome
        outcome = self._refused[tool]
        refusal = ToolResponse.error(outcome, _REFUSALS[outcome], retryable=False)
        return replace(refusal, display_response=False)

    async def _decided(self, call: _Call, given: Mapping[str, Any], digest: str) -> ToolResponse:
        question = ""
        if call.spec.name not in self._refused:
            if (missing := await self._missing(call.entry)) is not None:
                return missing
            asking = await self._question(call, given)
            if isinstance(asking, ToolResponse):
                return asking
            question = asking
        if (refusal := await self._asked(call, given, question)) is not None:
            return refusal
        self._record.uncertain.add(call.id)
        doing = self._shop.own(self._do(call, msgspec.json.encode(given).decode(), digest))
        self._writing.add(doing)
        doing.add_done_callback(self._writing.discard)
        response: ToolResponse = await asyncio.shield(doing)
        return response

    async def _question(self, call: _Call, given: Mapping[str, Any]) -> str | ToolResponse:
        """What the user is asked: in the tool's own words about these arguments, else by its docstring.

        What a tool cannot ask about, it cannot do either: then why.
        """
        usual = prompts.confirmation_question(call.title, call.spec.description)
        own = call.spec.options.question
        if own is None:
            return usual
        asking = call._replace(spec=replace(call.spec, function=own))
        response = await self._invoke(asking, msgspec.json.encode(given).decode())
        return (response.spoken or usual) if response.ok else response

    async def _missing(self, entry: Entry) -> ToolResponse | None:
        """Nobody is asked about something that cannot be done for want of an account."""
        account = self._shop.account_of(entry)
        try:
            if account is not None:
                await account.links()
        except ToolError as error:
            return error_response(error)
        return None

    async def _do(self, call: _Call, arguments: str, digest: str) -> ToolResponse:
        """Do what was approved, to its end, whoever has gone in the meantime."""
        writes, tool = self._shop.writes, call.spec.name
        try:
            write = await writes.begin(self._shop.chat_id, tool, digest)
        except Exception as error:
            log.error("%s was not begun: %s", tool, type(error).__name__)
            response = ToolResponse.error("internal", "I could not begin that, so nothing was done.", retryable=True)
        else:
            response = await self._invoke(call, arguments, write.id)
            await self._settle_write(tool, write, response)
        await self._answered(call, response)
        return response

    async def _settle_write(self, tool: str, write: Write, response: ToolResponse) -> None:
        try:
            if response.ok:
                await self._shop.writes.finish(write.id, response.to_wire())
            elif not write.again and _code(response) not in _OUTCOME_UNKNOWN:
                # A second try that fails tells nothing of the first one: only the same id can find what that did.
                await self._shop.writes.abandon(write.id)
        except Exception as error:
            log.error("the outcome of %s was not written down: %s", tool, type(error).__name__)


def _code(response: ToolResponse) -> str:
    return str(response.response.get("code", "")) if isinstance(response.response, Mapping) else ""


def _digest(tool: str, given: Mapping[str, Any]) -> str:
    return hashlib.sha256(msgspec.json.encode([tool, given], order="sorted")).hexdigest()
