"""Installs plugins of one test's own beside what is there, and types `odai` in an empty folder."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from odai_core.cli import main

KINDS = ("tools", "transports", "models", "accounts")
TOOL_PLUGIN = '''
from odai_core import ToolPlugin, Setting, hookimpl, tool

@tool(timeout=3, progress="Looking at the sea")
async def tell_{name}(harbour: str, days: int | None = None) -> str:
    """Say when the next high tide is in a harbour.

    Args:
        harbour: Its name.
        days: How far ahead.
    """
    return harbour

@hookimpl
def odai_tools():
    return ToolPlugin(name="{name}", api={api}, title="{name}", summary="tell the tides", tools=[tell_{name}],
                      voice={voice}, settings=[{settings}])
'''


@dataclass(frozen=True)
class Done:
    """How a verb ended."""

    returncode: int
    stdout: str
    stderr: str


@dataclass
class Bench:
    """A folder to type in, and a folder on the path to install into."""

    folder: Path
    site: Path

    def install(self, name: str, source: str, *, kind: str = "tools", distribution: str = "") -> None:
        """Make `source` the module of a distribution with one ODAI entry point."""
        distribution = distribution or f"t-{name}"
        module = distribution.replace("-", "_")
        (self.site / f"{module}.py").write_text(source)
        info = self.site / f"{module}-1.2.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.2\n")
        (info / "entry_points.txt").write_text(f"[odai.{kind}]\n{name} = {module}\n")

    def tool(self, name: str, *, api: int = 1, voice: bool = True, settings: str = "", distribution: str = "") -> None:
        """Install a connector with one tool."""
        source = TOOL_PLUGIN.format(name=name, api=api, voice=voice, settings=settings)
        self.install(name, source, distribution=distribution)

    def odai(self, *arguments: str, **environ: str) -> Done:
        """Type it, in this process; what is not caught there is raised here."""
        for name in [name for name in sys.modules if name.startswith("t_")]:
            del sys.modules[name]
        with pytest.MonkeyPatch.context() as patch:
            for name in set(os.environ) - set(clean_environ()):
                patch.delenv(name)
            for name, text in environ.items():
                patch.setenv(name, text)
            patch.chdir(self.folder)
            patch.syspath_prepend(str(self.site))
            result = CliRunner().invoke(main, arguments)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Done(result.exit_code, result.stdout, result.stderr)

    def json(self, *arguments: str, **environ: str) -> Any:
        """The JSON on stdout of a verb that succeeds."""
        done = self.odai(*arguments, "--json", **environ)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


def clean_environ() -> dict[str, str]:
    """This process's environment without what would change a server's mind."""
    ours = ("ODAI_", "TWILIO_", "OPENAI_", "SEGMENT_")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    folder, site = tmp_path / "here", tmp_path / "site"
    folder.mkdir()
    site.mkdir()
    return Bench(folder, site)


@pytest.fixture
def invoke(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Type it in this process, with only core's own plugins allowed."""
    for name in set(os.environ) - set(clean_environ()):
        monkeypatch.delenv(name)
    monkeypatch.setenv("ODAI_PLUGINS", "none-at-all")
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(main, arguments)

    return run
