"""One connection to a model: the SDK's session around it, opened once and closed once.

The model's events come to the call first and straight; the SDK sees only what it runs itself, the tool calls. Its own
queue would hold every audio delta three times over.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from agents.realtime import (
    RealtimeAgent,
    RealtimeModel,
    RealtimeModelConfig,
    RealtimeModelEvent,
    RealtimeModelListener,
    RealtimePlaybackTracker,
    RealtimeRunner,
    RealtimeSession,
)
from agents.realtime.model import RealtimePlaybackState
from agents.realtime.model_inputs import RealtimeModelSendEvent, RealtimeModelSendToolOutput

log = logging.getLogger("odai.voice")

CLOSE_SECONDS = 3.0
"""A model that does not close within this is left to the garbage collector."""
_TURN_END_SECONDS = 2.0
"""How long a finished tool waits for the rest of the model's turn, which may bring more calls."""

Sink = Callable[[RealtimeModelEvent], Awaitable[None]]
Position = Callable[[], tuple[str, int] | None]
"""The item being heard, and the milliseconds heard of it."""


class _Heard(RealtimePlaybackTracker):
    """Tells the model what the caller heard, from the call's own playback: also when the client reports nothing."""

    def __init__(self, position: Position) -> None:
        super().__init__()
        self._position = position

    def get_state(self) -> RealtimePlaybackState:
        item_id, ms = self._position() or (None, None)
        return {
            "current_item_id": item_id,
            "current_item_content_index": None if item_id is None else 0,
            "elapsed_ms": ms,
        }


class _Tap(RealtimeModel, RealtimeModelListener):
    """Stands between the SDK's session and the real model.

    N parallel tool calls would make N spoken answers: only the last output of a turn starts a response. A call of a
    tool that is not there would leave silence: it is answered here.
    """

    def __init__(self, model: RealtimeModel, sink: Sink, known: frozenset[str], silent: frozenset[str]) -> None:
        self._model = model
        self._sink = sink
        self._known = known
        self._silent = silent
        self._listener: RealtimeModelListener | None = None
        self._open_calls: set[str] = set()
        self._answer_owed = False
        self._turn_over = asyncio.Event()
        self._turn_over.set()
        self._refusals: set[asyncio.Task[None]] = set()
        self.gone = False
        """The model said that its connection is over."""

    # -- the SDK's side

    async def connect(self, options: RealtimeModelConfig) -> None:
        self._model.add_listener(self)
        await self._model.connect(options)

    def add_listener(self, listener: RealtimeModelListener) -> None:
        self._listener = listener

    def remove_listener(self, listener: RealtimeModelListener) -> None:
        if self._listener is listener:
            self._listener = None

    async def send_event(self, event: RealtimeModelSendEvent) -> None:
        if isinstance(event, RealtimeModelSendToolOutput):
            await self._send_output(event)
        else:
            await self._model.send_event(event)

    async def close(self) -> None:
        self._model.remove_listener(self)
        for task in self._refusals:
            task.cancel()
        await self._model.close()

    # -- the model's side

    async def on_event(self, event: RealtimeModelEvent) -> None:
        if event.type == "turn_started":
            self._turn_over.clear()
        elif event.type == "turn_ended":
            self._turn_over.set()
        elif event.type in ("end_of_stream", "exception") or getattr(event, "status", "") == "disconnected":
            self.gone = True
        await self._sink(event)
        if event.type == "function_call":
            await self._take_call(event)
        elif event.type == "end_of_stream" and self._listener is not None:
            await self._listener.on_event(event)

    async def _take_call(self, event: Any) -> None:
        self._open_calls.add(event.call_id)
        if event.name in self._known and self._listener is not None:
            await self._listener.on_event(event)
            return
        log.warning("the model called a tool that is not offered")
        output = '{"ok":false,"spoken":"I can\'t do that.","error":"not_found"}'
        answer = RealtimeModelSendToolOutput(tool_call=event, output=output, start_response=True)
        # Not awaited here: it waits for the end of the turn, which arrives through this very method.
        task = asyncio.create_task(self._send_output(answer), name="odai-tool-refusal")
        self._refusals.add(task)
        task.add_done_callback(self._refused)

    def _refused(self, task: asyncio.Task[None]) -> None:
        self._refusals.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.info("the model took no refusal: %s", type(error).__name__)

    async def _send_output(self, event: RealtimeModelSendToolOutput) -> None:
        if not self._turn_over.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_TURN_END_SECONDS):
                    await self._turn_over.wait()
        self._open_calls.discard(event.tool_call.call_id)
        self._answer_owed |= event.tool_call.name not in self._silent
        start = self._answer_owed and not self._open_calls
        if start:
            self._answer_owed = False
        await self._model.send_event(dataclasses.replace(event, start_response=start))


class ModelSession:
    """Open it, send to it, close it. `sink` gets every event of the model, awaited in order."""

    def __init__(
        self,
        model: RealtimeModel,
        *,
        agent: RealtimeAgent[Any],
        context: Any,
        sink: Sink,
        tools: frozenset[str],
        silent_tools: frozenset[str],
        on_handoff: Callable[[str, str], None],
        position: Position,
    ) -> None:
        self._tracker = _Heard(position)
        self._tap = _Tap(model, sink, tools, silent_tools)
        self._agent = agent
        self._context = context
        self._on_handoff = on_handoff
        self._session: RealtimeSession | None = None
        self._reader: asyncio.Task[None] | None = None
        self._closing: asyncio.Task[None] | None = None

    @property
    def gone(self) -> bool:
        """The model's connection ended by itself."""
        return self._tap.gone

    async def open(self) -> None:
        """Connect. Raises what the model raises; nothing stays open then."""
        runner = RealtimeRunner(
            self._agent, model=self._tap, config={"tracing_disabled": True, "async_tool_calls": True}
        )
        self._session = await runner.run(context=self._context, model_config={"playback_tracker": self._tracker})
        try:
            await self._session.enter()
        except BaseException:
            await self.close()
            raise
        self._reader = asyncio.create_task(self._drain(self._session), name="odai-session-events")

    async def send(self, event: RealtimeModelSendEvent) -> None:
        """Hand an input to the model. Raises what a closed connection raises."""
        await self._tap.send_event(event)

    async def close(self) -> None:
        """Close everything, within `CLOSE_SECONDS`; the second call waits for the first."""
        if self._closing is None:
            self._closing = asyncio.create_task(self._close(), name="odai-session-close")
        await asyncio.shield(self._closing)

    async def _close(self) -> None:
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                if self._session is not None:
                    await self._session.close()
                else:
                    await self._tap.close()
        except Exception as error:
            log.warning("a model session did not close well: %s", type(error).__name__)
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.wait({self._reader})

    async def _drain(self, session: RealtimeSession) -> None:
        """Keep the SDK's unbounded queue empty; of its own events only hand-offs are news."""
        try:
            async for event in session:
                if event.type == "handoff":
                    self._on_handoff(event.from_agent.name, event.to_agent.name)
        except Exception as error:
            log.warning("the model session failed: %s", type(error).__name__)
