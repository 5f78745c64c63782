"""What SerpApi's Google Search answers, as far as we use it. Any part may be missing, and none spoils the others."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

from msgspec import DecodeError, Raw, Struct
from msgspec.json import decode
from msgspec.structs import replace

from odai_core import ToolError, speech

Source = str | dict[str, Any] | None
"""A name, or an object with one."""


class Answer(Struct, frozen=True):
    """Google's box above the pages; which of its texts is there depends on `type`."""

    type: str | None = None
    title: str | None = None
    answer: str | int | float | None = None
    result: str | int | float | None = None
    snippet: str | None = None
    source: Source = None
    link: str | None = None

    @property
    def short(self) -> str:
        """A few words, such as "790 feet"; "" when there is only a snippet."""
        given = [str(text) for text in (self.answer, self.result) if text is not None]
        return next((said for text in given if (said := speech.clean(text))), "")

    @property
    def tells(self) -> bool:
        """Most kinds of boxes are pictures and tables that we do not read."""
        return bool(self.short or speech.clean(self.snippet))


class Graph(Struct, frozen=True):
    """What Google knows of the person or thing itself."""

    title: str | None = None
    type: str | None = None
    description: str | None = None
    source: Source = None


class Page(Struct, frozen=True):
    title: str
    link: str | None = None
    displayed_link: str | None = None
    snippet: str | None = None
    date: str | None = None
    source: Source = None


class Question(Struct, frozen=True):
    """What people also ask."""

    question: str
    snippet: str | None = None
    title: str | None = None
    link: str | None = None


class Metadata(Struct, frozen=True):
    status: str = ""

    def __post_init__(self) -> None:
        # An answer that cannot be decoded is not cached: a failed search must not answer the next caller as well.
        if self.status in ("Error", "Processing", "Queued"):
            raise ValueError("the search did not finish")


class Search(Struct, frozen=True):
    """As it arrives. Without results there is no list, and a sentence in `error`."""

    search_metadata: Metadata = Metadata()
    answer_box: Raw = Raw()
    knowledge_graph: Raw = Raw()
    organic_results: list[Raw] | None = None
    related_questions: list[Raw] | None = None
    error: str | None = None


class Results(Struct, frozen=True):
    """What of it can be read."""

    answer_box: Answer | None
    knowledge_graph: Graph | None
    organic_results: list[Page]
    related_questions: list[Question]


def results(found: Search) -> Results | None:
    """None when Google found nothing. Raises `ToolError("bad_shape")` when there is something, and nothing readable."""
    answer = _read(found.answer_box, Answer)
    graph = _read(found.knowledge_graph, Graph)
    read = Results(
        answer_box=replace(answer, link=_web(answer.link)) if answer and answer.tells else None,
        knowledge_graph=graph if graph and speech.clean(graph.description) else None,
        organic_results=[
            replace(page, link=_web(page.link))
            for page in _all(found.organic_results, Page)
            if speech.clean(page.title)
        ],
        related_questions=[replace(one, link=_web(one.link)) for one in _all(found.related_questions, Question)],
    )
    if read.answer_box or read.knowledge_graph or read.organic_results:
        return read
    if found.error is not None or found.organic_results == []:
        return None
    raise ToolError("bad_shape", "Google gave an answer I can't read. Please try again in a moment.")


_Shape = TypeVar("_Shape")


def _read(raw: Raw, shape: type[_Shape]) -> _Shape | None:
    try:
        return decode(raw, type=shape, strict=False)
    except (DecodeError, RecursionError):
        return None


def _all(raw: Iterable[Raw] | None, shape: type[_Shape]) -> list[_Shape]:
    return [one for part in raw or () if (one := _read(part, shape)) is not None]


def _web(address: str | None) -> str | None:
    """A link to a script is none for a screen."""
    return address if address and address.startswith(("https://", "http://")) else None
