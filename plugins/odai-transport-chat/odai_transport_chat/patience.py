"""How much nonsense a client may send: some is answered, more is ignored, and a flood of it ends the socket."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

IN_A_ROW = 50
"""Refused frames without a good one between them that are forgiven."""
AT_ONCE = 10
PER_SECOND = 2.0


class Patience:
    """One per socket."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._row = 0
        self._answers = float(AT_ONCE)
        self._at = clock()

    def forgives(self) -> bool:
        """Count a refused frame. False: that was one too many."""
        self._row += 1
        return self._row <= IN_A_ROW

    def answers(self) -> bool:
        """Is this one told why? At most AT_ONCE are, and PER_SECOND after that."""
        now = self._clock()
        self._answers = min(AT_ONCE, self._answers + (now - self._at) * PER_SECOND)
        self._at = now
        if self._answers < 1:
            return False
        self._answers -= 1
        return True

    def restore(self) -> None:
        """A good frame came."""
        self._row = 0
