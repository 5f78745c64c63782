"""Pages for demo mode without a network: three invented ones, at names that are set aside for examples."""

from __future__ import annotations

from datetime import date
from functools import cache
from importlib.resources import files

import msgspec

from odai_core import ToolError
from odai_tool_fetch_website.shapes import Text


def page(host: str, today: date) -> Text:
    """The page of that host. Raises `ToolError("not_found")` for any other."""
    found = _samples().get(host.removeprefix("www."))
    if found is None:
        raise ToolError(
            "not_found",
            "I can't reach the internet. My sample pages are example dot com, example dot org and example dot net.",
        )
    return msgspec.structs.replace(found, date=f"{today}") if found.date else found


@cache
def _samples() -> dict[str, Text]:
    return msgspec.json.decode(files(__package__).joinpath("samples.json").read_bytes(), type=dict[str, Text])
