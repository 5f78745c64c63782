"""Several things: a table with the columns worth having, or a numbered list when they have much to say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from odai_model_local.text.fields import Thing, flat, heading, hidden, is_link, is_rows, key_of, link_of, name_key, said
from odai_model_local.text.markdown import MAX_TEXT, escaped, link, scalar

MAX_ROWS = 10
MAX_COLUMNS = 6
_LONG = 70
"""Characters from which a text wants a line of its own."""
_COMMON = 0.4
"""A column that fewer rows have is left out."""


def several(rows: Sequence[Any], most: int = MAX_ROWS) -> list[str]:
    """Lines of Markdown for a list of objects; how many more there are is said."""
    things = [row for row in rows if isinstance(row, Mapping) and row]
    if not things:
        return []
    shown = [flat(thing) for thing in things[:most]]
    columns = _columns(shown)
    lines = _list(shown, columns) if _wordy(shown, columns) or len(columns) < 2 else _table(shown, columns)
    left = len(things) - len(shown)
    return [*lines, "", f"… and {left:,} more."] if left else lines


def _columns(things: Sequence[Thing]) -> list[str]:
    """The keys of the columns, the name first, then in the order the service has them."""
    named = [name_key(thing) for thing in things]
    first = max(dict.fromkeys(named), key=named.count)
    keys = dict.fromkeys(key for thing in things for key in thing)
    columns = [first] if first else []
    seen = {tuple(said(first, thing.get(first)) for thing in things)} if first else set()
    for key in keys:
        if key == first or hidden(key) or any(_elsewhere(key, thing.get(key)) for thing in things):
            continue
        cells = tuple(said(key, thing.get(key)) for thing in things)
        if sum(map(bool, cells)) >= max(1, _COMMON * len(things)) and cells not in seen and not _trivial(cells):
            seen.add(cells)
            columns.append(key)
    if len(columns) > MAX_COLUMNS:
        # What is the same everywhere tells the rows apart least.
        telling = [key for key in columns[1:] if len({said(key, thing.get(key)) for thing in things}) > 1]
        columns = [columns[0], *(telling if len(things) > 1 else columns[1:])]
    return columns[:MAX_COLUMNS]


def _elsewhere(key: str, value: Any) -> bool:
    """It is the row's link, or a list that no cell can hold."""
    return is_link(key, value) or is_rows(value)


def _trivial(cells: Sequence[str]) -> bool:
    """Everywhere "no", or nothing."""
    return len(cells) > 1 and set(cells) <= {"no", "", "0"}


def _wordy(things: Sequence[Thing], columns: Sequence[str]) -> bool:
    lengths = [[len(said(key, thing.get(key), MAX_TEXT)) for thing in things] for key in columns]
    return any(median(column) > _LONG for column in lengths)


def _name(thing: Thing, key: str) -> str:
    value = thing.get(key)
    if isinstance(value, str):
        text = scalar(key, value)
        where = link_of(thing)
        return link(value, where) if where and "](" not in text and text == escaped(value, 120) else text
    return said(key, value)


def _table(things: Sequence[Thing], columns: Sequence[str]) -> list[str]:
    first, *others = columns
    lines = ["| " + " | ".join(heading(key) for key in columns) + " |", "|" + "---|" * len(columns)]
    for thing in things:
        cells = [_name(thing, first), *(said(key, thing.get(key)) for key in others)]
        lines.append("| " + " | ".join(cell or "–" for cell in cells) + " |")
    return lines


def _label(key: str) -> str:
    """What is so: without a column's heading, "yes" says nothing."""
    return heading(key).lower()


def _list(things: Sequence[Thing], columns: Sequence[str]) -> list[str]:
    lines = []
    for index, thing in enumerate(things, 1):
        name, rest = name_key(thing), [key for key in columns if key_of(key) != key_of(name_key(thing))]
        texts = [_label(key) if (value := thing.get(key)) is True else said(key, value, MAX_TEXT) for key in rest]
        texts = [text for text in texts if text != "no"]
        short = [text for text in texts if text and len(text) <= _LONG]
        title = _name(thing, name) if name else (short.pop(0) if short else "")
        lines.append(f"{index}. **{title}**" + "".join(f" · {text}" for text in short) if title else f"{index}. –")
        lines += [f"   {text}" for text in texts if len(text) > _LONG]
    return lines
