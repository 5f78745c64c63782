"""What is said of search results: the answer if Google has one, else the gist of the first pages."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from odai_core import speech
from odai_tool_google_search.shapes import Answer, Graph, Page, Results, Source

_DATE = re.compile(r"^\w{3,9}\.? \d{1,2}, \d{4}\s*[-–—·]\s*|^\d+ (?:hours?|days?) ago\s*[-–—·]\s*")
_DOMAIN = re.compile(r"\.(?:com?|org|net|io|gov|edu)\b(?:\.\w\w\b)?", re.IGNORECASE)
_DOT = re.compile(r"\.(?=(?:com|org|net|io|gov|edu)\b)", re.IGNORECASE)
_LEVELS = ((3, 100), (2, 130), (2, 110), (2, 80), (1, 200))
"""How many pages, and how many characters of each, from generous to short."""
_DOTS = re.compile(r"([.!?]?)\s*\.{2,}")
_LONG_NUMBER = re.compile(r"\b\d{1,12}\.\d{3,}\b", re.ASCII)


def search(found: Results, query: str) -> str:
    """One answer with its source, or what the first two or three pages say."""
    if found.answer_box is not None:
        return _answer(found.answer_box)
    if found.knowledge_graph is not None:
        return _graph(found.knowledge_graph)
    pages = [page for page in found.organic_results if text(page.snippet, 90)]
    if not pages:
        names = speech.join(_name(page) for page in found.organic_results[:3])
        return speech.fit(f"I found pages about {text(query, 60).rstrip('.')}: {names}.")
    return speech.fit(*(_gist(pages[:many], length) for many, length in _LEVELS))


def projection(found: Results) -> dict[str, Any]:
    """What a voice model needs to answer from; without addresses."""
    pages = [
        {
            "title": text(page.title, 60),
            "source": _source(page.source) or None,
            "text": text(page.snippet, 140) or None,
            "date": speech.clean(page.date, 20) or None,
        }
        for page in found.organic_results[:3]
    ]
    answer = text(found.answer_box.short or found.answer_box.snippet, 200) if found.answer_box else None
    about = text(found.knowledge_graph.description, 160) if found.knowledge_graph else None
    return {"answer": answer, "about": about, "pages": pages}


def text(said: str | None, limit: int) -> str:
    """A page's own words, fit to be spoken: no date in front, no dots behind, no address."""
    whole = speech.clean(_DATE.sub("", said or "").replace("…", "..."))
    whole = _LONG_NUMBER.sub(_rounded, _DOTS.sub(lambda dots: dots[1] or ".", whole).replace(" · ", ", "))
    return speech.clean(_DOT.sub(" dot ", whole), limit).lstrip(" .,;:-–—·")


def _answer(box: Answer) -> str:
    """The box's sentence when it holds the short answer, for a bare number tells little."""
    who, short, sentence = _source(box.source) or text(box.title, 50), text(box.short, 160), text(box.snippet, 200)
    if short.casefold() in sentence.casefold():
        return _quoted(who, sentence)
    return _sentence(f"{short.rstrip('.')}, according to {who}" if who else f"Google says {short}")


def _graph(graph: Graph) -> str:
    return _quoted(_source(graph.source) or text(graph.title, 50), text(graph.description, 220))


def _gist(pages: Sequence[Page], length: int) -> str:
    first, *others = [(_name(page), text(page.snippet, length)) for page in pages]
    return " ".join([_quoted(*first), *(_sentence(f"{name}: {said}") for name, said in others)])


def _quoted(who: str, said: str) -> str:
    return _sentence(f"According to {who.rstrip('.')}: {said}" if who else said)


def _name(page: Page) -> str:
    return _source(page.source) or text(page.title, 50).rstrip(" .")


def _source(source: Source) -> str:
    """An address is no name: "Boston.com" -> "Boston"."""
    name = source.get("name") if isinstance(source, dict) else source
    return _DOMAIN.sub("", speech.clean(name, 40)).rstrip(". ")


def _sentence(said: str) -> str:
    return said if said.endswith((".", "!", "?")) else f"{said.rstrip(' ,;:')}."


def _rounded(number: re.Match[str]) -> str:
    value = float(number[0])
    return f"{value:.2f}" if value >= 1 else f"{value:.4f}".rstrip("0").rstrip(".")
