"""The keyless text model as the SDK sees it: its events, its ends, and what it reads out of a chat."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from agents import ModelSettings, RunConfig, Runner
from agents.agent import Agent
from agents.models.interface import ModelTracing
from odai_model_local import odai_models
from odai_model_local.brain.types import CallTool
from odai_model_local.text import model as text_model
from odai_model_local.text.model import LocalTextModel, load_embed
from odai_model_local.text.planning import Step
from odai_model_local.text.reading import read_chat, user, user_now
from odai_model_local.text.streaming import events, output_of

from odai_core import ModelError, TextOptions, ToolInfo

WEATHER = ToolInfo(
    name="get_weather",
    description="Tell the weather.",
    parameters={"type": "object", "properties": {"location": {"type": "string"}}, "required": ["location"]},
    examples=("what's the weather in {location:Boston}",),
    plugin="skies",
    title="Skies",
)


def made(**more: Any) -> LocalTextModel:
    return LocalTextModel(TextOptions(settings={}, tools=(WEATHER,)), **({"load": lambda settings: None} | more))


async def respond(model: LocalTextModel, items: Any) -> str:
    result = await model.get_response(
        None, items, ModelSettings(), [], None, [], ModelTracing.DISABLED, previous_response_id=None
    )
    return str(result.output[0].content[0].text)  # type: ignore[union-attr]


def test_the_plugin_says_what_it_is() -> None:
    plugin = odai_models()
    assert plugin.text is not None
    assert isinstance(plugin.text(TextOptions(settings={"ODAI_MODELS_DIR": "/nowhere"})), LocalTextModel)
    assert plugin.text_model({}) == "local"
    assert plugin.freeform is False


def test_events_are_those_of_the_responses_api_in_their_order() -> None:
    step = Step("One two three four five six.\n\nSeven.", CallTool("transfer_to_skies", "{}"))
    told = list(events(step))
    kinds = [event.type for event in told]
    deltas = [event.delta for event in told if event.type == "response.output_text.delta"]
    assert [event.sequence_number for event in told] == list(range(len(told)))
    assert list(dict.fromkeys(kinds)) == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
        "response.output_text.delta",
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.function_call_arguments.delta",
        "response.function_call_arguments.done",
        "response.completed",
    ]
    assert "".join(deltas) == step.text
    assert len(deltas) == 2
    last = told[-1]
    assert last.type == "response.completed"
    assert [item.type for item in last.response.output] == ["message", "function_call"]
    assert last.response.usage is not None
    assert last.response.usage.total_tokens == 0


def test_every_call_has_an_id_of_its_own() -> None:
    step = Step(call=CallTool("get_weather", "{}"))
    ids = {item.call_id for _ in range(100) for item in output_of(step) if item.type == "function_call"}
    assert len(ids) == 100


async def test_the_same_answer_streamed_and_whole() -> None:
    model = made()
    agent = Agent[Any](name="ODAI", model=model)
    config = RunConfig(tracing_disabled=True)
    whole = await Runner.run(agent, "hello", run_config=config)
    streamed = Runner.run_streamed(agent, "hello", run_config=config)
    async for _ in streamed.stream_events():
        pass
    assert whole.final_output == streamed.final_output == "Hello! How can I help you?"
    assert streamed.context_wrapper.usage.requests == 1
    await model.close()


async def test_no_work_is_done_on_the_loops_thread() -> None:
    threads: set[str] = set()

    def embed(texts: Any) -> Any:
        threads.add(threading.current_thread().name)
        return np.ones((len(texts), 4), np.float32) / 2

    model = made(load=lambda settings: embed)
    await respond(model, "what's the weather in Boston")
    assert threads
    assert threading.main_thread().name not in threads
    await model.close()


async def test_an_index_that_failed_is_made_again() -> None:
    tries = []

    def load(settings: Any) -> None:
        tries.append(1)
        if len(tries) == 1:
            raise OSError("disk")

    model = made(load=load)
    with pytest.raises(ModelError) as caught:
        await respond(model, "hello")
    assert caught.value.code == "model"
    assert await respond(model, "hello") == "Hello! How can I help you?"
    await model.close()


async def test_a_chat_that_ends_while_the_index_is_made_takes_nothing_from_others() -> None:
    go = threading.Event()
    model = made(load=lambda settings: go.wait(5) and None)
    first = asyncio.create_task(respond(model, "hello"))
    second = asyncio.create_task(respond(model, "hello"))
    await asyncio.sleep(0)
    first.cancel()
    go.set()
    assert await second == "Hello! How can I help you?"
    await model.close()
    await model.close()


async def test_a_failure_is_told_without_what_was_said(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*args: Any) -> Step:
        raise KeyError("Rosebud")

    monkeypatch.setattr(text_model, "plan", broken)
    model = made()
    with pytest.raises(ModelError) as caught, caplog.at_level(logging.DEBUG):
        await respond(model, "Rosebud")
    assert "Rosebud" not in str(caught.value)
    assert "KeyError" in caplog.text
    assert "Rosebud" not in caplog.text
    await model.close()


def test_without_the_encoder_word_statistics_stand_in(caplog: pytest.LogCaptureFixture) -> None:
    assert load_embed({"ODAI_MODELS_DIR": "/nowhere"}) is None
    assert "odai models fetch" in caplog.text


@pytest.mark.parametrize(
    "items",
    [
        [],
        [None, 7, "text", {}],
        [{"role": "user"}],
        [{"role": "user", "content": None}],
        [{"role": "user", "content": [{"text": 5}, None, {"type": "input_image"}]}],
        [{"role": "assistant", "content": "first"}, {"role": "user", "content": "\x00\u202e" * 500}],
        [{"role": "user", "content": "x" * 100_000}],
        [{"role": "user", "content": "weather in Boston"}, {"type": "function_call", "arguments": "{", "name": None}],
        [{"role": "user", "content": "weather in Boston"}, {"type": "function_call_output", "output": "x"}],
        [{"role": "user", "content": "and, and. and; " * 300}],
    ],
)
async def test_any_history_is_answered(items: list[Any]) -> None:
    model = made()
    assert await respond(model, items)
    await model.close()


def test_a_chat_is_read_as_exchanges() -> None:
    chat = read_chat(
        [
            {"role": "user", "content": [{"type": "input_text", "text": "weather"}]},
            {"type": "function_call", "call_id": "1", "name": "transfer_to_skies", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "1", "output": '{"assistant": "Skies"}'},
            {"type": "function_call", "call_id": "2", "name": "get_weather", "arguments": '{"location": "Rome"}'},
        ]
    )
    (only,) = chat
    assert (only.said, only.moves) == ("weather", 1)
    assert [(call.name, call.args, call.output) for call in only.calls] == [("get_weather", {"location": "Rome"}, None)]


def test_where_and_when_the_user_is() -> None:
    told = (
        "It is Monday, 23 November 2026, about 07:40 in the user's time zone, Asia/Kathmandu. The user is in Delhi, IN."
    )
    utc = datetime(2026, 11, 23, 2, 3, 5, tzinfo=UTC)
    assert user_now(told, utc) == datetime(2026, 11, 23, 7, 48, 5)
    assert user_now("about nothing", utc) == utc
    assert user_now("It is Xday, 99 Foo 2026, about 07:40 in the user's time zone.", utc) == utc
    assert (user(told).place, user(told).time_zone) == ("Delhi, IN", "Asia/Kathmandu")
    assert (user(None).place, user(None).time_zone) == (None, "UTC")


def test_the_servers_own_words_are_understood() -> None:
    from odai_core import Caller
    from odai_core.text import prompts

    now = datetime(2026, 11, 23, 15, 47, tzinfo=UTC)
    caller = Caller(time_zone="America/Los_Angeles", place="Oakland, California")
    told = prompts.orchestrator_instructions([], caller, now)
    assert user_now(told, now) == datetime(2026, 11, 23, 7, 47)
    assert (user(told).place, user(told).time_zone) == ("Oakland, California", "America/Los_Angeles")


def test_arguments_are_json_of_the_schema() -> None:
    step = Step(call=CallTool("get_weather", json.dumps({"location": "Rome"})))
    (call,) = output_of(step)
    assert call.type == "function_call"
    assert json.loads(call.arguments) == {"location": "Rome"}
