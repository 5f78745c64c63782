"""What becomes of typed requests: `python -m tests.chats.typed [--set dev|held]`.

Each is put to the keyless text model in a chat of its own, in a real chat desk with every installed connector. Keys
lead to the stand-ins for their services; what has none answers from sample data. Misses of the `held` half are counted
and never printed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tomllib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from odai_core.calls import Caller
from odai_core.chats import Chat, ChatInfo
from odai_core.settings import Settings
from odai_core.testing.upstreams import UpstreamServer
from odai_core.text.desk import ChatDesk
from odai_core.text.events import ChatError, ConfirmationRequired, TextDelta, ToolCalled, ToolOutput
from odai_core.web.app import create_app

SETS = ("dev", "held")
_SILENT = "report_unhandled_request"


@dataclass(frozen=True)
class Request:
    """A chat and what its last message should lead to."""

    set: str
    say: tuple[str, ...]
    tools: tuple[str, ...]
    args: dict[str, str] = field(default_factory=dict)
    has: tuple[str, ...] = ()


@dataclass
class Outcome:
    """What its last message led to."""

    request: Request
    tools: list[str] = field(default_factory=list)
    args: dict[str, Any] = field(default_factory=dict)
    """Of the last call."""
    outputs: list[Any] = field(default_factory=list)
    answer: str = ""
    errors: list[str] = field(default_factory=list)

    @property
    def routed(self) -> bool:
        """The right tools, in the right order."""
        wanted = self.request.tools
        alike = (tool in names.split("|") for tool, names in zip(self.tools, wanted, strict=False))
        return len(self.tools) == len(wanted) and all(alike) and not self.errors

    @property
    def called(self) -> bool:
        """And with what was said."""
        given = {name: str(value).lower() for name, value in self.args.items()}
        given["any"] = " ".join(given.values())
        wanted = self.request.args.items()
        return self.routed and all(
            any(word in given.get(name, "") for word in text.split("|")) for name, text in wanted
        )

    @property
    def lacking(self) -> bool:
        """A stand-in, or the sample data, does not know what was rightly asked for."""
        return self.called and any(_code(output) == "not_found" for output in self.outputs)

    @property
    def right(self) -> bool:
        """And every call brought data, and the answer shows it."""
        told = self.answer.lower()
        fits = all(word.lower() in told for word in self.request.has)
        brought = all(output is not None and output["response_type"] != "error" for output in self.outputs)
        return self.called and brought and fits and len(self.answer) > 10


def _code(output: Any) -> str:
    body = output["response"] if output is not None and output["response_type"] == "error" else {}
    return str(body.get("code", ""))


def requests(which: Sequence[str] = SETS) -> list[Request]:
    """Those of the given sets."""
    raw = tomllib.loads(Path(__file__).with_name("typed.toml").read_text("utf-8"))["request"]
    return [
        Request(
            one["set"],
            (one["say"],) if isinstance(one["say"], str) else tuple(one["say"]),
            tuple(one["tools"]),
            one.get("args", {}),
            tuple(one.get("has", ())),
        )
        for one in raw
        if one["set"] in which
    ]


@asynccontextmanager
async def desk() -> AsyncIterator[ChatDesk]:
    """The chat desk of a server whose connectors reach the stand-ins."""
    async with UpstreamServer() as upstream:
        values = {name: text for one in upstream.services for name, text in upstream.values(one).items()}
        server = create_app(Settings(values | {"ODAI_DEMO": "1", "ODAI_TEXT_PLUGIN": "local"}), loopback=True)
        await server.start()
        try:
            yield server.chats
        finally:
            await server.stop()


async def ask(chats: ChatDesk, request: Request, number: int) -> Outcome:
    """The whole chat; what its last message led to."""
    info = ChatInfo(chat_id=f"typed-{number}", caller=Caller(user_id="tester", time_zone="America/Los_Angeles"))
    outcome = Outcome(request)
    async with chats.open_chat(info) as chat:
        for prompt in request.say:
            outcome = await turn(chat, prompt, request)
    items = await chats.store.items(info.chat_id)
    calls = [item for item in items if item.get("type") == "function_call" and item["name"] in outcome.tools]
    outcome.args = json.loads(calls[-1]["arguments"]) if calls else {}
    return outcome


async def turn(chat: Chat, prompt: str, request: Request) -> Outcome:
    """One message; whatever it asks to confirm is declined."""
    outcome = Outcome(request)
    async for event in chat.prompt(prompt):
        if isinstance(event, TextDelta):
            outcome.answer += event.delta
        elif isinstance(event, ToolCalled) and event.name != _SILENT:
            outcome.tools.append(event.name)
        elif isinstance(event, ToolOutput) and event.name != _SILENT:
            outcome.outputs.append(event.output)
        elif isinstance(event, ConfirmationRequired):
            await chat.confirm(event.id, False)
        elif isinstance(event, ChatError):
            outcome.errors.append(event.code)
    return outcome


async def measure(which: Sequence[str] = SETS) -> list[Outcome]:
    """Every request, one after the other."""
    async with desk() as chats:
        return [await ask(chats, request, number) for number, request in enumerate(requests(which))]


def summary(outcomes: Sequence[Outcome]) -> str:
    """The counts by set, and the misses of `dev`."""
    lines = []
    for name in SETS:
        mine = [outcome for outcome in outcomes if outcome.request.set == name]
        if mine:
            counts = [sum(getattr(one, what) for one in mine) for what in ("routed", "called", "right", "lacking")]
            told = "right tools {}, right calls {}, right calls with data {}, unknown to the stand-ins {}"
            lines.append(f"{name:<5} {len(mine)} requests: {told.format(*counts)}")
    missed = [one for one in outcomes if one.request.set == "dev" and not (one.right or one.lacking)]
    lines += [f"- {' / '.join(one.request.say)}\n    {one.tools} {one.args} {one.answer[:200]!r}" for one in missed]
    return "\n".join(lines)


def main() -> None:
    """Print how many requests were answered rightly."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", choices=SETS, action="append")
    print(summary(asyncio.run(measure(tuple(parser.parse_args().set or SETS)))))


if __name__ == "__main__":
    main()
