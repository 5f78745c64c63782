"""Answers for demo mode, in SerpApi's own shape, with times around now: "now-95m" is 95 minutes ago."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from importlib.resources import files

import msgspec

from odai_core import ToolError, speech
from odai_tool_google_news.shapes import News

_TIME = re.compile(r'"now-(\d+)m"')


class Topic(msgspec.Struct, frozen=True):
    words: list[str]
    news_results: list[msgspec.Raw]


def top(now: datetime) -> News:
    """The first of each topic."""
    return News(news_results=[raw for topic in _topics(now).values() for raw in topic.news_results[:1]])


def search(query: str, now: datetime) -> News:
    """What is filed under a topic the query names, with the headlines first that say its words."""
    topics = _topics(now)
    asked = {word.removesuffix("s") for word in re.findall(r"[a-z]+", query.casefold())}
    found = [raw for topic in topics.values() if asked & set(topic.words) for raw in topic.news_results]
    if not found:
        raise ToolError("not_found", f"My sample data only has news about {speech.join(topics)}.")
    return News(news_results=sorted(found, key=lambda raw: -_said(asked, raw)))


def _said(words: Iterable[str], raw: msgspec.Raw) -> int:
    text = bytes(raw).decode().casefold()
    return sum(word in text for word in words if len(word) > 2)


def _topics(now: datetime) -> Mapping[str, Topic]:
    text = files(__package__).joinpath("samples.json").read_text(encoding="utf-8")
    dated = _TIME.sub(lambda match: f'"{now - timedelta(minutes=int(match[1])):%Y-%m-%dT%H:%M:00Z}"', text)
    return msgspec.json.decode(dated, type=dict[str, Topic])
