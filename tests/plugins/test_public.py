"""What `odai_core` offers, and what looking at it costs."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import odai_core

HEAVY = ("agents", "quart", "twilio", "segment", "openai", "pydantic", "httpx2", "numpy", "requests", "hypercorn")


def python(program: str) -> str:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def heavy_after(statement: str) -> str:
    return python(f"import sys\n{statement}\nprint(*sorted(set({HEAVY}) & set(sys.modules)))")


@pytest.mark.parametrize(
    "statement",
    [
        "import odai_core",
        "from odai_core import ToolPlugin, hookimpl, tool, Setting, ToolResponse",
        "import odai_core.plugins.host",
        "import odai_core.plugins.choice",
        "import odai_core.analytics.segment",
    ],
)
def test_looking_is_cheap(statement):
    assert heavy_after(statement) == ""


def test_the_first_page_imports_only_the_standard_library_and_itself():
    program = "import sys; before = set(sys.modules); import odai_core; print(*set(sys.modules) - before)"
    tops = {name.partition(".")[0] for name in python(program).split()}
    assert tops <= sys.stdlib_module_names | {"odai_core"}


def test_all_is_sorted_as_the_formatter_sorts_it():
    kinds = (lambda name: name.isupper(), lambda name: name[0].isupper() and not name.isupper(), str.islower)
    groups = [[name for name in odai_core.__all__ if belongs(name)] for belongs in kinds]
    assert odai_core.__all__ == [name for group in groups for name in sorted(group)]
    assert dir(odai_core) == sorted(odai_core.__all__)


def test_all_is_what_there_is():
    """The names the module itself imports, for whoever reads it, are those it offers."""
    tree = ast.parse(Path(odai_core.__file__).read_text(encoding="utf-8"))
    typing_block = next(node for node in tree.body if isinstance(node, ast.If))
    imports = [node for node in (*tree.body, *typing_block.body) if isinstance(node, ast.ImportFrom)]
    ours = [node for node in imports if node.module.startswith("odai_core")]
    assert {alias.asname or alias.name for node in ours for alias in node.names} == set(odai_core.__all__)


@pytest.mark.parametrize("name", odai_core.__all__)
def test_every_public_name_is_there(name):
    assert getattr(odai_core, name) is not None


def test_other_names_are_not():
    with pytest.raises(AttributeError, match="module 'odai_core' has no attribute 'Overloaded'"):
        odai_core.Overloaded  # noqa: B018


def test_the_smallest_plugin_of_the_docstring_works():
    source = odai_core.__doc__.partition(":\n\n")[2].partition("\nand in its pyproject")[0]
    namespace: dict = {}
    exec("\n".join(line.removeprefix("    ") for line in source.splitlines()), namespace)
    plugin = namespace["odai_tools"]()
    assert (plugin.name, plugin.api, plugin.voice) == ("tides", odai_core.API_VERSION, True)
    assert len(source.strip().splitlines()) <= 20
