"""The built-in `openai` model plugin: its settings, and when it can answer. Imports the SDK only to answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from odai_core.calls import CallOptions, Values
from odai_core.chats import TextOptions
from odai_core.contract import ModelPlugin, Problem, Setting
from odai_core.hooks import hookimpl
from odai_core.models.compatible_plugin import is_http

if TYPE_CHECKING:
    from agents.models.interface import Model
    from agents.realtime import RealtimeModel

TEXT_URL = "https://api.openai.com/v1"
TEXT_SECONDS = 60.0
"""Of silence, until a text answer is given up."""

SETTINGS = (
    Setting(
        name="OPENAI_API_KEY",
        help="The key for OpenAI, in calls and in chats.",
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
    Setting(name="OPENAI_TEXT_MODEL", help="The model that answers chats.", default="gpt-5.4-mini"),
    Setting(name="OPENAI_BASE_URL", help="Where the Responses API is for chats; empty means OpenAI itself."),
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


def chats_available(settings: Values) -> Problem | None:
    """None when a chat could start now. A realtime server of one's own does not answer chats: that takes a key."""
    url = str(settings.get("OPENAI_BASE_URL") or "")
    if url and not is_http(url):
        return Problem(cause="OPENAI_BASE_URL is not an address.", remedy=f"Leave it empty for {TEXT_URL}.")
    if not settings.get("OPENAI_API_KEY"):
        return Problem(
            cause="OPENAI_API_KEY is not set.", remedy="Set OPENAI_API_KEY, or ODAI_TEXT_BASE_URL for another server."
        )
    return None


def _realtime(options: CallOptions) -> RealtimeModel:
    from odai_core.models.openai_realtime import OpenAIRealtime

    return OpenAIRealtime(options)


def _text(options: TextOptions) -> Model:
    from odai_core.models.text_models import ResponsesText

    settings, key = options.settings, options.settings.get("OPENAI_API_KEY")
    return ResponsesText(
        settings["OPENAI_TEXT_MODEL"],
        base_url=settings.get("OPENAI_BASE_URL") or TEXT_URL,
        key=key.reveal() if key else "",
        seconds=TEXT_SECONDS,
    )


def _warm_up(settings: Values) -> None:
    from odai_core.models import openai_realtime

    openai_realtime.warm_up()


@hookimpl
def odai_models() -> ModelPlugin:
    """OpenAI: its realtime service for calls, or a server that speaks its protocol, and its models for chats."""
    return ModelPlugin(
        name="openai",
        api=1,
        title="OpenAI",
        summary="talk and chat through OpenAI, or any server that speaks its protocols",
        realtime=_realtime,
        realtime_model=lambda settings: str(settings["OPENAI_REALTIME_MODEL"]),
        text=_text,
        text_model=lambda settings: str(settings["OPENAI_TEXT_MODEL"]),
        text_available=chats_available,
        settings=SETTINGS,
        available=available,
        warm_up=_warm_up,
    )
