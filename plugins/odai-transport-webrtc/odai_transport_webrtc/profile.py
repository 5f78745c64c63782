"""What an in-app call sounds like, and how its turns are taken."""

from __future__ import annotations

from odai_core import PCM16_24K, AudioProfile, TurnDetection


def profile(*, barge_in: bool) -> AudioProfile:
    """PCM16 at 24 kHz, unpaced: the page queues what it has not played. `barge_in` lets speech stop the assistant."""
    turns = TurnDetection(type="server_vad", threshold=0.8, silence_ms=250, interrupt=barge_in)
    return AudioProfile(format=PCM16_24K, turns=turns, paced=False)
