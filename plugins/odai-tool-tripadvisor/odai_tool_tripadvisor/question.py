"""What a search asks for: a place by its name, or a choice among many, perhaps the best."""

from __future__ import annotations

import re
from dataclasses import dataclass

_KINDS = re.compile(
    r"\b(?:activities|attractions|bakeries|bars|beaches|cafes|eateries|galleries|gardens|hostels|hotels|inns|landmarks|"
    r"motels|museums|parks|places|pubs|resorts|restaurants|sights|spots|steakhouses|things|tours)\b"
    r"|\b(?:bar|cafe|hostel|hotel|inn|motel|museum|place|resort|restaurant) (?:around|by|for|in|near|to|with)\b",
    re.IGNORECASE,
)
# "Best Western" and "Top of the Hub" are names.
_BEST = re.compile(
    r"^(?:the |some )?(?:best|top|highest)(?:[ -](?:rated|ranked|reviewed))?(?: (?:\d\d?|three|five|ten))? +"
    r"(?!western\b|buy\b|of\b)",
    re.IGNORECASE,
)
_GOOD = re.compile(r"^(?:some |any )?(?:good|great|nice|popular) +", re.IGNORECASE)


@dataclass(frozen=True)
class Question:
    """`text` is what to search for: TripAdvisor compares names, and no hotel is called "best"."""

    text: str
    best: bool
    """The best rated first."""
    choosing: bool
    """The answer is a choice, so that ratings matter."""


def read(query: str) -> Question:
    """Ask "best restaurants in Boston" for restaurants in Boston, with the best rated first."""
    text = " ".join(query.split())
    several = bool(_KINDS.search(text))
    best = bool(_BEST.match(text))
    bare = _BEST.sub("", text)
    if several:
        bare = _GOOD.sub("", bare)
    return Question(text=bare or text, best=best, choosing=best or several)
