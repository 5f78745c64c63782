"""What this assistant can do, as a list for a screen."""

from __future__ import annotations

import re
from collections.abc import Sequence

from odai_core import ToolInfo
from odai_model_local.brain.spoken import lower_first
from odai_model_local.text.markdown import escaped

MAX_LISTED = 30
_MARKED = re.compile(r"\{\w+:([^{}]*)\}")


def abilities(tools: Sequence[ToolInfo], examples: bool = True) -> str:
    """A line for each connector, with something to say to it."""
    by_plugin: dict[str, list[ToolInfo]] = {}
    for tool in tools:
        by_plugin.setdefault(tool.plugin or tool.name, []).append(tool)
    lines = [_line(mine, examples) for mine in list(by_plugin.values())[:MAX_LISTED]]
    if not lines:
        return "No connector is installed yet, so there is nothing that I could look up."
    return "I can\n\n" + "\n".join(lines)


def _line(tools: Sequence[ToolInfo], examples: bool) -> str:
    first = tools[0]
    can = lower_first(first.summary or first.description.split(". ")[0]) or "help"
    said = next((plain_example(tool.examples[0]) for tool in tools if tool.examples), "")
    tried = f' — *"{escaped(said, 80)}"*' if said and examples else ""
    return f"- **{escaped(first.title or first.name, 60)}**: {escaped(can, 160)}{tried}"


def plain_example(marked: str) -> str:
    """As one says it: "find {term:sushi} near me" -> "find sushi near me"."""
    return _MARKED.sub(r"\1", marked)
