"""Sentences as vectors: WordPiece tokens and the MiniLM encoder."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from odai_model_local import runtime
from odai_model_local.assets import MINILM, file_path, sha256_of
from odai_model_local.phrases import WIDTH, Phrases

MAX_TOKENS = 128
MAX_WORD = 100
RECIPE = 1
"""Goes up when the same files give other vectors, so that kept ones are made again."""


class WordPiece:
    """BERT's uncased tokenizer: words and punctuation, each cut into the longest pieces in the vocabulary."""

    def __init__(self, vocabulary: Sequence[str]) -> None:
        self._ids = {piece: index for index, piece in enumerate(vocabulary)}
        self._start, self._end, self._unknown = (self._ids[name] for name in ("[CLS]", "[SEP]", "[UNK]"))

    def encode(self, text: str) -> list[int]:
        """Token ids with the start and end marks, at most MAX_TOKENS."""
        ids = [token for word in split_words(text) for token in self._pieces(word)]
        return [self._start, *ids[: MAX_TOKENS - 2], self._end]

    def _pieces(self, word: str) -> list[int]:
        if len(word) > MAX_WORD:
            return [self._unknown]
        found: list[int] = []
        start = 0
        while start < len(word):
            mark = "##" if start else ""
            end = next((e for e in range(len(word), start, -1) if mark + word[start:e] in self._ids), None)
            if end is None:
                return [self._unknown]
            found.append(self._ids[mark + word[start:end]])
            start = end
        return found


def split_words(text: str) -> Iterator[str]:
    """Lower-case words without accents; every punctuation mark and CJK character by itself."""
    word = ""
    for character in unicodedata.normalize("NFD", text.lower()):
        kind = unicodedata.category(character)
        if kind == "Mn" or (kind in ("Cc", "Cf") and character not in "\t\n\r"):
            continue
        alone = _is_punctuation(character, kind) or 0x4E00 <= ord(character) <= 0x9FFF
        if alone or character.isspace():
            if word:
                yield word
            word = ""
            if alone:
                yield character
        else:
            word += character
    if word:
        yield word


def _is_punctuation(character: str, kind: str) -> bool:
    # BERT counts every ASCII symbol as punctuation, "$" and "`" included.
    return kind.startswith("P") or (
        character.isascii() and character.isprintable() and not character.isalnum() and character != " "
    )


class Embedder:
    """Loaded once per process; calls are safe from several threads."""

    def __init__(self, folder: Path) -> None:
        vocabulary, model = (file_path(folder, MINILM, name) for name in ("vocab.txt", "model.onnx"))
        self._tokenizer = WordPiece(vocabulary.read_text(encoding="utf-8").splitlines())
        self._session = runtime.load(model)
        self.phrases = Phrases(
            self,
            folder / MINILM.name / "phrases.bin",
            lambda: f"{RECIPE} {runtime.BUILD} {sha256_of(vocabulary)} {sha256_of(model)}",
        )
        """The same for what tools are asked with, remembered from start to start. Never for what a user says."""

    def __call__(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Float32 [len(texts), 384], every row of length 1. Blocking: about 1 ms a sentence."""
        rows = [self._session.run(["embedding"], {"input_ids": self._ids(text)})[0] for text in texts]
        return np.concatenate(rows) if rows else np.zeros((0, WIDTH), np.float32)

    def _ids(self, text: str) -> npt.NDArray[np.int64]:
        return np.asarray([self._tokenizer.encode(text)], np.int64)
