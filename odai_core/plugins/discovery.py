"""Which plugins are installed: distributions to candidates, without importing any of them."""

from __future__ import annotations

import logging
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import invalidate_caches
from typing import Any

import importlib_metadata

log = logging.getLogger("odai.plugins")

KINDS = ("tools", "transports", "models", "accounts")
"""The entry-point groups are `odai.` and one of these."""


_METADATA = (".dist-info", ".egg-info", ".egg-link")
_CORE = re.compile(r"\s*odai[-_.]+core(?![-_.\w])", re.IGNORECASE)


def canonical(name: str) -> str:
    """A distribution's name as pip compares it: `Odai_Tool.Yelp` is `odai-tool-yelp`."""
    return re.sub(r"[-_.]+", "-", name.strip()).lower()


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """An entry point somebody installed; nothing of it has been imported."""

    kind: str
    name: str
    module: str
    distribution: str
    """Its canonical name."""
    version: str
    requires_core: tuple[str, ...] = ()
    """The distribution's own requirements on odai-core, as written."""


def discover() -> list[Candidate]:
    """Every ODAI entry point of every distribution on `sys.path`, sorted; the first of two equal names is shadowing.

    Costs 8 to 23 ms for 300 distributions. A distribution whose metadata cannot be read is passed over: it is not ours
    to complain about, and it must not stop anybody else.
    """
    invalidate_caches()
    found: dict[tuple[str, str, str], Candidate] = {}
    seen: set[str] = set()
    for distribution in _distributions():
        try:
            offers = "odai." in (distribution.read_text("entry_points.txt") or "")
            # Only METADATA knows a name for certain; opening it for everybody took 60 of 75 ms.
            name = canonical(distribution.name if offers else _folder_name(distribution))
            if name in seen:
                continue
            seen.add(name)
            if not offers:
                continue
            for candidate in _candidates(name, distribution):
                found.setdefault((candidate.kind, candidate.name, name), candidate)
        except Exception:
            continue
    return [found[key] for key in sorted(found)]


def _folder_name(distribution: Any) -> str:
    """The name as the metadata folder spells it, which is read without opening a file."""
    path = getattr(distribution, "_path", None)
    return path.name.split("-")[0] if path is not None and "-" in path.name else str(distribution.name)


def _distributions() -> Iterator[Any]:
    try:
        yield from importlib_metadata.distributions()
    except Exception as error:  # of somebody's finder on sys.meta_path; what came before it is still good
        log.warning("the search for plugins ended early: %s", type(error).__name__)


def _candidates(name: str, distribution: Any) -> list[Candidate]:
    groups = {f"odai.{kind}": kind for kind in KINDS}
    points = [point for point in distribution.entry_points if point.group in groups]
    if not points:
        return []
    version, requires = distribution.version, tuple(filter(_CORE.match, distribution.requires or ()))
    return [
        Candidate(
            kind=groups[point.group],
            name=point.name,
            module=point.value.partition(":")[0].strip(),
            distribution=name,
            version=version,
            requires_core=requires,
        )
        for point in points
    ]


def fingerprint() -> int:
    """A number that changes when something is installed or removed; 2 ms for 300 distributions.

    It lists names instead of trusting folder times: those have been seen to stand still across an installation. An
    installer writes RECORD last, so a look at a half-written distribution is not the last look at it.
    """
    listed = []
    for folder in [folder or "." for folder in sys.path if isinstance(folder, str)]:
        try:
            metadata = [entry for entry in os.listdir(folder) if entry.endswith(_METADATA)]
        except OSError:
            continue
        done = frozenset((entry, os.path.exists(os.path.join(folder, entry, "RECORD"))) for entry in metadata)
        listed.append((folder, done))
    return hash(tuple(listed))
