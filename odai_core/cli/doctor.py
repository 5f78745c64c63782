"""`odai doctor`: what could keep this installation from answering, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from odai_core.cli import output

if TYPE_CHECKING:
    from odai_core.cli.checks import Check

_STYLES = {"ok": "green", "warning": "yellow", "problem": "bold red"}


@click.command(epilog=output.example("odai doctor --json | jq '.checks[] | select(.status == \"problem\")'"))
@click.option("--json", "as_json", is_flag=True, help="Every check, as JSON.")
@click.option("--port", default=8080, show_default=True, type=click.IntRange(1, 65535), help="The port to be served.")
@click.pass_context
def command(ctx: click.Context, as_json: bool, port: int) -> None:
    """Check this installation; secrets are never printed. Exits with 1 when there is a problem, 0 for warnings."""
    checks = list(_run(port))
    wrong = [check for check in checks if check.status == "problem"]
    if as_json:
        rows = [
            {"name": check.name, "status": check.status, "detail": check.detail, "remedy": check.remedy}
            for check in checks
        ]
        output.print_json({"ok": not wrong, "checks": rows})
    else:
        _print(checks, len(wrong))
    ctx.exit(1 if wrong else 0)


def _run(port: int) -> Iterator[Check]:
    from odai_core.cli import checks
    from odai_core.cli.installed import catalog_of, settings_here
    from odai_core.errors import SettingError

    yield checks.python_version()
    yield checks.event_loop()
    yield checks.clock()
    yield checks.port_free(port)
    try:
        settings = settings_here()
    except SettingError as error:
        yield checks.Check("settings", "problem", error.cause, error.remedy)
        return
    catalog = catalog_of(settings)
    yield from checks.settings_files()
    yield from checks.misspelled(settings, catalog)
    yield checks.signing_secret(settings)
    yield checks.sign_in(settings)
    yield checks.prices(settings)
    yield from checks.daily_limit(settings, catalog)
    yield from checks.account_keys(settings, catalog)
    yield from checks.plugin_secrets(settings, catalog)
    yield checks.cache_folder(settings)
    yield from checks.model(settings, catalog)
    yield checks.text_model(settings, catalog)
    yield checks.database(settings)
    yield from checks.plugins(settings, catalog)
    yield from checks.telephone(settings, catalog)


def _print(checks: list[Check], wrong: int) -> None:
    rows = [(output.styled(check.status, _STYLES[check.status]), check.name, check.detail) for check in checks]
    output.print_table(("", "CHECK", "FOUND"), rows)
    for check in checks:
        if check.remedy:
            click.echo(f"\n{output.plain(check.name)}: {output.plain(check.detail)}")
            click.echo(f"  -> {output.plain(check.remedy)}")
    warnings = sum(check.status == "warning" for check in checks)
    click.echo(f"\n{wrong} problems, {warnings} warnings." if wrong or warnings else "\nAll is well: odai serve")
