"""Two claims on one name: no winner by order. All claimants are in conflict until the operator pins one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from odai_core.contract import Problem, TransportPlugin
from odai_core.plugins.catalog import Entry, State
from odai_core.plugins.discovery import Candidate, canonical

Pins = dict[str, str]
Claim = tuple[str, str]
"""What is claimed, as a person reads it, and the name that pins it: ("prefix /a/b", "a/b")."""


def parse_pins(texts: Sequence[str]) -> Pins:
    """Read `name=winner` texts: "yelp=odai-tool-yelp" gives the name to that distribution (or plugin)."""
    pairs = (text.split("=", 1) for text in texts if "=" in text)
    return {name.strip("/"): canonical(winner) for name, winner in pairs}


def split_clashing(candidates: Iterable[Candidate], pins: Pins) -> tuple[list[Candidate], list[Entry]]:
    """Candidates that may be imported, and entries for those that claim the same name: none of them is imported."""
    free, clashing = list(candidates), []
    for claim_of in (_entry_point, _module):
        groups: dict[Claim, list[Candidate]] = defaultdict(list)
        for candidate in free:
            groups[claim_of(candidate)].append(candidate)
        free = []
        for claim, claimants in groups.items():
            rivals = sorted({candidate.distribution for candidate in claimants})
            winners = [c for c in claimants if len(rivals) == 1 or pins.get(claim[1]) == c.distribution]
            free += winners
            problem = _problem(claim, rivals, pinned=bool(winners))
            clashing += [
                Entry(candidate=candidate, name=candidate.name, state=State.CONFLICT, problem=problem)
                for candidate in claimants
                if candidate not in winners
            ]
    return free, clashing


def settle(entries: Sequence[Entry], pins: Pins) -> list[Entry]:
    """Put every usable entry that shares a plugin name, a tool name or a prefix with another in conflict."""
    settled = list(entries)
    for claims_of in _CLAIMS:
        groups: dict[Claim, list[Entry]] = defaultdict(list)
        for entry in settled:
            if entry.plugin is not None and entry.state in (State.READY, State.NEEDS_SETUP):
                for claim in claims_of(entry):
                    groups[claim].append(entry)
        losers: dict[int, Problem] = {}
        for claim, claimants in groups.items():
            if len(claimants) > 1:
                _judge(claim, claimants, pins, losers)
        settled = [
            replace(entry, state=State.CONFLICT, problem=losers[id(entry)]) if id(entry) in losers else entry
            for entry in settled
        ]
    return settled


def _judge(claim: Claim, claimants: list[Entry], pins: Pins, losers: dict[int, Problem]) -> None:
    pin = pins.get(claim[1])
    winners = [entry for entry in claimants if pin in (entry.candidate.distribution, entry.name)]
    pinned = len(winners) == 1
    problem = _problem(claim, _rivals(claimants), pinned=pinned)
    losers.update({id(entry): problem for entry in claimants if not (pinned and entry is winners[0])})


def _rivals(claimants: list[Entry]) -> list[str]:
    """The names that tell the claimants apart: of their distributions, or of plugins that share one."""
    distributions = {entry.candidate.distribution for entry in claimants}
    names = {entry.name for entry in claimants}
    return sorted(names if len(distributions) < len(claimants) == len(names) else distributions)


def _problem(claim: Claim, rivals: list[str], *, pinned: bool) -> Problem:
    shown, key = claim
    if len(rivals) == 1:
        remedy = f"pip install --upgrade {rivals[0]}, or uninstall it."
        return Problem(cause=f"{rivals[0]} offers {shown} twice.", remedy=remedy)
    clash = f"{' and '.join(rivals)} {'both' if len(rivals) == 2 else 'all'} offer {shown}"
    if pinned:
        return Problem(cause=f"{clash}; ODAI_PIN gives it to another.", remedy="Uninstall one of them to clear this.")
    return Problem(cause=f"{clash}.", remedy=f"Uninstall one, or choose: ODAI_PIN={key}={rivals[0]}")


def _entry_point(candidate: Candidate) -> Claim:
    return f"{candidate.kind[:-1]} plugin {candidate.name}", candidate.name


def _module(candidate: Candidate) -> Claim:
    return f"the module {candidate.module}", candidate.module


def _plugin_name(entry: Entry) -> Iterable[Claim]:
    return ((f"{entry.kind[:-1]} plugin {entry.name}", entry.name),)


def _tool_names(entry: Entry) -> Iterable[Claim]:
    return ((f"tool {spec.name}", spec.name) for spec in entry.specs)


def _prefix(entry: Entry) -> Iterable[Claim]:
    prefix = entry.plugin.prefix if isinstance(entry.plugin, TransportPlugin) else ""
    return ((f"prefix {prefix}", prefix.strip("/")),) if prefix else ()


_CLAIMS: tuple[Callable[[Entry], Iterable[Claim]], ...] = (_plugin_name, _tool_names, _prefix)
