"""The arguments of a call, from what was said: recognisable things first, then examples, then what is left."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Final

from odai_model_local.brain import entities
from odai_model_local.brain.align import best_alignment
from odai_model_local.brain.gazetteers import city_in
from odai_model_local.brain.numbers import ORDINALS
from odai_model_local.brain.places import ends_of, find_ends, put_place
from odai_model_local.brain.schema import Slot
from odai_model_local.brain.spec import COMMANDS, ToolSpec
from odai_model_local.brain.utterance import STOP, Token, Utterance, bag, stem, tokenize, words_of

_FREE: Final = frozenset({"query", "text", "stock", "coin", "location", "train", "list"})
"""Kinds whose value may be any words."""
_PRESENT_WORDS: Final = bag("today tonight now currently yet still")
_GOOD_ALIGNMENT = 2.2
_PLAIN_ALIGNMENT = 0.6
_SEARCH_FRAME = re.compile(
    r"^(?:google|bing|search(?: (?:the |on the )?(?:web|internet|google|online|net))?(?: for)?|"
    r"look (?:up|on (?:the )?(?:internet|web|google|line)|online)(?: for)?(?: for)?|find out|find)\s+(?=\w)",
    re.IGNORECASE,
)
_PLANNED: Final = frozenset({"departure", "check"})
"""Words of the days that nobody means to be today."""
_BEST: Final = frozenset({"best", "top", "highest", "finest"})
_VAGUE: Final = bag("place places something somewhere thing things stuff anything one")
_RANKED: Final = frozenset({"best", "top", "nearest", "closest", "cheapest", "highest", "most", "results"})
_COUNTED: Final = bag("me top best first find show get list give any about recommend")


@dataclass
class Filled:
    """`args` has every slot that was said; `missing` the needed ones that were not."""

    args: dict[str, Any] = field(default_factory=dict)
    missing: list[Slot] = field(default_factory=list)
    here: bool = False
    """The caller said "near me"."""
    unread: int = 0
    """Words with a meaning that went nowhere."""


class _Filling:
    """One utterance being read for one tool."""

    def __init__(self, spec: ToolSpec, utterance: Utterance, today: date, known: frozenset[str]) -> None:
        self.spec = spec
        self.extra = known
        self.known = spec.literals | known | {token.stem for token in tokenize(spec.title)}
        self.tokens = utterance.tokens
        self.text = utterance.text
        self.today = today
        self.claimed: dict[int, str] = {}
        self.out = Filled()

    def claim(self, slot: str, start: int, end: int) -> None:
        self.claimed.update(dict.fromkeys(range(start, end), slot))

    def open(self, span: entities.Span) -> bool:
        return not any(index in self.claimed for index in range(span.start, span.end))

    def put(self, slot: Slot, span: entities.Span) -> None:
        self.out.args[slot.name] = span.value
        self.claim(slot.name, span.start, span.end)

    def typed(self) -> None:
        """Everything with a form of its own, except places. Who is written to goes before who writes."""
        for slot in sorted(self.spec.slots, key=lambda slot: slot.kind != "list"):
            spans: Sequence[entities.Span] = ()
            if slot.kind == "date":
                spans = list(entities.dates(self.tokens, self.today))
            elif slot.kind == "list" and "email" in slot.words and not slot.optional:
                spans = [replace(span, value=[span.value]) for span in entities.find("email", self.tokens)]
            elif slot.kind in entities.FINDERS and slot.kind != "location":
                spans = entities.find(slot.kind, self.tokens)
            span = next((span for span in spans if self.open(span)), None)
            if span is not None:
                self.put(slot, span)

    def enums(self) -> None:
        """A choice, or its singular, among the words."""
        for slot in self.spec.slots:
            if slot.kind == "enum" and not slot.counts:
                for choice in slot.choices:
                    wanted = [stem(word) for word in str(choice).replace("_", " ").split()]
                    stems = [token.stem for token in self.tokens]
                    for start in range(len(stems) - len(wanted) + 1):
                        if wanted and stems[start : start + len(wanted)] == wanted and slot.name not in self.out.args:
                            self.out.args[slot.name] = choice
                            if not self._asked_for(wanted):
                                self.claim(slot.name, start, start + len(wanted))

    def _asked_for(self, stems: Sequence[str]) -> bool:
        """Words that the examples have inside a query: "hotels" is a category of "hotels in Boston", and part of it."""
        query = self.spec.first("query")
        values = (piece.text for template in self.spec.templates for piece in template.pieces if piece.slot)
        return query is not None and any(set(stems) <= {token.stem for token in tokenize(value)} for value in values)

    def booleans(self) -> None:
        for slot in self.spec.slots:
            if slot.kind == "boolean":
                cues = {stem(word) for word in slot.words if len(word) > 3} - {
                    "sort",
                    "show",
                    "include",
                    "only",
                    "most",
                }
                for index, token in enumerate(self.tokens):
                    rated = "rating" in slot.words and (token.low in _BEST or token.stem == "rated")
                    if token.stem in cues or rated:
                        before = self.tokens[index - 1].low if index else ""
                        self.out.args[slot.name] = before not in {"not", "no", "without"}
                        # "best rated" describes the order, not the thing; "open" may still be part of a name.
                        self.claim(slot.name, index, index + (1 if rated else 0))

    def numbers(self) -> None:
        for slot in self.spec.slots:
            if (slot.kind == "number" or slot.counts) and slot.name not in self.out.args:
                span = self._number(slot)
                if span is not None and (not slot.choices or span.value in slot.choices):
                    self.put(slot, span)

    def _number(self, slot: Slot) -> entities.Span | None:
        words = {stem(word) for word in slot.words}
        for index, token in enumerate(self.tokens):
            before = self.tokens[index - 1] if index else Token("")
            after = self.tokens[index + 1] if index + 1 < len(self.tokens) else Token("")
            ordinal = ORDINALS.get(token.low)
            quarter = re.fullmatch(r"[Qq]([1-4])", token.text)
            if quarter and "quarter" in words:
                return entities.Span(index, index + 1, int(quarter[1]))
            if ordinal and after.stem in words:
                return entities.Span(index, index + 2, ordinal)
            if token.low in {"last", "this"} and after.low == "year" and "year" in words:
                return entities.Span(index, index + 2, self.today.year - (token.low == "last"))
            if index in self.claimed or not re.fullmatch(r"\d{1,9}(?:\.\d+)?", token.text):
                continue
            value = float(token.text) if slot.type == "number" else int(float(token.text))
            year = "year" in words and re.fullmatch(r"(?:19|20)\d\d", token.text)
            amount = "amount" in words
            asked = before.low in _COUNTED or after.low in _RANKED
            counted = words & {"limit", "count", "max", "maximum", "size"} and value <= 50 and asked
            if year or amount or counted:
                return entities.Span(index, index + 1, value)
            if after.stem in words or (before.stem in words and after.stem not in words):
                return entities.Span(index - (before.stem in words), index + 1 + (after.stem in words), value)
        return None

    def places(self) -> None:
        """The place, for a slot that takes one, its parts or its coordinates; or both ends of a journey."""
        spec, args = self.spec, self.out.args
        journey = ends_of(spec)
        if journey is not None:
            for slot, span in zip(journey, find_ends(self.tokens, self.claimed), strict=True):
                if span is not None:
                    self.put(slot, span)
            return
        wanted = spec.first("location", "latitude", "state", "country")
        span = entities.here(self.tokens)
        if span is not None and wanted is not None:
            self.out.here = True
            self.claim(wanted.name, span.start, span.end)
        # A tool that wants words and only may take coordinates ("hotels in Lisbon") needs the town in the words.
        if wanted is None or (wanted.kind == "latitude" and wanted.optional):
            return
        place = next((span for span in entities.find("location", self.tokens) if self._fits(span)), None)
        if place is None:
            return
        if wanted.kind in {"location", "latitude"}:
            city = city_in(place.value)
            if wanted.kind == "latitude" and city is None:
                return
            self.claim(wanted.name, place.start, place.end)
            put_place(spec, args, place.value)

    def _fits(self, span: entities.Span) -> bool:
        words = [token.low for token in self.tokens[span.start : span.end]]
        if not self.open(span) or all(word in STOP or word in entities.TIME_WORDS for word in words):
            return False
        # "a place to eat": a tool that also takes words reads them as words.
        if span.weak and self.spec.first("query", "text") is not None and not city_in(span.value):
            return False
        # "at the movies" is no place; what the examples are made of is not one either, unless it is a known city.
        return bool(city_in(span.value)) or any(
            token.content and token.stem not in self.spec.literals for token in self.tokens[span.start : span.end]
        )

    def free(self) -> None:
        """Slots that take any words: as an example has them, else what nothing else wanted."""
        for index, token in enumerate(self.tokens):
            if token.low in _PRESENT_WORDS and index not in self.claimed:
                self.claim("", index, index + 1)
        ends = ends_of(self.spec) or ()
        free = [slot for slot in self.spec.slots if slot.kind in _FREE and slot not in ends]
        slots = [slot for slot in free if slot.name not in self.out.args]
        # The place comes last, and not at all after "near me": "tacos" alone is what, not where.
        for slot in sorted(slots, key=lambda slot: slot.kind == "location"):
            if slot.kind == "location" and self.out.here:
                continue
            if slot.kind == "query" and self.spec.web_search:
                self.out.args[slot.name] = _SEARCH_FRAME.sub("", self.text).rstrip("?.! ")
                self.claim(slot.name, 0, len(self.tokens))
                continue
            must = not slot.optional or slot.blank == ""
            # A value nobody has to give is taken only from words that are plainly an example's.
            span = None if self.extra else self._aligned(slot, _GOOD_ALIGNMENT if must else _PLAIN_ALIGNMENT)
            if span is None and must and slot.kind != "train":
                span = self._rest(slot) or (self._plain_rest() if slot.kind == "query" and not self.extra else None)
            if slot.kind == "location" and span is not None and not self._named_place(*span):
                continue
            if span is not None:
                start, end = span
                value = " ".join(token.text for token in self.tokens[start:end])
                value = value.removesuffix("'s")
                self.out.args[slot.name] = [value] if slot.kind == "list" else value
                self.claim(slot.name, start, end)

    def unread(self) -> int:
        """How many words are neither a value nor a way of asking."""
        known = self.known | COMMANDS | {token.stem for token in tokenize(self.spec.purpose)}
        return sum(
            token.content and token.stem not in known and token.low not in entities.TIME_WORDS
            for index, token in enumerate(self.tokens)
            if index not in self.claimed
        )

    def _aligned(self, slot: Slot, most: float) -> tuple[int, int] | None:
        found = best_alignment(self.spec.templates, self.tokens, self.claimed, slot.name)
        if found is None or found.cost > most:
            return None
        span = self._trim(*found.values[slot.name])
        # "is my train on time": words that the examples themselves are made of are no value.
        told = span is not None and any(t.content and t.stem not in self.known for t in self.tokens[span[0] : span[1]])
        return span if told else None

    def _named_place(self, start: int, end: int) -> bool:
        """Words that stand as a place's do; "I want Thai food" has none, whatever example it is like."""
        before = self.tokens[start - 1].low if start else ""
        value = " ".join(token.text for token in self.tokens[start:end])
        # "Is Taylor Swift touring": a name is not cut in two.
        last = self.tokens[start - 1] if start - 1 in self.claimed else Token("")
        if value[:1].isupper() and last.text[:1].isupper() and not last.ends:
            return False
        led = before in entities.AT_A_PLACE | entities.TOWARDS or value[:1].isupper() or value[:1].isdigit()
        return led or bool(city_in(value)) or start == 0

    def _trim(self, start: int, end: int) -> tuple[int, int] | None:
        """Without the words at its edges that only frame it."""
        while start < end and self._frames(start, leading=True):
            start += 1
        while end > start and self._frames(end - 1, leading=False):
            end -= 1
        return (start, end) if any(token.content for token in self.tokens[start:end]) else None

    def _frames(self, index: int, leading: bool) -> bool:
        token = self.tokens[index]
        following = [token.low for token in self.tokens[index + 1 : index + 3]]
        # "bring me a", or whatever that verb was heard as.
        if leading and following[:1] == ["me"] and following[1:] and following[1] in {"a", "an", "some", "the"}:
            return True
        if index in self.claimed or token.low in entities.TIME_WORDS:
            return True
        if leading and token.low == "the" and index + 1 < len(self.tokens):
            return self.tokens[index + 1].text[:1].islower() and self.tokens[index + 1].low in COMMANDS
        return token.low in STOP or token.low in _VAGUE or token.stem in COMMANDS

    def _rest(self, slot: Slot) -> tuple[int, int] | None:
        """The longest stretch of words that no other slot and no example wants."""
        best: tuple[int, int] | None = None
        weight, start = 0, 0
        for index in range(len(self.tokens) + 1):
            at_end = index == len(self.tokens)
            if at_end or index in self.claimed or (index and self.tokens[index - 1].ends):
                span = self._trim_words(start, index)
                size = sum(token.content for token in self.tokens[span[0] : span[1]]) if span else 0
                if size > weight:
                    best, weight = span, size
                start = index if not at_end and index not in self.claimed else index + 1
        return best

    def _plain_rest(self) -> tuple[int, int] | None:
        """A word of the examples after all ("dinner"), unless it names what the tool is for ("price")."""
        purpose = {token.stem for text in (self.spec.purpose, *words_of(self.spec.name)) for token in tokenize(text)}
        for index, token in enumerate(self.tokens):
            if index not in self.claimed and not self._frames(index, leading=True) and token.stem not in purpose:
                return (index, index + 1)
        return None

    def _trim_words(self, start: int, end: int) -> tuple[int, int] | None:
        """As `_trim`, and without the words that this tool's examples are made of."""

        def frames(index: int) -> bool:
            return self._frames(index, leading=True) or self.tokens[index].stem in self.known

        while start < end and frames(start):
            start += 1
        while end > start and (frames(end - 1) or self._frames(end - 1, leading=False)):
            end -= 1
        return (start, end) if any(token.content for token in self.tokens[start:end]) else None


def fill(spec: ToolSpec, utterance: Utterance, today: date, known: frozenset[str] = frozenset()) -> Filled:
    """Read `utterance` as a call of the tool.

    `today` is the caller's date. `known` are stems that belong to the way of asking and to no value. Of several
    sentences, the last one that says all that is needed counts alone: "I have a toothache. I need a dentist in Salem."
    """
    for sentence in reversed(utterance.sentences[1:] and utterance.sentences):
        filled = _fill(spec, sentence, today, known)
        if not filled.missing and spec.first("query", "text") is not None:
            said = _fill(spec, utterance, today, known).args
            choices = {slot.name for slot in spec.slots if slot.kind == "enum"}
            filled.args = {name: value for name, value in said.items() if name in choices} | filled.args
            return filled
    return _fill(spec, utterance, today, known)


def _fill(spec: ToolSpec, utterance: Utterance, today: date, known: frozenset[str]) -> Filled:
    filling = _Filling(spec, utterance, today, known)
    for step in (filling.typed, filling.enums, filling.booleans, filling.numbers, filling.places, filling.free):
        step()
    filling.out.missing = missing(spec, filling.out.args)
    filling.out.unread = filling.unread()
    return filling.out


def missing(spec: ToolSpec, args: Mapping[str, Any]) -> list[Slot]:
    """What must still be asked for; a needed yes-or-no, and a day that may be today, has a default and is not asked."""
    needed = [slot for slot in spec.needs if slot.name not in args and slot.kind != "boolean"]
    return [slot for slot in needed if slot.kind != "date" or _PLANNED & set(slot.words)]


def complete(spec: ToolSpec, args: Mapping[str, Any], today: date) -> dict[str, Any]:
    """Arguments for the whole schema: what nobody said is null, blank, no, or today."""
    # What begins on a day ends on it, unless somebody says more.
    begins = next((args[slot.name] for slot in spec.slots if slot.kind == "date" and slot.name in args), None)
    defaults = {"boolean": False, "date": begins or today.isoformat()}
    blanks = {slot.name: slot.blank if slot.optional else defaults.get(slot.kind) for slot in spec.slots}
    return blanks | {name: value for name, value in args.items() if name in blanks}
