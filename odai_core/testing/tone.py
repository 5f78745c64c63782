"""A steady tone in every encoding a call speaks: audio for tests and load, made without a file."""

from __future__ import annotations

import math
from functools import cache

from odai_core.calls import AudioFormat

# A whole number of samples a period at 8 and at 24 kHz, so frames of any multiple of 2.5 ms join without a click.
HERTZ = 400


def tone(audio: AudioFormat, ms: int) -> bytes:
    """`ms` milliseconds of 400 Hz, mono: PCM16 little-endian or mu-law, as `audio` says."""
    size = audio.bytes_per_ms * ms
    period = _period(audio)
    return (period * (size // len(period) + 1))[:size]


@cache
def _period(audio: AudioFormat) -> bytes:
    count = audio.rate // HERTZ
    samples = [round(8000 * math.sin(2 * math.pi * n / count)) for n in range(count)]
    if audio.name == "pcm16":
        return b"".join(sample.to_bytes(2, "little", signed=True) for sample in samples)
    return bytes(_ulaw(sample) for sample in samples)


def _ulaw(sample: int) -> int:
    """One signed 16-bit sample as a G.711 mu-law byte."""
    magnitude = min(abs(sample), 32635) + 132
    exponent = magnitude.bit_length() - 8
    mantissa = magnitude >> (exponent + 3) & 0x0F
    return ~((0x80 if sample < 0 else 0) | exponent << 4 | mantissa) & 0xFF
