"""Progress of a download: one bar per part on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

from odai_core.cli import output

Report = Callable[[str, int, int], None]
"""`report("part: stage", done_bytes, total_bytes)`, as a model's `fetch` calls it; from any thread."""
STEP = 25
"""Plain lines come at every quarter."""


@contextmanager
def fetch_progress() -> Iterator[Report]:
    """A report function that shows itself while the context is open."""
    if sys.stdout.isatty():
        with _bars() as report:
            yield report
    else:
        yield _Lines().report


@contextmanager
def _bars() -> Iterator[Report]:
    from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TransferSpeedColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    tasks: dict[str, TaskID] = {}
    with Progress(*columns, console=output.console()) as progress:

        def report(what: str, done: int, total: int) -> None:
            part = what.partition(":")[0]
            if part not in tasks:
                tasks[part] = progress.add_task(output.plain(what), total=total)
            progress.update(tasks[part], description=output.plain(what), completed=done, total=total)

        yield report


class _Lines:
    """Says each stage once, and each quarter of it."""

    def __init__(self) -> None:
        self._said: dict[str, int] = {}

    def report(self, what: str, done: int, total: int) -> None:
        quarter = min(done, total) * 100 // total // STEP * STEP if total > 0 else 0
        if self._said.get(what, -1) < quarter:
            self._said[what] = quarter
            click.echo(f"{output.plain(what)} {quarter} %")
