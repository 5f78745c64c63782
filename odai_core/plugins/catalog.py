"""The answer book: what is ready, what is not, and why. Immutable and numbered."""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any

from odai_core.calls import Values
from odai_core.contract import AccountPlugin, ModelPlugin, Problem, ToolPlugin, TransportPlugin
from odai_core.plugins.discovery import Candidate
from odai_core.settings import BoundValues
from odai_core.tools.schema import ToolSpec

Declaration = ToolPlugin | TransportPlugin | ModelPlugin | AccountPlugin


class State(StrEnum):
    """What became of a plugin."""

    READY = "ready"
    NEEDS_SETUP = "needs setup"
    DISABLED = "disabled"
    CONFLICT = "conflict"
    INCOMPATIBLE = "incompatible"
    BROKEN = "broken"
    RESTART_NEEDED = "restart needed"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One plugin and its state. Every state but ready carries a problem: a cause and a remedy."""

    candidate: Candidate
    name: str
    state: State
    problem: Problem | None = None
    plugin: Declaration | None = None
    """What it declared; None when it was never imported or broke."""
    specs: tuple[ToolSpec, ...] = ()
    values: Values = field(default_factory=lambda: BoundValues({}), compare=False, repr=False)
    """What its settings read."""

    @property
    def kind(self) -> str:
        """tools, transports, models or accounts."""
        return self.candidate.kind

    def unused(self, given: Set[str]) -> bool:
        """It waits for setup that nobody has begun: none of its settings is among those `given`."""
        names = {setting.name for setting in self.plugin.settings} if self.plugin else set()
        return self.state is State.NEEDS_SETUP and not names & given

    def describe(self) -> dict[str, Any]:
        """A row for `odai plugins --json` and `/-/plugins`."""
        plugin = self.plugin
        return {
            "name": self.name,
            "kind": self.kind,
            "state": str(self.state),
            "distribution": self.candidate.distribution,
            "version": self.candidate.version,
            "title": getattr(plugin, "title", ""),
            "summary": getattr(plugin, "summary", ""),
            "voice": bool(getattr(plugin, "voice", False)),
            "tools": [spec.name for spec in self.specs],
            "cause": self.problem.cause if self.problem else "",
            "remedy": self.problem.remedy if self.problem else "",
        }


# The order the specification gives the voice tools; plugins it does not know follow by name.
VOICE_ORDER = (
    "coinmarketcap",
    "finnhub",
    "tripadvisor",
    "google-shopping",
    "google-news",
    "google-search",
    "amtrak",
    "ticketmaster",
    "weatherapi",
    "easypost",
    "movieglu",
    "yelp",
    "fetch-website",
    "flightaware",
)


@dataclass(frozen=True)
class Catalog:
    """Every plugin of one moment. A call keeps the catalog it started with."""

    entries: tuple[Entry, ...]
    generation: int = 0

    def ready(self, kind: str) -> tuple[Entry, ...]:
        """The usable plugins of a kind, in the order of `VOICE_ORDER`, then by name."""
        rank = {name: place for place, name in enumerate(VOICE_ORDER)}
        usable = [entry for entry in self.entries if entry.kind == kind and entry.state is State.READY]
        return tuple(sorted(usable, key=lambda entry: (rank.get(entry.name, len(rank)), entry.name)))

    def find(self, kind: str, name: str) -> Entry | None:
        """The entry of that name; the ready one, where others lost a conflict to it."""
        named = [entry for entry in self.entries if entry.kind == kind and entry.name == name]
        return min(named, key=lambda entry: entry.state is not State.READY, default=None)

    def settings_of(self, entry: Entry) -> Values:
        """What the plugin's own declarations read."""
        return entry.values

    @cached_property
    def voice_tools(self) -> tuple[tuple[Entry, ToolSpec], ...]:
        """The tools a call may use: of voice plugins, less those that opted out or need a confirmation on a screen."""
        return tuple(
            (entry, spec)
            for entry in self.ready("tools")
            if isinstance(entry.plugin, ToolPlugin) and entry.plugin.voice
            for spec in entry.specs
            if spec.options.voice is not False and not spec.options.confirm
        )

    @cached_property
    def tools(self) -> tuple[tuple[Entry, ToolSpec], ...]:
        """Every tool a chat may use, plugin by plugin."""
        return tuple((entry, spec) for entry in self.ready("tools") for spec in entry.specs)

    def not_ready(self) -> Iterable[Entry]:
        """Everything an operator may want to do something about."""
        return (entry for entry in self.entries if entry.state is not State.READY)
