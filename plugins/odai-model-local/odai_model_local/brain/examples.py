"""Example phrases with marked argument values: "find {search_term:sushi} near {location:Union Square}"."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from odai_model_local.brain.utterance import STOP, clean, stem, tokenize

_MARK = re.compile(r"\{\s*([A-Za-z_]\w{0,63})\s*(?::\s*([^{}:]{1,120}?)\s*)?\}")
MAX_EXAMPLES = 60


@dataclass(frozen=True)
class Piece:
    """A literal word (`slot` is empty) or a marked value with the name of its argument."""

    text: str
    slot: str = ""


@dataclass(frozen=True)
class Template:
    """One example, cut into words and marked values."""

    text: str
    """The example with its values in place, as a person would say it."""
    pieces: tuple[Piece, ...]

    @cached_property
    def telling(self) -> frozenset[str]:
        """Stems of the literal words that mean something."""
        return frozenset(stem(piece.text) for piece in self.pieces if not piece.slot and piece.text.lower() not in STOP)

    @cached_property
    def stems(self) -> frozenset[str]:
        """Stems of all its literal words."""
        return frozenset(stem(piece.text) for piece in self.pieces if not piece.slot)

    @property
    def slots(self) -> frozenset[str]:
        """Names of the marked arguments."""
        return frozenset(piece.slot for piece in self.pieces if piece.slot)


def parse_example(example: str) -> Template:
    """Read one example. What is not a well-formed mark is literal text, its braces dropped."""
    pieces: list[Piece] = []
    spoken: list[str] = []
    position = 0
    example = example[:400]
    for mark in [*_MARK.finditer(example), None]:
        literal = example[position : mark.start() if mark else len(example)]
        literal = clean(literal.replace("{", " ").replace("}", " "))
        pieces += [Piece(token.text) for token in tokenize(literal)]
        spoken.append(literal)
        if mark is None:
            break
        value = mark[2] or mark[1].replace("_", " ")
        pieces.append(Piece(value, mark[1]))
        spoken.append(value)
        position = mark.end()
    return Template(" ".join(" ".join(spoken).split()).replace(" 's", "'s"), tuple(pieces))


def parse_examples(examples: Iterable[object]) -> tuple[Template, ...]:
    """Read them all; what is not text, or empty, is left out."""
    texts = [example for example in examples if isinstance(example, str)][:MAX_EXAMPLES]
    return tuple(template for template in map(parse_example, texts) if template.pieces)
