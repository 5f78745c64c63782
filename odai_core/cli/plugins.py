"""`odai plugins`: what is installed, what became of it, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from odai_core.cli import output
from odai_core.cli.installed import STATE_STYLES, WRONG_STATES, catalog_of, settings_here

if TYPE_CHECKING:
    from odai_core.plugins.catalog import Catalog, Entry


@click.command(epilog=output.example("odai plugins --json | jq '.plugins[] | select(.state != \"ready\") | .remedy'"))
@click.option("--json", "as_json", is_flag=True, help="Every plugin, as JSON.")
@click.option("--all", "show_all", is_flag=True, help="Show disabled plugins too.")
@click.option("--check", is_flag=True, help="Exit with 1 when a plugin is broken, incompatible or in conflict.")
@click.pass_context
def command(ctx: click.Context, as_json: bool, show_all: bool, check: bool) -> None:
    """List plugins: their state, what they offer, and what to do for each that is not ready."""
    catalog = catalog_of(settings_here())
    if as_json:
        output.print_json({"plugins": [entry.describe() for entry in catalog.entries]})
    else:
        _print(catalog, show_all)
    if check and any(entry.state in WRONG_STATES for entry in catalog.entries):
        ctx.exit(1)


def _print(catalog: Catalog, show_all: bool) -> None:
    shown = [entry for entry in catalog.entries if show_all or entry.state != "disabled"]
    if not shown:
        click.echo("No plugins to show. Install one: pip install odai-model-local odai-transport-webrtc")
    else:
        output.print_table(("NAME", "KIND", "STATE", "VERSION", "OFFERS"), [_row(entry) for entry in shown])
    for entry in shown:
        if entry.problem is not None:
            click.echo()
            output.console().print(_heading(entry))
            click.echo(f"  {output.plain(entry.problem.cause)}")
            click.echo(f"  -> {output.plain(entry.problem.remedy)}")
    hidden = len(catalog.entries) - len(shown)
    if hidden:
        click.echo(f"\n{hidden} disabled; show with: odai plugins --all")


def _row(entry: Entry) -> tuple[Any, ...]:
    return entry.name, entry.kind[:-1], _state(entry), entry.candidate.version, _offers(entry)


def _state(entry: Entry) -> Any:
    return output.styled(entry.state, STATE_STYLES[entry.state])


def _heading(entry: Entry) -> Any:
    from rich.text import Text

    return Text.assemble((output.plain(entry.name), "bold"), " ", _state(entry))


def _offers(entry: Entry) -> str:
    count = len(entry.specs)
    if count:
        voice = ", by voice" if getattr(entry.plugin, "voice", False) else ""
        return f"{count} {'tool' if count == 1 else 'tools'}{voice}: {getattr(entry.plugin, 'summary', '')}"
    prefix = getattr(entry.plugin, "prefix", "")
    return f"{prefix} {getattr(entry.plugin, 'summary', '')}"
