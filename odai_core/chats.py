"""What a chat is, as its transport and its model see it; standard library only.

Everything here is public and imported through `odai_core`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from odai_core.calls import Caller, ToolInfo, Values

if TYPE_CHECKING:
    from odai_core.text.events import ChatEvent


@dataclass(frozen=True, kw_only=True)
class TextOptions:
    """What a text model is made from. One model serves all chats of a catalog, many at once."""

    settings: Values
    """The model plugin's own."""
    tools: tuple[ToolInfo, ...] = ()
    """Every tool a specialist has: with the examples and titles that the SDK has no place for."""


@dataclass(frozen=True, kw_only=True)
class ChatInfo:
    """What a transport knows of a chat before it opens it."""

    chat_id: str
    """1 to 128 characters of A-Z a-z 0-9 . _ -: made by the client, owned by the first user who uses it."""
    caller: Caller
    """`user_id` must be set: a chat belongs to a user."""


@dataclass(frozen=True, kw_only=True)
class ChatSummary:
    """A line in the list of somebody's chats."""

    chat_id: str
    title: str
    """ "" until it has one."""
    created_at: float
    """Unix seconds."""
    updated_at: float


@dataclass(frozen=True, kw_only=True)
class PastTurn:
    """A finished turn, as a page shows it again."""

    id: str
    at: float
    """Unix seconds of its end."""
    prompt: str
    answer: str
    """Markdown."""
    shown: Sequence[Mapping[str, Any]] = ()
    """What was on the screen beside the text, in the order and shape of the wire: tool outputs, hand-offs, usage."""
    status: str = "completed"
    """completed, stopped or failed."""


class Chat(Protocol):
    """One open chat, between a transport and the assistant. Every method is safe after the chat's end."""

    @property
    def chat_id(self) -> str:
        """As in the ChatInfo."""

    @property
    def model_name(self) -> str:
        """The model plugin that answers."""

    def prompt(self, text: str) -> AsyncIterator[ChatEvent]:
        """One turn, from the user's words to its end; close the iterator (`aclose`) to stop it.

        Waits for a turn of the same chat that runs elsewhere. Yields a ChatError instead of raising, and always ends
        with EndOfStream (SuggestedPrompts and ChatTitle may follow it).
        """

    async def confirm(self, confirmation_id: str, approve: bool) -> bool:
        """The user's answer to a ConfirmationRequired. False: no such question waits, or it has expired."""

    async def stop(self) -> None:
        """Stop the turn that runs, if one does; what was said so far is kept."""


class ChatBook(Protocol):
    """The chats of users, for lists and pages."""

    async def list(self, user_id: str, *, limit: int = 50, before: float | None = None) -> tuple[ChatSummary, ...]:
        """The newest first; `before` is an `updated_at` to page on from."""

    async def read(self, user_id: str, chat_id: str) -> tuple[PastTurn, ...] | None:
        """Every finished turn, oldest first; None when the user has no such chat."""

    async def page(
        self, user_id: str, chat_id: str, *, limit: int, before: str | None = None
    ) -> tuple[tuple[PastTurn, ...], bool] | None:
        """The newest turns, oldest first, and whether older ones are left; None when the user has no such chat.

        At most `limit`, and fewer when they are large. `before` is the id of a turn to page on from.
        """

    async def delete(self, user_id: str, chat_id: str) -> bool:
        """Forget it. False: the user has no such chat."""


@dataclass(frozen=True, kw_only=True)
class Usage:
    """What a model used for one thing: counts of tokens. Cached and audio ones are part of the input and output."""

    model: str
    """The service's name of the model; it is looked up in the price table."""
    input_tokens: int = 0
    cached_input_tokens: int = 0
    output_tokens: int = 0
    audio_input_tokens: int = 0
    cached_audio_input_tokens: int = 0
    audio_output_tokens: int = 0
    seconds: float = 0.0
    """Of a call."""
    details: Mapping[str, Any] = field(default_factory=dict)
