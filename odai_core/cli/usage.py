"""`odai usage`: what was used, and what it cost, by day, user, model or kind."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from odai_core.cli import output

if TYPE_CHECKING:
    from odai_core.store.usage import By, Total

BY = ("day", "user", "model", "kind")
UNKNOWN = "?: some of it has no price in the table, and is not in the sum. See ODAI_PRICES."


@click.command(epilog=output.example("odai usage", "odai usage --by user --days 7 --json"))
@click.option("--by", default="day", show_default=True, type=click.Choice(BY), help="What a line stands for.")
@click.option("--days", default=30, show_default=True, type=click.IntRange(1, 3660), help="Back from today, UTC.")
@click.option("--user", metavar="NAME", help="Only this user's.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def command(by: By, days: int, user: str | None, as_json: bool) -> None:
    """Sum up what was used: tokens, minutes of calls, US dollars. A server may run meanwhile.

    Guests are summed by a hash of their telephone number; those without one together.
    """
    since, until = _span(days)
    totals = asyncio.run(_report(by, since=since, until=until, user=user))
    if as_json:
        output.print_json({"by": by, "since": since, "until": until, "totals": [_document(one) for one in totals]})
    elif not totals:
        click.echo(f"Nothing was used since {since}.")
    else:
        rows = [_row(total) for total in [*totals, _sum(totals)]]
        output.print_table((by.upper(), "RECORDS", "INPUT", "CACHED", "OUTPUT", "CALL MIN", "USD"), rows)
        if any(total.unknown for total in totals):
            click.echo(UNKNOWN)


def _span(days: int) -> tuple[str, str]:
    from datetime import UTC, datetime, timedelta

    today = datetime.now(UTC).date()
    return (today - timedelta(days=days - 1)).isoformat(), today.isoformat()


async def _report(by: By, **chosen: Any) -> tuple[Total, ...]:
    """Raises SetupError when the database cannot be used."""
    from odai_core.cli.installed import settings_here
    from odai_core.store.database import Database
    from odai_core.store.usage import UsageStore

    core = settings_here().core
    database = Database(core["ODAI_DATABASE_URL"], core["ODAI_DATA_DIR"])
    try:
        return await UsageStore(database).report(by, **chosen)
    finally:
        await database.close()


def _sum(totals: Sequence[Total]) -> Total:
    from dataclasses import fields

    from odai_core.store.usage import Total

    names = [field.name for field in fields(Total) if field.name != "key"]
    return Total(key="together", **{name: sum(getattr(total, name) for total in totals) for name in names})


def _row(total: Total) -> tuple[str, ...]:
    tokens = (total.input_tokens, total.cached_input_tokens, total.output_tokens)
    money = f"{_usd(total)}{' + ?' if total.unknown else ''}"
    return total.key or "-", f"{total.records:,}", *(f"{count:,}" for count in tokens), _minutes(total), money


def _document(total: Total) -> dict[str, Any]:
    return {
        "key": total.key,
        "records": total.records,
        "input_tokens": total.input_tokens,
        "cached_input_tokens": total.cached_input_tokens,
        "output_tokens": total.output_tokens,
        "call_seconds": total.call_ms / 1000,
        # Text, as money is: 0.1 has no exact number in JSON.
        "cost_usd": _usd(total),
        "records_of_unknown_cost": total.unknown,
    }


def _minutes(total: Total) -> str:
    return f"{total.call_ms / 60_000:.1f}"


def _usd(total: Total) -> str:
    return f"{total.cost_nanos // 10**9}.{total.cost_nanos % 10**9 // 1000:06}"
