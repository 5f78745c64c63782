"""What comes next in a chat: the brain thinks it through from its history, as far as tools have answered."""

from __future__ import annotations

import json
import re
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, TypeVar

from odai_core import Caller, ToolInfo
from odai_model_local.brain import followup
from odai_model_local.brain.dialogue import RuleBrain
from odai_model_local.brain.gazetteers import city_in
from odai_model_local.brain.router import Route, ToolIndex
from odai_model_local.brain.smalltalk import small_talk
from odai_model_local.brain.types import CallTool, Decision, Say
from odai_model_local.brain.utterance import Utterance
from odai_model_local.text.abilities import abilities
from odai_model_local.text.answers import SAMPLE, blocks, read, section
from odai_model_local.text.markdown import escaped, line
from odai_model_local.text.parts import split
from odai_model_local.text.reading import REPORT, Exchange, Made

T = TypeVar("T")
REMEMBERED: Final = 8
"""Exchanges that are thought through again; what was said before them has no bearing on "the second one"."""
_MAX_MOVES: Final = 3
# Not "is there" or "there is".
_THERE = re.compile(
    r"(?<!is )(?<!are )(?<!'s )(?<!be )\b(?:over )?there\b(?! (?:is|are|a|any|was|were|will))", re.IGNORECASE
)
_CONTINUED = re.compile(
    r"(?:and|or|what about|how about|and what about)?\s*(?:in |for |at )?([\w .'-]{2,40})[?.!]*", re.IGNORECASE
)
_AGAIN: Final = "Sorry, I lost the thread. Could you ask me that again?"


@dataclass(frozen=True)
class Offered:
    """What the agent that has the word can do."""

    tools: frozenset[str]
    doors: dict[str, str]
    """The hand-offs' tools by the plugin they lead to."""
    home: str = ""
    """The hand-off that leads back, or ""."""


@dataclass(frozen=True)
class Step:
    """What to write now, and the call that follows."""

    text: str = ""
    call: CallTool | None = None


@dataclass
class _Part:
    """One request of a message, as far as it has come."""

    results: list[Made] = field(default_factory=list)
    say: Say | None = None
    waiting: CallTool | None = None
    calls_before: int = 0
    """Calls of the message that had answered when this part was done."""


class ChatBrain(RuleBrain):
    """The voice's brain. It routes where it is, since all of it runs in a thread."""

    _placed: followup.Memory | None = None
    """The last call that was about a place."""

    async def _route(self, utterance: Utterance) -> Route:
        return self._tools.route(utterance)

    async def heard(self, text: str) -> Sequence[Decision]:
        """As in a call; "and in Chicago?" after the weather and a price is about the weather."""
        memory, bare = self._memory, _bare_place(text)
        if bare and memory is not None and self._placed is not None and not _takes_place(memory):
            self._memory = self._placed
        decided = await super().heard(self._there(text))
        if self._memory is not None and _takes_place(self._memory):
            self._placed = self._memory
        return decided

    def _there(self, text: str) -> str:
        """With the place for the word: "any concerts there" after the weather in Boston is "any concerts in Boston"."""
        spec = self._placed.spec.first("location") if self._placed is not None else None
        place = self._placed.args.get(spec.name) if self._placed is not None and spec is not None else None
        talk = small_talk(Utterance.parse(text))  # "hi there", "are you there?"
        return _THERE.sub(f"in {place}", text) if isinstance(place, str) and not talk else text


def _takes_place(memory: followup.Memory) -> bool:
    return memory.spec.first("location", "latitude") is not None


def _bare_place(text: str) -> bool:
    """Nothing but a town is said."""
    found = _CONTINUED.fullmatch(" ".join(text.split()))
    return found is not None and city_in(found[1]) is not None


def plan(
    tools: Sequence[ToolInfo],
    index: ToolIndex,
    chat: Sequence[Exchange],
    offered: Offered,
    now: datetime,
    caller: Caller,
) -> Step:
    """The next step of the last exchange. Blocking, some milliseconds."""
    if not chat:
        return Step("Hello! " + abilities(tools))

    async def ready() -> ToolIndex:
        return index

    brain = ChatBrain(ready, lambda: now, caller)
    for exchange in chat[-REMEMBERED:-1]:
        _think(brain, index, exchange, now)
    exchange = chat[-1]
    parts, asked = _think(brain, index, exchange, now)
    call = parts[-1].waiting
    if call is None and REPORT in offered.tools and not exchange.reported and any(_unknown(part) for part in parts):
        return Step(call=_report(exchange))
    fresh = not exchange.moves and not exchange.spoke
    answered = sum(made.output is not None for made in exchange.calls)
    done = [part for part in parts if part.waiting is None and part.calls_before == answered]
    text = _written(tools, index, done, chat, asked > 1) if fresh else ""
    if call is None:
        return Step(text or _written(tools, index, parts[-1:], chat, False) or _AGAIN)
    way = _way_to(call, index, offered, exchange.moves)
    if way is None:
        return Step("\n\n".join(part for part in (text, _unreachable(call, index)) if part))
    return Step(text, way)


def _think(brain: RuleBrain, index: ToolIndex, exchange: Exchange, now: datetime) -> tuple[list[_Part], int]:
    """The parts of a message up to the first call that has not answered, and how many parts there are."""
    made, parts, answered = list(exchange.calls), [], 0
    asked = split(index, exchange.said, now.date())
    for words in asked:
        part = _Part()
        parts.append(part)
        decision = _first(_run(brain.heard(words)))
        while isinstance(decision, CallTool):
            call = _take(made, decision)
            if call is None or call.output is None:
                part.waiting = decision
                break
            answered += 1
            part.results.append(call)
            decision = _first(_run(brain.tool_result(call.name, call.output)))
        else:
            part.say = decision
        part.calls_before = answered
        if part.waiting is not None:
            break
    for call in made:
        if call.output is not None:
            brain.made(call.name, call.args, call.output)
    return parts, len(asked)


def _run(thought: Coroutine[Any, Any, T]) -> T:
    """The result of a coroutine that waits for nothing."""
    try:
        thought.send(None)
    except StopIteration as done:
        result: T = done.value
        return result
    raise RuntimeError("the brain waited for something")


def _first(decisions: Sequence[Decision]) -> Decision:
    return decisions[0]


def _take(made: list[Made], wanted: CallTool) -> Made | None:
    """The call that was made for this decision: the same, or one of the same tool when its day has changed."""
    args = json.loads(wanted.arguments)
    alike = [call for call in made if call.name == wanted.name]
    call = next((call for call in alike if call.args == args), alike[0] if alike else None)
    if call is not None:
        made.remove(call)
    return call


def _way_to(call: CallTool, index: ToolIndex, offered: Offered, moves: int) -> CallTool | None:
    """The call itself where its tool is, else the hand-off that leads there; None when none does."""
    if call.name in offered.tools:
        return call
    plugin = next((spec.plugin for spec in index.specs if spec.name == call.name), "")
    door = offered.doors.get(plugin) or offered.home
    return CallTool(door, "{}") if door and moves < _MAX_MOVES else None


def _unknown(part: _Part) -> bool:
    return part.say is not None and part.say.about == "unknown"


def _report(exchange: Exchange) -> CallTool:
    """A note for the people who run this: what was wanted, without details."""
    wanted = {"capability_requested": line(exchange.said, 60), "capability_description": "No connector fits it."}
    return CallTool(REPORT, json.dumps(wanted))


def _unreachable(call: CallTool, index: ToolIndex) -> str:
    title = next((spec.title or spec.name for spec in index.specs if spec.name == call.name), call.name)
    return f"Sorry, I can't reach {escaped(title, 60)} from here."


def _written(
    tools: Sequence[ToolInfo], index: ToolIndex, parts: Sequence[_Part], chat: Sequence[Exchange], titled: bool
) -> str:
    """The answer to these parts. That data is a sample is said once in a chat."""
    texts = [_text(tools, index, part, titled) for part in parts]
    shown = [made for part in parts for made in part.results]
    before = [made for exchange in chat for made in exchange.calls if all(made is not now for now in shown)]
    if any(_sample(made) for made in shown) and not any(_sample(made) for made in before):
        texts.append(SAMPLE)
    return "\n\n".join(text for text in texts if text)


def _sample(made: Made) -> bool:
    return made.output is not None and '"sample":true' in made.output.replace(" ", "")[:2_000_000] and _ok(made)


def _ok(made: Made) -> bool:
    found = read(made.output)
    return found.ok and found.sample


def _text(tools: Sequence[ToolInfo], index: ToolIndex, part: _Part, titled: bool) -> str:
    if part.results:
        last = part.results[-1]
        spec = next((spec for spec in index.specs if spec.name == last.name), None)
        return section(read(last.output), spec, titled=titled)
    say = part.say
    if say is None:
        return ""
    if say.about in ("who", "can"):
        return ("I'm ODAI, an assistant that runs on this machine. " if say.about == "who" else "") + abilities(tools)
    if say.about == "unknown":
        return escaped(say.text.split(". ")[0].rstrip(".") + ".") + "\n\n" + abilities(tools, examples=False)
    if say.about == "item":
        return "\n\n".join(blocks(say.shown)) or escaped(say.text)
    return escaped(say.text.replace("oh dye", "ODAI"))
