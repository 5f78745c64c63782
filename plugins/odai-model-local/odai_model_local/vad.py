"""Is somebody speaking? Silero's detector, one stream per call."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from odai_model_local import runtime
from odai_model_local.assets import SILERO, file_path
from odai_model_local.audio import HEARING_RATE, Floats

FRAME = 512
"""Samples in one frame: 32 ms at 16 kHz."""
FRAME_MS = FRAME * 1000 // HEARING_RATE
CONTEXT = 64

Vad = Callable[[Floats], float]
"""One frame of 512 samples at 16 kHz -> the probability that it holds speech; frames come in order."""


class Detector:
    """The model, loaded once per process."""

    def __init__(self, folder: Path) -> None:
        self._session = runtime.load(file_path(folder, SILERO, "model.onnx"))
        self._rate = np.array(HEARING_RATE, np.int64)

    def stream(self) -> Vad:
        """A stream that starts in silence. Not for several threads at once; a frame takes about 0.08 ms."""
        state = np.zeros((2, 1, 128), np.float32)
        window = np.zeros((1, CONTEXT + FRAME), np.float32)

        def probability(frame: Floats) -> float:
            nonlocal state
            window[0, :CONTEXT] = window[0, -CONTEXT:]
            window[0, CONTEXT:] = frame
            output, state = self._session.run(None, {"input": window, "state": state, "sr": self._rate})
            return float(output[0, 0])

        return probability
