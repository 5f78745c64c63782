"""When a caller's turn begins and ends: a state machine over speech probabilities, its clock being the frames."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeAlias

from odai_core import TurnDetection
from odai_model_local.vad import FRAME_MS

START_FRAMES = 3
"""Frames of speech in a row that begin a turn: a click is shorter."""
MAX_MS = 20_000
"""A longer turn is cut: the recogniser drops sentences above 25 s."""
_PROMISING = """
    a an and are as at because but by can could do does for from how i if in into is like my near of on or our should
    so some than the their to uh um was were what when where which who will with would your
"""
FUNCTION_WORDS = frozenset(_PROMISING.split())


@dataclass(frozen=True, kw_only=True)
class Timing:
    """Milliseconds of silence, and how sure the detector must be."""

    threshold: float = 0.5
    speculative_ms: int = 190
    """After this the recogniser starts, so that the words are there when the turn ends."""
    end_ms: int = 480
    unfinished_ms: int = 900
    """The end when the last word promises more: "find sushi in"."""

    @classmethod
    def of(cls, turns: TurnDetection) -> Timing:
        """The defaults, or the longer silence that a transport asks for.

        Its threshold, and a silence shorter than ours, are meant for a service's detector: here 250 ms would cut a
        caller off in the middle of a sentence.
        """
        end = max(turns.silence_ms or 0, cls.end_ms)
        return cls(end_ms=end, unfinished_ms=max(cls.unfinished_ms, end))


@dataclass(frozen=True)
class Started:
    """The caller speaks, since `at_ms`."""

    at_ms: int


@dataclass(frozen=True)
class Paused:
    """Perhaps the end: decode now what was said from `start_ms` to `end_ms`."""

    start_ms: int
    end_ms: int


@dataclass(frozen=True)
class Resumed:
    """It was a pause; what was decoded is worthless."""


@dataclass(frozen=True)
class Ended:
    """The turn is over: speech from `start_ms` to `end_ms`, known at `now_ms`."""

    start_ms: int
    end_ms: int
    now_ms: int


TurnEvent: TypeAlias = Started | Paused | Resumed | Ended


class TurnMachine:
    """Feed it one probability per frame. All times are milliseconds since the first frame."""

    def __init__(self, timing: Timing) -> None:
        self._timing = timing
        self._now = 0
        self._run = 0
        self._start: int | None = None
        self._speech_end = 0
        self._paused = False
        self._unfinished = False

    @property
    def speaking(self) -> bool:
        """Between `Started` and `Ended`."""
        return self._start is not None

    def feed(self, probability: float) -> TurnEvent | None:
        """What this frame changes. A probability that is no number counts as silence."""
        self._now += FRAME_MS
        # Leaving speech takes a lower value than entering it, or the ends of words would flicker.
        level = self._timing.threshold - (0.15 if self.speaking else 0.0)
        speech = probability >= level
        if self._start is None:
            return self._listen(speech)
        if self._now - self._start >= MAX_MS:
            return self.finish()
        return self._speech() if speech else self._silence()

    def expect_more(self) -> None:
        """The words so far are unfinished: wait longer, in this pause."""
        self._unfinished = True

    def finish(self) -> Ended | None:
        """End the turn now, whatever the silence; None when nobody speaks."""
        if self._start is None:
            return None
        ended = Ended(self._start, self._speech_end, self._now)
        self._start, self._run, self._paused, self._unfinished = None, 0, False, False
        return ended

    def _listen(self, speech: bool) -> Started | None:
        self._run = self._run + 1 if speech else 0
        if self._run < START_FRAMES:
            return None
        self._start = self._now - self._run * FRAME_MS
        self._speech_end = self._now
        return Started(self._start)

    def _speech(self) -> Resumed | None:
        self._speech_end = self._now
        if not self._paused:
            return None
        self._paused = self._unfinished = False
        return Resumed()

    def _silence(self) -> Paused | Ended | None:
        silence = self._now - self._speech_end
        patience = self._timing.unfinished_ms if self._unfinished else self._timing.end_ms
        if silence >= patience:
            return self.finish()
        if silence >= self._timing.speculative_ms and not self._paused:
            self._paused = True
            return Paused(self._start or 0, self._speech_end)
        return None


_PREAMBLE = re.compile(
    r"(?:(?:hi|hello|hey|so|well|okay|ok)\b[\s,]*)*(?:i'm|i am|we're|we are|i have|i've|we have|we've|there's|"
    r"my (?!name)\w+(?:'s)?|our \w+(?:'s)?)\b(?!.*\b(?:looking|trying|searching|hungry|done|all|good|fine|finished)\b)"
)
"""How people lead up to a request, "my sister is on Delta 12", and do not make one, "I'm looking for tacos"."""


def is_unfinished(text: str) -> bool:
    """Whether more is to come: the last word promises it, or it is a statement that leads up to a request."""
    words = text.lower().replace("’", "'").split()
    if len(words) > 3 and not text.rstrip().endswith("?") and _PREAMBLE.match(" ".join(words)):
        return True
    return bool(words) and words[-1].rstrip(",.…-") in FUNCTION_WORDS and not words[-1].endswith(("?", "!"))
