"""The ear of one call: bytes in, turns out, each with its audio."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from odai_core import AudioFormat, TurnDetection
from odai_model_local.audio import HEARING_RATE, Decoder, Floats
from odai_model_local.turns import MAX_MS, Ended, Paused, Resumed, Started, Timing, TurnMachine
from odai_model_local.vad import FRAME, FRAME_MS, Vad

PADDING_MS = 250
"""Kept around the speech: detectors clip soft consonants, and the recogniser wants a little quiet."""
_KEPT_FRAMES = (MAX_MS + 3_000) // FRAME_MS


@dataclass(frozen=True)
class Snippet:
    """A pause (`final` false) or the end of a turn, with the speech at 16 kHz."""

    samples: Floats
    final: bool
    silence_ms: int
    """Between the end of speech and this moment."""


EarEvent: TypeAlias = Started | Resumed | Snippet


class Ear:
    """One per call. Memory is bounded: the last 23 s of audio."""

    def __init__(self, audio: AudioFormat, turns: TurnDetection, vad: Vad) -> None:
        self._decoder = Decoder(audio)
        self._vad = vad
        self._machine = TurnMachine(Timing.of(turns))
        self._rest = np.zeros(0, np.float32)
        self._frames: deque[Floats] = deque(maxlen=_KEPT_FRAMES)
        self._heard = 0

    @property
    def speaking(self) -> bool:
        """The caller is in the middle of a turn."""
        return self._machine.speaking

    def feed(self, data: bytes) -> Iterator[EarEvent]:
        """What these bytes bring about; consume it to the end. Costs about 0.1 ms for 32 ms of audio."""
        samples = np.concatenate([self._rest, self._decoder.feed(data)])
        whole = len(samples) // FRAME * FRAME
        self._rest = samples[whole:]
        for at in range(0, whole, FRAME):
            frame = samples[at : at + FRAME]
            self._frames.append(frame)
            self._heard += 1
            event = self._machine.feed(self._vad(frame))
            if isinstance(event, (Started, Resumed)):
                yield event
            elif event is not None:
                yield self._snippet(event)

    def finish(self) -> Snippet | None:
        """End the turn now: the caller's side says so, or has stopped sending. None when nobody speaks."""
        event = self._machine.finish()
        return None if event is None else self._snippet(event)

    def expect_more(self) -> None:
        """Wait longer in this pause."""
        self._machine.expect_more()

    def _snippet(self, event: Paused | Ended) -> Snippet:
        now = self._heard * FRAME_MS
        oldest = now - len(self._frames) * FRAME_MS
        first = max(event.start_ms - PADDING_MS, oldest)
        last = min(event.end_ms + PADDING_MS, now)
        frames = list(self._frames)
        kept = frames[(first - oldest) // FRAME_MS : -(-(last - oldest) // FRAME_MS)]
        samples = np.concatenate(kept)[: (MAX_MS + 2 * PADDING_MS) * HEARING_RATE // 1000]
        return Snippet(samples, isinstance(event, Ended), now - event.end_ms)
