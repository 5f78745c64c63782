"""Things with a recognisable form in an utterance: flights, trains, addresses, codes, coins, dates, places."""

from __future__ import annotations

import calendar
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from odai_model_local.brain import gazetteers
from odai_model_local.brain.numbers import ORDINALS
from odai_model_local.brain.utterance import STOP, Token, bag


@dataclass(frozen=True)
class Span:
    """Words `start` to `end` (exclusive) mean `value`. `weak`: only if nothing speaks against it."""

    start: int
    end: int
    value: Any
    weak: bool = False


_URL = re.compile(r"(?:https?://)?(?:[a-z0-9-]{1,63}\.){1,5}[a-z]{2,24}(?:/[^\s]{0,300})?", re.IGNORECASE)
_EMAIL = re.compile(r"[^@\s]{1,64}@[a-z0-9.-]{1,190}\.[a-z]{2,24}", re.IGNORECASE)
_FLIGHT = re.compile(r"([A-Z]{2,3}|[A-Z]\d|\d[A-Z])(\d{1,4})", re.IGNORECASE)
_WEEKDAYS: Final = [name.lower() for name in calendar.day_name]
_MONTHS: Final = [calendar.month_name[month].lower() for month in range(1, 13)]
_DAY_WORDS: Final = {"today": 0, "tonight": 0, "tomorrow": 1, "now": 0}
_AFTER_AIRLINE: Final = frozenset({"airlines", "airline", "airways", "air", "lines", "flight", "number", "flights"})
AT_A_PLACE: Final = frozenset({"in", "near", "around", "at", "by", "outside", "inside", "within", "throughout"})
TOWARDS: Final = frozenset({"for", "to", "from", "of"})
_ENDS_PLACE: Final = bag(
    "today tonight tomorrow now currently please thanks thank this next on with that for right is are and or at by "
    "during over will does do which who when sorted sort tell about if but after before under below within still yet "
    "monday tuesday wednesday thursday friday saturday sunday using because so soon later as until while"
)
TIME_WORDS: Final = bag(
    "today tonight tomorrow now currently yet still time weekend week month year morning afternoon evening soon later "
    "monday tuesday wednesday thursday friday saturday sunday this next"
)


def _phrases(tokens: Sequence[Token], names: Collection[str], longest: int = 3) -> Iterator[Span]:
    """Where known names stand, the longest first."""
    index = 0
    while index < len(tokens):
        for size in range(min(longest, len(tokens) - index), 0, -1):
            phrase = " ".join(token.low for token in tokens[index : index + size])
            if phrase in names:
                yield Span(index, index + size, phrase)
                index += size - 1
                break
        index += 1


def _digits(token: Token, least: int = 1, most: int = 5) -> bool:
    return token.text.isascii() and token.text.isdigit() and least <= len(token.text) <= most


def flights(tokens: Sequence[Token]) -> Iterator[Span]:
    """The airline's words and the number: "Delta 113", "American Airlines flight 22", "flight BA 214", "DL113"."""
    for index, token in enumerate(tokens):
        if _FLIGHT.fullmatch(token.text) and not token.text.lower().startswith("q"):
            yield Span(index, index + 1, token.text.upper())
    for name in _phrases(tokens, gazetteers.AIRLINES):
        end = name.end
        while end < len(tokens) and tokens[end].low in _AFTER_AIRLINE:
            end += 1
        if end < len(tokens) and _digits(tokens[end], most=4):
            said = [token for token in tokens[name.start : end] if token.low not in {"flight", "number", "flights"}]
            words = [_titled(token.text) for token in said]
            yield Span(name.start, end + 1, " ".join([*words, tokens[end].text]))
    for index in range(len(tokens) - 1):
        code, number = tokens[index], tokens[index + 1]
        short = re.fullmatch(r"[A-Z]{2,3}", code.text) and code.low not in STOP and code.low not in {"zip", "the"}
        if short and _digits(number, most=4):
            yield Span(index, index + 2, f"{code.text} {number.text}")
        elif index and tokens[index - 1].low == "flight" and _is_code(code) and _digits(number, most=4):
            yield Span(index, index + 2, f"{code.text.upper()} {number.text}")
        elif code.low == "flight" and _digits(number, most=4):
            yield Span(index, index + 2, number.text)
        elif code.low == "number" and index and tokens[index - 1].low == "flight" and _digits(number, most=4):
            yield Span(index - 1, index + 2, number.text)


def _is_code(token: Token) -> bool:
    """Two letters that may stand for an airline, however they are written: "flight Dl. 22"."""
    return len(token.text) == 2 and token.text.isascii() and token.text.isalpha() and token.low not in STOP


def _titled(word: str) -> str:
    return word.upper() if word.lower() in {"klm", "sas", "tap", "ita", "ana"} else word[:1].upper() + word[1:]


def trains(tokens: Sequence[Token]) -> Iterator[Span]:
    """Numbers of trains: "train 2150", "train number 7", "Amtrak 91", "the number 29 train"."""
    for index, token in enumerate(tokens):
        before, after = (tokens[at].low if 0 <= at < len(tokens) else "" for at in (index - 1, index + 1))
        if _digits(token, most=4) and before in {"number", "the", "amtrak"} and after == "train":
            yield Span(index - (before == "number"), index + 2, token.text)
        if token.stem not in {"train", "trained", "amtrak"}:  # "train twenty" is heard as "trained twenty"
            continue
        end = index + 1
        while end < len(tokens) and tokens[end].low in {"train", "number", "no"}:
            end += 1
        # "2151b": the "be" after a number is heard as a letter of it.
        number = re.fullmatch(r"(\d{1,4})[a-z]?", tokens[end].text, re.ASCII) if end < len(tokens) else None
        if number:
            yield Span(index, end + 1, number[1])


def urls(tokens: Sequence[Token]) -> Iterator[Span]:
    """Addresses, completed: "nytimes.com" is "https://nytimes.com"."""
    mailed = any("mail" in token.low for token in tokens)
    for index, token in enumerate(tokens):
        if _EMAIL.fullmatch(token.text) and not mailed:
            # "The page at python dot org" has the form of an e-mail address.
            yield Span(index, index + 1, f"https://{token.text.partition('@')[2].lower()}", weak=True)
        if _URL.fullmatch(token.text) and not re.fullmatch(r"(?:[A-Za-z]\.)+[A-Za-z]", token.text):
            address = token.text if "://" in token.text else f"https://{token.text}"
            yield Span(index, index + 1, address if "/" in address[8:] else address.lower())


def emails(tokens: Sequence[Token]) -> Iterator[Span]:
    return (Span(i, i + 1, token.text.lower()) for i, token in enumerate(tokens) if _EMAIL.fullmatch(token.text))


def codes(tokens: Sequence[Token]) -> Iterator[Span]:
    """Letters and digits said in pieces, at least eight of them with digits among them: "1 Z 999 AA 1012"."""
    index = 0
    while index < len(tokens):
        end = index
        while end < len(tokens) and _code_piece(tokens[end]):
            end += 1
            # "E, Z, 4000": a comma between spelled letters is a breath.
            if tokens[end - 1].ends and len(tokens[end - 1].text) > 1:
                break
        joined = "".join(token.text for token in tokens[index:end]).upper()
        if len(joined) >= 8 and sum(char.isdigit() for char in joined) >= 4:
            yield Span(index, end, joined)
        index = max(end, index + 1)


def _code_piece(token: Token) -> bool:
    text = token.text
    return text.isascii() and text.isalnum() and (any(c.isdigit() for c in text) or len(text) == 1 or text.isupper())


def _said(tokens: Sequence[Token], span: Span) -> str:
    return " ".join(token.text for token in tokens[span.start : span.end]).removesuffix("'s")


def _gazetteer(names: Mapping[str, str], longest: int = 3) -> Any:
    return lambda tokens: (Span(s.start, s.end, names[s.value]) for s in _phrases(tokens, names, longest))


def coins(tokens: Sequence[Token]) -> Iterator[Span]:
    """Coins as said; the connector knows names and symbols alike."""
    for span in _phrases(tokens, gazetteers.COINS):
        yield Span(span.start, span.end, _said(tokens, span))
    # "Lite coin" and "polka dot" are what a recogniser makes of their names.
    for index in range(len(tokens) - 1):
        joined = tokens[index].low + tokens[index + 1].low
        if joined in gazetteers.COINS and not tokens[index].ends:
            yield Span(index, index + 2, joined)


def companies(tokens: Sequence[Token]) -> Iterator[Span]:
    """Well-known companies, as said."""
    for span in _phrases(tokens, gazetteers.COMPANIES, 4):
        yield Span(span.start, span.end, _said(tokens, span))


def places(tokens: Sequence[Token]) -> Iterator[Span]:
    """Places: the words after in/near/around/at, else a known city, else the words after for/to/from."""
    found: list[tuple[int, Span]] = []
    for index, token in enumerate(tokens):
        towards = token.low in TOWARDS
        at = token.low in AT_A_PLACE or _is_around(tokens, index)
        close = token.low == "to" and index and tokens[index - 1].low in {"close", "closest", "next", "nearest"}
        if not (at or towards) or token.ends:
            continue
        end = index + 1
        while end < len(tokens) and end - index <= 5 and not _ends_place(tokens, index + 1, end):
            end += 1
            if tokens[end - 1].ends:
                break
        words = [word.text for word in tokens[index + 1 : end]]
        if words and any(word.content for word in tokens[index + 1 : end]):
            start = index - 1 if close else index
            rank = 0 if at or close else 2
            found.append((rank, Span(start, end, " ".join(words).removesuffix("'s"), rank == 2)))
    known = _phrases(tokens, gazetteers.CITIES)
    found += [(1, Span(span.start, span.end, gazetteers.CITIES[span.value].name)) for span in known]
    # Of two places said the same way, the later one is where: "a place to eat at noon in Oakland".
    for _, span in sorted(found, key=lambda item: (item[0], -item[1].start)):
        yield span


def _is_around(tokens: Sequence[Token], index: int) -> bool:
    """Whether it is the "round" of "somewhere round Harvard Square", and not that of "round trip"."""
    following = tokens[index + 1] if index + 1 < len(tokens) else Token("")
    named = following.text[:1].isupper() or following.low == "the"
    return tokens[index].low == "round" and named and not tokens[index].ends


def _ends_place(tokens: Sequence[Token], start: int, index: int) -> bool:
    low = tokens[index].low
    if low in AT_A_PLACE and index > start:
        return True
    return low in _ENDS_PLACE


def here(tokens: Sequence[Token]) -> Span | None:
    """Where the caller is: "near me", "around here", "nearby", "close by"."""
    for index, token in enumerate(tokens):
        pair = (token.low, tokens[index + 1].low) if index + 1 < len(tokens) else (token.low, "")
        if token.low in {"nearby", "outside"} and pair[1] not in {"in", "of"}:
            return Span(index, index + 1, None)
        if pair[0] in {"near", "around", "by", "close", "over", "in"} and pair[1] in {"me", "here", "us", "by", "town"}:
            return Span(index, index + 2, None)
    return None


def dates(tokens: Sequence[Token], today: date) -> Iterator[Span]:
    """Days as ISO dates: "tomorrow", "on Friday", "December fourth", "this weekend" (its Saturday)."""
    for index, token in enumerate(tokens):
        following = tokens[index + 1] if index + 1 < len(tokens) else None
        if re.fullmatch(r"\d{4}-\d\d-\d\d", token.text):
            yield Span(index, index + 1, token.text)
        elif token.low in _DAY_WORDS:
            after = token.low == "tomorrow" and [before.low for before in tokens[max(index - 2, 0) : index]]
            back = 2 if after == ["day", "after"] else 0
            ahead = 2 if back else _DAY_WORDS[token.low]
            yield Span(index - back, index + 1, (today + timedelta(days=ahead)).isoformat())
        elif token.low in _WEEKDAYS or token.low == "weekend":
            target = _WEEKDAYS.index("saturday" if token.low == "weekend" else token.low)
            later = 7 if index and tokens[index - 1].low == "next" and token.low == "weekend" else 0
            ahead = (target - today.weekday()) % 7 + later
            start = index - 1 if index and tokens[index - 1].low in {"on", "this", "next"} else index
            yield Span(start, index + 1, (today + timedelta(days=ahead)).isoformat())
        elif token.low in _MONTHS and following is not None:
            day = ORDINALS.get(following.low) or (int(following.text) if _digits(following, most=2) else 0)
            found = _coming(today, _MONTHS.index(token.low) + 1, day)
            if found:
                yield Span(index, index + 2, found.isoformat())


def _coming(today: date, month: int, day: int) -> date | None:
    """The next such day from today on."""
    for year in (today.year, today.year + 1):
        try:
            found = date(year, month, day)
        except ValueError:
            return None
        if found >= today:
            return found
    return None


FINDERS: Final[Mapping[str, Any]] = {
    "flight": flights,
    "train": trains,
    "url": urls,
    "email": emails,
    "code": codes,
    "coin": coins,
    "stock": companies,
    "currency": _gazetteer(gazetteers.CURRENCIES),
    "carrier": _gazetteer(gazetteers.CARRIERS),
    "state": _gazetteer(gazetteers.STATES),
    "country": _gazetteer(gazetteers.COUNTRIES),
    "location": places,
}
"""Slot kind -> what finds it; the first span found is the best one."""


def find(kind: str, tokens: Sequence[Token]) -> list[Span]:
    """Everything of a kind that is said, best first."""
    finder = FINDERS.get(kind)
    return list(finder(tokens)) if finder else []
