"""One turn: from the user's words to the last of the answer, run by the Agents SDK on our own history."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from agents import Agent, ItemHelpers, RunConfig, Runner
from agents.items import HandoffCallItem, MessageOutputItem
from agents.models.interface import Model, ModelProvider
from agents.result import RunResultStreaming
from agents.run_config import CallModelData, ModelInputData, ToolExecutionConfig
from agents.stream_events import AgentUpdatedStreamEvent, RawResponsesStreamEvent, RunItemStreamEvent

from odai_core.calls import Caller
from odai_core.errors import ModelError
from odai_core.text.engine import Engine
from odai_core.text.events import AgentUpdated, ChatEvent, ChatHandoff, TextDelta
from odai_core.text.failures import NO_ANSWER, TOO_SLOW
from odai_core.text.history import fitted
from odai_core.text.orchestrator import AGENT_NAME
from odai_core.text.record import Record
from odai_core.text.spending import Spending
from odai_core.text.toolwork import ToolWork, Workshop
from odai_core.tools.schema import ToolSpec

MAX_STEPS = 40
"""Answers of the model in one turn, those that only call tools and hand over among them."""
MAX_ANSWER = 200_000
"""Characters of one turn's answer."""
MAX_TOOLS_AT_ONCE = 8
GRACE_SECONDS = 10.0
"""What a model gets to end its stream once it is cancelled."""

log = logging.getLogger("odai.text")

Emit = Callable[[ChatEvent], Awaitable[None]]


@dataclass(frozen=True, kw_only=True)
class TurnLimits:
    """Of one turn."""

    seconds: float
    context_tokens: int
    tracing: bool = False


async def _gone(running: RunResultStreaming) -> None:
    """Wait for the SDK's own task. Raises ModelError for a model that goes on after it was cancelled."""
    if running.run_loop_task is not None:
        _, left = await asyncio.wait({running.run_loop_task}, timeout=GRACE_SECONDS)
        if left:
            log.error("a text model goes on after it was cancelled; it is left behind")
            raise ModelError("model", "The model did not stop when it should have.", retryable=True)


class _NoProvider(ModelProvider):
    """Every agent of ours has its model; without this the SDK makes and closes a client of OpenAI's for every turn."""

    def get_model(self, model_name: str | None) -> Model:
        raise ModelError("model", "This agent has no model.", retryable=False)


class Turn:
    """What runs inside the SDK is given this as its context."""

    def __init__(
        self,
        engine: Engine,
        shop: Workshop,
        record: Record,
        *,
        prompt: str,
        emit: Emit,
        limits: TurnLimits,
        allowed: Callable[[], Awaitable[None]],
    ) -> None:
        """`allowed` raises when the user may have no further answer of the model."""
        self.caller: Caller = shop.caller
        self.now = datetime.now(UTC)
        self.spending = Spending(engine.priced_as, estimated=engine.plugin.freeform)
        self._engine = engine
        self._shop = shop
        self._record = record
        self._emit = emit
        self._limits = limits
        self._allowed = allowed
        self._agent = AGENT_NAME
        self._announced: dict[str, asyncio.Event] = {}
        self._clock: asyncio.Timeout | None = None
        self._pauses = 0
        self._left = 0.0
        self.tools = ToolWork(shop, record, emit=emit, paused=self._paused, prompt=prompt)

    async def run(self, history: Sequence[Mapping[str, Any]]) -> None:
        """Answer. Raises what went wrong; whatever happens, no task of the SDK is left."""
        running = Runner.run_streamed(
            self._engine.agent,
            # The SDK copies what it is given, several times: a chat of years is cut before.
            [*fitted(history, self._limits.context_tokens), *self._record.items],  # type: ignore[list-item]
            context=self,
            max_turns=MAX_STEPS,
            run_config=self._config(),
        )
        self.spending.told = running.context_wrapper.usage
        try:
            async with asyncio.timeout(self._limits.seconds) as self._clock:
                await self._read(running)
        except TimeoutError:
            if self._clock is not None and self._clock.expired():
                raise ModelError(TOO_SLOW.code, TOO_SLOW.message, retryable=TOO_SLOW.retryable) from None
            raise
        if not self._record.answer.strip():
            raise ModelError(NO_ANSWER.code, NO_ANSWER.message, retryable=NO_ANSWER.retryable)

    async def run_tool(self, spec: ToolSpec, call_id: str, arguments: str) -> str:
        """Run a tool for the SDK, after everything that the model said before it is on its way to the screen."""
        await self._announcement(call_id).wait()
        return await self.tools.run(spec, call_id, arguments, self._agent)

    def _config(self) -> RunConfig:
        return RunConfig(
            model_provider=_NoProvider(),
            tracing_disabled=not self._limits.tracing,
            trace_include_sensitive_data=self._limits.tracing,
            workflow_name="ODAI chat",
            group_id=self._shop.chat_id,
            call_model_input_filter=self._within_budget,
            tool_not_found_behavior="return_error_to_model",
            tool_execution=ToolExecutionConfig(max_function_tool_concurrency=MAX_TOOLS_AT_ONCE),
        )

    async def _within_budget(self, data: CallModelData[Any]) -> ModelInputData:
        if self.spending.told.requests:
            await self._allowed()
        shorter = fitted(data.model_data.input, self._limits.context_tokens)
        self.spending.ask(shorter, data.model_data.instructions)
        return ModelInputData(input=shorter, instructions=data.model_data.instructions)

    async def _read(self, running: RunResultStreaming) -> None:
        stream = running.stream_events()
        try:
            async for event in stream:
                await self._take(event)
        except BaseException:
            # Before the stream is closed: else it waits for the model to finish by itself.
            running.cancel()
            raise
        finally:
            await _gone(running)
            await stream.aclose()  # type: ignore[attr-defined]

    async def _take(self, event: Any) -> None:
        match event:
            case RawResponsesStreamEvent() if event.data.type == "response.output_text.delta":
                self.spending.say(event.data.delta)
                await self._say(self._record.say(event.data.delta))
            case AgentUpdatedStreamEvent():
                await self._hand_over(event.new_agent)
            case RunItemStreamEvent(item=MessageOutputItem() as message):
                await self._say(self._record.message(ItemHelpers.text_message_output(message)))
            case RunItemStreamEvent():
                if isinstance(event.item, HandoffCallItem) and event.name == "handoff_requested":
                    await self._emit(ChatHandoff(event.item.raw_item.name, self._agent))
                item: Any = event.item.to_input_item()
                self._record.take(item)
                if event.name == "tool_called":
                    self._announcement(str(item.get("call_id"))).set()

    async def _say(self, text: str) -> None:
        if text:
            await self._emit(TextDelta(text, self._agent))
        if len(self._record.answer) > MAX_ANSWER:
            raise ModelError("model", "The answer grew too long, so I stopped it.", retryable=False)

    async def _hand_over(self, agent: Agent[Any]) -> None:
        before, self._agent = self._agent, agent.name
        self._shop.track("Agent Called", {"agent_name": agent.name})
        await self._emit(AgentUpdated(agent.name, before))

    def _announcement(self, call_id: str) -> asyncio.Event:
        return self._announced.setdefault(call_id, asyncio.Event())

    @contextmanager
    def _paused(self) -> Iterator[None]:
        """The turn's clock stands still while a person thinks."""
        loop, clock = asyncio.get_running_loop(), self._clock
        assert clock is not None
        # A RuntimeError means that the turn is over, and its clock with it.
        with suppress(RuntimeError):
            if not self._pauses:
                self._left = (clock.when() or 0.0) - loop.time()
                clock.reschedule(None)
        self._pauses += 1
        try:
            yield
        finally:
            self._pauses -= 1
            with suppress(RuntimeError):
                if not self._pauses:
                    clock.reschedule(loop.time() + self._left)
