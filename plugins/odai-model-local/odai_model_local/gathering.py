"""What the caller says while an answer is still to be heard: gathered, and answered once, as one turn."""

from __future__ import annotations

from collections import deque

from odai_model_local.jobs import Spoken

LEAD_SECONDS = 1.0
"""An answer counts as heard when no more than this is left: what is made now follows it without a gap."""
SETTLED_SECONDS = 0.7
"""Quiet after the end of an utterance: whoever goes on over an answer has finished only when they stay quiet."""
LONGEST_PAUSE_SECONDS = 2.0
"""A longer one is no pause of somebody who is in the middle of telling something."""
PATIENCE = 1.5
"""Times the longest pause so far: a slow teller is waited for longer."""
MAX_UTTERANCES = 16
"""Kept of one turn, the last ones: that is where people come to the point."""


class Gathering:
    """For a call without interruptions. It keeps no clock: every `now` is the event loop's time, in seconds.

    The rule: the answer to a turn is made when the answer to the turn before has been heard. A line that answers
    nothing, such as the greeting, delays nothing: what is said over it is decided at once, and spoken right after it.
    A caller who goes on before the last answer was heard is waited for until they have been quiet for a while.
    """

    def __init__(self) -> None:
        self.answering = False
        """An answer to the caller is being made."""
        self._unheard_until = 0.0
        self._said: deque[Spoken] = deque(maxlen=MAX_UTTERANCES)
        self._recognising = 0
        self._speaking = False
        self._quiet_since = 0.0
        self._goes_on = False
        self._settling = SETTLED_SECONDS

    def plays_until(self, when: float) -> None:
        """The last answer to the caller ends then; 0: it was stopped."""
        self._unheard_until = when

    def started(self, now: float) -> None:
        """The caller speaks."""
        waiting = bool(self._said or self._recognising)
        self._goes_on = waiting or self.answering or now < self._unheard_until - LEAD_SECONDS
        self._speaking = True
        pause = now - self._quiet_since
        if not self._goes_on:
            self._settling = SETTLED_SECONDS
        elif pause <= LONGEST_PAUSE_SECONDS:
            self._settling = max(self._settling, PATIENCE * pause)

    def finished(self, now: float) -> None:
        """The caller has ended an utterance; its words come by `recognised`."""
        self._speaking = False
        self._quiet_since = now
        self._recognising += 1

    def recognised(self, spoken: Spoken | None) -> None:
        """The words of an utterance, or None: there were none."""
        self._recognising -= 1
        if spoken is not None:
            self._said.append(spoken)

    def due_in(self, now: float) -> float | None:
        """Seconds until what was said is to be answered; None: not before something else happens."""
        if not self._said or (self._goes_on and (self._speaking or self._recognising)):
            return None
        heard_at = self._unheard_until - LEAD_SECONDS
        settled_at = self._quiet_since + self._settling if self._goes_on else 0.0
        return max(0.0, heard_at - now, settled_at - now)

    def take(self) -> Spoken:
        """All that was said, as one turn, timed by its end."""
        turn = Spoken(" ".join(spoken.text for spoken in self._said), self._said[-1].timing)
        self._said.clear()
        return turn
