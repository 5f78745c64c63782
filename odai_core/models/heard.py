"""Which of the assistant's audio the caller has not heard to its end: what an interruption cuts."""

from __future__ import annotations

import time
from dataclasses import dataclass

from agents.realtime import RealtimePlaybackTracker
from agents.realtime._default_tracker import ModelAudioState, ModelAudioTracker

# Players report whole frames, so the last one may never be reported as played.
FRAME_MS = 20

Place = tuple[str, int]
"""An item's id and the index of its audio part."""


@dataclass(frozen=True, slots=True)
class Cut:
    """An item the caller heard `heard_ms` milliseconds of and no more."""

    item_id: str
    content_index: int
    heard_ms: int


class Hearing:
    """Follows the items whose audio is on its way to the caller.

    Positions come from `playback`, which the player reports to. Until a player reports anything, audio is taken to
    play as it arrives, one item after the other, at the speed of speech.
    """

    def __init__(self, received: ModelAudioTracker, playback: RealtimePlaybackTracker | None) -> None:
        self._received = received
        self._playback = playback
        self._places: list[Place] = []
        self._reported = False

    def begins(self, place: Place) -> None:
        """The first audio of an item arrives."""
        # Looking drops what has been heard meanwhile, so a long call does not collect items.
        self.unheard(None)
        self._places.append(place)

    def follows(self, place: Place) -> bool:
        """Whether this item's audio came last."""
        return bool(self._places) and self._places[-1] == place

    def unheard(self, active_response: str | None) -> list[Cut]:
        """The items an interruption would cut now, oldest first.

        An item of `active_response` counts even when all that came of it has been heard: more would follow.
        """
        cuts: list[Cut] = []
        for place, state, heard in self._positions():
            if heard < state.audio_length_ms - FRAME_MS or (active_response and state.response_id == active_response):
                cuts.append(Cut(*place, heard_ms=int(min(max(heard, 0), state.audio_length_ms))))
        self._places = [(cut.item_id, cut.content_index) for cut in cuts]
        return cuts

    def forget(self) -> None:
        """Everything queued was dropped."""
        self._places.clear()

    def _positions(self) -> list[tuple[Place, ModelAudioState, float]]:
        known = [(place, state) for place in self._places if (state := self._received.get_state(*place))]
        current = self._playback.get_state() if self._playback else None
        if current and current["current_item_id"] is not None:
            self._reported = True
        if current is None or not self._reported:
            return _by_clock(known)
        now = (current["current_item_id"], current["current_item_content_index"] or 0)
        elapsed = current["elapsed_ms"] or 0.0
        playing = next((number for number, (place, _) in enumerate(known) if place == now), -1)
        return [
            (place, state, state.audio_length_ms if number < playing else elapsed if number == playing else 0.0)
            for number, (place, state) in enumerate(known)
        ]


def _by_clock(known: list[tuple[Place, ModelAudioState]]) -> list[tuple[Place, ModelAudioState, float]]:
    positions = []
    now, free = time.monotonic(), 0.0
    for place, state in known:
        start = max(state.initial_received_time, free)
        free = start + state.audio_length_ms / 1000
        positions.append((place, state, (now - start) * 1000))
    return positions
