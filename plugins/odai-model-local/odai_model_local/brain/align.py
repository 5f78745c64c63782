"""An utterance laid along an example: which words stand where the example has a marked value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from odai_model_local.brain.examples import Template
from odai_model_local.brain.utterance import STOP, Token, stem

LONGEST_VALUE = 9
MAX_TOKENS = 40
_ABSENT = 0.45
_FOREIGN = 1e6


@dataclass(frozen=True)
class Alignment:
    """`cost` is 0 when only the values differ; `values` are word ranges by argument."""

    cost: float
    values: Mapping[str, tuple[int, int]]


def _weight(word: str) -> float:
    return 0.25 if word.lower() in STOP else 1.0


def _value_cost(tokens: Sequence[Token], start: int, end: int, slot: str, claimed: Mapping[int, str]) -> float:
    """What it costs to read these words as the value of `slot`."""
    owners = {claimed.get(index, "") for index in range(start, end)}
    if owners - {"", slot}:
        return _FOREIGN
    if any(token.ends for token in tokens[start : end - 1]):
        return _FOREIGN
    inside = tokens[start:end]
    if not any(token.content for token in inside):
        return _FOREIGN
    edges = (0.0 if inside[0].content or inside[0].low in {"the", "my"} else 0.5) + (0.0 if inside[-1].content else 0.5)
    return 0.08 * (len(inside) - 1) + edges


def align(template: Template, tokens: Sequence[Token], claimed: Mapping[int, str]) -> Alignment:
    """The cheapest way to read `tokens` as the example. `claimed`: words that belong to an argument already."""
    tokens = tokens[:MAX_TOKENS]
    pieces, width = template.pieces[:MAX_TOKENS], len(tokens)
    skip = [0.1 if index in claimed else 0.9 * _weight(token.low) for index, token in enumerate(tokens)]
    best: list[list[tuple[float, tuple[tuple[str, int, int], ...]]]] = [[(0.0, ())]]
    for j in range(width):
        cost, path = best[0][j]
        best[0].append((cost + skip[j], path))
    for piece in pieces:
        above = best[-1]
        row: list[tuple[float, tuple[tuple[str, int, int], ...]]] = []
        for j in range(width + 1):
            cost, path = above[j]
            options = [(cost + (_ABSENT if piece.slot else _weight(piece.text)), path)]
            if j:
                cost, path = row[j - 1]
                options.append((cost + skip[j - 1], path))
            if piece.slot:
                for start in range(max(j - LONGEST_VALUE, 0), j):
                    cost, path = above[start]
                    price = _value_cost(tokens, start, j, piece.slot, claimed)
                    if price < _FOREIGN:
                        options.append((cost + price, (*path, (piece.slot, start, j))))
            elif j and tokens[j - 1].stem == stem(piece.text):
                options.append(above[j - 1])
            row.append(min(options, key=lambda option: option[0]))
        best.append(row)
    cost, path = best[-1][width]
    return Alignment(cost, {slot: (start, end) for slot, start, end in path})


def best_alignment(
    templates: Sequence[Template], tokens: Sequence[Token], claimed: Mapping[int, str], wanted: str
) -> Alignment | None:
    """The cheapest among the examples that give a value for `wanted`; None when none does."""
    found = (align(template, tokens, claimed) for template in templates if wanted in template.slots)
    return min((one for one in found if wanted in one.values), key=lambda one: one.cost, default=None)
