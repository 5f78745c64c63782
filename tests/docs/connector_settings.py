"""The connectors' part of docs/reference/settings.md: `python -m tests.docs.connector_settings` writes it."""

from __future__ import annotations

import importlib
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from odai_core.contract import Setting
from odai_core.settings import flag

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "reference" / "settings.md"
PACKAGES = sorted((ROOT / "plugins").glob("*/pyproject.toml"))
TABLE = re.compile(r"(?<=## The connectors\n\n\| Name \| Default \| What it does \|\n\|---\|---\|---\|\n)(\|.*\n)*")


def declared_by(project: Path) -> Iterator[Setting]:
    """The settings of every plugin of a package of this tree."""
    for group, points in tomllib.loads(project.read_text())["project"]["entry-points"].items():
        for module in points.values():
            declared = getattr(importlib.import_module(module), group.replace(".", "_"))()
            for plugin in declared if isinstance(declared, list | tuple) else [declared]:
                yield from plugin.settings


def default_of(setting: Setting) -> str:
    """As the page shows it."""
    return "off" if setting.type is flag else f"`{setting.default}`" if setting.default else ""


def row(setting: Setting) -> str:
    """The line of the page."""
    kind = ", ".join(["secret"] * setting.secret + ["required"] * setting.required)
    text = f"{kind.capitalize()}. {setting.help}" if kind else setting.help
    return " ".join(f"| `{setting.name}` | {default_of(setting)} | {text} |".split())


def shared(setting: Setting, others: Iterable[Setting]) -> Setting:
    """One setting as the page has it: what any connector that shares it cannot do without is required."""
    return replace(setting, required=any(one.required for one in [setting, *others] if one.name == setting.name))


def main() -> None:
    """Write the table. A connector that cannot be imported yet is named and left out."""
    declared: list[Setting] = []
    for project in PACKAGES:
        if project.parent.name.startswith("odai-tool-"):
            sys.path.insert(0, str(project.parent))
            try:
                declared += declared_by(project)
            except Exception as error:
                print(f"{project.parent.name} is left out: {type(error).__name__}: {error}", file=sys.stderr)
    found = {setting.name: row(shared(setting, declared)) for setting in declared}
    page = PAGE.read_text()
    # What a connector reads of an account service's settings is told there.
    elsewhere = TABLE.sub("", page, count=1)
    table = "".join(f"{line}\n" for name, line in found.items() if f"| `{name}` |" not in elsewhere)
    PAGE.write_text(TABLE.sub(lambda _: table, page, count=1))


if __name__ == "__main__":
    main()
