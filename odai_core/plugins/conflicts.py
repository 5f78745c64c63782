"""Two claims on one name: no winner by order. All claimants are in conflict until the operator pins one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from odai_core.contract import Problem, TransportPlugin
from odai_core.plugins.catalog import Entry, State
from odai_core.plugins.discovery import Candidate

Pins = dict[str, str]


def parse_pins(texts: Sequence[str]) -> Pins:
    """Read `name=winner` texts: "yelp=odai-tool-yelp" gives the name to that distribution (or plugin)."""
    return dict(text.split("=", 1) for text in texts if "=" in text)


def split_clashing(candidates: Iterable[Candidate], pins: Pins) -> tuple[list[Candidate], list[Entry]]:
    """Candidates that may be imported, and entries for those that claim the same name: none of them is imported."""
    groups: dict[tuple[str, str], list[Candidate]] = defaultdict(list)
    for candidate in candidates:
        groups[candidate.kind, candidate.name].append(candidate)
    free: list[Candidate] = []
    clashing: list[Entry] = []
    for (kind, name), claimants in groups.items():
        winners = [c for c in claimants if len(claimants) == 1 or pins.get(name) == c.distribution]
        free += winners
        for candidate in claimants:
            if candidate not in winners:
                who = " and ".join(c.distribution for c in claimants)
                problem = _problem(
                    f"{who} both offer {kind[:-1]} plugin {name}", name, claimants[0].distribution, bool(winners)
                )
                clashing.append(Entry(candidate=candidate, name=name, state=State.CONFLICT, problem=problem))
    return free, clashing


def settle(entries: Sequence[Entry], pins: Pins) -> list[Entry]:
    """Put every usable entry that shares a plugin name, a tool name, a prefix or a setting with another in conflict."""
    settled = list(entries)
    for what, claims in _CLAIMS:
        groups: dict[str, list[Entry]] = defaultdict(list)
        for entry in settled:
            if entry.plugin is not None and entry.state in (State.READY, State.NEEDS_SETUP):
                for claim in claims(entry):
                    groups[claim].append(entry)
        losers: dict[int, Problem] = {}
        for claim, claimants in groups.items():
            if len(claimants) > 1:
                _judge(what, claim, claimants, pins, losers)
        settled = [
            replace(entry, state=State.CONFLICT, problem=losers[id(entry)]) if id(entry) in losers else entry
            for entry in settled
        ]
    return settled


def _judge(what: str, claim: str, claimants: list[Entry], pins: Pins, losers: dict[int, Problem]) -> None:
    pin = pins.get(claim.removeprefix("/").split("/")[-1])
    winners = [e for e in claimants if pin in (e.candidate.distribution, e.name)]
    winner = winners[0] if len(winners) == 1 else None
    who = " and ".join(sorted({entry.candidate.distribution for entry in claimants}))
    for entry in claimants:
        if entry is not winner:
            shown = claim.split("/")[-1] if what != "prefix" else claim
            first = claimants[0].candidate.distribution
            losers[id(entry)] = _problem(
                f"{who} both offer {what} {shown}", shown.strip("/"), first, winner is not None
            )


def _problem(clash: str, name: str, example: str, pinned: bool) -> Problem:
    if pinned:
        return Problem(cause=f"{clash}; ODAI_PIN gives it to the other.", remedy="Uninstall one of them to clear this.")
    return Problem(cause=f"{clash}.", remedy=f"Uninstall one, or choose: ODAI_PIN={name}={example}")


def _plugin_name(entry: Entry) -> Iterable[str]:
    return (f"{entry.kind}/{entry.name}",)


def _tool_names(entry: Entry) -> Iterable[str]:
    return (spec.name for spec in entry.specs)


def _prefix(entry: Entry) -> Iterable[str]:
    return (entry.plugin.prefix,) if isinstance(entry.plugin, TransportPlugin) else ()


_CLAIMS: tuple[tuple[str, Callable[[Entry], Iterable[str]]], ...] = (
    ("plugin", _plugin_name),
    ("tool", _tool_names),
    ("prefix", _prefix),
)
