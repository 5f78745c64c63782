"""What a tool answers: everything for the screen, a sentence for the ear."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True, kw_only=True)
class ToolResponse:
    """A tool's answer.

    `to_wire()` gives the public shape; `spoken` and `voice` never reach the screen, `response` never the voice model.
    """

    response_type: str
    response: Any
    """A dict, list or string that JSON can carry."""
    spoken: str = ""
    """One or two sentences made from the data: at most 300 characters, no URL, no markup."""
    voice: Any = None
    """A compact projection for the realtime model: at most 3 to 5 items of 3 to 6 fields."""
    agent_name: str = ""
    friendly_name: str = ""
    display_response: bool = True
    sample: bool = False
    """It is bundled sample data, not live."""

    @property
    def ok(self) -> bool:
        """False for an error, and for an account that is needed first."""
        return self.response_type not in ("error", "account_needed")

    def named(self, agent_name: str, friendly_name: str) -> ToolResponse:
        """The same answer with the names filled in where the tool left them empty."""
        return replace(
            self, agent_name=self.agent_name or agent_name, friendly_name=self.friendly_name or friendly_name
        )

    def to_wire(self) -> dict[str, Any]:
        """The public shape, as sent to screens."""
        wire = {
            "response_type": self.response_type,
            "agent_name": self.agent_name,
            "friendly_name": self.friendly_name,
            "response": self.response,
            "display_response": self.display_response,
        }
        return wire | {"sample": True} if self.sample else wire

    @classmethod
    def account_needed(cls, account_type: str, connect_url: str, spoken: str) -> ToolResponse:
        """The user links an account first; a screen shows a button that leads to `connect_url`."""
        body = {"account_type": account_type, "connect_url": connect_url}
        return cls(response_type="account_needed", response=body, spoken=spoken)

    @classmethod
    def error(cls, code: str, message: str, retryable: bool, retry_after: float | None = None) -> ToolResponse:
        """The one shape of a failure; `message` is ours and is what the voice says."""
        body: dict[str, Any] = {"code": code, "message": message, "retryable": retryable}
        if retry_after is not None:
            body["retry_after"] = retry_after
        return cls(response_type="error", response=body, spoken=message)
