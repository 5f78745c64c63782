"""What is said of headlines: each with its paper and its age."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from odai_core import speech
from odai_tool_google_news.shapes import Headline

_ORDINALS = ("First", "Second", "Third")
_OFFER = "Would you like to hear more about one of them?"
_DOMAIN = re.compile(r"\.(?:com?|org|net|io|gov|edu)\b(?:\.\w\w\b)?", re.IGNORECASE)
_DOT = re.compile(r"\.(?=(?:com|org|net|io|gov|edu)\b)", re.IGNORECASE)
_RECENT = 6 * 3600
"""Seconds; what is older is of "this morning" rather than of some hours ago."""


def news(opening: str, headlines: Sequence[Headline], now: datetime, zone: str) -> str:
    """At most three headlines with paper and age, and the offer to go deeper where there is breath for it."""
    told = [
        f"{opening} {_listed(headlines[:many], now, zone, length=length, aged=aged)}"
        for many, length, aged in ((3, 90, 3), (3, 90, 1), (3, 90, 0), (3, 60, 0), (2, 60, 0), (1, 90, 1))
    ]
    offered = [f"{told[0]} {_OFFER}"] if len(headlines) > 1 else []
    return speech.fit(*offered, *told)


def projection(headline: Headline, now: datetime, zone: str) -> dict[str, Any]:
    """What a voice model needs to talk about it."""
    return {
        "title": _title(headline, 100),
        "source": _paper(headline) or None,
        "age": age(headline.published, now, zone) or None,
        "also": _title(headline.stories[0], 60) if headline.stories else None,
    }


def age(published: datetime | None, now: datetime, zone: str) -> str:
    """In words, "twenty minutes ago", "this morning", "yesterday", "on November second": by the caller's clock."""
    if published is None:
        return ""
    seconds = (now - published).total_seconds()
    if seconds < -3600:
        return ""
    if seconds < 3570:
        return f"{speech.duration(max(seconds, 0))} ago"
    if seconds < _RECENT:
        return f"{speech.count(round(seconds / 3600), 'hour')} ago"
    there = speech.local(published, zone)
    day = speech.day(there.date(), speech.local(now, zone).date())
    return _part_of_day(there.hour) if day == "today" else day


def _part_of_day(hour: int) -> str:
    """Of today, and over for some hours, so that it is never the evening."""
    return "last night" if hour < 5 else "this morning" if hour < 12 else "this afternoon"


def _listed(headlines: Sequence[Headline], now: datetime, zone: str, *, length: int, aged: int) -> str:
    """The first `aged` of them with their age."""
    told = []
    for index, headline in enumerate(headlines):
        paper = f"from {_paper(headline)}" if _paper(headline) else ""
        parts = (_title(headline, length), paper, age(headline.published, now, zone) if index < aged else "")
        told.append(", ".join(part for part in parts if part))
    if len(told) == 1:
        return f"{told[0]}."
    return " ".join(f"{nth}, {said}." for nth, said in zip(_ORDINALS, told, strict=False))


def _title(story: Any, length: int) -> str:
    return _DOT.sub(" dot ", speech.clean(story.title, length)).rstrip(" .!?,;:")


def _paper(headline: Headline) -> str:
    """An address is no name: "BBC.com" -> "BBC"."""
    name = headline.source.name if headline.source else None
    return _DOMAIN.sub("", speech.clean(name, 30)).rstrip(". ")
