"""The SDK's two models for OpenAI's protocols, with failures, histories and an end of their own."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from agents import ModelSettings, OpenAIChatCompletionsModel, OpenAIResponsesModel
from agents.models.default_models import gpt_5_reasoning_settings_required

from odai_core.models.text_client import make_client
from odai_core.models.text_failures import ended_badly, failures, took_too_long, unreadable
from odai_core.models.text_history import portable

if TYPE_CHECKING:
    from agents.items import ModelResponse, TResponseInputItem, TResponseStreamEvent

MAX_ANSWER_SECONDS = 300.0
"""From the request to the last piece."""

Events = AsyncGenerator["TResponseStreamEvent", None]


async def _checked(events: AsyncIterator[TResponseStreamEvent], model: str) -> Events:
    """The same events, closed with this generator; a stream that says nothing, or never ends, is a failure."""
    deadline = time.monotonic() + MAX_ANSWER_SECONDS
    with failures(model):
        async with aclosing(cast(Events, events)) as stream:
            ended = False
            async for event in stream:
                if event.type in ("response.failed", "response.incomplete", "error"):
                    raise ended_badly(event)
                if event.type == "response.completed":
                    ended = bool(event.response.output)
                    if not ended:
                        raise unreadable()
                yield event
                if time.monotonic() > deadline:
                    raise took_too_long()
            if not ended:
                raise unreadable()


class ResponsesText(OpenAIResponsesModel):
    """OpenAI's Responses API. Nothing is kept there: a chat's history is ours."""

    def __init__(self, model: str, *, base_url: str, key: str, seconds: float) -> None:
        super().__init__(model=model, openai_client=make_client(base_url, key, seconds))

    def _settings(self, settings: ModelSettings) -> ModelSettings:
        if settings.store is not None:
            return settings
        included = list(settings.response_include or ())
        if gpt_5_reasoning_settings_required(str(self.model)):
            included.append("reasoning.encrypted_content")
        return replace(settings, store=False, response_include=included)

    async def get_response(
        self,
        system_instructions: str | None,
        input: str | list[TResponseInputItem],
        model_settings: ModelSettings,
        *args: Any,
        **kwargs: Any,
    ) -> ModelResponse:
        with failures(str(self.model)):
            return await super().get_response(
                system_instructions, portable(input), self._settings(model_settings), *args, **kwargs
            )

    def stream_response(
        self,
        system_instructions: str | None,
        input: str | list[TResponseInputItem],
        model_settings: ModelSettings,
        *args: Any,
        **kwargs: Any,
    ) -> Events:
        settings = self._settings(model_settings)
        return _checked(
            super().stream_response(system_instructions, portable(input), settings, *args, **kwargs), str(self.model)
        )

    async def close(self) -> None:
        """Close every connection; safe to repeat."""
        await super().close()
        await self._client.close()


class CompatibleText(OpenAIChatCompletionsModel):
    """Chat Completions, as most servers speak it. Always asks for the usage."""

    def __init__(self, model: str, *, base_url: str, key: str, seconds: float) -> None:
        super().__init__(model=model, openai_client=make_client(base_url, key, seconds))

    async def get_response(
        self,
        system_instructions: str | None,
        input: str | list[TResponseInputItem],
        model_settings: ModelSettings,
        *args: Any,
        **kwargs: Any,
    ) -> ModelResponse:
        with failures(str(self.model)):
            return await super().get_response(system_instructions, portable(input), model_settings, *args, **kwargs)

    def stream_response(
        self,
        system_instructions: str | None,
        input: str | list[TResponseInputItem],
        model_settings: ModelSettings,
        *args: Any,
        **kwargs: Any,
    ) -> Events:
        settings = replace(model_settings, include_usage=True)
        return _checked(
            super().stream_response(system_instructions, portable(input), settings, *args, **kwargs), str(self.model)
        )

    async def close(self) -> None:
        """Close every connection; safe to repeat."""
        await super().close()
        await self._client.close()
