"""Installs a sample plugin, spoiled or not, for this process only, and runs standard tests on it."""

from __future__ import annotations

import gc
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from odai_core.testing.kit import STANDARD, NotApplicable, Subject, conformance
from odai_core.testing.upstreams import Service
from tests.kit_mutants import moorings
from tests.kit_mutants.mutants import Mutant
from tests.kit_mutants.service import SERVICE

PROJECT = Path(__file__).parent / "sample"
HAPPY = {"get_waves_at_buoy": {"station": "B-46026"}, "search_buoys": {"place": "Boston"}}
UNKNOWN = {"get_waves_at_buoy": {"station": "X"}, "search_buoys": {"place": "Nowhere"}}


@dataclass(frozen=True)
class Sample:
    """A good plugin to spoil."""

    project: Path
    service: Service
    happy: Mapping[str, Mapping[str, Any]]
    unknown: Mapping[str, Mapping[str, Any]]


SAMPLES = {
    "buoys": Sample(PROJECT, SERVICE, HAPPY, UNKNOWN),
    "moorings": Sample(Path(__file__).parent / "sample_account", moorings.SERVICE, moorings.HAPPY, {}),
}
"""By name: one with a key and for calls, one with users' accounts that also changes something."""


@contextmanager
def installed(mutant: Mutant | None = None, sample: str = "buoys") -> Iterator[Subject]:
    """A sample plugin as a subject of the kit; the mutant's own when there is one."""
    sample = mutant.sample if mutant is not None else sample
    chosen, name, distribution = SAMPLES[sample], sample, f"odai-tool-{sample}"
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made) / "project"
        shutil.copytree(chosen.project, folder, ignore=shutil.ignore_patterns("__pycache__"))
        if mutant is not None:
            mutant.apply(folder)
            name, distribution = mutant.entry_point or name, mutant.distribution or distribution
        _register(folder, name, distribution, f"odai_tool_{sample}")
        made_tests = conformance(name, happy=chosen.happy, unknown=chosen.unknown, service=chosen.service)
        subject: Subject = made_tests.subject  # type: ignore[attr-defined]
        sys.path.insert(0, str(folder))
        _forget()
        try:
            yield subject
        finally:
            subject.close()
            sys.path.remove(str(folder))
            _forget()
            # Spoiled plugins leave tasks behind. What those complain of when they are collected, they may say now.
            gc.collect()


def failures(subject: Subject, name: str, *, first: bool = True) -> list[str]:
    """What a standard test complains of, over all its cases; at most one complaint when `first`."""
    found = []
    for ids in STANDARD[name].ids(subject):
        try:
            STANDARD[name].run(subject, *ids)
        except NotApplicable:
            continue
        except AssertionError as error:
            found.append(str(error).splitlines()[0])
            if first:
                break
    return found


def caught(mutant: Mutant) -> str:
    """What the standard test that should notice says; "" when it does not."""
    with installed(mutant) as subject:
        return next(iter(failures(subject, mutant.caught_by)), "")


def _register(folder: Path, name: str, distribution: str, package: str) -> None:
    info = folder / f"{distribution.replace('-', '_')}-0.1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 0.1.0\nRequires-Dist: odai-core>=0.1\n"
    )
    (info / "entry_points.txt").write_text(f"[odai.tools]\n{name} = {package}\n")


def _forget() -> None:
    packages = {f"odai_tool_{sample}" for sample in SAMPLES}
    for name in [name for name in sys.modules if name.partition(".")[0] in packages]:
        del sys.modules[name]
