"""Which plugins are installed: distributions to candidates, without importing any of them."""

from __future__ import annotations

import logging
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import invalidate_caches
from io import StringIO
from itertools import chain
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

    A distribution whose metadata cannot be read is passed over: it is not ours to complain about, and it must not
    stop anybody else.
    """
    invalidate_caches()
    found: dict[str, list[Candidate]] = {}
    for distribution in _distributions():
        try:
            # Nearly all are not ours. Parsing the metadata of each would cost ten times as much as the rest.
            if "odai." in (distribution.read_text("entry_points.txt") or ""):
                metadata = headers(distribution)
                name = canonical(metadata["name"][0])
                if name not in found:
                    found[name] = _candidates(name, metadata, distribution.entry_points)
        except Exception:
            continue
    return sorted(chain.from_iterable(found.values()), key=lambda one: (one.kind, one.name, one.distribution))


def _distributions() -> Iterator[Any]:
    try:
        yield from importlib_metadata.distributions()
    except Exception as error:  # of somebody's finder on sys.meta_path; what came before it is still good
        log.warning("the search for plugins ended early: %s", type(error).__name__)


def headers(distribution: Any) -> dict[str, list[str]]:
    """The metadata's headers, by lower-case name; the description after them is not read.

    `distribution.metadata` has the same and more, but reads it as an e-mail: 30 ms with its imports.
    """
    found: dict[str, list[str]] = {}
    for line in StringIO(distribution.read_text("METADATA") or distribution.read_text("PKG-INFO") or ""):
        if not line.strip():
            break
        if not line[0].isspace():  # else it goes on from the line before; none that we look at does
            name, _, value = line.partition(":")
            found.setdefault(name.lower(), []).append(value.strip())
    return found


def _candidates(distribution: str, metadata: Mapping[str, list[str]], points: Iterable[Any]) -> list[Candidate]:
    kinds = {f"odai.{kind}": kind for kind in KINDS}
    requires = tuple(filter(_CORE.match, metadata.get("requires-dist", ())))
    # A name that is written twice in one group is one plugin; the last line counts.
    modules = {(kinds[point.group], point.name): point.value for point in points if point.group in kinds}
    return [
        Candidate(
            kind=kind,
            name=name,
            module=value.partition(":")[0].strip(),
            distribution=distribution,
            version=metadata["version"][0],
            requires_core=requires,
        )
        for (kind, name), value in modules.items()
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
