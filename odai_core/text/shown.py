"""What of a turn is kept for the screen, beside its text: the events of the wire that make cards."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from odai_core.text.events import (
    ChatError,
    ChatEvent,
    ChatHandoff,
    ChatUsage,
    ConfirmationRequired,
    ConfirmationSettled,
    ToolOutput,
)

MAX_SHOWN = 1_000_000
"""Bytes of JSON a turn keeps for the screen; what comes after that is shown once and not kept."""


class Shown:
    """Gathers the cards of one turn, in order and bounded."""

    def __init__(self) -> None:
        self.kept: list[dict[str, Any]] = []
        self._bytes = 0

    def add(self, event: ChatEvent) -> None:
        """Keep it, if it makes a card and there is room."""
        card = _card(event)
        if card is None:
            return
        size = len(msgspec.json.encode(card))
        if self._bytes + size <= MAX_SHOWN:
            self._bytes += size
            self.kept.append(card)


def _card(event: ChatEvent) -> dict[str, Any] | None:
    match event:
        case ToolOutput(output=Mapping() as output):
            return {"type": "tool_output", "output": dict(output), "current_agent": event.agent}
        case ChatHandoff():
            return {"type": "handoff", "name": event.name, "current_agent": event.agent}
        case ChatUsage():
            return {"type": "usage", **_fields(event)}
        case ChatError():
            return {"type": "error", **_fields(event)}
        case ConfirmationRequired():
            fields = _fields(event)
            agent, title = fields.pop("agent"), fields.pop("title")
            return {"type": "confirmation_required", "friendly_name": title, **fields, "current_agent": agent}
        case ConfirmationSettled():
            return {"type": "confirmation_settled", **_fields(event)}
    return None


def _fields(event: ChatEvent) -> dict[str, Any]:
    return {name: getattr(event, name) for name in type(event).__dataclass_fields__}
