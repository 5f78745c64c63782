"""What a follow-up means: "and in Oakland?", "the second one", "what do people say about it?"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from odai_model_local.brain import entities, items
from odai_model_local.brain.gazetteers import city_in
from odai_model_local.brain.numbers import ORDINALS
from odai_model_local.brain.places import put_place
from odai_model_local.brain.router import TELLING, Route
from odai_model_local.brain.schema import Slot
from odai_model_local.brain.slots import fill, missing
from odai_model_local.brain.spec import ToolSpec, sound
from odai_model_local.brain.utterance import Utterance, bag, stem, tokenize, words_of

QUESTION_WORDS: Final = bag(
    "who what what's who's where where's when when's why how how's which whose is are was were do does did can could"
)
_CONTINUES = re.compile(
    r"^(?:(?:and|or|but|also|now|then|ok|okay|so)\s+)*(?:what about|how about|same (?:thing )?(?:for|in)|try|and|or|"
    r"also|instead|what if|make (?:it|that)|change (?:it|that) to)\b[\s,]*",
    re.IGNORECASE,
)
_PREPOSITION = re.compile(r"^(?:in|near|around|at|for|on|to|from|by)\s", re.IGNORECASE)
_ABOUT_ITEM = re.compile(
    r"\b(?:tell me|more|about|details?|describe|that one|this one|it|its|reviews?|say|phone|address|open|rating|price|"
    r"one)\b",
    re.IGNORECASE,
)
_FIND_OUT = re.compile(r"(?:find out|look up|look|search|google)\b", re.IGNORECASE)
_SHORT = 6
_NEAR_BEST = 0.15
_HINT = 0.6
"""Of a fitting score: enough for the tool that was used last."""


@dataclass
class Memory:
    """The last call and the things it found. `current`: the item spoken of last, or -1."""

    spec: ToolSpec
    args: dict[str, Any]
    items: tuple[items.Item, ...] = ()
    current: int = field(default=-1)


def continues(utterance: Utterance) -> bool:
    """It leans on what was said before: "and the weather there?"."""
    return bool(_CONTINUES.match(utterance.raw))


def item(utterance: Utterance, route: Route, memory: Memory) -> int | None:
    """The item of the last result that is meant, unless the utterance is a request of its own."""
    index = items.pick(utterance, memory.items, memory.current)
    if index is None:
        return None
    # Only a tool that works on an item may be meant together with one; "find pizza at Union Square" is a new search
    # even when Union Square Pizza is in the list.
    own = route.best is not None and route.score >= route.scale.sure and not _item_slots(route.best)
    about = bool(_ABOUT_ITEM.search(utterance.text)) or continues(utterance) or len(utterance.tokens) <= 4
    return index if about and not own else None


def _item_slots(spec: ToolSpec) -> list[Slot]:
    return [slot for slot in spec.needs if slot.kind in {"id", "url"}]


_GENERAL: Final = bag("tell more about describe detail details info information item number result next last other")


def _general(utterance: Utterance, chosen: items.Item) -> bool:
    """Nothing but the item is named: "tell me more about the second one"."""
    name = {stem(word) for word in items.name_of(chosen).lower().split()}
    rest = {token.stem for token in utterance.tokens if token.content and token.low not in ORDINALS}
    return not {word for word in rest if word not in _GENERAL and word not in name and not _sounds_in(word, name)}


def _sounds_in(word: str, names: set[str]) -> bool:
    return any(sound(word) == sound(name) for name in names)


def detail(utterance: Utterance, memory: Memory, route: Route) -> tuple[ToolSpec, dict[str, Any]] | None:
    """The tool that says what was asked about the current item, with its arguments; None: its own fields do."""
    chosen = memory.items[memory.current]
    general = _general(utterance, chosen)
    for spec, score in route.ranked if general else route.ranked[:4]:
        slots = _item_slots(spec)
        values = {slot.name: items.field_for(slot.name, chosen, memory.spec.name) for slot in slots}
        # Asked for no more than "more", only a tool for details knows more than the item itself says.
        if general and not {"detail", "details", "info", "information"} & set(words_of(spec.name)):
            continue
        fits = general or score >= max(route.scale.fits - 0.05, route.score - _NEAR_BEST)
        if slots and fits and all(value is not None for value in values.values()):
            args = inherited(spec, memory) | {name: _typed(value, spec, name) for name, value in values.items()}
            if not missing(spec, args):
                return spec, args
    return None


def _typed(value: Any, spec: ToolSpec, name: str) -> Any:
    """An id as the schema wants it: text or number."""
    slot = next(slot for slot in spec.slots if slot.name == name)
    if slot.type == "string":
        return str(value)
    return int(value) if str(value).isdecimal() else value


def asks_the_world(utterance: Utterance) -> bool:
    """A question, or an order to find out, that is not about ourselves: something to search the web for."""
    lows = [token.low for token in utterance.tokens]
    if len(lows) < 3 or {"you", "your", "you're"} & set(lows):
        return False
    return lows[0] in QUESTION_WORDS or bool(_FIND_OUT.match(utterance.text))


def refers(utterance: Utterance) -> bool:
    """It speaks of something without naming it: "is it delayed", "when do they open"."""
    return any(token.low in {"it", "its", "they", "there", "that", "them", "he", "she"} for token in utterance.tokens)


def inherited(spec: ToolSpec, memory: Memory) -> dict[str, Any]:
    """What a new call may take over from the last one: the place."""
    place = memory.spec.first("location")
    args: dict[str, Any] = {}
    if place is not None and isinstance(memory.args.get(place.name), str):
        put_place(spec, args, memory.args[place.name])
    for slot in spec.slots:
        same = next((old for old in memory.spec.slots if old.kind == slot.kind), None)
        if same is not None and slot.kind in {"latitude", "longitude"} and same.name in memory.args:
            args.setdefault(slot.name, memory.args[same.name])
    return args


def finder(specs: Sequence[ToolSpec], spec: ToolSpec, wanted: Slot) -> ToolSpec | None:
    """The search of the same plugin that finds things with the wanted id; never one that changes something."""
    about = {stem(word) for word in wanted.words if word != "id"}
    searches = [
        one
        for one in specs
        if one.plugin == spec.plugin
        and not one.changes
        and not _item_slots(one)
        and one.first("query", "text") is not None
    ]
    named = [one for one in searches if about & {stem(word) for word in words_of(one.name)}]
    return next(iter(named or searches), None)


def again(utterance: Utterance, route: Route, memory: Memory, today: date) -> dict[str, Any] | None:
    """The arguments of the last call with what was said now put over them; None when it is no such follow-up."""
    leans = continues(utterance)
    short = len(utterance.tokens) <= _SHORT and bool(_PREPOSITION.match(utterance.text))
    if points(utterance, route, memory):
        return memory.args | fill(memory.spec, utterance, today).args
    if not (leans or short):
        return None
    text = _CONTINUES.sub("", utterance.text).strip()
    rest = Utterance(utterance.raw, text, tokenize(text))
    if _other_thing(rest, route, memory):
        return None
    args = fill(memory.spec, rest, today).args
    args = _place_not_query(memory.spec, args)
    return memory.args | args if args else None


def points(utterance: Utterance, route: Route, memory: Memory) -> bool:
    """It asks more about the one thing that was looked up: "when does it land"."""
    if not refers(utterance) or not memory.args or memory.spec.first("query", "text") is not None:
        return False
    alone = route.best is None or route.best.name == memory.spec.name
    likely = route.of(memory.spec) >= _HINT * route.scale.fits
    return alone and likely and route.topic_score < max(route.scale.fits, route.of(memory.spec))


def _other_thing(rest: Utterance, route: Route, memory: Memory) -> bool:
    """Another tool fits much better, and by its own words: "what about tacos" is like any tool that knows tacos."""
    best = route.best
    if best is None or best.name == memory.spec.name or route.score < route.scale.sure:
        return False
    own = {token.stem for token in rest.tokens if token.content} & best.literals - memory.spec.literals
    typed = any(entities.find(slot.kind, rest.tokens) for slot in best.needs if slot.kind in TELLING)
    return (bool(own) or typed) and route.of(memory.spec) < route.score - _NEAR_BEST


def _place_not_query(spec: ToolSpec, args: dict[str, Any]) -> dict[str, Any]:
    """A city alone, "what about Oakland?", changes the place and not what is looked for."""
    query = spec.first("query", "text")
    takes_place = spec.first("location", "latitude")
    if query is None or takes_place is None or takes_place.name in args:
        return args
    value = args.get(query.name)
    if isinstance(value, str) and city_in(value):
        args = {name: kept for name, kept in args.items() if name != query.name}
        put_place(spec, args, value)
    return args
