"""The keyless text model of the Agents SDK: routes, calls and answers, on this machine, without a language model."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from agents import Handoff, Tool, Usage
from agents.items import ModelResponse, TResponseInputItem, TResponseStreamEvent
from agents.models.interface import Model

from odai_core import AssetError, ModelError, TextOptions, ToolInfo, Values
from odai_model_local.brain import prepare
from odai_model_local.brain.router import ToolIndex
from odai_model_local.brain.types import Embed
from odai_model_local.text.planning import Offered, Step, plan
from odai_model_local.text.reading import HAND_OFF, read_chat, user, user_now
from odai_model_local.text.streaming import events, output_of

log = logging.getLogger("odai.model.local")
# One thread: what it waits for is made by another one, and only once for a tool set.
_worker = ThreadPoolExecutor(1, thread_name_prefix="odai-text")
_BROKEN = "Something went wrong on my side. Please ask me in other words."


def load_embed(settings: Values) -> Embed | None:
    """The sentence encoder; None, when it is not fetched: word statistics stand in. Blocking."""
    from odai_model_local.speech import embedder

    try:
        return embedder(settings)
    except AssetError as error:
        log.warning("The sentence encoder is not there, word statistics stand in: %s", error.remedy)
        return None


class LocalTextModel(Model):
    """One for all chats. It keeps nothing of any of them: every step is thought through from the chat's own history."""

    def __init__(self, options: TextOptions, *, load: Callable[[Values], Embed | None] = load_embed) -> None:
        self._tools = options.tools
        self._make = partial(_make_index, options, load)
        self._index = _worker.submit(self._make)

    async def get_response(
        self,
        system_instructions: str | None,
        input: str | list[TResponseInputItem],
        model_settings: Any,
        tools: list[Tool],
        output_schema: Any,
        handoffs: list[Handoff],
        tracing: Any,
        **unused: Any,
    ) -> ModelResponse:
        step = await self._step(system_instructions, input, tools, handoffs)
        return ModelResponse(output=output_of(step), usage=Usage(requests=1), response_id=None)

    async def stream_response(
        self,
        system_instructions: str | None,
        input: str | list[TResponseInputItem],
        model_settings: Any,
        tools: list[Tool],
        output_schema: Any,
        handoffs: list[Handoff],
        tracing: Any,
        **unused: Any,
    ) -> AsyncIterator[TResponseStreamEvent]:
        for event in events(await self._step(system_instructions, input, tools, handoffs)):
            yield event
            # So that a long answer reaches its reader while it is made, and nobody else waits for it.
            await asyncio.sleep(0)

    async def close(self) -> None:
        """Give up an index that has not been begun; safe to repeat."""
        self._index.cancel()

    async def _step(
        self,
        instructions: str | None,
        items: str | list[TResponseInputItem],
        tools: Sequence[Tool],
        handoffs: Sequence[Handoff],
    ) -> Step:
        offered = _offered(self._tools, tools, handoffs)
        try:
            index = await self._ready()
            now, caller = user_now(instructions), user(instructions)
            return await asyncio.to_thread(plan, self._tools, index, read_chat(items), offered, now, caller)
        except Exception as error:
            # What the user wrote may be in the exception's text: only its type is logged.
            log.error("The local text model failed: %s", type(error).__name__)
            raise ModelError("model", _BROKEN, retryable=False) from None

    async def _ready(self) -> ToolIndex:
        if self._index.cancelled() or (self._index.done() and self._index.exception() is not None):
            self._index = _worker.submit(self._make)
        # Shielded: a chat that ends while it waits must not cancel what others wait for.
        return await asyncio.shield(asyncio.wrap_future(self._index))


def _make_index(options: TextOptions, load: Callable[[Values], Embed | None]) -> ToolIndex:
    return prepare(options.tools, load(options.settings)).result()


def _offered(known: Sequence[ToolInfo], tools: Sequence[Tool], handoffs: Sequence[Handoff]) -> Offered:
    """The agent's tools and hand-offs; what leads to none of the connectors leads home."""
    plugins = {tool.plugin: tool.title for tool in known}
    doors: dict[str, str] = {}
    home = ""
    for handoff in handoffs:
        ending = _plain(handoff.tool_name.removeprefix(HAND_OFF))
        named = (plugin for plugin, title in plugins.items() if ending in (_plain(plugin), _plain(title)))
        plugin = next(named, None) or next(
            (one for one, title in plugins.items() if handoff.agent_name in (one, title)), None
        )
        if plugin is None:
            home = home or handoff.tool_name
        else:
            doors[plugin] = handoff.tool_name
    return Offered(frozenset(tool.name for tool in tools), doors, home)


def _plain(name: str) -> str:
    return "".join(char if char.isalnum() else "_" for char in name.lower())
