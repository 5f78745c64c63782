"""The ear: what audio goes with a turn, and hostile audio."""

from __future__ import annotations

import numpy as np
import pytest
from odai_model_local.audio import Floats, mulaw_encode
from odai_model_local.listen import Ear, Snippet
from odai_model_local.turns import Started
from odai_model_local.vad import FRAME

from odai_core import PCM16_24K, ULAW_8K, AudioFormat, TurnDetection

TURNS = TurnDetection(type="semantic_vad", interrupt=True)


def loudness(frame: Floats) -> float:
    """A stand-in for the detector: loud is speech."""
    assert frame.shape == (FRAME,)
    return float(np.abs(frame).mean() > 0.1)


def tone(ms: int, level: int) -> bytes:
    time = np.arange(24 * ms)
    return (level * np.sin(2 * np.pi * 300 * time / 24000)).astype("<i2").tobytes()


def test_a_turn_comes_with_its_speech_and_a_little_quiet() -> None:
    ear = Ear(PCM16_24K, TURNS, loudness)
    data = tone(1000, 0) + tone(800, 16000) + tone(1000, 0)
    events = [event for at in range(0, len(data), 960) for event in ear.feed(data[at : at + 960])]
    assert [type(event) for event in events] == [Started, Snippet, Snippet]
    paused, ended = events[1], events[2]
    assert isinstance(paused, Snippet)
    assert isinstance(ended, Snippet)
    assert (paused.final, ended.final) == (False, True)
    assert (paused.silence_ms, ended.silence_ms) == (192, 480)
    loud = np.abs(ended.samples) > 0.2
    assert abs(loud.argmax() / 16 - 250) < 64
    assert abs(len(ended.samples) / 16 - 1300) < 100
    assert not ear.speaking


def test_a_turn_of_the_longest_kind_keeps_all_its_audio() -> None:
    ear = Ear(PCM16_24K, TURNS, loudness)
    snippets = [event for _ in range(21) for event in ear.feed(tone(1000, 16000)) if isinstance(event, Snippet)]
    assert len(snippets) == 1
    assert 19.9 < len(snippets[0].samples) / 16000 < 20.6


def test_finishing_by_hand_gives_what_was_said_so_far() -> None:
    ear = Ear(PCM16_24K, TURNS, loudness)
    list(ear.feed(tone(500, 16000)))
    snippet = ear.finish()
    assert snippet is not None
    assert snippet.final
    assert len(snippet.samples) > 400 * 16
    assert ear.finish() is None


@pytest.mark.parametrize("audio", [PCM16_24K, ULAW_8K], ids=lambda audio: audio.name)
def test_noise_of_any_length_is_taken(audio: AudioFormat) -> None:
    random = np.random.default_rng(3)
    ear = Ear(audio, TURNS, loudness)
    for length in (0, 1, 3, 159, 160, 961, 48_001, 2_000_003):
        data = random.integers(0, 256, length, np.uint8).tobytes()
        for event in ear.feed(data):
            assert not isinstance(event, Snippet) or np.isfinite(event.samples).all()


def test_phone_audio_is_heard_the_same() -> None:
    samples = (16000 * np.sin(2 * np.pi * 300 * np.arange(8 * 800) / 8000)).astype(np.int16)
    data = b"\xff" * 8000 + mulaw_encode(samples) + b"\xff" * 8000
    events = list(Ear(ULAW_8K, TURNS, loudness).feed(data))
    assert [type(event) for event in events] == [Started, Snippet, Snippet]
