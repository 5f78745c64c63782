"""What was said by whom, as far as it was heard."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Literal

from odai_core.calls import Turn
from odai_core.voice.events import Transcript

REPLAYED_TURNS = 40
"""A reconnected model is told this many lines; older ones are forgotten."""
_KEPT = 200
_LONGEST = 4000
"""Characters of one line that are kept."""

Role = Literal["user", "assistant"]
Status = Literal["in_progress", "completed", "interrupted"]


@dataclass(slots=True)
class _Line:
    role: Role
    text: str = ""
    status: Status = "in_progress"
    announced: bool = False


class TranscriptBook:
    """The lines of one call by item id. Methods return the event to send, or None when nothing visible changed."""

    def __init__(self) -> None:
        self._lines: OrderedDict[str, _Line] = OrderedDict()

    def add_delta(self, item_id: str, delta: str) -> Transcript | None:
        """The assistant's line grows."""
        line = self._line(item_id, "assistant")
        if line.status == "interrupted" or not delta:
            return None
        line.text = (line.text + delta)[:_LONGEST]
        return self._event(item_id, line)

    def set_text(self, item_id: str, role: Role, text: str, *, completed: bool) -> Transcript | None:
        """A line as the model states it; an empty statement never erases what is known."""
        line = self._line(item_id, role)
        if line.status == "interrupted":
            return None
        text = (text.strip() or line.text)[:_LONGEST]
        status: Status = "completed" if completed else line.status
        if not text or (line.announced and text == line.text and status == line.status):
            line.text, line.status = text, status
            return None
        line.text, line.status = text, status
        return self._event(item_id, line)

    def interrupt(self, item_id: str, heard_ms: int, made_ms: int) -> Transcript | None:
        """Keep what was heard of a line: the share of its text that the share of its audio stands for."""
        line = self._lines.get(item_id)
        if line is None or line.role != "assistant" or line.status == "interrupted":
            return None
        share = min(1.0, heard_ms / made_ms) if made_ms else 0.0
        words = line.text.split()
        line.text = " ".join(words[: round(len(words) * share)])
        line.status = "interrupted"
        return self._event(item_id, line)

    def turns(self) -> tuple[Turn, ...]:
        """The last lines with text, oldest first, to replay to a new model."""
        spoken = [Turn(role=line.role, text=line.text) for line in self._lines.values() if line.text]
        return tuple(spoken[-REPLAYED_TURNS:])

    def _line(self, item_id: str, role: Role) -> _Line:
        line = self._lines.get(item_id)
        if line is None:
            line = self._lines[item_id] = _Line(role)
            while len(self._lines) > _KEPT:
                self._lines.popitem(last=False)
        return line

    @staticmethod
    def _event(item_id: str, line: _Line) -> Transcript:
        added, line.announced = not line.announced, True
        return Transcript(item_id, line.role, line.text, line.status, added)
