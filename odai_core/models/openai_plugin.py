"""The built-in `openai` model plugin: its settings, and when it can answer. Imports the SDK only for a call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from odai_core.calls import CallOptions, Values
from odai_core.contract import ModelPlugin, Problem, Setting
from odai_core.hooks import hookimpl

if TYPE_CHECKING:
    from agents.realtime import RealtimeModel

SETTINGS = (
    Setting(
        name="OPENAI_API_KEY",
        help="The key for OpenAI's realtime service.",
        secret=True,
        where="https://platform.openai.com/api-keys",
    ),
    Setting(
        name="OPENAI_REALTIME_URL",
        help="A compatible server, as a full ws:// or wss:// URL; empty means OpenAI itself.",
    ),
    Setting(
        name="OPENAI_REALTIME_MODEL",
        help="The realtime model that listens and speaks.",
        default="gpt-realtime-2.1",
    ),
    Setting(
        name="OPENAI_TRANSCRIPTION_MODEL",
        help="The model that writes down what the caller says.",
        default="gpt-4o-mini-transcribe",
    ),
    Setting(name="ODAI_VOICE", help="The assistant's voice.", default="sage"),
)


def available(settings: Values) -> Problem | None:
    """None when a call could start now; looks at the settings only."""
    url = settings.get("OPENAI_REALTIME_URL") or ""
    if url and not url.startswith(("ws://", "wss://")):
        return Problem(
            cause="OPENAI_REALTIME_URL is not a WebSocket address.",
            remedy="Start it with wss:// (or ws://), or leave it empty for OpenAI.",
        )
    if not url and not settings.get("OPENAI_API_KEY"):
        return Problem(
            cause="OPENAI_API_KEY is not set.",
            remedy="Set OPENAI_API_KEY, or OPENAI_REALTIME_URL for a compatible server without a key.",
        )
    return None


def _realtime(options: CallOptions) -> RealtimeModel:
    from odai_core.models.openai_realtime import OpenAIRealtime

    return OpenAIRealtime(options)


def _warm_up(settings: Values) -> None:
    from odai_core.models import openai_realtime

    openai_realtime.warm_up()


@hookimpl
def odai_models() -> ModelPlugin:
    """OpenAI's realtime service, or a server that speaks its protocol."""
    return ModelPlugin(
        name="openai",
        api=1,
        title="OpenAI",
        summary="talk through OpenAI's realtime service, or any server that speaks its protocol",
        realtime=_realtime,
        settings=SETTINGS,
        available=available,
        warm_up=_warm_up,
    )
