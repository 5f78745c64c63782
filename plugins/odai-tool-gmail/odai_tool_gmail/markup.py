"""HTML mails as plain text, in one pass over them however they are made."""

from __future__ import annotations

import html
import re

MOST = 200_000
"""Characters looked at."""
_NAME = re.compile(r"/?([a-zA-Z][a-zA-Z0-9]{0,20})")
_SILENT = frozenset({"script", "style", "head", "title", "template", "noscript", "svg", "object", "textarea"})
_BLOCKS = frozenset({"p", "div", "br", "tr", "table", "ul", "ol", "blockquote", "hr", "pre", "section"})
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})


def plain(markup: str) -> str:
    """What is to be read in it: blocks on lines of their own, "- " before items, nothing that is never shown."""
    markup = markup[:MOST]
    lower, parts, place = markup.lower(), [], 0
    while place < len(markup):
        begin = markup.find("<", place)
        if begin < 0:
            begin = len(markup)
        parts.append(" ".join(re.split(r"\s+", markup[place:begin])))
        place, said = _after(lower, begin)
        parts.append(said)
    return html.unescape("".join(parts))


def _after(lower: str, begin: int) -> tuple[int, str]:
    """The place behind what begins with "<" here, and what stands for it. What never ends, ends the text."""
    over = len(lower)
    if lower.startswith("<!--", begin):
        return _behind(lower, "-->", begin), ""
    named = _NAME.match(lower, begin + 1)
    if named is None and lower[begin + 1 : begin + 2] not in ("!", "?"):
        return begin + 1, "<" if begin < over else ""
    end = _behind(lower, ">", begin)
    name = named[1] if named else ""
    if name in _SILENT and lower[begin + 1] != "/":
        return _behind(lower, ">", _behind(lower, f"</{name}", end)), ""
    if name == "li":
        return end, "\n- " if lower[begin + 1] != "/" else ""
    return end, "\n" if name in _BLOCKS | _HEADINGS else " " if name in ("td", "th") else ""


def _behind(lower: str, what: str, begin: int) -> int:
    found = lower.find(what, begin)
    return len(lower) if found < 0 else found + len(what)
