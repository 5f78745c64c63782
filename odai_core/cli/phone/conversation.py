"""A whole call by script: hear the greeting, say each clip, hear each answer, hang up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from odai_core.cli.phone.line import Answer, Phone
from odai_core.cli.phone.voice import Clip


@dataclass(frozen=True)
class Turn:
    """One exchange. `said_seconds` is 0 for the greeting, which nobody asked for."""

    said_seconds: float
    answer: Answer


@dataclass
class Report:
    """How a call went; filled while it goes, so that an interrupted call has one too."""

    turns: list[Turn] = field(default_factory=list)
    reason: str = ""
    seconds: float = 0.0
    sent: int = 0
    received: int = 0
    """Bytes of audio."""
    violations: list[str] = field(default_factory=list)
    recording: Clip | None = None
    """Everything that was heard, with the pauses."""

    @property
    def answered(self) -> bool:
        """Was there a sound in the greeting and in every answer?"""
        return bool(self.turns) and all(turn.answer.audio for turn in self.turns)


async def converse(
    phone: Phone, clips: Sequence[Clip], report: Report, *, quiet: float = 1.0, timeout: float = 30.0
) -> None:
    """Talk until the clips are used up or the server ends the call, then hang up. Fills `report` as it goes."""
    line = phone.line
    try:
        report.turns.append(Turn(0.0, await line.listen(quiet=quiet, timeout=timeout)))
        for clip in clips:
            if line.ended.is_set():
                break
            await line.say(clip)
            report.turns.append(Turn(clip.seconds, await line.listen(quiet=quiet, timeout=timeout)))
    finally:
        report.recording = line.ear.recording(line.started_at)
        report.seconds = line.seconds()
        await phone.hang_up()
        report.reason, report.sent, report.received = line.reason, line.sent, line.ear.received
        report.violations = list(line.violations)
