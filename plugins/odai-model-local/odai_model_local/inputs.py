"""What the SDK sends, as plain text."""

from __future__ import annotations

from typing import Any

from agents.realtime.model_inputs import RealtimeModelSendRawMessage, RealtimeModelUserInput


def text_of(user_input: RealtimeModelUserInput) -> str:
    """The words of a typed turn; pictures are passed over."""
    if isinstance(user_input, str):
        return user_input
    texts = [str(part.get("text", "")) for part in user_input["content"] if part["type"] == "input_text"]
    return " ".join(texts)


def line_of(event: RealtimeModelSendRawMessage) -> str:
    """What a `response.create` wants spoken word for word; "" for every other message."""
    if event.message["type"] != "response.create":
        return ""
    value: Any = event.message.get("other_data")
    for name in ("response", "metadata", "say"):
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, str) else ""
