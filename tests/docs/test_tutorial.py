"""The connector of the tutorial is real: its own tests pass, and mypy has nothing to say."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from odai_core.plugins.discovery import Candidate
from odai_core.plugins.loading import Loader
from odai_core.settings import Settings
from tests.docs.conftest import write_metadata

BLOCK = re.compile(r"`([\w./]+)`:\n\n```(?:python|toml)\n(.*?)```", re.S)
NAMES = {"pyproject.toml", "odai_tool_tides/__init__.py", "tests/test_tides.py", "tests/test_tides_conformance.py"}


@pytest.fixture
def package(root: Path, tmp_path: Path) -> Path:
    """The files of the tutorial, written where a reader would write them."""
    blocks = dict(BLOCK.findall((root / "docs/tutorials/first-connector.md").read_text()))
    assert blocks.keys() == NAMES
    for name, text in blocks.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "odai_tool_tides" / "py.typed").touch()
    write_metadata(tomllib.loads(blocks["pyproject.toml"])["project"], tmp_path)
    return tmp_path


def run(folder: Path, *command: str) -> str:
    """The output of a Python module run beside the package. Fails when it does not exit with 0."""
    environment = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=folder.parent,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
def test_its_tests_pass(package: Path) -> None:
    root = str(package)
    told = run(package, "pytest", "-q", "-o", "asyncio_mode=auto", "-p", "no:cacheprovider", "--rootdir", root, root)
    passed = re.search(r"(\d+) passed", told)
    assert passed is not None
    assert int(passed[1]) >= 50


@pytest.mark.slow
def test_it_is_typed(package: Path, root: Path) -> None:
    pytest.importorskip("mypy")
    cache = root / ".mypy_cache"
    assert "Success" in run(package, "mypy", "--strict", "--cache-dir", str(cache), "-p", "odai_tool_tides")


def test_its_project_file_is_the_examples(package: Path, root: Path) -> None:
    example = root / "examples" / "odai-tool-tides" / "pyproject.toml"
    assert (package / "pyproject.toml").read_text() == example.read_text()


@pytest.mark.parametrize(
    ("values", "state"), [({}, "needs setup"), ({"ODAI_DEMO": "1"}, "ready"), ({"TIDES_API_KEY": "x"}, "ready")]
)
def test_it_loads(package: Path, monkeypatch: pytest.MonkeyPatch, values: dict[str, str], state: str) -> None:
    monkeypatch.syspath_prepend(str(package))
    candidate = Candidate(
        kind="tools", name="tides", module="odai_tool_tides", distribution="odai-tool-tides", version="1"
    )
    (entry,) = Loader(Settings(values)).load(candidate)
    monkeypatch.delitem(sys.modules, "odai_tool_tides")
    assert (str(entry.state), [spec.name for spec in entry.specs]) == (state, ["tell_tide"])
