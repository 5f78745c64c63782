"""G.711 against its own definition, and the tick."""

import struct

import pytest

from odai_core.calls import PCM16_24K, ULAW_8K
from odai_core.voice.audio import tick, ulaw_byte


def decoded(code: int) -> int:
    """ITU-T G.711, table 2a: the value at the decoder output, on the 16-bit scale (the table's, times four)."""
    code = ~code & 0xFF
    segment, step = code >> 4 & 7, code & 0x0F
    value = ((2 * step + 33) << segment) - 33
    return (-value if code & 0x80 else value) * 4


def test_every_code_is_the_code_of_its_own_value():
    for code in range(256):
        expected = 0xFF if code == 0x7F else code  # both are zero
        assert ulaw_byte(decoded(code)) == expected


def test_every_sample_gets_the_nearest_value():
    for sample in range(-32768, 32768):
        value = decoded(ulaw_byte(sample))
        clipped = max(-32635, min(32635, sample))
        magnitude = abs(clipped) + 132
        half_a_step = 1 << magnitude.bit_length() - 8 + 2
        assert abs(value - clipped) <= half_a_step, sample
    assert ulaw_byte(32767) == 0x80
    assert ulaw_byte(-32768) == 0x00
    assert ulaw_byte(0) == 0xFF


@pytest.mark.parametrize("audio", [PCM16_24K, ULAW_8K])
def test_a_tick_is_120_ms_with_a_pause_in_it(audio):
    sound = tick(audio)
    assert len(sound) == 120 * audio.bytes_per_ms
    samples = struct.unpack(f"<{len(sound) // 2}h", sound) if audio is PCM16_24K else [decoded(byte) for byte in sound]
    ms = len(samples) // 120
    assert max(map(abs, samples[: 30 * ms])) > 1000
    assert max(map(abs, samples[30 * ms : 90 * ms])) == 0
    assert max(map(abs, samples[90 * ms :])) > 1000
    assert max(map(abs, samples)) < 3000, "soft"
