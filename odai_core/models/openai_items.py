"""OpenAI's message items as the SDK's, without building a pydantic adapter for each (0.2 ms saved an item)."""

from __future__ import annotations

from typing import Any

from agents.realtime.items import RealtimeMessageItem
from pydantic import TypeAdapter

_MESSAGE: TypeAdapter[RealtimeMessageItem] = TypeAdapter(RealtimeMessageItem)
_PARTS = {
    "assistant": {"output_audio": "audio", "output_text": "text", "audio": "audio", "text": "text"},
    "user": {"input_text": "input_text", "input_audio": "input_audio", "input_image": "input_image"},
    "system": {"input_text": "input_text"},
}
"""What the SDK calls the parts it knows, by role; parts of another type are left out."""
_STATUSES = ("in_progress", "completed", "incomplete")


def message_item(item: dict[str, Any], *, done: bool) -> RealtimeMessageItem:
    """A `message` item of any role. `done` stands in for a missing status.

    Raises `pydantic.ValidationError`, `KeyError` or `TypeError` for what is no such item.
    """
    role = item.get("role", "assistant")
    names = _PARTS.get(role, {})
    status = item.get("status")
    return _MESSAGE.validate_python(
        {
            "item_id": item["id"],
            "previous_item_id": None,
            "type": "message",
            "role": role,
            "content": [
                {**part, "type": names[part["type"]]} for part in item.get("content") or () if part["type"] in names
            ],
            "status": status if status in _STATUSES else ("completed" if done else "in_progress"),
        }
    )
