"""Answers for demo mode: an invented timetable around now."""

from __future__ import annotations

from datetime import datetime, timedelta

from odai_tool_caltrain.shapes import Train

_TRAINS = (("Express", 7, 3), ("Local", 24, 0), ("Limited", 41, 0))
"""Line, minutes from now when it leaves, minutes it is late."""


def trains(direction: str, now: datetime) -> list[Train]:
    """Three trains within the hour; the first is late."""
    goal, parity = ("San Francisco", 1) if direction == "northbound" else ("San Jose Diridon", 2)
    start = now.replace(second=0, microsecond=0)
    found = []
    for place, (line, minutes, late) in enumerate(_TRAINS):
        expected = start + timedelta(minutes=minutes)
        number = str(400 + 10 * place + parity)
        found.append(Train(number, line, goal, expected - timedelta(minutes=late), expected))
    return found
