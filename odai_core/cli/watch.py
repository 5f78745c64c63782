"""What a person sees of a call while it goes on."""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING, Any

import click

from odai_core.cli import output

if TYPE_CHECKING:
    from odai_core.cli.phone import Happening, Report

MAX_LINES = 1000
"""Lines of transcript, tools and metrics that are kept."""
BLOCK_SECONDS = 0.5
"""One block of a meter."""


class Watcher:
    """Takes a phone's happenings; prints each that says something new, unless silent."""

    def __init__(self, *, silent: bool) -> None:
        self.tools: list[dict[str, Any]] = []
        self.metrics: list[dict[str, Any]] = []
        self._lines: dict[str, dict[str, str]] = {}
        self._printed: set[tuple[str, str]] = set()
        self._console = None if silent else output.console()
        self._began = time.monotonic()

    def transcript(self) -> list[dict[str, str]]:
        """The lines of both sides, in order."""
        return [line for line in self._lines.values() if line["text"]]

    def tell(self, happening: Happening) -> None:
        """One happening; see `Happening` for the kinds."""
        show = getattr(self, f"_on_{happening.kind}", None)
        if show is not None:
            show(dict(happening.fields))

    def sum_up(self, report: Report, error: str) -> None:
        """The last lines: how it went."""
        if error:
            self._print("red", "trouble" if report.seconds else "no call", error)
            return
        asked = [turn.answer.latency_ms for turn in report.turns[1:] if turn.answer.latency_ms is not None]
        words = f"{report.seconds:.1f} s, {len(asked)} answers"
        if asked:
            words += f", median {statistics.median(asked):.0f} ms, worst {max(asked)} ms after the end of speech"
        self._print("green", "done", words)

    # -- kinds

    def _on_speaking(self, fields: dict[str, Any]) -> None:
        self._print("cyan", "you speak", f"{_meter(fields['seconds'])} {fields['seconds']:.1f} s")

    def _on_hearing(self, fields: dict[str, Any]) -> None:
        self._print("green", "assistant", f"speaks, {fields['latency_ms']} ms later")

    def _on_quiet(self, fields: dict[str, Any]) -> None:
        self._print("green", "assistant", f"{_meter(fields['ms'] / 1000)} {fields['ms'] / 1000:.1f} s heard")

    def _on_cleared(self, fields: dict[str, Any]) -> None:
        self._print("yellow", "assistant", "stops: interrupted")

    def _on_ended(self, fields: dict[str, Any]) -> None:
        self._print("dim", "call ends", fields["reason"])

    def _on_error(self, fields: dict[str, Any]) -> None:
        self._print("red", "trouble", fields["message"])

    def _on_ready(self, fields: dict[str, Any]) -> None:
        tools = fields.get("tools")
        count = len(tools) if isinstance(tools, list) else 0
        self._print("dim", "connected", f"model {fields.get('model', '?')}, {count} tools")

    def _on_line(self, fields: dict[str, Any]) -> None:
        place, role, text, status = (str(fields.get(name) or "") for name in ("id", "role", "text", "status"))
        if len(self._lines) < MAX_LINES or place in self._lines:
            self._lines[place] = {"role": role, "text": text}
        if text and status != "in_progress" and (place, status) not in self._printed:
            self._printed.add((place, status))
            self._print("bold", "you said" if role == "user" else "it says", text)

    def _on_tool_start(self, fields: dict[str, Any]) -> None:
        arguments = fields.get("arguments") or ""
        self._print("magenta", "tool", f"{fields.get('tool')} {arguments}")

    def _on_tool_end(self, fields: dict[str, Any]) -> None:
        if len(self.tools) < MAX_LINES:
            self.tools.append({name: fields.get(name) for name in ("tool", "ms", "ok")})
        state = "answered" if fields.get("ok") else "FAILED"
        self._print("magenta", "tool", f"{fields.get('tool')} {state} in {fields.get('ms')} ms")

    def _on_metrics(self, fields: dict[str, Any]) -> None:
        if len(self.metrics) < MAX_LINES:
            self.metrics.append(fields)
        self._print("dim", "metrics", ", ".join(f"{name} {value}" for name, value in fields.items()))

    def _print(self, style: str, label: str, words: str) -> None:
        if self._console is None:
            return
        if not self._console.is_terminal:
            click.echo(f"{time.monotonic() - self._began:6.1f}  {label:<10} {output.plain(words)}")
            return
        from rich.table import Table

        grid = Table.grid(padding=(0, 2))
        clock = output.styled(f"{time.monotonic() - self._began:.1f} s", "dim")
        grid.add_column(width=8, justify="right")
        grid.add_column(width=10)
        grid.add_row(clock, output.styled(label, style), output.plain(words))
        self._console.print(grid)


def _meter(seconds: float) -> str:
    return "▇" * max(1, min(40, round(seconds / BLOCK_SECONDS)))
