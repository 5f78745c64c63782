"""The events of OpenAI's realtime protocol, as far as a call reads them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, get_args

import msgspec
from openai.types.realtime import RealtimeServerEvent

from odai_core.models.heard import Cut
from odai_core.models.openai_session import REPLAYED

AUDIO_DELTA = "response.output_audio.delta"
AUDIO_MARK = b'"response.output_audio.delta"'
"""Only a frame that holds this can be an audio delta; looking for it takes 0.2 us."""

SDK_EVENTS = frozenset(
    {
        "conversation.item.created",
        "conversation.item.deleted",
        "conversation.item.retrieved",
        "error",
        "input_audio_buffer.timeout_triggered",
        "response.output_audio.done",
        "response.output_item.added",
        "response.output_item.done",
        "response.output_text.delta",
        "session.updated",
    }
)
"""What the SDK's own handler does for us; the rest is handled by the adapter or means nothing to a call."""


@dataclass(frozen=True, slots=True)
class ModelFault:
    """The `error` of a model error event of ours; has the two fields every error of OpenAI's has."""

    code: str
    """"response_timeout" or "response_failed"."""
    message: str
    detail: str = ""
    """The server's own word for it, such as "rate_limit_exceeded"."""


class AudioDelta(msgspec.Struct):
    """`delta` is base64. `type` tells whether it is one at all."""

    type: str
    response_id: str = ""
    item_id: str = ""
    content_index: int = 0
    delta: str = ""


class TranscriptDelta(msgspec.Struct):
    """A piece of what the assistant says."""

    item_id: str
    response_id: str
    delta: str


class Transcription(msgspec.Struct):
    """What the caller said."""

    item_id: str
    transcript: str


class FunctionCall(msgspec.Struct):
    """A tool the model calls; without these two the SDK's session fails for good."""

    call_id: Annotated[str, msgspec.Meta(min_length=1)]
    name: Annotated[str, msgspec.Meta(min_length=1)]
    status: str = ""


decode_audio = msgspec.json.Decoder(AudioDelta).decode
decode_event = msgspec.json.Decoder(dict[str, Any]).decode


@cache
def known_events() -> frozenset[str]:
    """Every type the protocol had when the SDK was made."""
    union = get_args(RealtimeServerEvent)[0]
    return frozenset(name for event in get_args(union) for name in get_args(event.model_fields["type"].annotation))


def is_replayed(event: dict[str, Any]) -> bool:
    """The event announces an item of the replayed history."""
    return str(event["item"].get("id")).startswith(REPLAYED)


def response_id(event: dict[str, Any]) -> str | None:
    """The id in a response.created or response.done."""
    found = event["response"].get("id")
    return found if isinstance(found, str) else None


def fault_of(response: dict[str, Any]) -> ModelFault | None:
    """What went wrong with a finished response. The server's message may quote the caller, so only its code is kept."""
    status, details = response.get("status"), response.get("status_details")
    if status not in ("failed", "incomplete"):
        return None
    details = details if isinstance(details, dict) else {}
    error = details.get("error")
    code = error.get("code") if isinstance(error, dict) else None
    return ModelFault("response_failed", f"The model's answer was {status}.", str(code or details.get("reason") or ""))


def truncate(cut: Cut) -> dict[str, Any]:
    """Tell the server what the caller heard of an item."""
    return {
        "type": "conversation.item.truncate",
        "item_id": cut.item_id,
        "content_index": cut.content_index,
        "audio_end_ms": cut.heard_ms,
    }
