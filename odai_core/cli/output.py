"""How verbs talk to the person who typed them: tables, problems, JSON."""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

PIPED_WIDTH = 160
"""Columns of a table that goes to a file or another program."""


def example(*lines: str) -> str:
    """The end of a verb's help; click leaves what follows its backspace sign as it is."""
    return "\b\nExample:\n" + "\n".join(f"  {line}" for line in lines)


def plain(text: object) -> str:
    """One line without control characters: a plugin's words must not move somebody's cursor."""
    words = " ".join(str(text).split())
    return "".join(sign for sign in words if unicodedata.category(sign) not in ("Cc", "Cf", "Cs"))


def console(*, error: bool = False) -> Console:
    """A rich console on stdout (or stderr) as it is now. No markup is read and nothing is coloured unasked."""
    from rich.console import Console

    stream = sys.stderr if error else sys.stdout
    width = None if stream.isatty() else PIPED_WIDTH
    return Console(file=stream, markup=False, highlight=False, emoji=False, width=width)


def styled(text: object, style: str) -> Text:
    """Cleaned text in a style; a terminal without colours shows the text alone."""
    from rich.text import Text

    return Text(plain(text), style=style)


def print_table(headers: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """A table without lines; cells are texts of rich or anything else, which is cleaned."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for header in headers:
        table.add_column(header, overflow="fold")
    for row in rows:
        table.add_row(*(cell if isinstance(cell, Text) else Text(plain(cell)) for cell in row))
    console().print(table)


def print_json(value: Any) -> None:
    """Machine-readable output, alone on stdout."""
    click.echo(json.dumps(value, indent=2, default=str))


def print_facts(facts: Sequence[tuple[str, str, str]]) -> None:
    """Lines of (label, style, words), the words in one column on a terminal; one line each elsewhere."""
    from rich.table import Table

    out = console()
    if not out.is_terminal:
        for label, _, words in facts:
            click.echo(f"{plain(label)}: {plain(words)}")
        return
    grid = Table.grid(padding=(0, 2))
    for label, style, words in facts:
        grid.add_row("", styled(label, style), plain(words))
    out.print(grid)


def complain(cause: str, remedy: str) -> None:
    """A problem of this installation on stderr: what is wrong, and what to type next."""
    from rich.text import Text

    out = console(error=True)
    out.print(Text.assemble(("Problem: ", "bold red"), plain(cause)), soft_wrap=True)
    out.print(Text.assemble(("Do this: ", "bold"), plain(remedy)), soft_wrap=True)
