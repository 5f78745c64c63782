"""The brain: what to do with what was heard, decided on this machine."""

from __future__ import annotations

import asyncio
import json
import logging
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from threading import Lock
from typing import Any
from zoneinfo import ZoneInfo

from odai_core import CallOptions, ToolInfo
from odai_model_local.brain.dialogue import RuleBrain
from odai_model_local.brain.router import ToolIndex
from odai_model_local.brain.types import Brain, CallTool, Decision, Embed, Say

__all__ = ["Brain", "CallTool", "Decision", "Say", "make_brain"]

log = logging.getLogger(__name__)
MAX_INDEXES = 8
_indexes: OrderedDict[tuple[Any, ...], Future[ToolIndex]] = OrderedDict()
_lock = Lock()
# One thread: embedding some hundred phrases takes a second, and only once per tool set.
_worker = ThreadPoolExecutor(1, thread_name_prefix="odai-brain")


def make_brain(options: CallOptions, embed: Embed | None) -> Brain:
    """A brain for one call; does not block. `embed` is None: word statistics stand in for MiniLM."""
    if _setting(options, "ODAI_LOCAL_LLM_URL"):
        from odai_model_local.brain.llm import make_llm_brain

        return make_llm_brain(options)
    prepared = prepare(options.tools, embed)
    zone = _zone(options.caller.time_zone)

    async def index() -> ToolIndex:
        try:
            # Shielded: a call that ends while it waits must not cancel what other calls wait for.
            return await asyncio.shield(asyncio.wrap_future(prepared))
        except Exception as error:
            log.error("The sentence encoder failed, word statistics stand in: %s", type(error).__name__)
            return await asyncio.to_thread(ToolIndex, options.tools, None)

    return RuleBrain(index, lambda: datetime.now(zone), options.caller, options.history)


def prepare(tools: Sequence[ToolInfo], embed: Embed | None) -> Future[ToolIndex]:
    """The tool set's index, begun now or earlier; the eight sets used last are kept."""
    key = (id(embed) if embed is not None else None, *map(_identity, tools))
    with _lock:
        found = _indexes.get(key)
        if found is None or (found.done() and (found.cancelled() or found.exception() is not None)):
            found = _indexes[key] = _worker.submit(ToolIndex, tools, embed)
        _indexes.move_to_end(key)
        while len(_indexes) > MAX_INDEXES:
            _indexes.popitem(last=False)
        return found


def _identity(tool: ToolInfo) -> str:
    return json.dumps(vars(tool), sort_keys=True, default=repr)


def _setting(options: CallOptions, name: str) -> Any:
    try:
        return options.settings.get(name)
    except KeyError:
        return None


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC")
