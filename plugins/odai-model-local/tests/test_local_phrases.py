"""Vectors of phrases are computed once, whatever becomes of the file; what users say is not in it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from odai_model_local import phrases
from odai_model_local.audio import Floats
from odai_model_local.brain.router import ToolIndex
from odai_model_local.brain.utterance import Utterance
from odai_model_local.phrases import WIDTH, Phrases

from odai_core import ToolInfo


class Encoder:
    """Vectors of length one that differ by text; remembers what it was given."""

    def __init__(self) -> None:
        self.given: list[str] = []

    def __call__(self, texts: Sequence[str]) -> Floats:
        self.given += texts
        seeds = (int.from_bytes(hashlib.sha256(text.encode("utf-8", "replace")).digest()[:4], "big") for text in texts)
        rows = np.array([np.random.default_rng(seed).normal(size=WIDTH) for seed in seeds], np.float32)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True) if len(rows) else rows.reshape(0, WIDTH)


def kept(file: Path, encoder: Encoder, name: str = "one") -> Phrases:
    return Phrases(encoder, file, lambda: name)


TEXTS = ["find sushi", "the weather", "find sushi", "café \ud800", ""]


def test_a_second_start_computes_nothing_and_gives_the_same_bits(tmp_path: Path) -> None:
    first, second = Encoder(), Encoder()
    wanted = Encoder()(TEXTS)
    computed = kept(tmp_path / "p", first)(TEXTS)
    read = kept(tmp_path / "p", second)(TEXTS)
    assert first.given == list(dict.fromkeys(TEXTS))
    assert second.given == []
    assert computed.dtype == read.dtype == np.float32
    assert np.array_equal(computed, wanted)
    assert np.array_equal(read, wanted)
    assert [path.name for path in tmp_path.iterdir()] == ["p"]


def test_only_what_is_new_is_computed_and_nothing_is_a_matrix_too(tmp_path: Path) -> None:
    encoder = Encoder()
    vectors = kept(tmp_path / "p", encoder)
    assert vectors([]).shape == (0, WIDTH)
    vectors(["a", "b"])
    assert np.array_equal(vectors(["b", "c"]), Encoder()(["b", "c"]))
    assert encoder.given == ["a", "b", "c"]
    kept(tmp_path / "p", encoder)(["a", "b", "c"])
    assert len(encoder.given) == 3


def resummed(data: bytes, body: bytes) -> bytes:
    """The file with another body, and a sum that fits it."""
    return data[: data.index(b"\n") + 33] + hashlib.sha256(body).digest() + body


def body_of(data: bytes) -> bytes:
    return data[data.index(b"\n") + 65 :]


DAMAGE = {
    "empty": lambda data: b"",
    "cut short": lambda data: data[:-1],
    "a mark alone": lambda data: data[:20],
    "a flipped bit": lambda data: data[:-5] + bytes([data[-5] ^ 1]) + data[-4:],
    "too long": lambda data: data + b"x",
    "another format": lambda data: b"X" + data[1:],
    "half a row": lambda data: resummed(data, body_of(data)[:-8]),
    "no numbers": lambda data: resummed(data, body_of(data)[:-4] + b"\x00\x00\xc0\x7f"),
    "wrong lengths": lambda data: resummed(data, body_of(data)[:-4] + b"\x00\x00\x80\x41"),
    "a pickle": lambda data: b"cos\nsystem\n(S'true'\ntR.",
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_file_is_made_again(tmp_path: Path, damage: object) -> None:
    file = tmp_path / "p"
    kept(file, Encoder())(TEXTS)
    good = file.read_bytes()
    assert callable(damage)
    file.write_bytes(damage(good))
    encoder = Encoder()
    assert np.array_equal(kept(file, encoder)(TEXTS), Encoder()(TEXTS))
    assert encoder.given == list(dict.fromkeys(TEXTS))
    assert file.read_bytes() == good


def test_another_encoder_begins_anew(tmp_path: Path) -> None:
    kept(tmp_path / "p", Encoder())(["a", "b"])
    encoder = Encoder()
    kept(tmp_path / "p", encoder, name="two")(["a"])
    assert encoder.given == ["a"]
    kept(tmp_path / "p", encoder, name="two")(["a", "b"])
    assert encoder.given == ["a", "b"]


@pytest.mark.parametrize("where", ["missing/p", "folder"])
def test_a_file_that_cannot_be_kept_is_done_without(tmp_path: Path, where: str) -> None:
    (tmp_path / "folder").mkdir()
    encoder = Encoder()
    vectors = kept(tmp_path / where, encoder)
    for _ in range(2):
        assert np.array_equal(vectors(["a", "b"]), Encoder()(["a", "b"]))
    assert encoder.given == ["a", "b"]
    assert [path.name for path in tmp_path.rglob("*")] == ["folder"]


def test_what_is_wanted_now_is_kept_and_the_file_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(phrases, "MAX_KEPT", 3)
    encoder = Encoder()
    vectors = kept(tmp_path / "p", encoder)
    assert len(vectors(["a", "b", "c", "d"])) == 4
    assert len(vectors(["c", "e"])) == 2
    encoder.given.clear()
    kept(tmp_path / "p", encoder)(["c", "e", "a", "b"])
    assert encoder.given == ["b"]


def test_an_encoder_that_fails_leaves_what_was_known(tmp_path: Path) -> None:
    vectors = kept(tmp_path / "p", Encoder())
    vectors(["a"])
    vectors._embed = lambda texts: np.zeros((0, WIDTH), np.float32)
    with pytest.raises(ValueError, match="zip"):
        vectors(["b"])
    assert np.array_equal(vectors(["a"]), Encoder()(["a"]))


def test_threads_compute_a_phrase_once(tmp_path: Path) -> None:
    encoder = Encoder()
    vectors = kept(tmp_path / "p", encoder)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda at: vectors([f"text {at % 10}", "all"]), range(40)))
    assert sorted(encoder.given) == sorted(["all", *(f"text {at}" for at in range(10))])
    assert all(np.array_equal(row[1], found[0][1]) for row in found)


def test_what_users_say_is_not_kept(tmp_path: Path) -> None:
    class Whole(Encoder):
        def __init__(self) -> None:
            super().__init__()
            self.asked: list[str] = []

        def phrases(self, texts: Sequence[str]) -> Floats:
            self.asked += texts
            return Encoder()(texts)

    encoder = Whole()
    info = ToolInfo(name="find", description="Find food.", parameters={}, examples=("find sushi",))
    index = ToolIndex([info], encoder)
    assert "find sushi" in encoder.asked
    index.route(Utterance.parse("my secret illness"))
    assert encoder.given == ["my secret illness"]
    assert "my secret illness" not in encoder.asked
