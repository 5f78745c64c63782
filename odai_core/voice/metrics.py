"""How long a turn took, told once per turn."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from odai_core.voice.events import TurnMetrics


class TurnClock:
    """Stamps of the turn under way; `clock` is in seconds, results are whole milliseconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._asked: float | None = None
        self._values: dict[str, int] = {}

    def asked(self) -> None:
        """The caller finished a turn, spoken or typed."""
        self._asked = self._clock()
        self._values = {}

    def answering(self) -> None:
        """The model began an answer."""
        self._stamp("model_ms")

    def first_audio(self) -> None:
        """The first audio of the answer is here."""
        self._stamp("speech_end_to_first_audio_ms")

    def tool(self, ms: int) -> None:
        """A tool took this long."""
        if self._asked is not None:
            self._values["tool_ms"] = self._values.get("tool_ms", 0) + ms

    def note(self, values: Mapping[str, object]) -> None:
        """What the model itself measured, such as stt_ms; anything but small whole numbers is ignored."""
        for name, value in values.items():
            if name.endswith("_ms") and isinstance(value, int | float) and 0 <= value < 10**6:
                self._values[name[:40]] = round(value)

    def finish(self) -> TurnMetrics | None:
        """The turn's figures, once there was audio; None otherwise."""
        if self._asked is None or "speech_end_to_first_audio_ms" not in self._values:
            return None
        self._asked = None
        # The clock starts when the model calls the turn over; the silence it waited for is the caller's wait too.
        self._values["speech_end_to_first_audio_ms"] += self._values.get("end_of_turn_ms", 0)
        return TurnMetrics(dict(self._values))

    def _stamp(self, name: str) -> None:
        if self._asked is not None:
            self._values.setdefault(name, round((self._clock() - self._asked) * 1000))
