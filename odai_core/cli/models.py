"""`odai models`: which voices are installed, and their files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from odai_core.cli import output
from odai_core.cli.installed import STATE_STYLES, catalog_of, settings_here
from odai_core.errors import OdaiError, PluginError, SetupError

if TYPE_CHECKING:
    from odai_core.contract import ModelPlugin
    from odai_core.plugins.catalog import Catalog, Entry
    from odai_core.settings import Settings


@click.group(epilog=output.example("odai models fetch local"))
def command() -> None:
    """List voice models, and fetch the files they need."""


# -- list -------------------------------------------------------------------------------------------


@command.command("list", epilog=output.example("odai models list --json"))
@click.option("--json", "as_json", is_flag=True, help="As JSON, with every file.")
def list_models(as_json: bool) -> None:
    """Show every installed model; * marks the one that answers."""
    settings = settings_here()
    catalog = catalog_of(settings)
    default = default_model(catalog, settings)
    rows = [_describe(entry, settings, default) for entry in catalog.entries if entry.kind == "models"]
    if as_json:
        output.print_json({"models": rows})
    else:
        _print(rows)


def default_model(catalog: Catalog, settings: Settings) -> str:
    """The name of the model that answers; "" when none is ready."""
    from odai_core.plugins.choice import choose_model

    try:
        return choose_model(catalog, settings.core["ODAI_MODEL"]).name
    except SetupError:
        return ""


def _describe(entry: Entry, settings: Settings, default: str) -> dict[str, Any]:
    row = entry.describe()
    kept = ("name", "title", "summary", "state", "version", "cause", "remedy")
    assets = [
        {"name": asset.name, "bytes": asset.bytes, "present": asset.present, "licence": asset.licence}
        for asset in model_assets(entry, settings)
    ]
    return {key: row[key] for key in kept} | {"default": entry.name == default, "assets": assets}


def model_assets(entry: Entry, settings: Settings) -> list[Any]:
    """The files of a model, whatever its state. Raises PluginError when the plugin cannot tell."""
    plugin: Any = entry.plugin
    if plugin is None or plugin.assets is None:
        return []
    try:
        return list(plugin.assets(settings.bind(plugin.settings)))
    except OdaiError:
        raise
    except Exception as error:
        raise PluginError(
            f"{entry.name} cannot say which files it needs: {type(error).__name__}: {error}.",
            f"pip install --upgrade {entry.candidate.distribution}",
        ) from error


def _print(rows: list[dict[str, Any]]) -> None:
    def cells(row: dict[str, Any]) -> tuple[Any, ...]:
        state = output.styled(row["state"], STATE_STYLES[row["state"]])
        return "*" if row["default"] else "", row["name"], row["title"], state, _files(row["assets"])

    output.print_table(("", "NAME", "TITLE", "STATE", "FILES"), [cells(row) for row in rows])
    for row in rows:
        if row["assets"]:
            click.echo(f"\nFiles of {output.plain(row['name'])}:")
            files = [
                (f"  {asset['name']}", megabytes(asset["bytes"]), "present" if asset["present"] else "MISSING")
                for asset in row["assets"]
            ]
            output.print_table(("  FILE", "SIZE", ""), files)
        if row["cause"]:
            click.echo(f"\n{output.plain(row['name'])}: {output.plain(row['cause'])}")
            click.echo(f"  -> {output.plain(row['remedy'])}")


def _files(assets: list[dict[str, Any]]) -> str:
    if not assets:
        return "none needed"
    present = sum(asset["present"] for asset in assets)
    return f"{present} of {len(assets)} present, {megabytes(sum(asset['bytes'] for asset in assets))}"


def megabytes(count: int) -> str:
    """A size for people."""
    return f"{count / 1e6:.1f} MB"


# -- fetch ------------------------------------------------------------------------------------------


@command.command(epilog=output.example("odai models fetch"))
@click.argument("name", required=False)
@click.pass_context
def fetch(ctx: click.Context, name: str | None) -> None:
    """Fetch the files of the model NAME, or of all installed ones. What is already there is kept."""
    settings = settings_here()
    entries = _fetchable(catalog_of(settings), name)
    try:
        for entry in entries:
            _fetch(entry, settings)
    except KeyboardInterrupt:
        click.echo("\nStopped. What is whole is kept; go on with: odai models fetch", err=True)
        ctx.exit(130)


def _fetchable(catalog: Catalog, name: str | None) -> list[Entry]:
    """The models to fetch for. Raises SetupError for a name that is not there or has nothing to fetch."""
    models = [entry for entry in catalog.entries if entry.kind == "models"]
    if name is None:
        found = [entry for entry in models if getattr(entry.plugin, "fetch", None) is not None]
        if not found:
            raise SetupError("No installed model needs files.", "See them with: odai models list")
        return found
    for entry in models:
        if entry.name != name:
            continue
        if entry.plugin is None:
            cause = entry.problem.cause if entry.problem else ""
            raise SetupError(f"{name} is {entry.state}: {cause}", entry.problem.remedy if entry.problem else "")
        if getattr(entry.plugin, "fetch", None) is None:
            raise SetupError(f"{name} needs no files.", "Start it with: odai serve")
        return [entry]
    raise SetupError(
        f"There is no model {name}.", f"See them with: odai models list. Or: pip install odai-model-{name}"
    )


def _fetch(entry: Entry, settings: Settings) -> None:
    from odai_core.cli.progress import fetch_progress

    plugin: ModelPlugin = entry.plugin  # type: ignore[assignment]
    assert plugin.fetch is not None
    values: Any = settings.bind(plugin.settings)
    try:
        with fetch_progress() as progress:
            plugin.fetch(values, progress)
    except OdaiError:
        raise
    except Exception as error:
        raise PluginError(
            f"Fetching for {entry.name} failed: {type(error).__name__}: {error}.", "Try again: odai models fetch"
        ) from error
    missing = [asset.name for asset in model_assets(entry, settings) if not asset.present]
    if missing:
        raise PluginError(f"{entry.name} still lacks {', '.join(missing)}.", "Try again: odai models fetch")
    click.echo(f"{plugin.title} has all its files. Start it with: odai serve")
