"""Which tool a request is for: nearest example phrases, plus what only that tool's words and things can mean."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from odai_core import ToolInfo
from odai_model_local.brain import entities
from odai_model_local.brain.spec import ToolSpec, keywords, read_tools, sound
from odai_model_local.brain.tfidf import TfIdf
from odai_model_local.brain.topics import TOPICS, UNDOABLE, Topic
from odai_model_local.brain.types import Embed, Vectors
from odai_model_local.brain.utterance import Token, Utterance, tokenize

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


MINILM = Scale(fits=0.50, sure=0.62, margin=0.03)
WORDS = Scale(fits=0.34, sure=0.50, margin=0.02)
_ENTITY_BONUS = 0.25
_KEYWORD_BONUS = 0.15
_TELLING = frozenset({"flight", "train", "url", "email", "code", "coin", "currency", "stock"})
"""Kinds that hardly appear by accident."""


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

    @property
    def rival(self) -> ToolSpec | None:
        """A second tool that fits as well as the best."""
        if len(self.ranked) < 2 or self.ranked[1][1] < self.scale.fits:
            return None
        return self.ranked[1][0] if self.score - self.ranked[1][1] < self.scale.margin else None

    def of(self, spec: ToolSpec) -> float:
        """The score of one tool."""
        return next((score for one, score in self.ranked if one.name == spec.name), 0.0)


def _topics_covered(specs: Sequence[ToolSpec]) -> frozenset[str]:
    texts = [
        {token.stem for text in (*spec.phrases, spec.title) for token in tokenize(text)} for spec in specs
    ]
    return frozenset(topic.spoken for topic in (*TOPICS, *UNDOABLE) if any(topic.words & words for words in texts))


class ToolIndex:
    """The tools of a call, embedded once and shared by every call that has the same ones. Immutable."""

    def __init__(self, infos: Sequence[ToolInfo], embed: Embed | None) -> None:
        self.specs = read_tools(infos)
        self._keywords = keywords(self.specs)
        self._covered = _topics_covered(self.specs)
        self._topics = tuple(topic for topic in (*TOPICS, *UNDOABLE) if topic.spoken not in self._covered)
        tool_texts = [(row, text) for row, spec in enumerate(self.specs) for text in spec.phrases]
        topic_texts = [(row, text) for row, topic in enumerate(self._topics) for text in topic.phrases]
        texts = [text for _, text in (*tool_texts, *topic_texts)]
        self.scale = WORDS if embed is None else MINILM
        self.embed: Embed = TfIdf(texts) if embed is None else embed
        vectors = self.embed(texts) if texts else np.zeros((0, 1), dtype=np.float32)
        self._tool_rows = np.array([row for row, _ in tool_texts], dtype=np.int64)
        self._topic_rows = np.array([row for row, _ in topic_texts], dtype=np.int64)
        self._tool_vectors, self._topic_vectors = np.split(vectors, [len(tool_texts)])
        self._sounds = self._names_by_sound()

    def _names_by_sound(self) -> dict[str, str]:
        """Titles of one word by their sound, when it is long enough to mean nothing else."""
        words = {spec.title.lower() for spec in self.specs if spec.title and " " not in spec.title}
        return {sound(word): word for word in words if len(sound(word)) >= 4}

    def mend(self, utterance: Utterance) -> Utterance:
        """Put right a connector's name that was heard as other words: "N Track" -> "Amtrak"."""
        words = [token.text for token in utterance.tokens]
        for size in (2, 1):
            for start in range(len(words) - size + 1):
                name = self._sounds.get(sound("".join(words[start : start + size])))
                if name and sound(words[start]) and not any(token.ends for token in utterance.tokens[start : start + size - 1]):
                    tokens = list(utterance.tokens)
                    tokens[start : start + size] = [Token(name, tokens[start + size - 1].ends)]
                    text = " ".join(token.text for token in tokens)
                    return Utterance(utterance.raw, text, tuple(tokens))
        return utterance

    def vector(self, text: str) -> Vectors:
        """One sentence as [1, d]; blocking, some milliseconds."""
        return self.embed([text])

    def route(self, utterance: Utterance, vector: Vectors) -> Route:
        """Score every tool and topic for a request."""
        cosines = (self._tool_vectors @ vector[0]) if len(self._tool_rows) else np.zeros(0, dtype=np.float32)
        bonuses = self._bonuses(utterance)
        scored = []
        for row, spec in enumerate(self.specs):
            mine = np.sort(cosines[self._tool_rows == row])[::-1]
            base = 0.6 * float(mine[0]) + 0.4 * float(mine[:3].mean()) if len(mine) else 0.0
            scored.append((spec, base + bonuses[row]))
        scored.sort(key=lambda item: -item[1])
        topic, topic_score = self._topic(vector)
        return Route(tuple(scored), topic, topic_score, self.scale)

    def _topic(self, vector: Vectors) -> tuple[Topic | None, float]:
        """The nearest topic that no tool covers."""
        if not len(self._topic_rows):
            return None, 0.0
        cosines = self._topic_vectors @ vector[0]
        scores = []
        for row, topic in enumerate(self._topics):
            mine = np.sort(cosines[self._topic_rows == row])[::-1]
            scores.append((0.6 * float(mine[0]) + 0.4 * float(mine[:3].mean()), topic))
        score, topic = max(scores, key=lambda item: item[0])
        return topic, score

    def _bonuses(self, utterance: Utterance) -> list[float]:
        kinds = {kind for kind in _TELLING if entities.find(kind, utterance.tokens)}
        takers = {
            kind: {spec.plugin for spec in self.specs if spec.first(kind)} for kind in kinds
        }
        hits = [self._keywords[word] for word in utterance.stems if word in self._keywords]
        out = []
        for spec in self.specs:
            things = [1 / len(takers[kind]) for kind in kinds if spec.first(kind) is not None]
            words = max((hit.get(spec.plugin, 0.0) for hit in hits), default=0.0)
            own = len(utterance.stems & spec.literals - _common(spec, self.specs))
            out.append(_ENTITY_BONUS * max(things, default=0.0) + _KEYWORD_BONUS * words + min(0.04 * own, 0.08))
        return out


def _common(spec: ToolSpec, specs: Sequence[ToolSpec]) -> frozenset[str]:
    """Words that the sisters of a tool are asked with too."""
    return frozenset().union(*(one.literals for one in specs if one.plugin == spec.plugin and one.name != spec.name))
