"""What a plugin is: frozen declarations and plain callables, standard library only.

A plugin is a module named by an entry point that holds `@hookimpl` functions; each returns one of the
declarations below. Everything here is public and imported through `odai_core`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar, overload

from odai_core.calls import AudioProfile, Caller, CallOptions, TransportContext, Values
from odai_core.chats import TextOptions
from odai_core.grants import Account, AccountContext, Grant

if TYPE_CHECKING:
    import logging

    from agents.models.interface import Model
    from agents.realtime import RealtimeModel
    from quart import Blueprint

    from odai_core.tools.http import HttpClient

API_VERSION = 1
"""The contract's number. A plugin states the one it was written for; another one is refused."""

ToolFunction = Callable[..., Awaitable[Any]]
F = TypeVar("F", bound=Callable[..., Any])


# -- settings ---------------------------------------------------------------------------------------


class Secret:
    """A value that never prints itself: `str`, `repr`, `format` and logs show only that it is set."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The plain text; call it only where the value leaves for its own service."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(set)" if self._value else "Secret(empty)"

    def __bool__(self) -> bool:
        return bool(self._value)

    def __reduce__(self) -> str:
        raise TypeError("a Secret is not pickled: reveal() it where it is used")


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One value a plugin takes from the environment, `.env` or `odai.toml`, under the same name in all three."""

    name: str
    """UPPER_CASE; begin it with the service's name. Two plugins that declare the same name read the same value."""
    help: str
    """One sentence for the operator."""
    default: str = ""
    required: bool = False
    """Without it the plugin is in the state "needs setup" and offers nothing."""
    secret: bool = False
    """The value is a `Secret` and is never printed."""
    type: Callable[[str], Any] = str
    """Turns the text into the value; a ValueError becomes a clear message."""
    where: str = ""
    """Where to get it, for the docs and `odai doctor`."""


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Why something cannot be used: the cause, and what to type or change next; one sentence each."""

    cause: str
    remedy: str


# -- tools ------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class ToolContext:
    """What a tool may use. A parameter annotated `ToolContext` receives it and is hidden from the model."""

    http: HttpClient
    settings: Values
    caller: Caller
    log: logging.Logger
    demo: bool = False
    """True when sample data may stand in for a missing key."""
    account: Account | None = None
    """The caller's linked accounts, for plugins that declare a service that is ready; else None."""
    write_id: str = ""
    """For tools that ask for confirmation: names this one confirmed action, and stays the same if it is tried again.
    Hand it to the service (a message id, an event id), so that nothing is done twice."""


@dataclass(frozen=True, kw_only=True)
class ToolOptions:
    """What `@tool(...)` attaches to a function."""

    timeout: float = 8.0
    """Seconds, until the caller is told that it took too long."""
    examples: tuple[str, ...] = ()
    """Things people say for this tool, arguments marked: "find {search_term:sushi} near {location:Union Square}"."""
    progress: str = ""
    """What is being done, as a phrase: "Searching Yelp"."""
    confirm: bool = False
    """It changes something: the user is asked before it runs, outside the model. Never offered in calls."""
    outward: bool = False
    """Its arguments leave for an address that the model chooses. Once a chat has read from a user's account, the user
    is asked before it goes to a host that they have not named themselves."""
    voice: bool | None = None
    """False keeps one tool of a voice plugin out of calls."""
    question: Callable[..., Awaitable[str]] | None = None
    """For `confirm`: takes what the tool takes, changes nothing, and returns the sentence the user is asked. None: the
    sentence is made from the docstring. Its `ToolError` is the tool's answer, and nobody is asked.
    """


@overload
def tool(function: F, /) -> F: ...
@overload
def tool(
    *,
    timeout: float = 8.0,
    examples: Sequence[str] = (),
    progress: str = "",
    confirm: bool = False,
    outward: bool = False,
    voice: bool | None = None,
    question: Callable[..., Awaitable[str]] | None = None,
) -> Callable[[F], F]: ...
def tool(function: F | None = None, /, **options: Any) -> F | Callable[[F], F]:
    """Describe an async function as a tool. Optional: a plain async function is a tool with the defaults."""
    options["examples"] = tuple(options.get("examples", ()))
    declared = ToolOptions(**options)

    def attach(wrapped: F) -> F:
        wrapped.__odai_tool__ = declared  # type: ignore[attr-defined]
        return wrapped

    return attach if function is None else attach(function)


@dataclass(frozen=True, kw_only=True)
class ToolPlugin:
    """A connector: some tools about one thing.

    `tools` are async functions; their names, annotations and Google-style docstrings become the model's schema.
    """

    name: str
    """lower-case-with-dashes, unique."""
    api: int
    title: str
    """As a person says it: "Yelp"."""
    summary: str
    """What it can look up, as the end of "I can ...": "find restaurants and read their reviews"."""
    tools: Sequence[ToolFunction]
    voice: bool = False
    """Offer the tools in calls."""
    instructions: str = ""
    """For its text specialist: how to use the tools well, what to show."""
    voice_instructions: str = ""
    settings: Sequence[Setting] = ()
    account: str | None = None
    """The account service it works with: "google". The tools get the caller's accounts as `ToolContext.account`."""
    scopes: Sequence[str] = ()
    """What it needs to be allowed to do there; asked for when a user links an account for it."""
    check: Callable[[Values], Problem | None] | None = None
    """A quick look without network: None when ready."""
    lifespan: Callable[[ToolContext], AbstractAsyncContextManager[Any]] | None = None
    samples: bool = False
    """It can answer from bundled sample data in demo mode, so a missing key does not stop it there."""


# -- transports -------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class TransportPlugin:
    """A way in: routes under `prefix` that carry frames to and from calls."""

    name: str
    api: int
    title: str
    summary: str
    prefix: str
    """ "/twilio": unique, with a leading slash."""
    blueprint: Callable[[TransportContext], Blueprint]
    audio: AudioProfile | None = None
    settings: Sequence[Setting] = ()
    check: Callable[[Values], Problem | None] | None = None
    home: str = ""
    """The name of the blueprint's view that is also served at "/"; the first ready transport with one has it."""
    page: bool = False
    """There is a page for people at its prefix, beside what is served at "/"; `odai serve` says where."""


# -- models and accounts ----------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Asset:
    """A file a model needs."""

    name: str
    bytes: int
    present: bool
    licence: str


@dataclass(frozen=True, kw_only=True)
class ModelPlugin:
    """A voice model, a text model, or both."""

    name: str
    api: int
    title: str
    summary: str
    realtime: Callable[[CallOptions], RealtimeModel] | None = None
    """A new one for every call; it must not connect yet. None: not for calls."""
    text: Callable[[TextOptions], Model] | None = None
    """One for all chats of a catalog; core awaits its `close()`. None: not for chats."""
    text_model: Callable[[Values], str] = lambda settings: ""
    """The service's name of the text model, for the price table: "gpt-5.4-mini"."""
    realtime_model: Callable[[Values], str] = lambda settings: ""
    """The same of the voice model, to say beforehand that it has no price: "gpt-realtime-2.1"."""
    freeform: bool = True
    """The text model writes freely, so it is also asked for titles and suggested prompts. False: core makes them."""
    settings: Sequence[Setting] = ()
    available: Callable[[Values], Problem | None] = lambda settings: None
    """A quick look without network: None when it could answer now."""
    text_available: Callable[[Values], Problem | None] = lambda settings: None
    """What it needs for chats beside that."""
    warm_up: Callable[[Values], None] | None = None
    """Blocking; run in a thread before the server listens."""
    assets: Callable[[Values], Sequence[Asset]] | None = None
    fetch: Callable[[Values, Callable[[str, int, int], None]], None] | None = None
    """Blocking; `progress(what, done_bytes, total_bytes)`. For `odai models fetch`."""


@dataclass(frozen=True, kw_only=True)
class AccountPlugin:
    """A service users link: an OAuth or link flow, whose tokens core keeps encrypted."""

    name: str
    """What connectors declare as their `account`: "google". Its routes are mounted at `/auth/<name>`."""
    api: int
    title: str
    summary: str
    """What linking it allows, as the end of "Linking it lets me ...": "read your mail and calendar"."""
    blueprint: Callable[[AccountContext], Blueprint]
    connect: str = "/login"
    """The route that begins to link. Core leads users there with `?ticket=`, a text that `unsign` reads:
    {"user": id, "scopes": [...]}.
    """
    refresh: Callable[[AccountContext, Grant], Awaitable[Grant]] | None = None
    """A grant with a fresh token. Raises ToolError("auth") when the service has taken it back. None: none expires."""
    revoke: Callable[[AccountContext, Grant], Awaitable[None]] | None = None
    """Tell the service that the grant is not used any more."""
    cleared: Callable[[Values, str], bool] | None = None
    """May this user (an id) use accounts here? Asked whenever a tool wants a token; the routes decide who may link."""
    settings: Sequence[Setting] = ()
    check: Callable[[Values], Problem | None] | None = None
    """A quick look without network: None when ready."""
