"""Sentence vectors without a model: words and letter n-grams, weighted by how rare they are in the tools' phrases."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from odai_model_local.brain.types import Vectors
from odai_model_local.brain.utterance import STOP, stem, tokenize

SIZE = 4096
"""Hashed features; at some hundred phrases a collision is rare and harmless."""


def _features(text: str) -> Counter[int]:
    counts: Counter[str] = Counter()
    low = [token.low for token in tokenize(text)]
    for word in low:
        # Function words say little, yet "where is" and "how much" are half of what tells requests apart.
        counts[f"w {stem(word)}"] += 2 if word not in STOP else 1
        padded = f" {word} "
        if word not in STOP:
            for size in (3, 4):
                counts.update(f"c {padded[i : i + size]}" for i in range(len(padded) - size + 1))
    counts.update(f"b {stem(first)} {stem(second)}" for first, second in pairwise(low))
    hashed: Counter[int] = Counter()
    for feature, count in counts.items():
        hashed[zlib.crc32(feature.encode()) % SIZE] += count
    return hashed


class TfIdf:
    """Learns the weights from `corpus` once; then it is called like any other embedding."""

    def __init__(self, corpus: Sequence[str]) -> None:
        seen = np.zeros(SIZE, dtype=np.float32)
        for text in corpus:
            seen[list(_features(text))] += 1
        self._weights = np.log((1 + len(corpus)) / (1 + seen)).astype(np.float32) + 1

    def __call__(self, texts: Sequence[str]) -> Vectors:
        """float32 [n, 4096], rows of length one; a text without words is a row of zeros."""
        vectors = np.zeros((len(texts), SIZE), dtype=np.float32)
        for row, text in zip(vectors, texts, strict=True):
            for feature, count in _features(text).items():
                row[feature] = 1 + np.log(count)
            row *= self._weights
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        unit: Vectors = (vectors / np.maximum(norms, 1e-9)).astype(np.float32)
        return unit
