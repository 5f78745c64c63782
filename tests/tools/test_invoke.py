"""Whatever a tool does, an answer comes back, and nothing of the caller's reaches a log."""

from __future__ import annotations

import asyncio
import logging
import math
import sys
from collections.abc import Callable
from typing import Any

import pytest

from odai_core import Caller, ToolContext, ToolError, ToolResponse, tool
from odai_core.tools import invoke as room
from odai_core.tools.http import HttpClient
from odai_core.tools.invoke import invoke
from odai_core.tools.schema import describe

CONTEXT = ToolContext(http=HttpClient(), settings={}, caller=Caller(), log=logging.getLogger("test"))


def make(result: Any = None, raises: BaseException | None = None, timeout: float = 5) -> Any:
    @tool(timeout=timeout)
    async def probe(ctx: ToolContext, what: str = "tea") -> Any:
        """Probe."""
        if raises is not None:
            raise raises
        return result(ctx, what) if callable(result) else result

    return describe(probe)


async def run(spec: Any, arguments: str = '{"what": "secret words"}') -> ToolResponse:
    return await invoke(spec, arguments, CONTEXT, agent_name="Yelp", friendly_name="Searching")


async def test_a_response_comes_back_named_and_as_plain_json():
    answer = ToolResponse(response_type="x", response={"a": (1, math.nan)}, spoken="**Hi**", voice=({"b": 2},))
    response = await run(make(answer))
    assert response == ToolResponse(
        response_type="x", response={"a": [1, None]}, spoken="Hi", voice=[{"b": 2}],
        agent_name="Yelp", friendly_name="Searching",
    )  # fmt: skip


async def test_the_tool_receives_the_context_and_the_arguments():
    response = await run(make(lambda ctx, what: {"same": ctx is CONTEXT, "what": what}))
    assert response.response == {"same": True, "what": "secret words"}


async def test_a_text_is_spoken_and_shown():
    response = await run(make("High tide is at four."))
    assert (response.response_type, response.response, response.spoken) == (
        "probe", "High tide is at four.", "High tide is at four.",
    )  # fmt: skip


@pytest.mark.parametrize("result", [{"a": 1}, [1, 2], 7])
async def test_other_json_is_shown(result):
    response = await run(make(result))
    assert (response.ok, response.response, response.spoken) == (True, result, "")


@pytest.mark.parametrize(
    "result",
    [None, object(), {1j: 2}, {"a": "\ud800"}, "x" * (room.MAX_RESPONSE + 1),
     ToolResponse(response_type="x", response=None)],
)  # fmt: skip
async def test_what_a_screen_cannot_show_is_bad_shape(result):
    response = await run(make(result))
    assert response.response["code"] == "bad_shape"
    assert response.spoken


async def test_a_circle_is_bad_shape():
    circle: list[Any] = []
    circle.append(circle)
    assert (await run(make(circle))).response["code"] == "bad_shape"


async def test_a_tool_error_keeps_its_words_and_its_wait():
    response = await run(make(raises=ToolError("rate_limited", "Yelp is busy.", retry_after=3)))
    assert response.to_wire() == {
        "response_type": "error", "agent_name": "Yelp", "friendly_name": "Searching", "display_response": True,
        "response": {"code": "rate_limited", "message": "Yelp is busy.", "retryable": True, "retry_after": 3},
    }  # fmt: skip
    assert response.spoken == "Yelp is busy."


async def test_a_tool_error_without_words_is_spoken_too():
    assert (await run(make(raises=ToolError("not_found", "<br>")))).spoken


async def test_bad_arguments_never_reach_the_tool():
    response = await run(make(lambda *_: pytest.fail("it ran")), "{nonsense")
    assert (response.response["code"], response.response["retryable"]) == ("bad_request", False)


@pytest.mark.parametrize(
    "failure",
    [ValueError("secret words"), RecursionError(), SystemExit(3), BaseExceptionGroup("x", [SystemExit()]),
     MemoryError(), AssertionError()],
)  # fmt: skip
async def test_any_failure_is_one_polite_sentence(failure, caplog):
    response = await run(make(raises=failure))
    assert (response.response["code"], response.ok) == ("internal", False)
    assert response.spoken.startswith("Something went wrong")
    assert "secret words" not in caplog.text
    assert f"{__name__}:" in caplog.text


async def test_a_task_group_of_tool_errors_says_its_first():
    nested = ExceptionGroup("outer", [ExceptionGroup("inner", [ToolError("not_found", "I couldn't find it.")])])
    assert (await run(make(raises=nested))).spoken == "I couldn't find it."
    mixed = ExceptionGroup("mixed", [ToolError("not_found", "I couldn't find it."), ValueError()])
    assert (await run(make(raises=mixed))).response["code"] == "internal"


async def test_a_tool_that_cancels_itself_does_not_cancel_the_call():
    assert (await run(make(raises=asyncio.CancelledError()))).response["code"] == "internal"


def slow(behaviour: Callable[[asyncio.Event], Any], started: asyncio.Event, timeout: float = 0.02) -> Any:
    @tool(timeout=timeout)
    async def sleeper() -> None:
        """Sleep."""
        started.set()
        await behaviour(started)

    return describe(sleeper)


async def test_a_slow_tool_is_cancelled_and_says_so():
    cleaned = asyncio.Event()

    async def behave(_: asyncio.Event) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cleaned.set()

    response = await run(slow(behave, asyncio.Event()), "{}")
    assert (response.response["code"], response.response["retryable"]) == ("timeout", True)
    assert cleaned.is_set()


async def test_a_tool_that_swallows_its_cancellation_is_left_behind(monkeypatch, caplog):
    monkeypatch.setattr(room, "GRACE", 0.01)
    release, left = asyncio.Event(), asyncio.Event()

    async def stubborn(_: asyncio.Event) -> None:
        while not release.is_set():
            try:
                await release.wait()
            except asyncio.CancelledError:
                continue
        left.set()

    response = await run(slow(stubborn, asyncio.Event()), "{}")
    assert response.response["code"] == "timeout"
    assert "left behind" in caplog.text
    release.set()
    await left.wait()


async def test_cancelling_the_call_cancels_the_tool_and_comes_through():
    started, cleaned = asyncio.Event(), asyncio.Event()

    async def behave(_: asyncio.Event) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cleaned.set()

    call = asyncio.create_task(run(slow(behave, started, timeout=5), "{}"))
    await started.wait()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert cleaned.is_set()


def test_a_failure_without_a_traceback_has_no_place():
    assert room._place(None) == "an unknown place"
    try:
        int("x")
    except ValueError:
        place = room._place(sys.exc_info()[2])
    assert place.startswith(f"{__name__}:")
