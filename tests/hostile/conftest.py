"""A folder on sys.path where a test installs distributions: real metadata, real modules, times that stand still."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

import pytest

from odai_core.plugins.catalog import Entry
from odai_core.plugins.discovery import Candidate, discover
from odai_core.plugins.host import PluginHost
from odai_core.settings import Settings

PINNED = 1_600_000_000

GOOD = """
from odai_core import Problem, Setting, ToolPlugin, hookimpl

async def {tool}(x: str) -> str:
    'Say it.'
    return x

{before}

@hookimpl
def odai_tools():
    return ToolPlugin(name={name!r}, api=1, title='T', summary='s', tools=[{tool}], {more})
"""


@dataclass
class Site:
    """Every distribution begins with `t-`, so that a test sees its own and not what else is installed."""

    path: Path

    def install(
        self,
        distribution: str,
        source: str | Mapping[str, str],
        *,
        version: str = "1.0",
        kind: str = "tools",
        name: str | None = None,
        module: str | None = None,
        requires: Sequence[str] = (),
    ) -> str:
        """A distribution whose entry point names its module; `source` is that module, or files by path."""
        module = module or distribution.replace("-", "_")
        self.write(module, source)
        points = f"[odai.{kind}]\n{name or distribution.removeprefix('t-')} = {module}\n"
        self.metadata(distribution, version, points, requires)
        return module

    def write(self, module: str, source: str | Mapping[str, str]) -> None:
        files = source if isinstance(source, Mapping) else {f"{module}.py": source}
        for file, text in files.items():
            target = self.path / file
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(dedent(text))
        self.pin()

    def metadata(self, distribution: str, version: str, points: str, requires: Sequence[str] = ()) -> Path:
        folder = self.path / f"{distribution.replace('-', '_')}-{version}.dist-info"
        folder.mkdir()
        lines = ["Metadata-Version: 2.1", f"Name: {distribution}", f"Version: {version}"]
        lines += [f"Requires-Dist: {line}" for line in requires]
        (folder / "METADATA").write_text("\n".join(lines) + "\n")
        (folder / "entry_points.txt").write_text(points)
        (folder / "RECORD").write_text("")
        self.pin()
        return folder

    def uninstall(self, distribution: str) -> None:
        for folder in self.path.glob(f"{distribution.replace('-', '_')}-*.dist-info"):
            shutil.rmtree(folder)
        (self.path / f"{distribution.replace('-', '_')}.py").unlink(missing_ok=True)
        self.pin()

    def pin(self) -> None:
        """Folder times have been seen to stand still across an installation; here they always do."""
        for folder in (self.path, *(path for path in self.path.iterdir() if path.is_dir())):
            os.utime(folder, (PINNED, PINNED))

    def discover(self) -> list[Candidate]:
        return [candidate for candidate in discover() if candidate.distribution.startswith("t-")]


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.setattr(sys, "path", [str(folder), *sys.path])
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    before = set(sys.modules)
    site = Site(folder)
    site.pin()
    yield site
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", None)).startswith(str(folder)) or name.startswith("t_"):
            del sys.modules[name]


Host = Callable[..., PluginHost]


@pytest.fixture
def host(site: Site) -> Host:
    """A host of the site's plugins: `host(ODAI_STRICT="1")`."""
    return lambda **texts: PluginHost(Settings(texts), discover=site.discover)


@pytest.fixture
def only(host: Host) -> Callable[..., Entry]:
    """The one entry there is."""

    def load(**texts: str) -> Entry:
        (entry,) = host(**texts).catalog.entries
        return entry

    return load


@pytest.fixture
def plugin() -> Callable[..., str]:
    """The source of a good tool plugin, with extra arguments for ToolPlugin(...) and lines before it."""

    def write(name: str, *, tool: str | None = None, more: str = "", before: str = "") -> str:
        tool = tool or f"say_{name.replace('-', '_')}"
        return GOOD.format(name=name, tool=tool, more=more, before=dedent(before))

    return write
