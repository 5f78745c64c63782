"""The sound of both sides: a caller's clip as a line carries it, and an answer's audio read back into words."""

from __future__ import annotations

from array import array
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import soxr
from odai_model_local import speech
from odai_model_local.vad import FRAME

from odai_core import AudioFormat
from odai_core.cli.phone import Clip

Floats = npt.NDArray[np.float32]
HEARING_RATE = 16_000
LOUDEST = 0.5
PAUSE_FRAMES = 8
"""A pause of a quarter of a second may end a piece."""
PIECE_FRAMES = 280
"""The recogniser is at its best below 9 s."""
EDGE_FRAMES = 6


def prepared(clip: Clip, *, phone: bool, noise_db: float | None = None) -> Clip:
    """The clip at an even loudness; for the phone from 300 to 3400 Hz, with white noise so far below the speech."""
    samples = np.frombuffer(clip.samples, "i2").astype(np.float32) / 32768
    if phone:
        spectrum = np.fft.rfft(samples)
        hertz = np.fft.rfftfreq(len(samples), 1 / clip.rate)
        spectrum[(hertz < 300) | (hertz > 3400)] = 0
        samples = np.fft.irfft(spectrum, len(samples)).astype(np.float32)
        if noise_db is not None:
            level = np.sqrt(np.mean(samples**2)) * 10 ** (-noise_db / 20)
            samples += np.random.default_rng(7).normal(0, level, len(samples)).astype(np.float32)
    samples *= LOUDEST / max(float(np.abs(samples).max()), 1e-6)
    return Clip(array("h", (samples * 32767).astype("i2").tobytes()), clip.rate)


def read_back(models: speech.Speech, data: bytes, audio: AudioFormat) -> str:
    """What a listener understands of a call's audio, however long it is. Blocking."""
    clip = Clip.decode(data, audio)
    samples = np.frombuffer(clip.samples, "i2").astype(np.float32) / 32768
    heard = np.asarray(soxr.resample(samples, clip.rate, HEARING_RATE), np.float32)
    heard = np.concatenate([np.zeros(HEARING_RATE // 4, np.float32), heard, np.zeros(HEARING_RATE // 4, np.float32)])
    return " ".join(filter(None, (models.transcribe(piece) for piece in _pieces(models, heard))))


def _pieces(models: speech.Speech, heard: Floats) -> Iterator[Floats]:
    """Speech, cut at pauses into pieces that the recogniser reads whole."""
    vad = models.listen()
    frames = [heard[at : at + FRAME] for at in range(0, len(heard) - FRAME + 1, FRAME)]
    voiced = [number for number, frame in enumerate(frames) if vad(frame) >= 0.35]
    first = last = None
    for number in [*voiced, None]:
        long = first is not None and last is not None and last - first > PIECE_FRAMES // 2
        pause = number is None or (last is not None and number - last > PAUSE_FRAMES)
        whole = first is not None and last is not None and last - first > PIECE_FRAMES
        if first is not None and last is not None and (number is None or whole or (long and pause)):
            yield heard[max(0, first - EDGE_FRAMES) * FRAME : (last + EDGE_FRAMES) * FRAME]
            first = None
        first = number if first is None else first
        last = number
