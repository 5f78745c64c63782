"""Installs the sample plugin, spoiled or not, for this process only, and runs standard tests on it."""

from __future__ import annotations

import gc
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from odai_core.testing.kit import STANDARD, NotApplicable, Subject, conformance
from tests.kit_mutants.mutants import Mutant
from tests.kit_mutants.service import SERVICE

PROJECT = Path(__file__).parent / "sample"
PACKAGE = "odai_tool_buoys"
HAPPY = {"get_waves_at_buoy": {"station": "B-46026"}, "search_buoys": {"place": "Boston"}}
UNKNOWN = {"get_waves_at_buoy": {"station": "X"}, "search_buoys": {"place": "Nowhere"}}


@contextmanager
def installed(mutant: Mutant | None = None) -> Iterator[Subject]:
    """The sample plugin as a subject of the kit."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made) / "project"
        shutil.copytree(PROJECT, folder, ignore=shutil.ignore_patterns("__pycache__"))
        name = "buoys"
        if mutant is not None:
            mutant.apply(folder)
            name = mutant.entry_point
        _register(folder, name, mutant.distribution if mutant else "odai-tool-buoys")
        subject: Subject = conformance(name, happy=HAPPY, unknown=UNKNOWN, service=SERVICE).subject  # type: ignore[attr-defined]
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


def _register(folder: Path, name: str, distribution: str) -> None:
    info = folder / f"{distribution.replace('-', '_')}-0.1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 0.1.0\nRequires-Dist: odai-core>=0.1\n"
    )
    (info / "entry_points.txt").write_text(f"[odai.tools]\n{name} = {PACKAGE}\n")


def _forget() -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
        del sys.modules[name]
