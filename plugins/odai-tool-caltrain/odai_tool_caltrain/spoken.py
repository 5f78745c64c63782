"""What is said of the next trains, in Pacific time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from odai_core import speech
from odai_tool_caltrain.shapes import Train

ZONE = "America/Los_Angeles"
_KINDS = {"local": "a local", "limited": "a limited", "express": "an express", "bullet": "a bullet"}
LATE = 120
"""Seconds; below it nobody speaks of a delay."""


def status(trains: Sequence[Train], station: str, direction: str, now: datetime) -> str:
    """The next train in full, the second in short."""
    first = trains[0]
    opening = f"The next {direction} train from {speech.clean(station, 40)} is {_kind(first)}"
    goal = speech.clean(first.destination, 40)
    full = f"{opening}{f' to {goal}' if goal else ''} {_when(first, now)}{_delay(first)}."
    short = f"{opening} {_when(first, now)}{_delay(first)}."
    if len(trains) == 1:
        return speech.fit(full, short)
    then = f"After that {_kind(trains[1])} at {_clock(trains[1])}."
    return speech.fit(f"{full} {then}", f"{short} {then}", short)


def projection(train: Train, now: datetime) -> dict[str, Any]:
    """What a voice model needs to talk about it."""
    return {
        "train": speech.clean(train.number, 10) or None,
        "kind": speech.clean(train.line, 20) or None,
        "to": speech.clean(train.destination, 40) or None,
        "leaves": speech.local(train.expected, ZONE).strftime("%H:%M"),
        "in_minutes": max(0, round((train.expected - now).total_seconds() / 60)),
        "minutes_late": max(0, round((train.expected - train.due).total_seconds() / 60)),
    }


def shown(train: Train) -> dict[str, Any]:
    """For the screen, with times as Caltrain's own clocks show them."""
    due, expected = (speech.local(moment, ZONE).isoformat(timespec="minutes") for moment in (train.due, train.expected))
    return {
        "number": train.number,
        "line": train.line,
        "destination": train.destination,
        "due": due,
        "expected": expected,
    }


def _kind(train: Train) -> str:
    words = train.line.casefold().split()
    return next((said for word, said in _KINDS.items() if word in words), "a train")


def _when(train: Train, now: datetime) -> str:
    seconds = (train.expected - now).total_seconds()
    here = speech.local(train.expected, ZONE)
    if seconds < 45:
        return "leaving now"
    if seconds < 3600:
        return f"in {speech.duration(seconds)}, at {_clock(train)}"
    return f"{speech.day(here.date(), speech.local(now, ZONE).date())} at {_clock(train)}"


def _clock(train: Train) -> str:
    return speech.clock(speech.local(train.expected, ZONE))


def _delay(train: Train) -> str:
    late = (train.expected - train.due).total_seconds()
    return f", {speech.duration(late)} late" if late >= LATE else ""
