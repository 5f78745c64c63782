"""Which tool a request is for: nearest example phrases, plus what only that tool's words and things can mean."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence, Set
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from odai_core import ToolInfo
from odai_model_local.brain import entities
from odai_model_local.brain.align import align
from odai_model_local.brain.gazetteers import AIRLINES, COINS, city_in
from odai_model_local.brain.spec import COMMANDS, ToolSpec, keywords, read_tools, sound
from odai_model_local.brain.tfidf import TfIdf
from odai_model_local.brain.topics import TOPICS, Topic
from odai_model_local.brain.types import Embed, Vectors
from odai_model_local.brain.utterance import STOP, Token, Utterance, stem, tokenize, words_of

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Scale:
    """Where an encoder's cosines mean something: found on the dev requests."""

    fits: float
    """Below it nothing fits."""
    sure: float
    """From here on a request interrupts a question of ours."""
    margin: float
    """Two tools nearer than this are both named."""
    covers: float
    """A tool's phrase as near as this to a topic's means that the tool is about the topic."""


MINILM = Scale(fits=0.43, sure=0.62, margin=0.03, covers=0.62)
WORDS = Scale(fits=0.30, sure=0.48, margin=0.02, covers=0.45)
MAX_ROUTES = 256
"""Scores that are kept: a chat is thought through again at every step of an answer."""
_PLACE_BONUS = 0.1
_NAME_BONUS = 0.06
_STRANGE = 0.2
_PATTERN_BONUS = 0.2
_PATTERNED = 6
"""How many of the nearest tools have their examples laid along the request."""
_ENTITY_BONUS = 0.3
_KEYWORD_BONUS = 0.15
_PLACES = frozenset({"location", "latitude"})
TELLING = frozenset({"flight", "train", "url", "email", "code", "coin", "currency", "stock"})
"""Kinds that hardly appear by accident."""
_WEIGHT = {"stock": 0.6}
"""Companies are in the news and in the shops, too."""


@dataclass(frozen=True)
class Route:
    """Scores of one request: tools from best to worst, and the topic it is about."""

    ranked: tuple[tuple[ToolSpec, float], ...]
    topic: Topic | None
    topic_score: float
    scale: Scale

    @property
    def score(self) -> float:
        return self.ranked[0][1] if self.ranked else 0.0

    @property
    def best(self) -> ToolSpec | None:
        """The tool it is for, or None when none fits."""
        return self.ranked[0][0] if self.ranked and self.score >= self.scale.fits else None

    def of(self, spec: ToolSpec) -> float:
        """The score of one tool."""
        return next((score for one, score in self.ranked if one.name == spec.name), 0.0)


def _covered_by_words(specs: Sequence[ToolSpec]) -> frozenset[str]:
    """Topics that a connector is made for: one of their words is among its own."""
    texts = [{token.stem for text in (*spec.phrases, spec.title) for token in tokenize(text)} for spec in specs]
    return frozenset(topic.spoken for topic in TOPICS if topic.doable and any(topic.words & words for words in texts))


def _lent(spec: ToolSpec) -> tuple[Topic, ...]:
    """For a tool that brings no examples: the topics its own text names, for how people ask about them."""
    if spec.templates:
        return ()
    words = {token.stem for text in (spec.purpose, spec.title, *words_of(spec.name)) for token in tokenize(text)}
    return tuple(topic for topic in TOPICS if topic.words & (words - COMMANDS))


class ToolIndex:
    """The tools of a call, embedded once and shared by every call that has the same ones. Immutable."""

    def __init__(self, infos: Sequence[ToolInfo], embed: Embed | None) -> None:
        self.specs = read_tools(infos)
        lent = {spec.name: _lent(spec) for spec in self.specs}
        self._keywords = keywords(
            self.specs, {name: {w for t in topics for w in t.words} for name, topics in lent.items()}
        )
        self._own = {spec.name: spec.literals - _common(spec, self.specs) for spec in self.specs}
        self._named = {spec.name: _name_of_its_own(spec, self.specs) for spec in self.specs}
        self._takes_places = {spec.name: _takes_place(spec) for spec in self.specs}
        covered = _covered_by_words(self.specs)
        topics = tuple(topic for topic in TOPICS if topic.spoken not in covered)
        tool_texts = [
            (row, text)
            for row, spec in enumerate(self.specs)
            for text in (*spec.phrases, *(phrase for topic in lent[spec.name] for phrase in topic.phrases))
        ]
        topic_texts = [(row, text) for row, topic in enumerate(topics) for text in topic.phrases]
        texts = [text for _, text in (*tool_texts, *topic_texts)]
        self.scale = WORDS if embed is None else MINILM
        self.embed: Embed = TfIdf(texts) if embed is None else embed
        # An encoder may remember plugins' phrases. Requests are embedded by itself: they are nobody's to keep.
        phrases: Embed = getattr(self.embed, "phrases", self.embed)
        self._tool_vectors, topic_vectors = np.split(phrases(texts), [len(tool_texts)])
        self._tool_rows = np.array([row for row, _ in tool_texts], dtype=np.int64)
        # A music connector shares "music" with a concert one, so what no connector is made for is told by nearness.
        rows = np.array([row for row, _ in topic_texts], dtype=np.int64)
        nearest = (topic_vectors @ self._tool_vectors.T).max(axis=1, initial=0.0)
        near = {row for row in range(len(topics)) if nearest[rows == row].max() >= self.scale.covers}
        self._topics = topics
        kept = ~np.isin(rows, list(near))
        self._topic_rows, self._topic_vectors = rows[kept], topic_vectors[kept]
        self._sounds = self._names_by_sound()
        self._searched = {
            spec.plugin: frozenset(token.low for token in tokenize(spec.title)) - COMMANDS - STOP - {"google"}
            for spec in self.specs
            if spec.first("query") is not None
        }
        self._takes_coins = any(spec.first("coin") for spec in self.specs)
        self._takes_flights = any(spec.first("flight") for spec in self.specs)
        self._words = frozenset().union(*(spec.literals for spec in self.specs)) - STOP
        self.route = lru_cache(MAX_ROUTES)(self._score)
        """Score every tool and topic for a request; blocking, some milliseconds the first time."""
        self._titles = frozenset(token.stem for spec in self.specs for token in tokenize(spec.title))

    def _names_by_sound(self) -> dict[str, str]:
        """Titles of one word by their sound, when it is long enough to mean nothing else; of two, the first tool's."""
        words = [spec.title.lower() for spec in self.specs if spec.title and " " not in spec.title]
        return {sound(word): word for word in reversed(words) if len(sound(word)) >= 4}

    def mend(self, utterance: Utterance) -> Utterance:
        """Put right names that were heard as other words: "N Track" -> "Amtrak", "dealt a 331" -> "delta 331"."""
        utterance = self._mend_coin(self._mend_airline(utterance))
        tokens = utterance.tokens
        for size in (2, 1):
            for start in range(len(tokens) - size + 1):
                window = tokens[start : start + size]
                said = "".join(token.text for token in window)
                name = self._sounds.get(sound(said))
                # "Amtrak 86": digits have no sound, and what follows a comma is another phrase.
                whole = said.isalpha() and not any(token.ends for token in window[:-1])
                if name and whole and said.lower() != name and all(sound(token.text) for token in window):
                    mended = (*tokens[:start], Token(name, window[-1].ends), *tokens[start + size :])
                    return Utterance(utterance.raw, " ".join(token.text for token in mended), mended)
        return utterance

    def _mend_coin(self, utterance: Utterance) -> Utterance:
        """Words that sound like a coin and are nothing that a tool is asked with: "poker dot", "doggie coin"."""
        tokens = utterance.tokens
        if not self._takes_coins or entities.find("coin", tokens):
            return utterance
        for size in (2, 1):
            for start in range(len(tokens) - size + 1):
                window = tokens[start : start + size]
                name = _COIN_SOUNDS.get(_voiceless("".join(token.text for token in window)))
                plain = all(
                    token.content and token.text.isalpha() and token.stem not in self._words for token in window
                )
                if name and plain and not any(token.ends for token in window[:-1]):
                    mended = (*tokens[:start], Token(name, window[-1].ends), *tokens[start + size :])
                    return Utterance(utterance.raw, " ".join(word.text for word in mended), mended)
        return utterance

    def _mend_airline(self, utterance: Utterance) -> Utterance:
        """Before a number, words that sound like an airline and are nothing that a tool is asked with."""
        tokens = utterance.tokens
        if not self._takes_flights:
            return utterance
        # "Is Delta 113 on time" sounds like "Southwest 113", but the airline is there.
        spans = [span for span in entities.find("flight", tokens) if not span.value.isdigit()]
        named = {index for span in spans for index in range(span.start, span.end)}
        for index, token in enumerate(tokens):
            end = index
            while end and tokens[end - 1].low in {"flight", "number"}:
                end -= 1
            if not re.fullmatch(r"\d{1,4}", token.text) or index in named:
                continue
            for start in (end - 2, end - 1):
                window = tokens[max(start, 0) : end]
                name = _airline_like(_voiceless("".join(word.text for word in window)))
                known = any(word.stem in self._words or word.text.isdigit() for word in window)
                if start >= 0 and name and not known and " ".join(word.low for word in window) != name:
                    mended = (*tokens[:start], *(Token(word) for word in name.split()), *tokens[end:])
                    return Utterance(utterance.raw, " ".join(word.text for word in mended), mended)
        return utterance

    def _score(self, utterance: Utterance) -> Route:
        vector = self.embed([utterance.text])
        cosines = (self._tool_vectors @ vector[0]) if len(self._tool_rows) else np.zeros(0, dtype=np.float32)
        bonuses = self._bonuses(utterance)
        scored = []
        for row, spec in enumerate(self.specs):
            mine = np.sort(cosines[self._tool_rows == row])[::-1]
            base = 0.6 * float(mine[0]) + 0.4 * float(mine[:3].mean()) if len(mine) else 0.0
            scored.append((spec, base + bonuses[row]))
        scored.sort(key=lambda item: -item[1])
        scored[:_PATTERNED] = [(spec, score + _pattern(spec, utterance)) for spec, score in scored[:_PATTERNED]]
        scored.sort(key=lambda item: -item[1])
        topic, topic_score = self._topic(utterance, vector)
        return Route(tuple(scored), topic, topic_score, self.scale)

    def _topic(self, utterance: Utterance, vector: Vectors) -> tuple[Topic | None, float]:
        """The nearest topic that no tool covers."""
        if not len(self._topic_rows):
            return None, 0.0
        cosines = self._topic_vectors @ vector[0]
        scores = []
        for row, topic in enumerate(self._topics):
            mine = np.sort(cosines[self._topic_rows == row])[::-1]
            if len(mine):
                named = _KEYWORD_BONUS if topic.words & utterance.stems else 0.0
                scores.append((named + 0.6 * float(mine[0]) + 0.4 * float(mine[:3].mean()), topic))
        score, topic = max(scores, key=lambda item: item[0])
        return topic, score

    def _bonuses(self, utterance: Utterance) -> list[float]:
        kinds = {kind for kind in TELLING if entities.find(kind, utterance.tokens)}
        takers = {kind: {spec.plugin for spec in self.specs if spec.first(kind)} for kind in kinds}
        hits = [self._keywords[word] for word in self._said(utterance) if word in self._keywords]
        placed = any(token.low in entities.AT_A_PLACE for token in utterance.tokens) and any(
            True for span in entities.places(utterance.tokens) if _is_place(span.value)
        )
        lows = {token.low for token in utterance.tokens}
        out = []
        for spec in self.specs:
            # A coin was named, and this tool needs a flight.
            strange = bool(kinds) and any(slot.kind in TELLING - kinds for slot in spec.needs)
            things = [_WEIGHT.get(kind, 1.0) / len(takers[kind]) for kind in kinds if spec.first(kind) is not None]
            words = max((hit.get(spec.plugin, 0.0) for hit in hits), default=0.0)
            own = len(utterance.stems & self._own[spec.name])
            named = _NAME_BONUS if self._named[spec.name] & utterance.stems else 0.0
            place = _PLACE_BONUS if placed and self._takes_places[spec.name] else 0.0
            # "News about bitcoin" is for who looks for words and has that name, not for who knows coins.
            named_other = any(words & lows for plugin, words in self._searched.items() if plugin != spec.plugin)
            entity = _ENTITY_BONUS * max(things, default=0.0) * (not named_other) - _STRANGE * strange
            out.append(place + entity + named + _KEYWORD_BONUS * words + min(0.04 * own, 0.08))
        return out

    def _said(self, utterance: Utterance) -> Set[str]:
        """Its words, less those of a name: the Golden Gate Bridge has nothing to do with a flight's gate."""
        tokens = utterance.tokens
        capital = [token.text[:1].isupper() and token.text not in {"I", "I'm"} for token in tokens]
        capital[:1] = [False]
        inside: set[int] = set()
        for index in range(1, len(tokens)):
            pair = {tokens[index - 1].stem, tokens[index].stem}
            if capital[index - 1] and capital[index] and not tokens[index - 1].ends and not pair <= self._titles:
                inside |= {index - 1, index}
        return frozenset(token.stem for index, token in enumerate(tokens) if index not in inside)


def _voiceless(name: str) -> str:
    """The sound with d and t as one, which a telephone hardly tells apart."""
    return sound(name).replace("d", "t")


_AIRLINE_SOUNDS: Final[dict[str, str]] = {
    _voiceless(name.replace(" ", "")): name for name in sorted(AIRLINES) if len(_voiceless(name)) >= 3 < len(name)
}
"""Sound -> airline. "KLM" is left out: it is said letter by letter, and sounds like "claim"."""


_COIN_SOUNDS: Final = {_voiceless(name.replace(" ", "")): name for name in COINS if len(_voiceless(name)) >= 4}


def _airline_like(heard: str) -> str | None:
    """The airline of this sound; of a long one, also with one consonant misheard: "jip blue"."""
    if heard in _AIRLINE_SOUNDS:
        return _AIRLINE_SOUNDS[heard]
    near = [
        name
        for known, name in _AIRLINE_SOUNDS.items()
        if len(known) == len(heard) >= 4 and sum(a != b for a, b in zip(known, heard, strict=True)) == 1
    ]
    return near[0] if len(near) == 1 else None


def _common(spec: ToolSpec, specs: Sequence[ToolSpec]) -> frozenset[str]:
    """Words that the sisters of a tool are asked with too."""
    return frozenset().union(*(one.literals for one in specs if one.plugin == spec.plugin and one.name != spec.name))


def _name_of_its_own(spec: ToolSpec, specs: Sequence[ToolSpec]) -> frozenset[str]:
    """Words of its name that no other search of its plugin has: "venues"; none for a tool that needs an id."""

    def words(one: ToolSpec) -> frozenset[str]:
        by_id = any(slot.kind == "id" for slot in one.needs)
        return frozenset() if by_id else frozenset(map(stem, words_of(one.name))) - COMMANDS - STOP

    others = (words(one) for one in specs if one.plugin == spec.plugin and one.name != spec.name)
    return words(spec) - frozenset().union(*others)


def _takes_place(spec: ToolSpec) -> bool:
    """It needs a place, or takes it with the words of its examples: "hotels in Boston"."""
    if any(slot.kind in _PLACES for slot in spec.needs) or spec.first("location") is not None:
        return any(slot.kind in _PLACES for slot in spec.needs)
    values = [piece.text for template in spec.templates for piece in template.pieces if piece.slot]
    return 3 * sum(city_in(value) is not None and " in " in value for value in values) >= len(values) > 0


def _is_place(value: str) -> bool:
    """Not "on time" or "this weekend"."""
    return any(word.lower() not in entities.TIME_WORDS | STOP | {"time"} for word in value.split())


def _pattern(spec: ToolSpec, utterance: Utterance) -> float:
    """A bonus for a request that is worded like an example, whatever its values."""
    best = 0.0
    for template in spec.templates:
        telling = template.telling
        if telling and template.stems & utterance.stems:
            cost = align(template, utterance.tokens, {}).cost
            best = max(best, 1 - cost / (1 + len(telling)))
    return _PATTERN_BONUS * best
