"""What the text models rely on in the Agents SDK and the OpenAI client: a new version that changes it fails here."""

from __future__ import annotations

import inspect

import httpx2
import pytest
from agents import Agent, ModelSettings, OpenAIChatCompletionsModel, OpenAIResponsesModel, RunConfig, Runner
from agents.models.default_models import gpt_5_reasoning_settings_required
from agents.models.fake_id import FAKE_RESPONSES_ID
from agents.models.interface import Model
from openai import AsyncOpenAI

from odai_core.models import text_client
from odai_core.models.text_models import CompatibleText, ResponsesText
from odai_core.testing.fake_chat import Answer, FakeChat

LEADING = ["self", "system_instructions", "input", "model_settings"]


@pytest.mark.parametrize("kind", [Model, OpenAIResponsesModel, OpenAIChatCompletionsModel])
@pytest.mark.parametrize("method", ["get_response", "stream_response"])
def test_what_we_change_stands_first(kind: type[Model], method: str) -> None:
    assert list(inspect.signature(getattr(kind, method)).parameters)[:4] == LEADING


def test_only_gpt_5_wants_its_reasoning_back() -> None:
    assert gpt_5_reasoning_settings_required("gpt-5.4-mini")
    assert not gpt_5_reasoning_settings_required("gpt-4.1-mini")
    settings = ResponsesText("gpt-4.1-mini", base_url="http://127.0.0.1:9", key="k", seconds=1)._settings(
        ModelSettings()
    )
    assert settings.response_include == []
    assert settings.store is False


def test_who_wants_it_stored_gets_it_stored() -> None:
    model = ResponsesText("gpt-5", base_url="http://127.0.0.1:9", key="k", seconds=1)
    wanted = ModelSettings(store=True)
    assert model._settings(wanted) is wanted


async def test_the_client_is_ours_to_close() -> None:
    model = CompatibleText("m", base_url="http://127.0.0.1:9", key="", seconds=1)
    assert isinstance(model._client, AsyncOpenAI)
    assert not model._client._client.is_closed
    await model.close()
    assert model._client._client.is_closed


async def test_the_clients_waits_and_tries_are_ours() -> None:
    client = text_client.make_client("http://127.0.0.1:9/v1", "k", 7.0)
    assert client.timeout == httpx2.Timeout(7.0, connect=text_client.CONNECT_SECONDS, pool=text_client.CONNECT_SECONDS)
    assert client.max_retries == text_client.TRIES_AGAIN
    assert not client._client.follow_redirects
    await client.close()


@pytest.mark.parametrize("kind", [ResponsesText, CompatibleText])
async def test_fake_ids_are_never_sent(kind: type[ResponsesText] | type[CompatibleText]) -> None:
    async with FakeChat() as service:
        model = kind("m", base_url=service.url, key="sk-test-key", seconds=5)
        service.answers.extend([Answer("Well."), Answer("Good.")])
        agent = Agent[None](name="A", model=model)
        config = RunConfig(tracing_disabled=True)
        first = await Runner.run(agent, "hello", run_config=config)
        await Runner.run(agent, [*first.to_input_list(), {"role": "user", "content": "and?"}], run_config=config)
        assert FAKE_RESPONSES_ID not in str(service.requests[1].body)
        assert [line.text for line in service.requests[1].lines] == ["hello", "Well.", "and?"]
        await model.close()
