"""Audio conversion: bit-exact mu-law, streaming resampling, hostile bytes."""

from __future__ import annotations

import warnings
from itertools import pairwise

import numpy as np
import pytest
from odai_model_local.audio import HEARING_RATE, VOICE_RATE, Decoder, Encoder, mulaw_decode, mulaw_encode

from odai_core import PCM16_24K, ULAW_8K, AudioFormat

EVERY_SAMPLE = np.arange(-32768, 32768, dtype=np.int16)


def itu_levels() -> np.ndarray:
    """The decision levels of G.711's table for mu-law, in 14 bits: steps of 1, 2, 4 ... 256."""
    steps = [1] + [2] * 15 + [2 ** (segment + 1) for segment in range(1, 8) for _ in range(16)]
    return np.concatenate([[0], np.cumsum(steps)])


def itu_decode(code: int) -> int:
    """G.711: the value a code stands for, 16-bit."""
    code = ~code & 0xFF
    magnitude = (((code & 0x0F) << 3) + 132 << ((code >> 4) & 7)) - 132
    return -magnitude if code & 0x80 else magnitude


def test_every_code_decodes_as_the_standard_says() -> None:
    assert mulaw_decode(bytes(range(256))).tolist() == [itu_decode(code) for code in range(256)]


def test_every_code_survives_a_round_trip_but_negative_zero() -> None:
    codes = bytes(code for code in range(256) if code != 0x7F)
    assert mulaw_encode(mulaw_decode(codes)) == codes


def test_every_sample_falls_into_the_interval_of_the_standard() -> None:
    levels = itu_levels()
    assert levels[-1] == 8159
    linear = EVERY_SAMPLE.astype(int) >> 2
    intervals = np.minimum(np.searchsorted(levels, np.abs(linear), side="right") - 1, 127)
    expected = np.where(linear < 0, 0x7F, 0xFF) ^ intervals
    assert mulaw_encode(EVERY_SAMPLE) == expected.astype(np.uint8).tobytes()


def test_every_sample_is_encoded_as_the_reference_does() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        audioop = pytest.importorskip("audioop", reason="the reference left the standard library in Python 3.13")
    assert mulaw_encode(EVERY_SAMPLE) == audioop.lin2ulaw(EVERY_SAMPLE.tobytes(), 2)
    assert mulaw_decode(bytes(range(256))).tobytes() == audioop.ulaw2lin(bytes(range(256)), 2)


@pytest.mark.parametrize("audio", [PCM16_24K, ULAW_8K], ids=lambda audio: audio.name)
def test_a_tone_comes_back_at_its_pitch_and_length(audio: AudioFormat) -> None:
    tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(VOICE_RATE) / VOICE_RATE).astype(np.float32)
    encoder = Encoder(audio)
    data = encoder.feed(tone[:7000]) + encoder.feed(tone[7000:]) + encoder.feed(tone[:0], last=True)
    assert len(data) == audio.bytes_per_ms * 1000
    heard = Decoder(audio).feed(data)
    spectrum = np.abs(np.fft.rfft(heard, HEARING_RATE))
    assert spectrum.argmax() == 440
    assert 0.45 < np.abs(heard).max() < 0.55


def test_bytes_may_be_cut_anywhere() -> None:
    data = np.random.default_rng(1).integers(-9000, 9000, 24000, np.int16).tobytes()
    whole = Decoder(PCM16_24K).feed(data)
    decoder, cuts = Decoder(PCM16_24K), [0, 1, 2, 5, 960, 1921, 20001, len(data)]
    pieces = [decoder.feed(data[start:end]) for start, end in pairwise(cuts)]
    np.testing.assert_allclose(np.concatenate(pieces), whole, atol=1e-6)


@pytest.mark.parametrize("audio", [PCM16_24K, ULAW_8K], ids=lambda audio: audio.name)
@pytest.mark.parametrize("data", [b"", b"\x00", b"\xff" * 3, b"\x80\x7f" * 400_000], ids=["none", "one", "odd", "huge"])
def test_hostile_bytes_become_finite_samples(audio: AudioFormat, data: bytes) -> None:
    heard = Decoder(audio).feed(data)
    assert heard.dtype == np.float32
    assert np.isfinite(heard).all()


@pytest.mark.parametrize("audio", [PCM16_24K, ULAW_8K], ids=lambda audio: audio.name)
def test_samples_that_are_no_numbers_become_silence_and_loud_ones_are_clipped(audio: AudioFormat) -> None:
    broken = np.full(2400, np.nan, np.float32)
    silence = Encoder(audio).feed(broken, last=True)
    assert silence == (b"\x00" if audio is PCM16_24K else b"\xff") * 100 * audio.bytes_per_ms
    loud = Encoder(PCM16_24K).feed(np.array([np.inf, -np.inf, 7.0, -7.0], np.float32))
    assert np.frombuffer(loud, "<i2").tolist() == [32767, -32767, 32767, -32767]


def test_a_format_nobody_speaks_is_refused() -> None:
    with pytest.raises(ValueError, match="opus"):
        Decoder(AudioFormat("opus", 48000))  # type: ignore[arg-type]
