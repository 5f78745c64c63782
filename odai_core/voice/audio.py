"""The few sounds core makes itself, in the formats that calls carry; no numpy, so that core stays light."""

from __future__ import annotations

import math
import struct
from functools import lru_cache

from odai_core.calls import AudioFormat

_BIAS = 0x84
_CLIP = 32635


def ulaw_byte(sample: int) -> int:
    """One signed 16-bit sample as one G.711 mu-law byte (ITU-T G.711)."""
    sign = 0x80 if sample < 0 else 0
    magnitude = min(abs(sample), _CLIP) + _BIAS
    exponent = magnitude.bit_length() - 8
    return ~(sign | exponent << 4 | magnitude >> exponent + 3 & 0x0F) & 0xFF


@lru_cache(maxsize=8)
def tick(audio: AudioFormat) -> bytes:
    """A soft double tick of 120 ms: "I am still at it". Bytes in the call's own format."""
    count = audio.rate * 120 // 1000
    samples = [0] * count
    for start_ms in (0, 90):
        start = audio.rate * start_ms // 1000
        for n in range(audio.rate * 30 // 1000):
            t = n / audio.rate
            samples[start + n] = round(2600 * math.exp(-t * 160) * math.sin(2 * math.pi * 880 * t))
    if audio.name == "g711_ulaw":
        return bytes(ulaw_byte(sample) for sample in samples)
    return struct.pack(f"<{count}h", *samples)
