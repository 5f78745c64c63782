"""The one place that runs a tool: whatever it does, an answer comes back that can be spoken."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from types import TracebackType
from typing import Any

import msgspec

from odai_core.contract import ToolContext
from odai_core.errors import AccountNeeded, ToolError
from odai_core.tools.response import ToolResponse
from odai_core.tools.schema import ToolSpec
from odai_core.tools.words import clean_spoken

MAX_RESPONSE = 262_144
"""Bytes of JSON one answer may have on its way to a screen."""
GRACE = 0.5
"""Seconds a cancelled tool gets to clean up before it is left behind."""

log = logging.getLogger("odai.tools")
_RETRYABLE = frozenset({"rate_limited", "upstream", "timeout", "bad_shape", "unavailable", "internal"})


async def invoke(
    spec: ToolSpec, arguments: str | bytes, context: ToolContext, *, agent_name: str = "", friendly_name: str = ""
) -> ToolResponse:
    """Run a tool on the model's JSON arguments. Raises nothing but `asyncio.CancelledError`.

    A failure is an error response whose `spoken` is one sentence; it is logged without the caller's words.
    """
    try:
        response = _checked(spec, await _bounded(spec, spec.decode(arguments), context))
    except ToolError as error:
        response = error_response(error)
    return response.named(agent_name, friendly_name)


def error_response(error: ToolError) -> ToolResponse:
    """The public shape of a `ToolError`."""
    said = clean_spoken(error.message) or "That didn't work. Please ask for something else."
    if isinstance(error, AccountNeeded):
        return ToolResponse.account_needed(error.account_type, error.connect_url, said)
    return ToolResponse.error(error.code, said, error.code in _RETRYABLE, error.retry_after)


async def _bounded(spec: ToolSpec, arguments: dict[str, Any], context: ToolContext) -> Any:
    """The tool's result, or `ToolError` after its timeout, even when it swallows its cancellation."""
    task = asyncio.ensure_future(_contained(spec, arguments, context))
    try:
        await asyncio.wait({task}, timeout=spec.options.timeout)
        timed_out = not task.done()
    finally:
        if not task.done():
            task.cancel()
            await asyncio.wait({task}, timeout=GRACE)
            if not task.done():
                log.error("%s goes on after it was cancelled; it is left behind", spec.name)
    if timed_out:
        log.warning("%s took longer than %g s", spec.name, spec.options.timeout)
        raise ToolError("timeout", "That took too long. Please try again in a moment.")
    if task.cancelled():
        log.error("%s cancelled itself", spec.name)
        raise _internal()
    return task.result()


async def _contained(spec: ToolSpec, arguments: dict[str, Any], context: ToolContext) -> Any:
    """Run in a task of its own. SystemExit counts as a failure here, for from a task it would stop the event loop."""
    given = {**arguments, spec.wants_context: context} if spec.wants_context else arguments
    try:
        return await spec.function(**given)
    except (ToolError, asyncio.CancelledError, KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException as error:
        said = _said_in(error)
        # The message and the arguments may hold the caller's words or a key: the kind and the place must do.
        if said is None:
            log.error("%s failed: %s at %s", spec.name, type(error).__name__, _place(error.__traceback__))
    raise said or _internal()


def _said_in(error: BaseException) -> ToolError | None:
    """The first `ToolError` of a task group in which nothing else went wrong."""
    if not isinstance(error, BaseExceptionGroup):
        return None
    said, rest = error.split(ToolError)
    first: BaseException | None = said
    while isinstance(first, BaseExceptionGroup):
        first = first.exceptions[0]
    return first if isinstance(first, ToolError) and rest is None else None


def _internal() -> ToolError:
    return ToolError("internal", "Something went wrong on my side. Please try again or ask for something else.")


def _place(traceback: TracebackType | None) -> str:
    """Module and line of the innermost frame, without any value in it."""
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    if traceback is None:
        return "an unknown place"
    return f"{traceback.tb_frame.f_globals.get('__name__', '?')}:{traceback.tb_lineno}"


def _checked(spec: ToolSpec, result: Any) -> ToolResponse:
    """Any result as a `ToolResponse` of plain JSON types with a speakable sentence. Raises `ToolError("bad_shape")`."""
    response = result if isinstance(result, ToolResponse) else _wrapped(spec, result)
    try:
        plain = _plain(response.response)
        voice = _plain(response.voice)
    except Exception as error:  # encoding runs the tool's own objects
        plain = voice = None
        why = type(error).__name__
    else:
        why = "it is None"
    if plain is None:
        log.error("%s answered with something a screen cannot show: %s", spec.name, why)
        raise ToolError("bad_shape", "I got an answer that I can't read. Please ask for something else.")
    return replace(response, response=plain, voice=voice, spoken=clean_spoken(response.spoken))


def _wrapped(spec: ToolSpec, result: Any) -> ToolResponse:
    return ToolResponse(
        response_type=spec.name, response=result, spoken=result if isinstance(result, str) else "", voice=None
    )


def _plain(value: Any) -> Any:
    """The value after a round trip through JSON: nothing shared with the tool, nothing a screen chokes on."""
    encoded = msgspec.json.encode(value)
    if len(encoded) > MAX_RESPONSE:
        raise ValueError
    return msgspec.json.decode(encoded)
