"""The current catalog, and how the next one comes about."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Set
from contextlib import contextmanager
from functools import lru_cache

from odai_core.errors import PluginError
from odai_core.plugins import conflicts
from odai_core.plugins.catalog import Catalog, Entry, State
from odai_core.plugins.discovery import Candidate, discover, fingerprint
from odai_core.plugins.loading import Loader
from odai_core.plugins.needs import settle_needs
from odai_core.settings import Settings

log = logging.getLogger("odai.plugins")
_turn = threading.local()


class PluginHost:
    """Owns what this process has imported. `catalog` is always whole; `refresh` replaces it when something changed.

    ODAI_STRICT stops the start with a PluginError. It never stops a running server: later on, states are states.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        discover: Callable[[], Iterable[Candidate]] = discover,
        fingerprint: Callable[[], int] = fingerprint,
    ) -> None:
        self.settings = settings
        self._discover = discover
        self._fingerprint = fingerprint
        self._loader = Loader(settings)
        self._lock = threading.Lock()
        self._seen = fingerprint()
        with _alone():
            self.catalog = self._build(generation=1, strict=settings.core["ODAI_STRICT"])

    def refresh(self) -> Catalog:
        """The catalog of what is installed now. Cheap when nothing was; safe from any thread."""
        with _alone(), self._lock:
            seen = self._fingerprint()
            if seen != self._seen:
                self._seen = seen
                self._replace()
            return self.catalog

    def reload(self) -> Catalog:
        """Look again whether or not anything seems to have changed."""
        with _alone(), self._lock:
            self._seen = self._fingerprint()
            self._replace()
            return self.catalog

    def _replace(self) -> None:
        fresh = self._build(generation=self.catalog.generation + 1)
        if fresh.entries != self.catalog.entries:
            self.catalog = fresh

    def _build(self, generation: int, *, strict: bool = False) -> Catalog:
        pins = conflicts.parse_pins(self.settings.core["ODAI_PIN"])
        entries: list[Entry] = []
        claimants: list[Candidate] = []
        for candidate in self._discover():
            refused = self._loader.refuse(candidate, strict=strict)
            entries += refused
            claimants += [] if refused else [candidate]
        free, clashing = conflicts.split_clashing(claimants, pins)
        entries += clashing
        for candidate in free:
            entries += self._loader.load(candidate, strict=strict)
        entries = settle_needs(conflicts.settle(entries, pins), demo=self.settings.core["ODAI_DEMO"])
        entries.sort(key=lambda entry: (entry.kind, entry.name, entry.candidate.distribution))
        _report(entries, strict, self.settings.given())
        return Catalog(entries=tuple(entries), generation=generation)


@lru_cache(maxsize=1)
def default_host() -> PluginHost:
    """The host behind the agents that odai_core names: of this folder's settings, made when somebody asks for one."""
    return PluginHost(Settings.load())


@contextmanager
def _alone() -> Iterator[None]:
    """Refuse a plugin that asks for the catalog while it is being loaded into it; it would wait for itself."""
    if getattr(_turn, "taken", False):
        raise PluginError(
            "It asks for AUDIO_AGENT or VOICE_ORCHESTRATOR_TOOLS while it is being loaded.",
            "Import what it needs from odai_core by name, not *, and look at the catalog in a call.",
        )
    _turn.taken = True
    try:
        yield
    finally:
        _turn.taken = False


def _report(entries: Iterable[Entry], strict: bool, given: Set[str]) -> None:
    for entry in entries:
        if entry.problem is None or entry.state is State.DISABLED:
            continue
        if strict and entry.state is not State.NEEDS_SETUP:
            raise PluginError(entry.problem.cause, entry.problem.remedy)
        # A connector that nobody has begun to set up is no event.
        level = logging.INFO if entry.unused(given) else logging.WARNING
        log.log(level, "%s is %s: %s %s", entry.name, entry.state, entry.problem.cause, entry.problem.remedy)
