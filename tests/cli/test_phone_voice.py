import contextlib
import math
import struct
import sys
import wave
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odai_core import PCM16_24K, ULAW_8K, SetupError
from odai_core.cli.phone import Clip, read_wav, speak, write_wav
from odai_core.cli.phone.voice import is_loud, resample, sinc_resample
from tests.cli.virtual import joined, pause, tone

# ITU-T G.711, table 2a: mu-law bytes and the values they stand for, scaled to 16 bit.
G711 = {0xFF: 0, 0x7F: 0, 0x80: 32124, 0x00: -32124, 0xFE: 8, 0x7E: -8, 0x8F: 16764, 0xEF: 132, 0xDF: 396}


@pytest.mark.parametrize("byte, value", G711.items())
def test_mu_law_is_the_standard_s(byte, value):
    assert Clip.decode(bytes([byte]), ULAW_8K).samples[0] == value


def test_every_mu_law_byte_comes_back():
    every = bytes(range(256))
    back = Clip.decode(every, ULAW_8K).encode(ULAW_8K)
    # There are two zeros; the negative one comes back as the positive one.
    assert back == every.replace(b"\x7f", b"\xff")


@given(st.integers(-32768, 32767))
def test_mu_law_is_near(sample):
    got = Clip.decode(Clip(array("h", [sample]), 8000).encode(ULAW_8K), ULAW_8K).samples[0]
    assert abs(got - sample) <= max(8, abs(sample) / 16 + 4) + (644 if abs(sample) > 32124 else 0)


def write(path, data, *, rate=8000, width=2, channels=1):
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(data)
    return path


@pytest.mark.parametrize("width", [1, 2, 3, 4])
def test_every_width_reads_as_sixteen_bits(tmp_path, width):
    wanted = [0, 8192, -8192, 32512, -32768]
    packed = {
        1: bytes((value >> 8) + 128 for value in wanted),
        2: struct.pack("<5h", *wanted),
        3: b"".join(struct.pack("<i", value << 8)[:3] for value in wanted),
        4: struct.pack("<5i", *(value << 16 for value in wanted)),
    }
    clip = read_wav(write(tmp_path / "a.wav", packed[width], width=width))
    assert list(clip.samples) == wanted


def test_channels_are_mixed(tmp_path):
    clip = read_wav(write(tmp_path / "a.wav", struct.pack("<6h", 100, 300, -50, 50, 7, 9), channels=2, rate=44100))
    assert (list(clip.samples), clip.rate) == ([200, 0, 8], 44100)


def test_what_is_written_is_read(tmp_path):
    write_wav(tmp_path / "a.wav", tone(0.1, 24000))
    assert read_wav(tmp_path / "a.wav") == tone(0.1, 24000)


def riff(kind=1, channels=1, rate=8000, bits=16, data=b"ab"):
    """A WAV file as bytes, with whatever its header claims."""
    form = struct.pack("<HHIIHH", kind, channels, rate, rate * 2, 2, bits)
    chunks = b"fmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


HOSTILE = {
    "empty": b"",
    "text": b"hello, this is no sound",
    "cut": b"RIFF\x24\x00\x00\x00WAVEfmt ",
    "floats": riff(kind=3, bits=32),
    "no frames": riff(data=b""),
    "half a frame": riff(data=b"a"),
    "odd rate": riff(rate=1),
    "huge rate": riff(rate=2**32 // 2 - 1),
    "no channels": riff(channels=0),
    "no bits": riff(bits=0),
    "many bits": riff(bits=64, data=b"abcdefgh"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_what_is_no_sound_is_explained(tmp_path, case):
    (tmp_path / "a.wav").write_bytes(HOSTILE[case])
    with pytest.raises(SetupError) as caught:
        read_wav(tmp_path / "a.wav")
    assert caught.value.remedy


@given(st.binary(max_size=300))
def test_any_bytes_are_a_clip_or_an_explanation(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "any.wav"
    path.write_bytes(b"RIFF\xff\xff\xff\xffWAVE" + data)
    with contextlib.suppress(SetupError):
        assert read_wav(path).samples


def test_missing_and_unwritable_files_are_explained(tmp_path):
    with pytest.raises(SetupError, match="cannot be read"):
        read_wav(tmp_path / "nothing.wav")
    with pytest.raises(SetupError, match="cannot be written"):
        write_wav(tmp_path / "no" / "folder.wav", tone(0.1))


def energy(clip, hertz):
    """How much of a clip is this tone, 0 to 1."""
    middle = clip.samples[len(clip.samples) // 4 : -len(clip.samples) // 4]
    angles = [2 * math.pi * hertz * n / clip.rate for n in range(len(middle))]
    cos = sum(sample * math.cos(a) for sample, a in zip(middle, angles, strict=True))
    sin = sum(sample * math.sin(a) for sample, a in zip(middle, angles, strict=True))
    return (cos * cos + sin * sin) * 2 / len(middle) / max(1, sum(sample * sample for sample in middle))


@pytest.mark.parametrize("change", [sinc_resample, resample])
@pytest.mark.parametrize(
    "source, target", [(44100, 8000), (48000, 8000), (16000, 24000), (8000, 24000), (22050, 24000)]
)
def test_a_tone_stays_a_tone(change, source, target):
    clip = Clip(change(tone(0.5, source, 700).samples, source, target), target)
    assert abs(clip.seconds - 0.5) < 0.002
    assert energy(clip, 700) > 0.995


def test_what_a_rate_cannot_hold_is_filtered_out():
    changed = sinc_resample(tone(0.25, 48000, 6000).samples, 48000, 8000)
    assert max(abs(sample) for sample in changed[100:-100]) < 80


def test_without_soxr_the_own_filter_is_used(monkeypatch):
    monkeypatch.setitem(sys.modules, "soxr", None)
    samples = tone(0.1, 16000).samples
    assert resample(samples, 16000, 8000) == sinc_resample(samples, 16000, 8000)


def test_speech_ends_with_its_last_sound():
    assert abs(joined(tone(0.3), pause(0.5)).speech_end() - 0.3) < 0.002
    assert pause(1).speech_end() == 0


def test_loud_and_silent():
    assert is_loud(tone(0.02).encode(ULAW_8K), ULAW_8K)
    assert not is_loud(pause(0.02).encode(ULAW_8K), ULAW_8K)
    assert not is_loud(b"", PCM16_24K)


def test_text_without_a_voice_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "hibari", None)
    with pytest.raises(SetupError, match="pip install hibari-tts"):
        speak("hello")


def test_text_becomes_speech():
    pytest.importorskip("hibari")
    clip = speak("What time is it?")
    assert clip.rate == 24000
    assert 0.5 < clip.seconds < 3
    assert clip.speech_end() > 0.5


def test_nothing_to_say_is_explained():
    pytest.importorskip("hibari")
    with pytest.raises(SetupError):
        speak("  ")
