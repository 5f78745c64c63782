"""The local model: speech in, speech out, and chats, on this machine's CPU, with no key."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from odai_core import Asset, ModelPlugin, Problem, Setting, Values, hookimpl

if TYPE_CHECKING:
    from agents.models.interface import Model
    from agents.realtime import RealtimeModel

    from odai_core import CallOptions, TextOptions

__all__ = ["odai_models"]


def _realtime(options: CallOptions) -> RealtimeModel:
    from odai_model_local.model import LocalRealtimeModel

    return LocalRealtimeModel(options)


def _text(options: TextOptions) -> Model:
    from odai_model_local.text.model import LocalTextModel

    return LocalTextModel(options)


def _available(settings: Values) -> Problem | None:
    from odai_model_local.assets import available

    return available(settings)


def _warm_up(settings: Values) -> None:
    from odai_model_local.speech import warm_up

    warm_up(settings)


def _assets(settings: Values) -> Sequence[Asset]:
    from odai_model_local.assets import assets

    return assets(settings)


def _fetch(settings: Values, progress: Callable[[str, int, int], None]) -> None:
    from odai_model_local.fetch import fetch

    fetch(settings, progress)


SETTINGS = (
    Setting(name="ODAI_MODELS_DIR", help="Where the local voice's files are kept; the user's cache folder unless set."),
    Setting(
        name="ODAI_LOCAL_LLM_URL",
        help="An OpenAI-compatible chat endpoint that replaces the local voice's basic brain.",
        where="The base URL of Ollama, llama.cpp or vLLM, ending in /v1",
    ),
    Setting(name="ODAI_LOCAL_LLM_MODEL", help="The name of the model at ODAI_LOCAL_LLM_URL."),
    Setting(name="ODAI_LOCAL_LLM_KEY", help="The key for ODAI_LOCAL_LLM_URL, if it wants one.", secret=True),
)


@hookimpl
def odai_models() -> ModelPlugin:
    """Say what this model is; nothing heavy is imported until a call or a fetch needs it."""
    return ModelPlugin(
        name="local",
        api=1,
        title="Local voice",
        summary="understand and speak English on this machine's CPU, without a key",
        realtime=_realtime,
        text=_text,
        text_model=lambda settings: "local",
        freeform=False,
        settings=SETTINGS,
        available=_available,
        warm_up=_warm_up,
        assets=_assets,
        fetch=_fetch,
    )
