"""After an answer: a title for the chat, once, and what may be asked next. Bounded, and never worth an error."""

from __future__ import annotations

import asyncio
import logging
import math
import re
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from agents import ItemHelpers, ModelSettings
from agents.items import ModelResponse
from agents.models.interface import ModelTracing
from openai.types.responses import ResponseOutputMessage

from odai_core.chats import ChatInfo, PastTurn, Usage
from odai_core.text import prompts
from odai_core.text.engine import Engine
from odai_core.text.events import ChatEvent, ChatTitle, SuggestedPrompt, SuggestedPrompts
from odai_core.text.suggestions import LONGEST, MAX_TITLE, MOST, from_examples, plain_title
from odai_core.usage.ledger import Kind

if TYPE_CHECKING:
    from odai_core.text.desk import ChatDesk

SECONDS = 20.0
"""For both."""
LOOKED_BACK = 50
"""Turns in which a suggested prompt must not stand, and whose first one a title is made of."""
_FENCED = re.compile(r"\[.*\]", re.DOTALL)

log = logging.getLogger("odai.text")

Emit = Callable[[ChatEvent], Awaitable[None]]


class Exchange(NamedTuple):
    """A finished turn."""

    turn_id: str
    prompt: str
    answer: str
    tools: frozenset[str] = frozenset()
    """What was called for it."""


async def after_answer(desk: ChatDesk, info: ChatInfo, exchange: Exchange, emit: Emit) -> None:
    """Emit SuggestedPrompts and ChatTitle, if there are any. Raises only a cancellation."""
    try:
        async with asyncio.timeout(SECONDS), desk.engines.use() as engine:
            naming = _quietly(_name(desk, info, engine, exchange, emit))
            if not engine.plugin.freeform:
                # Whoever asks the next thing at once, or leaves, still gets a title: it takes a moment, and no model.
                await asyncio.shield(desk.own(naming))
            async with asyncio.TaskGroup() as both:
                both.create_task(_quietly(_suggest(desk, info, engine, exchange, emit)))
                if engine.plugin.freeform:
                    both.create_task(naming)
    except Exception as error:
        log.info("no title or suggestions: %s", type(error).__name__)


async def _quietly(work: Coroutine[Any, Any, None]) -> None:
    """One that fails does not end the other; the answer is complete without both."""
    try:
        await work
    except Exception as error:
        log.info("no title, or no suggestions: %s", type(error).__name__)


async def _suggest(desk: ChatDesk, info: ChatInfo, engine: Engine, exchange: Exchange, emit: Emit) -> None:
    if engine.plugin.freeform:
        instructions = prompts.suggestion_instructions(engine.connectors, LONGEST)
        found = read_suggestions(await _asked(desk, info, engine, exchange, instructions, "suggestions"))
    else:
        asked = [turn.prompt for turn in await _past(desk, info)]
        found = from_examples(engine.ready, exchange.tools, [exchange.prompt, *asked])
    if found:
        await emit(SuggestedPrompts(found))


async def _name(desk: ChatDesk, info: ChatInfo, engine: Engine, exchange: Exchange, emit: Emit) -> None:
    known = await desk.store.find(chat_ids=[info.chat_id])
    if not known or known[0][1].title:
        return
    # The first one's may have been cut off by this question, or it has failed: the chat is still about it.
    first = next(iter(await _past(desk, info)), None)
    if first is not None:
        exchange = exchange._replace(prompt=first.prompt, answer=first.answer)
    if engine.plugin.freeform:
        title = read_title(await _asked(desk, info, engine, exchange, prompts.title_instructions(), "title"))
    else:
        title = plain_title(exchange.prompt)
    if title and await desk.store.set_title(info.chat_id, title):
        await emit(ChatTitle(title))


async def _past(desk: ChatDesk, info: ChatInfo) -> tuple[PastTurn, ...]:
    """The chat's newest turns, oldest first."""
    page = await desk.store.page(info.caller.user_id or "", info.chat_id, limit=LOOKED_BACK)
    return page[0] if page is not None else ()


async def _asked(
    desk: ChatDesk, info: ChatInfo, engine: Engine, exchange: Exchange, instructions: str, kind: Kind
) -> str:
    """What the model answers to a small question about the exchange."""
    question: list[Any] = prompts.exchange(exchange.prompt, exchange.answer)
    response = await engine.model.get_response(
        instructions,
        question,
        ModelSettings(),
        [],
        None,
        [],
        ModelTracing.DISABLED,
        previous_response_id=None,
        conversation_id=None,
        prompt=None,
    )
    usage = Usage(
        model=engine.priced_as,
        input_tokens=response.usage.input_tokens,
        cached_input_tokens=response.usage.input_tokens_details.cached_tokens or 0,
        output_tokens=response.usage.output_tokens,
    )
    await desk.pay(usage, id=f"{exchange.turn_id}-{kind}", info=info, kind=kind)
    return _text(response)


def read_title(text: str) -> str:
    """The model's title in one line without quotation marks; "" when there is none."""
    line = next((line for line in text.splitlines() if line.strip()), "")
    return plain_title(line.strip("\"'“”„«» ").removeprefix("Title:"))[: MAX_TITLE + 1]


def read_suggestions(text: str) -> tuple[SuggestedPrompt, ...]:
    """The model's JSON, also in a fence; what is too long, doubled or no suggestion at all is left out."""
    found = _FENCED.search(text[:20_000])
    try:
        items: Any = msgspec.json.decode(found.group()) if found else []
    except (ValueError, RecursionError):
        items = []
    chosen: dict[str, float] = {}
    for item in items if isinstance(items, Iterable) else []:
        prompt = item.get("prompt") if isinstance(item, dict) else None
        likelihood = item.get("likelihood") if isinstance(item, dict) else None
        prompt = " ".join(prompt.split()) if isinstance(prompt, str) else ""
        if 0 < len(prompt) <= LONGEST and prompt not in chosen:
            chosen[prompt] = _likelihood(likelihood)
    best = sorted(chosen.items(), key=lambda pair: -pair[1])[:MOST]
    return tuple(SuggestedPrompt(prompt, likelihood) for prompt, likelihood in best)


def _likelihood(value: Any) -> float:
    number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return min(max(float(value), 0.0), 1.0) if number else 0.5


def _text(response: ModelResponse) -> str:
    messages = [item for item in response.output if isinstance(item, ResponseOutputMessage)]
    return "".join(ItemHelpers.extract_last_text(message) or "" for message in messages)
