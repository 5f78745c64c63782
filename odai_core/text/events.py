"""What a chat tells its transport: one frozen dataclass per kind of event."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias


@dataclass(frozen=True, slots=True)
class TextDelta:
    """A piece of the answer, in Markdown."""

    delta: str
    agent: str


@dataclass(frozen=True, slots=True)
class ToolCalled:
    """A tool runs. `description` is its progress phrase."""

    call_id: str
    name: str
    description: str
    agent: str


@dataclass(frozen=True, slots=True)
class ToolOutput:
    """A tool answered. `output` is the ToolResponse as a dict, or None when it is not for display."""

    call_id: str
    name: str
    output: Mapping[str, Any] | None
    agent: str


@dataclass(frozen=True, slots=True)
class ChatHandoff:
    """An agent hands the chat on. `name` is the hand-off's tool: transfer_to_yelp."""

    name: str
    agent: str


@dataclass(frozen=True, slots=True)
class AgentUpdated:
    """Another agent has the word."""

    new_agent: str
    agent: str


@dataclass(frozen=True, slots=True)
class ConfirmationRequired:
    """A tool that changes something waits for the user's own yes: `Chat.confirm(id, True)`."""

    id: str
    tool: str
    title: str
    """Of the connector: "Gmail"."""
    question: str
    """What will be done, in a sentence."""
    arguments: Mapping[str, Any]
    """Exactly what the tool will be given."""
    expires_at: float
    """Unix seconds; after it the answer is no."""
    agent: str


@dataclass(frozen=True, slots=True)
class ConfirmationSettled:
    """What became of it: approved, declined or expired."""

    id: str
    outcome: str


@dataclass(frozen=True, slots=True)
class EndOfStream:
    """The answer is complete."""


@dataclass(frozen=True, slots=True)
class SuggestedPrompt:
    """Something to ask next: at most 35 characters, with a likelihood from 0 to 1."""

    prompt: str
    likelihood: float


@dataclass(frozen=True, slots=True)
class SuggestedPrompts:
    """At most three."""

    prompts: tuple[SuggestedPrompt, ...]


@dataclass(frozen=True, slots=True)
class ChatUsage:
    """What the turn used. `cost_usd` is None when a price is not known."""

    input_tokens: int
    cached_input_tokens: int
    output_tokens: int
    total_tokens: int
    cost_usd: float | None


@dataclass(frozen=True, slots=True)
class ChatTitle:
    """The chat has got its title."""

    title: str


@dataclass(frozen=True, slots=True)
class ChatError:
    """The turn cannot go on. Codes: busy, quota, model, unavailable, too_long, drain, internal."""

    code: str
    message: str
    """A sentence that a person understands."""
    retryable: bool


ChatEvent: TypeAlias = (
    TextDelta
    | ToolCalled
    | ToolOutput
    | ChatHandoff
    | AgentUpdated
    | ConfirmationRequired
    | ConfirmationSettled
    | EndOfStream
    | SuggestedPrompts
    | ChatUsage
    | ChatTitle
    | ChatError
)
