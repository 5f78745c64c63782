"""Files for demo mode, changed a few days ago."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files

import msgspec

from odai_tool_google_docs.shapes import File


class Sample(msgspec.Struct, frozen=True):
    id: str
    name: str
    kind: str
    days: int
    """Since it was changed."""
    text: str


class Samples(msgspec.Struct, frozen=True):
    files: list[Sample]


def search(query: str) -> list[tuple[File, str]]:
    """Files with one of the words in their name or text, and their texts; the most words first."""
    asked = {word for word in re.findall(r"\w+", query.casefold()) if len(word) > 2} - _EMPTY
    scored = [(len(asked & set(re.findall(r"\w+", f"{one.name} {one.text}".casefold()))), one) for one in _samples()]
    best = sorted((pair for pair in scored if pair[0]), key=lambda pair: -pair[0])
    return [(_file(sample), sample.text) for _, sample in best[:5]]


def saved(title: str) -> File:
    """A document as it would be saved."""
    return File(id="sample-saved", name=title, webViewLink="https://docs.google.com/document/d/sample-saved/edit")


@cache
def _samples() -> list[Sample]:
    return msgspec.json.decode(files(__package__).joinpath("samples.json").read_bytes(), type=Samples).files


def _file(sample: Sample) -> File:
    return File(
        id=sample.id, name=sample.name, mimeType=f"application/vnd.google-apps.{sample.kind}",
        webViewLink=f"https://docs.google.com/{sample.kind}/d/{sample.id}/edit",
        modifiedTime=(datetime.now(UTC) - timedelta(days=sample.days)).isoformat(),
    )  # fmt: skip


_EMPTY = {
    "the",
    "and",
    "for",
    "with",
    "about",
    "from",
    "doc",
    "docs",
    "document",
    "documents",
    "file",
    "files",
    "notes",
}
