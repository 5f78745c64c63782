"""A tool's answer as facts in a table, for people: what it is about first, without ids and addresses."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import click

from odai_core.cli import output

MOST_ROWS, MOST_COLUMNS, MOST_FACTS = 10, 6, 24
LONGEST = 60
"""Characters of one cell."""
_NAMES = ("name", "title", "headline", "film_name", "cinema_name", "event", "description", "text")
_UNREADABLE = re.compile(r"(^|_)(id|ids|url|uri|link|href|image|images|photo|thumbnail|icon|favicon|alias)($|_)", re.I)


def print_card(value: Any) -> None:
    """A list of things as a table, one thing as its facts, its lists of things below them; anything else as it is."""
    if isinstance(value, list) and len(value) == 1:
        (value,) = value
    if _is_things(value):
        _print_things([one for one in value if isinstance(one, Mapping)])
    elif isinstance(value, Mapping):
        _print_thing(value)
    else:
        click.echo(_told(value) or "Nothing for the screen.")


def _print_thing(thing: Mapping[str, Any]) -> None:
    facts = _facts(thing)
    if facts:
        output.print_table(("FACT", "VALUE"), facts[:MOST_FACTS])
    for key, value in thing.items():
        things = [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []
        if things:
            click.echo(f"\n{_label(key)}:" if facts else f"{_label(key)}:")
            _print_things(things)


def _print_things(things: Sequence[Mapping[str, Any]]) -> None:
    columns = _columns(things)
    rows = [[_told(thing.get(key)) for key in columns] for thing in things[:MOST_ROWS]]
    output.print_table([_label(key).upper() for key in columns], rows)
    if len(things) > MOST_ROWS:
        click.echo(f"... and {len(things) - MOST_ROWS} more: --json shows all")


def _columns(things: Sequence[Mapping[str, Any]]) -> list[str]:
    """What the things are called, then the first fields that say something of most of them."""
    counts: dict[str, int] = {}
    for thing in things:
        for key, value in thing.items():
            counts[key] = counts.get(key, 0) + bool(_readable(key, value))
    useful = [key for key, count in counts.items() if 2 * count > len(things)]
    useful.sort(key=lambda key: key not in _NAMES)
    return useful[:MOST_COLUMNS]


def _facts(thing: Mapping[str, Any], before: str = "") -> list[tuple[str, str]]:
    """Every readable field, one level of objects spread out: "location city"."""
    found: list[tuple[str, str]] = []
    for key, value in thing.items():
        label = f"{before} {_label(key)}".strip()
        if isinstance(value, Mapping) and not before:
            found += _facts(value, label)
        elif not _is_things(value) and _readable(key, value):
            found.append((label, _told(value)))
    return found


def _is_things(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(one, Mapping) for one in value)


def _readable(key: str, value: Any) -> bool:
    address = isinstance(value, str) and value.startswith(("http://", "https://"))
    return not _UNREADABLE.search(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", key)) and not address and _told(value) != ""


def _told(value: Any) -> str:
    """One cell: a thing is told by its name, a list by its first three."""
    if isinstance(value, Mapping):
        named = next((value[key] for key in _NAMES if value.get(key)), None)
        return _told(named if named is not None else next((v for v in value.values() if isinstance(v, str)), ""))
    if isinstance(value, list):
        return ", ".join(filter(None, map(_told, value[:3])))
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.2f}".rstrip("0").rstrip(".") if abs(value) >= 1 else f"{value:.4g}"
    text = "" if value is None else output.plain(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1].rstrip()}…"


def _label(key: str) -> str:
    """Both review_count and reviewCount are a "review count"."""
    return output.plain(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", key).replace("_", " ").lower())
