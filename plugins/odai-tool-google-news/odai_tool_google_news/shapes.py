"""What SerpApi's Google News answers, as far as we use it: headlines, alone or in clusters about one event."""

from __future__ import annotations

from datetime import datetime
from typing import TypeVar

from msgspec import DecodeError, Raw, Struct
from msgspec.json import decode
from msgspec.structs import asdict, replace

from odai_core import ToolError, speech

_DATE = "%m/%d/%Y, %I:%M %p, %z UTC"


class Source(Struct, frozen=True):
    name: str | None = None
    authors: list[str] | None = None


class Story(Struct, frozen=True):
    title: str
    link: str | None = None
    source: Source | None = None
    date: str | None = None
    """Such as "11/22/2026, 08:30 AM, +0000 UTC"."""
    iso_date: str | None = None
    thumbnail: str | None = None

    @property
    def published(self) -> datetime | None:
        """With its zone; None when nobody knows."""
        for text, read in ((self.iso_date, datetime.fromisoformat), (self.date, _read_date)):
            try:
                found = read(text or "")
            except ValueError:
                continue
            if found.utcoffset() is not None:
                return found
        return None


class Headline(Story, frozen=True):
    stories: list[Story] = []
    """What others write about the same event."""


class Cluster(Struct, frozen=True):
    """How an item of the list groups its stories; a story that stands alone has neither field."""

    highlight: Raw = Raw()
    stories: list[Raw] | None = None


class Metadata(Struct, frozen=True):
    status: str = ""

    def __post_init__(self) -> None:
        # An answer that cannot be decoded is not cached: a failed search must not answer the next caller as well.
        if self.status in ("Error", "Processing", "Queued"):
            raise ValueError("the search did not finish")


class News(Struct, frozen=True):
    """Without results there is no list, and a sentence in `error`."""

    search_metadata: Metadata = Metadata()
    news_results: list[Raw] | None = None
    error: str | None = None


def headlines(found: News) -> list[Headline]:
    """One for each event, of those that can be read. Raises `ToolError("bad_shape")` when none of them can."""
    known = [headline for raw in found.news_results or () if (headline := _headline(raw)) is not None]
    if not known and (found.news_results or found.error is None):
        raise ToolError("bad_shape", "Google News gave an answer I can't read. Please try again in a moment.")
    return known


def _headline(raw: Raw) -> Headline | None:
    cluster = _read(raw, Cluster)
    if cluster is None:
        return None
    # An item is a story itself, or has its stories inside; what is no story cannot be read as one.
    parts = (_story(part) for part in (cluster.highlight, raw, *(cluster.stories or ())))
    told = [story for story in parts if story is not None]
    if not told:
        return None
    return Headline(**asdict(told[0]), stories=[story for story in told[1:] if story.title != told[0].title])


def _story(raw: Raw) -> Story | None:
    story = _read(raw, Story)
    if story is None or not speech.clean(story.title):
        return None
    return replace(story, link=_web(story.link), thumbnail=_web(story.thumbnail))


_Shape = TypeVar("_Shape")


def _read(raw: Raw, shape: type[_Shape]) -> _Shape | None:
    try:
        return decode(raw, type=shape, strict=False)
    except (DecodeError, RecursionError):
        return None


def _read_date(text: str) -> datetime:
    return datetime.strptime(text, _DATE)


def _web(address: str | None) -> str | None:
    """A picture may come as text, and a link to a script is none for a screen."""
    return address if address and address.startswith(("https://", "http://")) else None
