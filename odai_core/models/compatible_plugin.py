"""The built-in `compatible` model plugin: any server with an OpenAI-compatible chat endpoint, for chats."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from odai_core.calls import Values
from odai_core.chats import TextOptions
from odai_core.contract import ModelPlugin, Problem, Setting
from odai_core.hooks import hookimpl

if TYPE_CHECKING:
    from agents.models.interface import Model


def seconds(text: str) -> float:
    """A time that one can wait for an answer: 1 to 600 seconds."""
    value = float(text)
    if not 1 <= value <= 600:  # a NaN is neither
        raise ValueError("between 1 and 600 seconds")
    return value


SETTINGS = (
    Setting(
        name="ODAI_TEXT_BASE_URL",
        help="An OpenAI-compatible endpoint that answers chats.",
        where="The base URL of Ollama, vLLM, llama.cpp or a service, mostly ending in /v1",
    ),
    Setting(name="ODAI_TEXT_MODEL", help="The name of the model at ODAI_TEXT_BASE_URL."),
    Setting(name="ODAI_TEXT_KEY", help="The key for ODAI_TEXT_BASE_URL, if it wants one.", secret=True),
    Setting(
        name="ODAI_TEXT_TIMEOUT",
        help="Seconds of silence after which the endpoint is given up; a slow machine needs more.",
        default="60",
        type=seconds,
    ),
)


def available(settings: Values) -> Problem | None:
    """None when a chat could start now; looks at the settings only."""
    url, model = str(settings["ODAI_TEXT_BASE_URL"] or ""), settings["ODAI_TEXT_MODEL"]
    if not url:
        return Problem(
            cause="ODAI_TEXT_BASE_URL is not set.", remedy="Set it to the base URL of an OpenAI-compatible endpoint."
        )
    if not is_http(url):
        return Problem(cause="ODAI_TEXT_BASE_URL is not an address.", remedy="Write it like http://127.0.0.1:11434/v1.")
    if not model:
        return Problem(cause="ODAI_TEXT_MODEL is not set.", remedy="Set it to the name of a model at that endpoint.")
    return None


def is_http(url: str) -> bool:
    """An absolute http or https URL."""
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        return False


def _text(options: TextOptions) -> Model:
    from odai_core.models.text_models import CompatibleText

    settings, key = options.settings, options.settings["ODAI_TEXT_KEY"]
    return CompatibleText(
        settings["ODAI_TEXT_MODEL"],
        base_url=settings["ODAI_TEXT_BASE_URL"],
        key=key.reveal() if key else "",
        seconds=settings["ODAI_TEXT_TIMEOUT"],
    )


@hookimpl
def odai_models() -> ModelPlugin:
    """A text model behind an address that the operator names."""
    return ModelPlugin(
        name="compatible",
        api=1,
        title="Compatible endpoint",
        summary="answer chats with any model behind an OpenAI-compatible endpoint",
        text=_text,
        text_model=lambda settings: str(settings["ODAI_TEXT_MODEL"]),
        settings=SETTINGS,
        available=available,
    )
