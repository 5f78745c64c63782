"""What a call asks of OpenAI's server before the first word: address, headers, session settings, the past."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast
from urllib.parse import parse_qs, quote, urlsplit

from agents.realtime import RealtimeSessionModelSettings

from odai_core.calls import PCM16_24K, ULAW_8K, CallOptions, TurnDetection, Values
from odai_core.errors import SettingError

OPENAI_URL = "wss://api.openai.com/v1/realtime"
REPLAYED = "odai_past_"
"""How the ids of replayed items begin (the API takes at most 32 characters)."""


def address(settings: Values) -> str:
    """The URL to connect to; the model's name is added unless the address names one."""
    url = settings.get("OPENAI_REALTIME_URL") or OPENAI_URL
    query = urlsplit(url).query
    if "model" in parse_qs(query):
        return str(url)
    return f"{url}{'&' if query else '?'}model={quote(settings['OPENAI_REALTIME_MODEL'])}"


def headers(settings: Values) -> dict[str, str]:
    """The authorization, when there is a key. The SDK's own search for one in the environment is not used."""
    key = settings.get("OPENAI_API_KEY")
    return {"Authorization": f"Bearer {key.reveal()}"} if key else {}


def session_settings(options: CallOptions) -> RealtimeSessionModelSettings:
    """Voice, audio both ways, transcription and turn taking of this call, in the SDK's flat form.

    Raises `SettingError` for audio that the service does not speak.
    """
    if options.audio not in (PCM16_24K, ULAW_8K):
        raise SettingError(
            f"OpenAI does not speak {options.audio.name} at {options.audio.rate} Hz.",
            "Use PCM16 at 24000 Hz or mu-law at 8000 Hz in the transport's audio profile.",
        )
    settings = options.settings
    return {
        "model_name": settings["OPENAI_REALTIME_MODEL"],
        "voice": settings["ODAI_VOICE"],
        "modalities": ["audio"],
        "input_audio_format": options.audio.name,
        "output_audio_format": options.audio.name,
        "input_audio_transcription": {"model": settings["OPENAI_TRANSCRIPTION_MODEL"]},
        "turn_detection": cast(Any, _turn_detection(options.turns)),
        "tracing": None,
    }


def _turn_detection(turns: TurnDetection) -> dict[str, Any]:
    wanted = {
        "type": turns.type,
        "threshold": turns.threshold,
        "silence_duration_ms": turns.silence_ms,
        "interrupt_response": turns.interrupt,
        "create_response": True,
    }
    return {name: value for name, value in wanted.items() if value is not None}


def past_items(options: CallOptions) -> Iterator[dict[str, Any]]:
    """The call's history as conversation.item.create events that ask for no answer."""
    for number, turn in enumerate(options.history):
        if not turn.text.strip():
            continue
        part = {"type": "input_text" if turn.role == "user" else "output_text", "text": turn.text}
        item = {"id": f"{REPLAYED}{number}", "type": "message", "role": turn.role, "content": [part]}
        yield {"type": "conversation.item.create", "item": item}
