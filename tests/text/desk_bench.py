"""A desk on a bench: a real store in a file, a model that follows a script, and tools that tests can hold."""

from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable, Iterable
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from agents.testing import ModelStep, ScriptedModel
from agents.testing.model import assistant_message, function_call
from agents.usage import Usage

from odai_core.calls import Caller
from odai_core.chats import ChatInfo
from odai_core.contract import ModelPlugin, Secret, ToolPlugin
from odai_core.plugins.catalog import Catalog, Entry, State
from odai_core.plugins.discovery import Candidate
from odai_core.settings import Settings
from odai_core.store.database import Database
from odai_core.text.desk import ChatDesk
from odai_core.text.events import EndOfStream, TextDelta
from odai_core.tools.http import HttpClient
from odai_core.tools.schema import describe

USER = Caller(user_id="ada")
_numbers = itertools.count(1)


def say(text: str) -> Any:
    """The model writes this and stops."""
    return ModelStep(output=[assistant_message(text)], usage=used())


def call(name: str, /, **arguments: Any) -> Any:
    """One call of a tool, for `calls`."""
    return function_call(name, arguments, call_id=f"c{next(_numbers)}")


def calls(*made: Any, saying: str = "") -> Any:
    """The model calls these at once, perhaps after a few words."""
    words = [assistant_message(saying)] if saying else []
    return ModelStep(output=[*words, *made], usage=used())


def to(name: str) -> Any:
    """The model hands the chat over."""
    return calls(call(f"transfer_to_{name}"))


def used(given: int = 10, written: int = 5) -> Usage:
    return Usage(requests=1, input_tokens=given, output_tokens=written, total_tokens=given + written)


def connector(name: str, *tools: Any, **more: Any) -> Entry:
    """A ready connector with these tools."""
    declared = {"title": name.title(), "summary": f"do {name}", **more}
    plugin = ToolPlugin(name=name, api=1, tools=tools, **declared)
    return _entry("tools", name, plugin, specs=tuple(describe(tool) for tool in tools))


def model_entry(model: Any, *, name: str = "scripted", freeform: bool = False, **more: Any) -> Entry:
    """A ready text model."""
    plugin = ModelPlugin(
        name=name, api=1, title=name, summary="follow a script", text=lambda options: model, freeform=freeform, **more
    )
    return _entry("models", name, plugin)


def _entry(kind: str, name: str, plugin: Any, **more: Any) -> Entry:
    candidate = Candidate(kind=kind, name=name, module=name, distribution=f"odai-{name}", version="1")
    return Entry(candidate=candidate, name=name, state=State.READY, plugin=plugin, **more)


@dataclass
class Heard:
    """Analytics that remember."""

    events: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def track(self, name: str, properties: Any, *, user_id: str | None, anonymous_id: str) -> None:
        self.events.append((name, dict(properties)))

    def named(self, name: str) -> list[dict[str, Any]]:
        return [properties for event, properties in self.events if event == name]


@dataclass
class Books:
    """A ledger that remembers; `refuse` is what it says to the next prompt."""

    refuse: Exception | None = None
    cost: float | None = 0.25
    entries: list[tuple[str, str, Any]] = field(default_factory=list)

    async def check(self, user: str) -> None:
        if self.refuse is not None:
            raise self.refuse

    @contextmanager
    def running(self, user: str, used: Any) -> Any:
        yield

    async def record(self, usage: Any, *, id: str, user: str, kind: str, chat_id: str) -> float | None:
        self.entries.append((id, kind, usage))
        return self.cost


@dataclass
class Bench:
    """What a test works with."""

    desk: ChatDesk
    model: Any
    heard: Heard
    books: Books
    host: Any

    def open(self, chat_id: str = "chat-1", caller: Caller = USER) -> Any:
        return self.desk.open_chat(ChatInfo(chat_id=chat_id, caller=caller))

    async def ask(self, text: str, chat_id: str = "chat-1") -> list[Any]:
        """One turn in a chat of its own opening."""
        async with self.open(chat_id) as chat:
            return await everything(chat, text)


async def everything(chat: Any, text: str) -> list[Any]:
    """All events of one turn."""
    return [event async for event in chat.prompt(text)]


def answer_of(events: Iterable[Any]) -> str:
    return "".join(event.delta for event in events if isinstance(event, TextDelta))


def of(events: Iterable[Any], *kinds: type) -> list[Any]:
    return [event for event in events if isinstance(event, kinds)]


def before_end(events: list[Any]) -> list[Any]:
    return events[: [type(event) for event in events].index(EndOfStream)]


@asynccontextmanager
async def bench(
    path: Any,
    *connectors: Entry,
    steps: Iterable[Any] = (),
    model: Any = None,
    account_of: Callable[..., Any] = lambda catalog, entry, caller: None,
    freeform: bool = False,
    models: bool = True,
    **settings: str,
) -> Any:
    """A desk with these connectors, whose model takes these steps."""
    model = model or ScriptedModel(list(steps))
    entries = (*connectors, *([model_entry(model, freeform=freeform)] if models else []))
    host = SimpleNamespace(catalog=Catalog(entries=entries), settings=Settings(dict(settings)))
    host.refresh = lambda: host.catalog
    database = Database(Secret(f"sqlite+aiosqlite:///{path / 'chats.db'}"))
    http, heard, books = HttpClient(), Heard(), Books()
    desk = ChatDesk(
        host,
        database=database,
        http=http,
        accounts=SimpleNamespace(account_of=account_of),
        ledger=books,
        analytics=heard,
    )
    try:
        yield Bench(desk, model, heard, books, host)
    finally:
        await desk.close()
        await http.aclose()
        await database.close()


Tool = Callable[..., Awaitable[Any]]
