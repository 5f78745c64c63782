"""Both text models through the SDK's runner, over HTTP with the stand-in service."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator

import pytest
from agents import Agent, Runner, RunResultStreaming, function_tool, set_tracing_disabled
from agents.models.fake_id import FAKE_RESPONSES_ID
from agents.models.interface import Model

from odai_core.chats import TextOptions
from odai_core.contract import Secret
from odai_core.errors import ModelError
from odai_core.models import compatible_plugin, openai_plugin, text_client, text_models
from odai_core.models.text_history import portable
from odai_core.testing.fake_chat import Answer, Asked, Call, FakeChat, Step, Trouble

KEY = "sk-test-key"


@pytest.fixture(autouse=True)
def _no_tracing() -> None:
    set_tracing_disabled(True)


@pytest.fixture
async def service() -> AsyncIterator[FakeChat]:
    async with FakeChat() as running:
        yield running


def make(kind: str, service: FakeChat, key: str = KEY, timeout: float = 5.0) -> Model:
    """A model as the plugin makes it from its settings."""
    if kind == "openai":
        values = {"OPENAI_TEXT_MODEL": "gpt-5.4-mini", "OPENAI_BASE_URL": service.url, "OPENAI_API_KEY": Secret(key)}
        plugin = openai_plugin.odai_models()
    else:
        values = {
            "ODAI_TEXT_BASE_URL": service.url,
            "ODAI_TEXT_MODEL": "llama",
            "ODAI_TEXT_KEY": Secret(key),
            "ODAI_TEXT_TIMEOUT": timeout,
        }
        plugin = compatible_plugin.odai_models()
    assert plugin.text is not None
    return plugin.text(TextOptions(settings=values))


@pytest.fixture(params=["openai", "compatible"])
async def model(request: pytest.FixtureRequest, service: FakeChat) -> AsyncIterator[Model]:
    made = make(request.param, service)
    yield made
    await made.close()
    await made.close()


def assistant(model: Model) -> Agent[None]:
    @function_tool
    async def get_weather(place: str) -> str:
        return f"rain in {place}"

    @function_tool
    async def get_price(coin: str) -> str:
        return f"{coin} is dear"

    weather = Agent[None](name="Weather", tools=[get_weather], model=model)
    coins = Agent[None](name="Coins", tools=[get_price], model=model)
    home = Agent[None](name="ODAI", instructions="Be kind.", handoffs=[weather, coins], model=model)
    weather.handoffs = coins.handoffs = [home]
    return home


async def read(result: RunResultStreaming) -> list[str]:
    """The deltas."""
    return [
        event.data.delta
        async for event in result.stream_events()
        if event.type == "raw_response_event" and event.data.type == "response.output_text.delta"
    ]


async def ask(model: Model, prompt: str) -> RunResultStreaming:
    result = Runner.run_streamed(assistant(model), prompt)
    await read(result)
    return result


async def ask_with(model: Model, items: list[object]) -> RunResultStreaming:
    result = Runner.run_streamed(assistant(model), [*items, {"role": "user", "content": "hi"}])  # type: ignore[list-item]
    await read(result)
    return result


async def settled(service: FakeChat, before: set[asyncio.Task[object]]) -> None:
    """No connection and no task is left of what was done since."""
    for _ in range(500):
        if not service.open and not asyncio.all_tasks() - before:
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"left: {service.open} connections, {asyncio.all_tasks() - before}")


async def test_it_streams_word_by_word(model: Model, service: FakeChat) -> None:
    service.answers.append(Answer("It is raining\nin Ghent."))
    assert await read(Runner.run_streamed(assistant(model), "hello")) == ["It ", "is ", "raining\n", "in ", "Ghent."]
    assert service.requests[0].lines[0].text == "Be kind."
    assert service.requests[0].tools == ("transfer_to_weather", "transfer_to_coins")


async def test_it_hands_off_calls_tools_at_once_and_answers(model: Model, service: FakeChat) -> None:
    prompt = 'weather.get_weather({"place": "Ghent"}) and weather.get_weather({"place": "Nice"})'
    result = await ask(model, prompt)
    assert result.final_output == "Here is what I found:\n\nrain in Ghent\n\nrain in Nice"
    assert [len(asked.since) for asked in service.requests] == [0, 2, 6 if service.requests[0].dialect != "chat" else 5]
    assert result.last_agent.name == "Weather"


async def test_it_goes_from_one_specialist_to_another(model: Model) -> None:
    result = await ask(model, 'weather.get_weather({"place": "Ghent"}), coins.get_price({"coin": "bitcoin"})')
    assert result.final_output.endswith("rain in Ghent\n\nbitcoin is dear")
    assert result.last_agent.name == "Coins"


async def test_rules_understand_plain_words(model: Model, service: FakeChat) -> None:
    service.rules = {"weather": [Step("weather", "get_weather", {"place": "Oslo"})]}
    assert (await ask(model, "How is the weather?")).final_output.endswith("rain in Oslo")


async def test_usage_is_counted_with_what_was_cached(model: Model, service: FakeChat) -> None:
    service.answers.append(Answer(calls=[Call("transfer_to_weather")], input_tokens=50, output_tokens=7))
    service.answers.append(Answer("Rain.", input_tokens=90, cached_tokens=64, output_tokens=3))
    usage = (await ask(model, "weather?")).context_wrapper.usage
    assert (usage.requests, usage.input_tokens, usage.output_tokens, usage.total_tokens) == (2, 140, 10, 150)
    assert usage.input_tokens_details.cached_tokens == 64


async def test_without_streaming_it_answers_whole(model: Model, service: FakeChat) -> None:
    service.answers.append(Answer("A title", input_tokens=9, cached_tokens=4, output_tokens=2))
    result = await Runner.run(Agent(name="Titles", model=model), "hello")
    assert result.final_output == "A title"
    assert not service.requests[0].stream
    assert result.context_wrapper.usage.input_tokens_details.cached_tokens == 4


TROUBLES = {
    "401": (Trouble("status", 401, "invalid_api_key"), "model", False, 1),
    "403": (Trouble("status", 403), "model", False, 1),
    "404": (Trouble("status", 404, "model_not_found"), "model", False, 1),
    "413": (Trouble("status", 413), "too_long", False, 1),
    "context": (Trouble("status", 400, "context_length_exceeded"), "too_long", False, 1),
    "429": (Trouble("status", 429, "rate_limit_exceeded", retry_after=0.01), "busy", True, 2),
    "quota": (Trouble("status", 429, "insufficient_quota", retry_after=0.01), "model", False, 2),
    "500": (Trouble("status", 500, retry_after=0.01), "unavailable", True, 2),
    "503": (Trouble("status", 503, retry_after=0.01), "unavailable", True, 2),
    "302": (Trouble("status", 302), "model", False, 1),
    "cut": (Trouble("cut"), "unavailable", True, 1),
    "short": (Trouble("short"), "unavailable", True, 1),
    "garbage": (Trouble("garbage"), "model", True, 1),
    "error": (Trouble("error", code="server_error"), "unavailable", True, 1),
    "busy inside": (Trouble("error", code="rate_limit_exceeded"), "busy", True, 1),
    "empty": (Trouble("empty"), "model", True, 1),
    "huge": (Trouble("huge"), "unavailable", True, 1),
}


@pytest.mark.parametrize("name", TROUBLES)
async def test_every_failure_ends_as_a_model_error(
    name: str, model: Model, service: FakeChat, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(text_client, "MAX_ANSWER_BYTES", 1_000_000)
    trouble, code, retryable, tries = TROUBLES[name]
    service.answers.extend([trouble] * tries)
    with caplog.at_level(logging.DEBUG), pytest.raises(ModelError) as caught:
        await ask(model, "The secret word is Rosebud.")
    assert (caught.value.code, caught.value.retryable) == (code, retryable)
    assert service.served == tries
    logged = "".join(record.getMessage() for record in caplog.records if record.name.startswith("odai"))
    assert "failed" in logged
    for text in (logged, str(caught.value)):
        assert KEY not in text
        assert "Rosebud" not in text
    # And the connection pool has not suffered.
    service.answers.append(Answer("Fine."))
    assert (await ask(model, "again")).final_output == "Fine."


async def test_the_time_to_wait_is_told(model: Model, service: FakeChat) -> None:
    service.answers.extend([Trouble("status", 429, retry_after=0.02)] * 2)
    with pytest.raises(ModelError) as caught:
        await ask(model, "hello")
    assert caught.value.retry_after == 0.02


async def test_a_busy_moment_is_tried_again(model: Model, service: FakeChat) -> None:
    service.answers.extend([Trouble("status", 429, retry_after=0.01), Answer("Now.")])
    assert (await ask(model, "hello")).final_output == "Now."


async def test_a_failed_response_says_so(service: FakeChat) -> None:
    model = make("openai", service)
    service.answers.append(Trouble("failed"))
    with pytest.raises(ModelError) as caught:
        await ask(model, "hello")
    assert caught.value.code == "unavailable"
    assert "broke" not in str(caught.value)
    await model.close()


@pytest.mark.parametrize("kind", ["silent", "slow_head"])
async def test_silence_is_given_up(kind: str, service: FakeChat) -> None:
    model = make("compatible", service, timeout=0.2)
    service.answers.extend([Trouble(kind)] * 2)
    with pytest.raises(ModelError) as caught:
        await ask(model, "hello")
    assert (caught.value.code, caught.value.retryable) == ("unavailable", True)
    assert "too long" in caught.value.message
    await model.close()


async def test_nobody_there() -> None:
    async with FakeChat() as gone:
        model = make("compatible", gone)
    with pytest.raises(ModelError, match="cannot be reached"):
        await ask(model, "hello")
    await model.close()


async def test_an_answer_that_never_ends_is_ended(
    model: Model, service: FakeChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text_models, "MAX_ANSWER_SECONDS", 0.05)
    service.answers.append(Answer("word " * 10_000, seconds=0.01))
    with pytest.raises(ModelError) as caught:
        await ask(model, "hello")
    assert caught.value.code == "unavailable"
    async with asyncio.timeout(5):
        await service.left.wait()


async def test_who_stops_listening_stops_the_service(model: Model, service: FakeChat) -> None:
    before = asyncio.all_tasks()
    service.answers.append(Answer("word " * 10_000, seconds=0.005))
    result = Runner.run_streamed(assistant(model), "hello")
    async for event in result.stream_events():
        if event.type == "raw_response_event" and event.data.type == "response.output_text.delta":
            result.cancel()
    async with asyncio.timeout(5):
        await service.left.wait()
    await model.close()
    await settled(service, before)


async def test_a_hundred_chats_at_once(model: Model, service: FakeChat) -> None:
    before = asyncio.all_tasks()
    answer = Answer(" ".join(f"word{number}" for number in range(50)), seconds=0.002)
    service.answers.extend([answer] * 100)
    results = await asyncio.gather(*(ask(model, f"chat {number}") for number in range(100)))
    assert {result.final_output for result in results} == {answer.text}
    assert service.most == 100
    await model.close()
    await settled(service, before)


async def test_no_key_is_sent_when_there_is_none(service: FakeChat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-for-openai-only")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-secret")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-secret")
    service.key = None
    model = make("compatible", service, key="")
    await ask(model, "hello")
    sent = json.dumps(dict(service.requests[0].headers))
    assert not {"authorization", "openai-organization", "openai-project"} & set(service.requests[0].headers)
    assert "secret" not in sent
    assert "sk-for" not in sent
    await model.close()


# -- histories


async def go_on(model: Model, history: list[object], service: FakeChat) -> Asked:
    service.answers.append(Answer("Now this."))
    assert (await ask_with(model, history)).final_output == "Now this."
    return service.requests[-1]


@pytest.mark.parametrize("first", ["openai", "compatible"])
async def test_a_chat_goes_on_with_another_model(first: str, model: Model, service: FakeChat) -> None:
    began = make(first, service)
    service.answers.extend([Answer(calls=[Call("transfer_to_weather")], reasoning=True)])
    service.answers.extend([Answer(calls=[Call("get_weather", {"place": "Ghent"})], reasoning=True), Answer("Rain.")])
    history = (await ask(began, "weather?")).to_input_list()
    asked = await go_on(model, list(history), service)
    assert [line.role for line in asked.lines if line.role != "system"][-1] == "user"
    assert "rs_" not in json.dumps(asked.body)
    assert "fc_" not in json.dumps(asked.body)
    await began.close()


async def test_reasoning_of_the_turn_under_way_is_sent_back(service: FakeChat) -> None:
    model = make("openai", service)
    service.answers.extend([Answer(calls=[Call("transfer_to_weather")], reasoning=True), Answer("Rain.")])
    await ask(model, "weather?")
    assert next(item["type"] for item in service.requests[1].body["input"] if "type" in item) == "reasoning"
    assert service.requests[0].body["include"] == ["reasoning.encrypted_content"]
    assert service.requests[0].body["store"] is False
    await model.close()


async def test_a_history_that_cannot_be_sent_is_a_failure_too(service: FakeChat) -> None:
    model = make("compatible", service)
    with pytest.raises(ModelError) as caught:
        await ask_with(model, [{"type": "mystery", "text": "Rosebud"}])
    assert "Rosebud" not in str(caught.value)
    assert service.served == 0
    await model.close()


def test_portable_items_have_no_ids_of_a_service() -> None:
    items: list[object] = [
        {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "x"},
        {"role": "user", "content": "hi", "id": "msg_1"},
        {"type": "reasoning", "id": "rs_2", "summary": []},
        {"type": "reasoning", "id": "rs_3", "summary": [], "encrypted_content": "x"},
        {"type": "function_call", "id": "fc_1", "call_id": "c", "name": "t", "arguments": "{}", "provider_data": {}},
    ]
    assert portable(items) == [  # type: ignore[arg-type]
        {"role": "user", "content": "hi", "id": FAKE_RESPONSES_ID},
        items[3],
        {"type": "function_call", "id": FAKE_RESPONSES_ID, "call_id": "c", "name": "t", "arguments": "{}"},
    ]
    assert portable("hi") == "hi"
