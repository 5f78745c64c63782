"""Audio between a call's bytes and the models' floats: mu-law, PCM16 and streaming resampling."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import soxr

from odai_core import AudioFormat

Floats = npt.NDArray[np.float32]

HEARING_RATE = 16_000
"""Samples a second that the speech detector and the recogniser take."""
VOICE_RATE = 24_000
"""Samples a second that the voice makes."""

_BIAS, _CLIP = 33, 8158


def _encoding_table() -> npt.NDArray[np.uint8]:
    """G.711 mu-law of every 16-bit sample, indexed by the sample's unsigned bit pattern."""
    samples = np.arange(65536, dtype=np.uint16).view(np.int16).astype(np.int32) >> 2  # mu-law knows 14 bits
    magnitudes = np.minimum(np.abs(samples), _CLIP) + _BIAS
    segments = np.floor(np.log2(magnitudes)).astype(np.int32) - 5
    codes = (segments << 4) | ((magnitudes >> (segments + 1)) & 0x0F)
    return np.asarray(codes ^ np.where(samples < 0, 0x7F, 0xFF), np.uint8)


def _decoding_table() -> npt.NDArray[np.int16]:
    """The 16-bit sample of every mu-law byte."""
    codes = ~np.arange(256, dtype=np.uint8)
    mantissas, segments = (codes & 0x0F).astype(np.int32), ((codes >> 4) & 0x07).astype(np.int32)
    magnitudes = (((mantissas << 1) + _BIAS) << segments) - _BIAS
    return (np.where(codes & 0x80, -magnitudes, magnitudes) << 2).astype(np.int16)


_ENCODE, _DECODE = _encoding_table(), _decoding_table()


def mulaw_encode(samples: npt.NDArray[np.int16]) -> bytes:
    """16-bit samples -> one mu-law byte each."""
    return _ENCODE[samples.view(np.uint16)].tobytes()


def mulaw_decode(data: bytes) -> npt.NDArray[np.int16]:
    """Mu-law bytes -> one 16-bit sample each."""
    return np.take(_DECODE, np.frombuffer(data, np.uint8))


class Decoder:
    """A call's bytes, cut anywhere -> float32 mono at 16 kHz, -1..1. One per call; keeps the cut ends."""

    def __init__(self, audio: AudioFormat) -> None:
        self._pcm = _is_pcm(audio)
        self._half = b""
        # The low-quality filter delays by 6 ms (12 ms from 8 kHz) where the high one takes 30 (40), and speech
        # recognition does not hear the difference.
        self._resample = soxr.ResampleStream(audio.rate, HEARING_RATE, 1, dtype="float32", quality="LQ")

    def feed(self, data: bytes) -> Floats:
        """What these bytes add; a few milliseconds stay in the filter."""
        if self._pcm:
            data = self._half + data
            whole = len(data) // 2 * 2
            self._half = data[whole:]
            samples = np.frombuffer(data[:whole], "<i2")
        else:
            samples = mulaw_decode(data)
        return np.asarray(self._resample.resample_chunk(samples.astype(np.float32) / 32768.0))


class Encoder:
    """Float32 mono at 24 kHz -> a call's bytes. One per spoken item; `last` empties the filter."""

    def __init__(self, audio: AudioFormat) -> None:
        self._pcm = _is_pcm(audio)
        self._resample = (
            None
            if audio.rate == VOICE_RATE
            else soxr.ResampleStream(VOICE_RATE, audio.rate, 1, dtype="float32", quality="HQ")
        )

    def feed(self, samples: Floats, *, last: bool = False) -> bytes:
        """The bytes that are ready; values that are no number become silence, loud ones are clipped."""
        clean = np.nan_to_num(samples.astype(np.float32), nan=0.0, posinf=1.0, neginf=-1.0).clip(-1.0, 1.0)
        if self._resample is not None:
            clean = self._resample.resample_chunk(clean, last=last)
        rounded = np.rint(clean.clip(-1.0, 1.0) * 32767.0).astype("<i2")
        return rounded.tobytes() if self._pcm else mulaw_encode(rounded)


def _is_pcm(audio: AudioFormat) -> bool:
    if audio.name not in ("pcm16", "g711_ulaw"):
        raise ValueError(f"the local voice does not speak {audio.name!r}")
    return audio.name == "pcm16"
