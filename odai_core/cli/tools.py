"""`odai tools`: everything the assistant can do, tool by tool."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from odai_core.cli import output
from odai_core.cli.installed import catalog_of, settings_here

if TYPE_CHECKING:
    from odai_core.plugins.catalog import Catalog
    from odai_core.tools.schema import ToolSpec


@click.command(epilog=output.example("odai tools --voice"))
@click.option("--voice", "voice_only", is_flag=True, help="Only what a call may use, in a call's order.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, with descriptions.")
def command(voice_only: bool, as_json: bool) -> None:
    """List the tools of ready plugins. A parameter in [brackets] is optional."""
    catalog = catalog_of(settings_here())
    rows = list(_voice_rows(catalog) if voice_only else _rows(catalog))
    if as_json:
        output.print_json({"tools": rows})
    elif not rows:
        click.echo("No tools are ready. See why: odai plugins")
    else:
        output.print_table(
            ("PLUGIN", "TOOL", "PARAMETERS", "TIMEOUT", "VOICE", "SAYS"), [_cells(tool) for tool in rows]
        )


def _voice_rows(catalog: Catalog) -> Iterator[dict[str, Any]]:
    from odai_core.voice.hangup import HANGUP

    yield _describe("odai", HANGUP, voice=True)
    for entry, spec in catalog.voice_tools:
        yield _describe(entry.name, spec, voice=True)


def _rows(catalog: Catalog) -> Iterator[dict[str, Any]]:
    by_voice = {spec.name for _, spec in catalog.voice_tools}
    for entry in catalog.ready("tools"):
        for spec in entry.specs:
            yield _describe(entry.name, spec, voice=spec.name in by_voice)


def _describe(plugin: str, spec: ToolSpec, *, voice: bool) -> dict[str, Any]:
    return {
        "plugin": plugin,
        "tool": spec.name,
        "description": spec.description,
        "parameters": [_parameter(name, schema) for name, schema in spec.parameters["properties"].items()],
        "progress": spec.options.progress,
        "timeout": spec.options.timeout,
        "voice": voice,
    }


def _parameter(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    """In a strict schema everything is required; what may be null is what a person calls optional."""
    types = schema.get("type", "string")
    kinds = [types] if isinstance(types, str) else list(types)
    return {
        "name": name,
        "type": next(kind for kind in kinds if kind != "null"),
        "required": "null" not in kinds,
        "description": schema.get("description", ""),
    }


def _cells(tool: dict[str, Any]) -> tuple[str, ...]:
    parameters = (one["name"] if one["required"] else f"[{one['name']}]" for one in tool["parameters"])
    voice = "yes" if tool["voice"] else "no"
    return tool["plugin"], tool["tool"], ", ".join(parameters), f"{tool['timeout']:g} s", voice, tool["progress"]
