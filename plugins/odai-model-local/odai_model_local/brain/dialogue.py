"""One call's conversation: requests, answers to our questions, follow-ups, and what tools answered."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from odai_core import Caller, Turn
from odai_model_local.brain import entities, followup, items, smalltalk
from odai_model_local.brain.choice import NAMED, choose, strange
from odai_model_local.brain.places import put_place
from odai_model_local.brain.questions import answer, chosen, question, which
from odai_model_local.brain.results import Outcome, read_result
from odai_model_local.brain.router import TELLING, Route, ToolIndex
from odai_model_local.brain.schema import Slot
from odai_model_local.brain.slots import complete, fill, missing
from odai_model_local.brain.spec import ToolSpec
from odai_model_local.brain.spoken import abilities, plain
from odai_model_local.brain.types import CallTool, Decision, Say
from odai_model_local.brain.utterance import Utterance

log = logging.getLogger(__name__)
SORRY = "Sorry, something went wrong on my side. Please try again."
_TRIES = 2
_MAX_RUNNING = 8


@dataclass(frozen=True)
class Want:
    """A call in the making. `then`: what to do with the item of its result that its query names."""

    spec: ToolSpec
    args: dict[str, Any] = field(default_factory=dict)
    then: Want | None = None

    @property
    def named(self) -> str:
        """What its query asks for."""
        query = self.spec.first("query", "text")
        return str(self.args.get(query.name) or "") if query is not None else ""


@dataclass(frozen=True)
class Asked:
    """Our question for a slot is open."""

    want: Want
    slot: Slot
    said: str
    """What the caller had said before: "my Delta flight" needs no more than a number."""
    tries: int = 1


@dataclass(frozen=True)
class Choice:
    """Our question which of two tools was meant is open."""

    options: tuple[ToolSpec, ToolSpec]
    utterance: Utterance


class RuleBrain:
    """Decides with example phrases and schema rules; `index` is awaited when the first words come."""

    def __init__(
        self,
        index: Callable[[], Awaitable[ToolIndex]],
        now: Callable[[], datetime],
        caller: Caller,
        history: Sequence[Turn] = (),
    ) -> None:
        self._caller = caller
        self._history = history
        self._get_index = index
        self._now = now
        self._index: ToolIndex | None = None
        self._open: Asked | Choice | None = None
        self._memory: followup.Memory | None = None
        self._running: dict[str, Want] = {}
        self._words = ""
        self._said = next((turn.text for turn in reversed(history) if turn.role == "assistant"), "")

    # -- the seam -----------------------------------------------------------------------------------

    async def heard(self, text: str) -> Sequence[Decision]:
        """What to do about a finished utterance."""
        pending = self._open
        try:
            if self._index is None:
                self._index = await self._get_index()
                await self._recall()
            decision = await self._heard(self._index.mend(Utterance.parse(text)))
        except asyncio.CancelledError:
            # The caller went on speaking: our question is still open for all that was said.
            self._open = pending
            raise
        except Exception as error:
            # What the caller said may be in the exception's text: only its type is logged.
            log.error("The brain failed on an utterance: %s", type(error).__name__)
            decision = Say(SORRY)
        return self._decided(decision)

    async def tool_result(self, name: str, output: str) -> Sequence[Decision]:
        """What to do about a tool's answer, whatever it looks like."""
        try:
            decision = self._answered(self._running.pop(name, None), read_result(output))
        except Exception as error:
            log.error("The brain failed on a tool's answer: %s", type(error).__name__)
            decision = Say(SORRY)
        return self._decided(decision)

    def made(self, name: str, args: Mapping[str, Any], output: str) -> None:
        """A call that another model decided on, and its answer: what is asked next may be about it."""
        spec = next((spec for spec in self._tools.specs if spec.name == name), None)
        if spec is not None:
            given = {key: value for key, value in args.items() if value is not None}
            self._open, self._memory = None, followup.Memory(spec, given)
            self._memory.items = items.items_of(read_result(output).data)

    async def close(self) -> None:
        """Nothing of it outlives the call."""

    def _decided(self, decision: Decision) -> Sequence[Decision]:
        if isinstance(decision, Say):
            decision = replace(decision, text=plain(decision.text) or SORRY)
            self._said = decision.text
        return (decision,)

    # -- what was heard -----------------------------------------------------------------------------

    @property
    def _today(self) -> date:
        return self._now().date()

    @property
    def _tools(self) -> ToolIndex:
        assert self._index is not None
        return self._index

    async def _route(self, utterance: Utterance) -> Route:
        return await asyncio.to_thread(self._tools.route, utterance)

    async def _recall(self) -> None:
        """After a reconnect: what the caller had asked for last, so that "and tomorrow?" still means something."""
        last = next((turn.text for turn in reversed(self._history) if turn.role == "user"), "")
        utterance = self._tools.mend(Utterance.parse(last))
        if not utterance.tokens or smalltalk.small_talk(utterance):
            return
        route = await self._route(utterance)
        if route.best is not None:
            args = fill(route.best, utterance, self._today).args
            self._memory = followup.Memory(route.best, args)

    async def _heard(self, utterance: Utterance) -> Decision:
        self._words = utterance.text
        if not utterance.tokens:
            return Say("Sorry, I didn't catch that. Could you say it again?")
        talk = smalltalk.small_talk(utterance)
        pending, self._open = self._open, None
        if talk == "goodbye":
            return Say("Goodbye!", then_end=True)
        if pending is not None:
            decision = await self._reply(pending, utterance, talk)
            if decision is not None:
                return decision
        if talk:
            return Say(self._small_talk(talk), about=talk)
        route = await self._route(utterance)
        decision = self._follow(utterance, route)
        return decision if decision is not None else self._request(utterance, route)

    def _small_talk(self, talk: str) -> str:
        if talk == "repeat":
            return self._said or "I haven't said anything yet. How can I help you?"
        if talk == "who":
            return "I'm oh dye, a voice assistant. " + self._abilities()
        if talk == "can":
            return self._abilities() + " What would you like?"
        if talk == "time":
            return smalltalk.clock(self._now())
        return smalltalk.calendar(self._now()) if talk == "day" else smalltalk.FIXED[talk]

    def _abilities(self) -> str:
        return abilities([spec.summary or spec.purpose for spec in self._tools.specs])

    # -- answers to our questions -------------------------------------------------------------------

    async def _reply(self, pending: Asked | Choice, utterance: Utterance, talk: str) -> Decision | None:
        """The decision if the utterance answers our question; None when it is something else."""
        if talk in {"stop", "no"}:
            return Say("Okay. What else can I do for you?")
        if talk == "repeat":
            self._open = pending
            return Say(self._said)
        if isinstance(pending, Choice):
            spec = pending.options[0] if talk == "yes" else chosen(pending.options, utterance)
            return None if spec is None else self._start(spec, pending.utterance)
        if talk:
            return None
        route = await self._route(utterance)
        if self._is_new(pending, utterance, route):
            return None
        found = self._answer_of(pending, utterance)
        if found:
            return self._go(replace(pending.want, args=pending.want.args | found))
        if pending.tries >= _TRIES:
            return Say("Sorry, I still didn't get it. Let's try something else.")
        self._open = replace(pending, tries=pending.tries + 1)
        return Say(f"Sorry, I didn't get that. {question(pending.slot)}", about="question")

    def _is_new(self, pending: Asked, utterance: Utterance, route: Route) -> bool:
        """A whole request in place of an answer. Few words are an answer: "pizza" fits a tool well, too."""
        best, slot = route.best, pending.slot
        if best is None or route.score < route.scale.sure or best.name == pending.want.spec.name:
            return False
        # "Delta 113" is no train, however short.
        return len(utterance.tokens) > 3 or any(
            entities.find(kind, utterance.tokens) for kind in TELLING if best.first(kind) and kind != slot.kind
        )

    def _answer_of(self, pending: Asked, utterance: Utterance) -> dict[str, Any]:
        memory = self._memory
        if pending.slot.kind == "id" and memory is not None:
            index = items.pick(utterance, memory.items, memory.current)
            value = None if index is None else items.field_for(pending.slot.name, memory.items[index], memory.spec.name)
            return {} if value is None else {pending.slot.name: value}
        found = answer(pending.want.spec, pending.slot, utterance, self._today)
        if pending.slot.kind in TELLING and not found:
            both = self._tools.mend(Utterance.parse(f"{pending.said.rstrip('.?! ')} {utterance.text}"))
            found = fill(pending.want.spec, both, self._today).args
            return found if pending.slot.name in found else {}
        return found

    # -- follow-ups and requests --------------------------------------------------------------------

    def _follow(self, utterance: Utterance, route: Route) -> Decision | None:
        memory = self._memory
        if memory is None:
            return None
        if followup.points(utterance, route, memory):
            # "When does it get to Boston" asks the tool that takes a station, though a stop of its has that name.
            changed = followup.again(utterance, route, memory, self._today)
            if changed is not None and changed != memory.args:
                return self._go(Want(memory.spec, changed))
        index = followup.item(utterance, route, memory)
        if index is not None:
            memory.current = index
            detail = followup.detail(utterance, memory, route)
            if detail is not None:
                return self._go(Want(*detail))
            return Say(items.describe(memory.items[index]), about="item", shown=memory.items[index])
        if items.beyond(utterance, memory.items, memory.current):
            several = f"I have no more than {len(memory.items)}."
            return Say(several if len(memory.items) > 1 else "I only have that one.")
        again = followup.again(utterance, route, memory, self._today)
        return None if again is None else self._go(Want(memory.spec, again))

    def _request(self, utterance: Utterance, route: Route) -> Decision:
        found = choose(utterance, route, self._today)
        beside = route.topic is not None and route.topic_score >= max(route.score, route.scale.fits)
        web = next((spec for spec in self._tools.specs if spec.web_search), None)
        world = web is not None and followup.asks_the_world(utterance) and route.topic_score < route.scale.fits
        if web is not None and world and (found is None or beside or strange(found[0], utterance, route)):
            return self._start(web, utterance)
        if found is None or beside or (found[0].changes and route.of(found[0]) < route.scale.sure):
            return self._cannot(route)
        best, rival = found
        if rival is not None:
            self._open = Choice((best, rival), utterance)
            return Say(which(best, rival), about="question")
        return self._start(best, utterance)

    def _cannot(self, route: Route) -> Decision:
        topic = route.topic if route.topic_score >= route.scale.fits * NAMED else None
        if topic is None or topic.spoken == "That":
            return Say(f"Sorry, I can't help with that. {self._abilities()}", about="unknown")
        return Say(f"{topic.spoken} {topic.verb} something I can look up here. {self._abilities()}", about="unknown")

    def _start(self, spec: ToolSpec, utterance: Utterance) -> Decision:
        """Call the tool with what was said, by way of a search when it needs the id of something named."""
        filled = fill(spec, utterance, self._today)
        args = filled.args
        memory = self._memory
        before: dict[str, Any] = {}
        if memory is not None and filled.missing and followup.refers(utterance) and memory.spec.name == spec.name:
            before = memory.args
        elif memory is not None and followup.continues(utterance):
            before = followup.inherited(spec, memory)
        args = before | args
        wanted = next((slot for slot in missing(spec, args) if slot.kind == "id"), None)
        if wanted is not None:
            finder = followup.finder(self._tools.specs, spec, wanted)
            if finder is not None:
                found = fill(finder, utterance, self._today, spec.literals)
                query = finder.first("query", "text")
                if query is not None and found.args.get(query.name):
                    carried = followup.inherited(finder, memory) if memory is not None and before else {}
                    return self._go(Want(finder, carried | found.args, Want(spec, args)), found.here)
                if query is not None and (memory is None or not memory.items):
                    self._open = Asked(Want(finder, found.args, Want(spec, args)), query, utterance.text)
                    return Say("Of which one? Please tell me its name.", about="question")
        return self._go(Want(spec, args), filled.here)

    def _go(self, want: Want, here: bool = False) -> Decision:
        """Run it if it is complete, else ask for the first thing that is missing."""
        args = dict(want.args)
        lacking = missing(want.spec, args)
        if any(slot.kind in {"location", "latitude"} for slot in lacking) and self._caller.place:
            put_place(want.spec, args, self._caller.place)
            lacking = missing(want.spec, args)
        zone = next((slot for slot in lacking if "timezone" in "".join(slot.words)), None)
        if zone is not None:
            args[zone.name] = self._caller.time_zone
            lacking.remove(zone)
        if lacking:
            self._open = Asked(replace(want, args=args), lacking[0], self._words)
            placed = lacking[0].kind in {"location", "latitude", "longitude"}
            return Say("Where are you?" if here and placed else question(lacking[0]), about="question")
        full = complete(want.spec, args, self._today)
        if len(self._running) >= _MAX_RUNNING:
            self._running.clear()
        self._running[want.spec.name] = replace(want, args=args)
        # A question about one item keeps the list it came from, for "and the second one?".
        if self._memory is None or not any(slot.kind == "id" for slot in want.spec.needs):
            self._memory = followup.Memory(want.spec, args)
        preface = plain(want.spec.progress).rstrip(".")
        return CallTool(want.spec.name, json.dumps(full, ensure_ascii=False), f"{preface}." if preface else "")

    # -- what tools answered ------------------------------------------------------------------------

    def _answered(self, want: Want | None, outcome: Outcome) -> Decision:
        if want is None:
            return Say(outcome.spoken)
        found = items.items_of(outcome.data) if outcome.ok else ()
        if self._memory is not None and self._memory.spec is want.spec:
            self._memory.items = found
        if want.then is not None and found:
            index = items.position_of(want.named, found)
            slot = next((slot for slot in missing(want.then.spec, want.then.args) if slot.kind == "id"), None)
            value = items.field_for(slot.name, found[index], want.spec.name) if slot else None
            if slot is not None and value is not None and self._memory is not None:
                self._memory.current = index
                args = followup.inherited(want.then.spec, self._memory) | want.then.args | {slot.name: value}
                return self._go(Want(want.then.spec, args))
        return Say(outcome.spoken)
