"""The text frames of a chat's socket: what a client may say, and what it is told."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import msgspec

from odai_core import chat_events

FRAME_LIMIT = 1 << 18
"""Characters of one client frame; a longer one closes the socket."""
PROMPT_LIMIT = 32_000
"""Characters of one prompt."""


class BadFrame(Exception):
    """A client frame that says nothing; `code` and `message` go back in an `error` frame."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class FrameTooBig(Exception):
    """A client frame beyond FRAME_LIMIT: the socket closes."""


# -- client to server -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Prompt:
    """Something a person said: at least one visible character, at most PROMPT_LIMIT."""

    text: str


@dataclass(frozen=True)
class Confirm:
    """A person's answer to a `confirmation_required`."""

    id: str
    approve: bool


@dataclass(frozen=True)
class Stop:
    """Stop the turn that runs."""


ClientFrame: TypeAlias = Prompt | Confirm | Stop
STOP = Stop()


def decode(frame: str | bytes | None) -> ClientFrame:
    """A client's frame. Raises BadFrame, or FrameTooBig."""
    if not isinstance(frame, str):
        raise BadFrame("bad_frame", "Send text frames; this one was binary.")
    if len(frame) > FRAME_LIMIT:
        raise FrameTooBig
    told = _object(frame)
    kind = told.get("type")
    if kind == "stop":
        return STOP
    if kind == "confirm":
        return _confirm(told)
    message = told.get("message")
    return _prompt(message if isinstance(message, str) else frame)


def _object(frame: str) -> Mapping[str, Any]:
    """The frame as a JSON object; empty for everything else, which is then a prompt as it stands."""
    if not frame.lstrip().startswith("{"):
        return {}
    try:
        told = msgspec.json.decode(frame)
    except (msgspec.DecodeError, RecursionError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}


def _confirm(told: Mapping[str, Any]) -> Confirm:
    # Never a prompt: what was meant as a yes or a no is not for the model to guess at.
    match told:
        case {"id": str(named), "approve": bool(approve)} if 0 < len(named) <= 128:
            return Confirm(named, approve)
    raise BadFrame("bad_frame", 'A confirmation has a text "id" and a true or false "approve".')


def _prompt(text: str) -> Prompt:
    # PostgreSQL has no place for NUL in a text.
    text = text.replace("\0", "").strip()
    if not text:
        raise BadFrame("empty_prompt", "There is nothing in this message.")
    if len(text) > PROMPT_LIMIT:
        raise BadFrame("too_long", f"A message has at most {PROMPT_LIMIT:,} characters.")
    return Prompt(text)


# -- server to client -------------------------------------------------------------------------------

# A tool's answer may hold what JSON has no word for; the screen shows its text.
_encoder = msgspec.json.Encoder(enc_hook=str)


def frame(kind: str, **fields: Any) -> str:
    """A frame with this `type`."""
    told = {"type": kind, **fields}
    try:
        return _encoder.encode(told).decode()
    except (TypeError, ValueError, OverflowError, RecursionError):
        return json.dumps(_plain(told))


def _plain(value: Any, depth: int = 0) -> Any:
    """What the strict encoder refused (half a surrogate pair, a huge number), as near as JSON can say it."""
    if depth > 32:
        return "…"
    if isinstance(value, Mapping):
        return {str(key): _plain(one, depth + 1) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(one, depth + 1) for one in value]
    if value is None or isinstance(value, bool | int) or (isinstance(value, float) and value - value == 0):
        return value
    return None if isinstance(value, float) else str(value)


def error(code: str, message: str, *, retryable: bool) -> str:
    """Something went wrong, in words a person understands."""
    return frame("error", code=code, message=message, retryable=retryable)


def delta(text: str, agent: str) -> str:
    """A piece of the answer."""
    return frame("raw_response_event", delta=text, current_agent=agent)


END_OF_STREAM = frame("end_of_stream")


def _tool_output(event: chat_events.ToolOutput) -> str:
    shown = {} if event.output is None else {"output": event.output}
    return frame("tool_output", **shown, name=event.name, call_id=event.call_id, current_agent=event.agent)


def _tool_call(event: chat_events.ToolCalled) -> str:
    return frame(
        "tool_call",
        name=event.name,
        description=event.description,
        call_id=event.call_id,
        current_agent=event.agent,
    )


def _agent_updated(event: chat_events.AgentUpdated) -> str:
    return frame("agent_updated", new_agent=event.new_agent, current_agent=event.agent, name=event.new_agent)


def _confirmation(event: chat_events.ConfirmationRequired) -> str:
    return frame(
        "confirmation_required",
        id=event.id,
        tool=event.tool,
        friendly_name=event.title,
        question=event.question,
        arguments=event.arguments,
        expires_at=event.expires_at,
        current_agent=event.agent,
    )


def _suggested(event: chat_events.SuggestedPrompts) -> str:
    return frame(
        "suggested_prompts",
        prompts=[{"prompt": one.prompt, "likelihood": one.likelihood} for one in event.prompts],
    )


def _usage(event: chat_events.ChatUsage) -> str:
    return frame(
        "usage",
        input_tokens=event.input_tokens,
        cached_input_tokens=event.cached_input_tokens,
        output_tokens=event.output_tokens,
        total_tokens=event.total_tokens,
        cost_usd=event.cost_usd,
    )


_ENCODERS: dict[type[Any], Callable[[Any], str]] = {
    chat_events.TextDelta: lambda event: delta(event.delta, event.agent),
    chat_events.ToolCalled: _tool_call,
    chat_events.ToolOutput: _tool_output,
    chat_events.ChatHandoff: lambda event: frame("handoff", name=event.name, current_agent=event.agent),
    chat_events.AgentUpdated: _agent_updated,
    chat_events.ConfirmationRequired: _confirmation,
    chat_events.ConfirmationSettled: lambda event: frame("confirmation_settled", id=event.id, outcome=event.outcome),
    chat_events.EndOfStream: lambda event: END_OF_STREAM,
    chat_events.SuggestedPrompts: _suggested,
    chat_events.ChatUsage: _usage,
    chat_events.ChatTitle: lambda event: frame("title", title=event.title),
    chat_events.ChatError: lambda event: error(event.code, event.message, retryable=event.retryable),
}


def encode(event: chat_events.ChatEvent) -> str | None:
    """A chat's event as the frame for the client; None for a kind that a later core may have and this sheet has not."""
    encoder = _ENCODERS.get(type(event))
    return None if encoder is None else encoder(event)
