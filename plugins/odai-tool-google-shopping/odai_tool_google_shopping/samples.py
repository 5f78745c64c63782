"""Answers for demo mode, in SerpApi's own shape: invented products of some everyday kinds."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

import msgspec

from odai_core import ToolError, speech
from odai_tool_google_shopping.shapes import Search


class Kind(msgspec.Struct, frozen=True):
    name: str
    words: list[str]
    """What such a thing is called, in the singular."""
    body: Search


def search(query: str) -> Search:
    """The products of the kind that the query names last: "a phone case" is a case."""
    asked = [word.removesuffix("s") for word in re.findall(r"[a-z]+", query.casefold())]
    for word in reversed(asked):
        for kind in _kinds():
            if word in kind.words:
                return kind.body
    raise ToolError("not_found", f"My sample data only knows {speech.join(kind.name for kind in _kinds())}.")


@cache
def _kinds() -> list[Kind]:
    return msgspec.json.decode(files(__package__).joinpath("samples.json").read_bytes(), type=list[Kind])
