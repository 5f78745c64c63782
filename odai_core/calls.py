"""What a call is, as its transport and its model see it; standard library only.

Everything here is public and imported through `odai_core`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    import logging

    from odai_core.chats import Chat, ChatBook, ChatInfo
    from odai_core.voice.events import CallEvent


class Values(Protocol):
    """The declared settings of one plugin, read only. An undeclared name is a KeyError."""

    def __getitem__(self, name: str, /) -> Any: ...

    def get(self, name: str, default: Any = None, /) -> Any:
        """The value, or `default` for an undeclared name."""


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Who is talking, as far as the transport knows. All of it is private: never log it."""

    user_id: str | None = None
    """None: a guest."""
    phone: str | None = None
    """E.164, or None when withheld."""
    locale: str = "en-US"
    time_zone: str = "UTC"
    """An IANA name."""
    place: str | None = None
    """"City, Region", when known."""
    expires_at: float | None = field(default=None, compare=False)
    """Unix seconds until which the token holds that this came from."""


@dataclass(frozen=True, kw_only=True)
class ToolInfo:
    """A tool as a model sees it."""

    name: str
    description: str
    parameters: Mapping[str, Any]
    """A strict JSON schema: every property required, optional ones nullable, no additional properties."""
    examples: tuple[str, ...] = ()
    progress: str = ""
    plugin: str = ""
    title: str = ""
    summary: str = ""
    confirm: bool = False
    """The user is asked before it runs."""


@dataclass(frozen=True)
class AudioFormat:
    """How audio is laid out in bytes: mono, `rate` samples a second."""

    name: Literal["pcm16", "g711_ulaw"]
    rate: int

    @property
    def bytes_per_ms(self) -> int:
        """Bytes in one millisecond: PCM16 at 24 kHz 48, mu-law at 8 kHz 8."""
        return self.rate // 1000 * (2 if self.name == "pcm16" else 1)


PCM16_24K = AudioFormat("pcm16", 24000)
"""Signed 16-bit little-endian, mono, 24 kHz: 48 bytes a millisecond."""
ULAW_8K = AudioFormat("g711_ulaw", 8000)
"""G.711 mu-law, mono, 8 kHz: 8 bytes a millisecond."""


@dataclass(frozen=True, kw_only=True)
class TurnDetection:
    """How the model finds the end of a turn."""

    type: Literal["server_vad", "semantic_vad"]
    interrupt: bool
    """A caller who starts to speak stops the assistant."""
    threshold: float | None = None
    """server_vad only: 0..1."""
    silence_ms: int | None = None
    """server_vad only."""


@dataclass(frozen=True, kw_only=True)
class AudioProfile:
    """What a transport carries and how turns are taken on it."""

    format: AudioFormat
    turns: TurnDetection
    paced: bool = False
    """True: frames of 20 ms come at the speed of speech, at most 200 ms ahead. False: as the model makes them."""


@dataclass(frozen=True, kw_only=True)
class Turn:
    """One finished line of a conversation."""

    role: Literal["user", "assistant"]
    text: str


@dataclass(frozen=True, kw_only=True)
class CallOptions:
    """What a model is given for one call.

    `agents` hands the instructions and tools over as well; this adds what the SDK has no place for.
    """

    audio: AudioFormat
    """Both ways; a model that speaks another one converts."""
    turns: TurnDetection
    instructions: str
    tools: tuple[ToolInfo, ...]
    settings: Values
    caller: Caller
    history: tuple[Turn, ...] = ()
    """What was said before a lost connection, oldest first; replay it silently."""


@dataclass(frozen=True, kw_only=True)
class CallInfo:
    """What a transport knows of a call before it opens it."""

    session_id: str
    caller: Caller
    audio: AudioProfile
    analytics_name: str
    """ "Twilio Call" makes the events "Twilio Call Started" and "Twilio Call Ended"."""
    analytics: Mapping[str, Any] = field(default_factory=dict)
    tool_chat_id: str | None = None
    """What "Tool Called" names as its chat_id; the session id unless given."""
    screen: bool = False
    """The transport can show a reason: a caller who has had all that a day allows gets QuotaReached, unspoken."""


class Call(Protocol):
    """One live call, between a transport and the assistant. Every method is safe after the call's end."""

    @property
    def session_id(self) -> str:
        """The id the transport gave it."""

    @property
    def model_name(self) -> str:
        """The model plugin that answers."""

    @property
    def tool_names(self) -> tuple[str, ...]:
        """What may be called in this call."""

    async def send_audio(self, audio: bytes) -> None:
        """Caller's audio: whole samples, at most 1 s, in the profile's format."""

    async def send_text(self, text: str) -> None:
        """A typed turn."""

    def events(self) -> AsyncIterator[CallEvent]:
        """Everything for the other side, in order, until the call ends. One reader."""

    async def interrupt(self) -> None:
        """Stop speaking now."""

    async def played(self, item_id: str, ms: int) -> None:
        """`ms` of `item_id` have been heard in all (an absolute position)."""

    async def say(self, text: str) -> None:
        """Have the assistant say this, in its own voice, without a user turn."""

    async def end(self, reason: str) -> None:
        """End it; `events()` finishes."""


class TransportContext(Protocol):
    """What core gives a transport."""

    @property
    def settings(self) -> Values:
        """The transport's own settings."""

    @property
    def log(self) -> logging.Logger:
        """For what an operator should know; never for what a caller says."""

    @property
    def public_host(self) -> str:
        """The name the world reaches us by (ODAI_PUBLIC_HOST); "" when not set. Never take it from a request."""

    @property
    def loopback(self) -> bool:
        """The server listens on a loopback address only."""

    async def authenticate(self, token: str) -> Caller | None:
        """The caller a token stands for, or None. It may have to fetch the issuer's keys."""

    def local_token(self, peer: str | None, host: str | None) -> str | None:
        """A token for the page of a person at this very machine: `peer` is the socket's address, `host` the Host
        header. None for anybody else, so that a rebound name cannot fetch one.
        """

    def origin_allowed(self, origin: str | None, host: str | None) -> bool:
        """May a browser page of `origin` open a socket here? True without an Origin: not a browser."""

    def sign(self, payload: Mapping[str, Any]) -> str:
        """A short text that only this server (or one with the same ODAI_SECRET) can make."""

    def unsign(self, text: str, *, max_age: float) -> Mapping[str, Any] | None:
        """The payload, when the signature is ours and at most `max_age` seconds old."""

    async def stopping(self) -> None:
        """Wait until the server begins to stop: a socket that has nothing to finish is closed then, with 1001."""

    def admit(self, session_id: str) -> AbstractContextManager[None]:
        """Take a place for one call. Raises `CallRefused`, which knows its HTTP status and close code."""

    def open_call(self, info: CallInfo) -> AbstractAsyncContextManager[Call]:
        """Open the model session; leaving the context closes everything, exactly once."""

    def open_chat(self, info: ChatInfo) -> AbstractAsyncContextManager[Chat]:
        """Open or resume a chat; leaving the context stops its turn. Raises `CallRefused`, `ForeignChat` among them."""

    @property
    def chats(self) -> ChatBook:
        """The chats of users, for lists and pages."""
