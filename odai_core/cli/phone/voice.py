"""What the phone says: WAV files and text made into clips, and clips into a call's bytes. No numpy needed."""

from __future__ import annotations

import math
import sys
import wave
from array import array
from dataclasses import dataclass
from functools import lru_cache
from operator import mul
from pathlib import Path
from typing import Any

from odai_core.calls import AudioFormat
from odai_core.errors import SetupError
from odai_core.voice.audio import ulaw_byte

MAX_WAV_BYTES = 200_000_000
LOUD = 400
"""A 16-bit sample beyond this is sound: about -38 dB, above the noise of mu-law and quiet rooms."""
_ZEROS = 12
"""Zero crossings of the filter on each side; more is sharper and slower."""


@dataclass(frozen=True)
class Clip:
    """Mono sound: signed 16-bit samples, `rate` of them a second."""

    samples: array[int]
    rate: int

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return len(self.samples) / self.rate

    def encode(self, audio: AudioFormat) -> bytes:
        """The bytes of a call in this format: PCM16 little-endian, or mu-law."""
        samples = resample(self.samples, self.rate, audio.rate)
        if audio.name == "pcm16":
            return _little_endian(samples)
        table = _ulaw_table()
        return bytes(table[sample] for sample in samples)

    @classmethod
    def decode(cls, data: bytes, audio: AudioFormat) -> Clip:
        """The clip behind a call's bytes; half a sample at the end is dropped."""
        if audio.name == "g711_ulaw":
            table = _from_ulaw()
            return cls(array("h", [table[byte] for byte in data]), audio.rate)
        samples = array("h", data[: len(data) // 2 * 2])
        if sys.byteorder == "big":
            samples.byteswap()
        return cls(samples, audio.rate)

    def speech_end(self) -> float:
        """Seconds to the end of the last sound; 0 for silence. What follows is a pause, not speech."""
        for place in range(len(self.samples) - 1, -1, -1):
            if not -LOUD <= self.samples[place] <= LOUD:
                return (place + 1) / self.rate
        return 0.0


def is_loud(data: bytes, audio: AudioFormat) -> bool:
    """Would a person hear something in these bytes?"""
    return any(not -LOUD <= sample <= LOUD for sample in Clip.decode(data, audio).samples)


# -- files ------------------------------------------------------------------------------------------


def read_wav(path: Path) -> Clip:
    """A PCM WAV of any rate, width and number of channels, mixed to mono. Raises SetupError for anything else."""
    try:
        if path.stat().st_size > MAX_WAV_BYTES:
            raise SetupError(f"{path} is larger than {MAX_WAV_BYTES // 10**6} MB.", "Cut it into single utterances.")
        with wave.open(str(path), "rb") as file:
            rate, width, channels = file.getframerate(), file.getsampwidth(), file.getnchannels()
            data = file.readframes(file.getnframes())
    except (OSError, EOFError, wave.Error) as error:
        raise SetupError(f"{path} cannot be read: {error}.", "Give a PCM WAV file, 16 bit if in doubt.") from None
    if not (4000 <= rate <= 192_000 and 1 <= channels <= 64 and 1 <= width <= 4):
        raise SetupError(f"{path} has an odd format.", "Give a PCM WAV file of 8 to 48 kHz.")
    samples = _sixteen_bits(data[: len(data) // (width * channels) * width * channels], width)
    if channels > 1:
        samples = array("h", (sum(samples[n : n + channels]) // channels for n in range(0, len(samples), channels)))
    if not samples:
        raise SetupError(f"{path} holds no sound.", "Give a WAV file with somebody speaking.")
    return Clip(samples, rate)


def write_wav(path: Path, clip: Clip) -> None:
    """Write 16-bit mono. Raises SetupError when the file cannot be written."""
    try:
        with path.open("wb") as raw, wave.open(raw, "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(clip.rate)
            file.writeframes(_little_endian(clip.samples))
    except OSError as error:
        raise SetupError(f"{path} cannot be written: {error.strerror}.", "Choose another name for --save.") from None


def _sixteen_bits(data: bytes, width: int) -> array[int]:
    if width == 1:  # 8-bit WAV is unsigned
        return array("h", [(byte - 128) << 8 for byte in data])
    if width == 2:
        return Clip.decode(data, AudioFormat("pcm16", 8000)).samples
    top = bytearray(len(data) // width * 2)
    top[0::2], top[1::2] = data[width - 2 :: width], data[width - 1 :: width]
    return Clip.decode(bytes(top), AudioFormat("pcm16", 8000)).samples


def _little_endian(samples: array[int]) -> bytes:
    if sys.byteorder == "big":
        samples = array("h", samples)
        samples.byteswap()
    return samples.tobytes()


# -- text -------------------------------------------------------------------------------------------


def speak(text: str) -> Clip:
    """Text as speech, by the local voice. Raises SetupError when that is not installed."""
    try:
        from hibari import Hibari
    except ImportError:
        raise SetupError(
            "--text needs a voice, and none is installed.", "pip install hibari-tts, or give --wav FILE instead"
        ) from None
    voice: Any = _voice(Hibari)
    samples = array("h")
    for phonemes in voice.phonemize(text):
        sound = voice.from_phonemes(phonemes)
        samples.frombytes((sound.clip(-1, 1) * 32767).astype("<i2").tobytes())
    if sys.byteorder == "big":
        samples.byteswap()
    if not samples:
        raise SetupError("There is nothing to say in --text.", "Give it words: --text 'what time is it'")
    return Clip(samples, 24_000)


@lru_cache(maxsize=1)
def _voice(make: Any) -> Any:
    return make()


# -- samples ----------------------------------------------------------------------------------------


def resample(samples: array[int], source: int, target: int) -> array[int]:
    """Change the rate; with soxr where it is installed, else with a windowed sinc filter of our own."""
    if source == target:
        return samples
    try:
        import numpy
        import soxr
    except ImportError:
        return sinc_resample(samples, source, target)
    changed = soxr.resample(numpy.frombuffer(samples, "i2"), source, target)
    return array("h", changed.astype("i2").tobytes())


def sinc_resample(samples: array[int], source: int, target: int) -> array[int]:
    """The same in plain Python: 0.1 s of work for a second of sound."""
    common = math.gcd(source, target)
    up, down = target // common, source // common
    cutoff = min(1.0, target / source) * 0.94
    reach = math.ceil(_ZEROS / cutoff)
    phases = [_filter(phase / up, cutoff, reach) for phase in range(up)]
    padded = array("h", bytes(2 * reach)) + samples + array("h", bytes(2 * (reach + 1)))
    out = array("h")
    for number in range(len(samples) * up // down):
        whole, phase = divmod(number * down, up)
        value = round(sum(map(mul, phases[phase], padded[whole + 1 : whole + 1 + 2 * reach])))
        out.append(max(-32768, min(32767, value)))
    return out


def _filter(fraction: float, cutoff: float, reach: int) -> list[float]:
    """The weights of the `2 * reach` samples around a place `fraction` after a sample."""
    weights = []
    for place in range(1 - reach, reach + 1):
        x = place - fraction
        window = 0.5 + 0.5 * math.cos(math.pi * x / reach) if abs(x) < reach else 0.0
        weights.append(window * (math.sin(math.pi * x * cutoff) / (math.pi * x) if x else cutoff))
    total = sum(weights)
    return [weight / total for weight in weights]


@lru_cache(maxsize=1)
def _ulaw_table() -> bytes:
    """The mu-law byte of every sample; a negative one counts from the end, as Python's indexes do."""
    return bytes(ulaw_byte(sample) for sample in (*range(32768), *range(-32768, 0)))


@lru_cache(maxsize=1)
def _from_ulaw() -> array[int]:
    """The sample of every mu-law byte (ITU-T G.711)."""
    samples = array("h")
    for byte in range(256):
        code = ~byte & 0xFF
        magnitude = (((code & 0x0F) << 3) + 0x84 << (code >> 4 & 0x07)) - 0x84
        samples.append(-magnitude if code & 0x80 else magnitude)
    return samples
