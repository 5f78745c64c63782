"""What a call tells its transport: one frozen dataclass per kind of event."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias


@dataclass(frozen=True, slots=True)
class Audio:
    """Assistant's audio in the profile's format. `start_ms` is its place in the item; `seq` counts per call."""

    item_id: str
    data: bytes
    start_ms: int
    seq: int


@dataclass(frozen=True, slots=True)
class AudioEnd:
    """The model has finished producing this item (the caller may still be hearing it)."""

    item_id: str


@dataclass(frozen=True, slots=True)
class Interrupted:
    """Drop whatever is queued: the caller heard `heard_ms` of `item_id` and no more."""

    item_id: str
    heard_ms: int


@dataclass(frozen=True, slots=True)
class ResponseStarted:
    """The model began an answer."""

    agent: str


@dataclass(frozen=True, slots=True)
class ResponseEnded:
    """The model finished an answer."""

    agent: str


@dataclass(frozen=True, slots=True)
class ToolStarted:
    """A tool runs. `arguments` is the model's JSON text."""

    call_id: str
    tool: str
    arguments: str
    title: str
    progress: str


@dataclass(frozen=True, slots=True)
class ToolEnded:
    """A tool answered. `output` is the ToolResponse as a dict, or None when it is not for display."""

    call_id: str
    tool: str
    output: dict[str, Any] | None
    ms: int
    ok: bool


@dataclass(frozen=True, slots=True)
class Transcript:
    """A line of either side, new (`added`) or grown."""

    item_id: str
    role: Literal["user", "assistant"]
    text: str
    status: Literal["in_progress", "completed", "interrupted"]
    added: bool


@dataclass(frozen=True, slots=True)
class TurnMetrics:
    """How long one turn took, in milliseconds; what is not known is missing."""

    values: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Handoff:
    """Another agent took over."""

    from_agent: str
    to_agent: str


@dataclass(frozen=True, slots=True)
class CallError:
    """Something went wrong and the call goes on; `message` is for a person."""

    code: str
    message: str
    retryable: bool


@dataclass(frozen=True, slots=True)
class Ended:
    """The last event. Reasons: hangup, caller, duration, idle, quota, drain, slow_peer, model_lost, error."""

    reason: str
    message: str = ""


CallEvent: TypeAlias = (
    Audio
    | AudioEnd
    | Interrupted
    | ResponseStarted
    | ResponseEnded
    | ToolStarted
    | ToolEnded
    | Transcript
    | TurnMetrics
    | Handoff
    | CallError
    | Ended
)
