"""`odai call-tool`: one tool, run as a call would run it."""

from __future__ import annotations

import asyncio
import difflib
import json
import re
import secrets
import shlex
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from odai_core.cli import output

if TYPE_CHECKING:
    from odai_core.plugins.catalog import Catalog, Entry
    from odai_core.tools.response import ToolResponse
    from odai_core.tools.schema import ToolSpec

_TRUTH = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_TAKES = {
    "integer": "a whole number", "number": "a number", "boolean": "yes or no", "string": "text",
    "array": "values with commas between them",
}  # fmt: skip


@click.command(
    epilog=output.example(
        "odai call-tool search_businesses_at_yelp search_term=sushi location='Union Square' --demo",
        "odai call-tool get_amtrak_train_status train_number=2150 --json",
    )
)
@click.argument("name")
@click.argument("arguments", nargs=-1, metavar="[KEY=VALUE]...")
@click.option("--demo", is_flag=True, help="Connectors without a key answer from sample data.")
@click.option("--json", "as_json", is_flag=True, help="Everything it answered, as JSON.")
@click.option("--user", default="", metavar="ID", help="The user it is run for; default: a guest.")
@click.pass_context
def command(ctx: click.Context, name: str, arguments: tuple[str, ...], demo: bool, as_json: bool, user: str) -> None:
    """Run one tool: hear what the voice would say, see what the screen would show.

    Exits with 1 when the tool answers with an error.
    """
    from odai_core.cli.installed import catalog_of
    from odai_core.settings import Settings

    settings = Settings.load(ODAI_STRICT="0", ODAI_DEMO="1") if demo else Settings.load(ODAI_STRICT="0")
    demo = settings.core["ODAI_DEMO"]
    entry, spec = _found(catalog_of(settings), name)
    given = _arguments(spec, arguments)
    _check_ready(entry, demo)
    started = time.perf_counter()
    response = asyncio.run(_run(entry, spec, given, demo=demo, user=user))
    ms = round(1000 * (time.perf_counter() - started))
    if as_json:
        output.print_json(_document(spec, response, ms))
    else:
        _print(response, ms)
    ctx.exit(0 if response.ok else 1)


async def _run(entry: Entry, spec: ToolSpec, given: Mapping[str, Any], *, demo: bool, user: str) -> ToolResponse:
    """The answer, whatever happens. The client lives as long as the tool runs."""
    from odai_core.calls import Caller
    from odai_core.plugins.running import tool_context
    from odai_core.tools.http import HttpClient
    from odai_core.tools.invoke import invoke

    http = HttpClient()
    try:
        caller = Caller(user_id=user or None)
        # Who types it has said yes; what is typed again is another action.
        write_id = secrets.token_hex(16) if spec.options.confirm else ""
        context = tool_context(entry, http=http, caller=caller, demo=demo, write_id=write_id)
        return await invoke(spec, json.dumps(given), context, friendly_name=getattr(entry.plugin, "title", ""))
    finally:
        await http.aclose()


# -- what was typed


def _found(catalog: Catalog, name: str) -> tuple[Entry, ToolSpec]:
    """The tool and its plugin, ready or not. Raises UsageError with the names that come near."""
    offered = {spec.name: (entry, spec) for entry in catalog.entries for spec in entry.specs}
    if name in offered:
        return offered[name]
    by_plugin = [tool for tool, (entry, _) in offered.items() if entry.name == name]
    near = by_plugin or _near(name, offered)
    hint = f"Did you mean {' or '.join(near)}?" if near else "See what there is: odai tools"
    raise click.UsageError(f"No installed plugin has a tool named {output.plain(name)}. {hint}")


def _near(name: str, known: Mapping[str, Any]) -> list[str]:
    """Names spelled alike, else those that share most words: "yelp reviews"."""
    alike = difflib.get_close_matches(name.lower(), known, 3, 0.6)
    said = {word for word in re.split(r"[^a-z0-9]+", name.lower()) if len(word) > 2}
    shared = sorted(known, key=lambda one: -len(said & set(one.lower().split("_"))))
    return alike or [one for one in shared if said & set(one.lower().split("_"))][:3]


def _check_ready(entry: Entry, demo: bool) -> None:
    """Raises PluginError with what to do about a plugin that cannot answer."""
    from odai_core.errors import PluginError

    if entry.problem is None:
        return
    samples = bool(getattr(entry.plugin, "samples", False)) and not demo
    also = " Or hear its sample data: add --demo" if samples else ""
    raise PluginError(f"{entry.name}: {entry.problem.cause}", entry.problem.remedy + also)


def _arguments(spec: ToolSpec, pairs: Sequence[str]) -> dict[str, Any]:
    """key=value as the schema has them. Raises UsageError that says what the argument is."""
    properties: Mapping[str, Any] = spec.parameters["properties"]
    given: dict[str, Any] = {}
    for pair in pairs:
        key, equals, text = pair.partition("=")
        if not equals:
            raise click.UsageError(f"{output.plain(pair)} is not KEY=VALUE.\n{_how(spec)}")
        if key not in properties:
            near = difflib.get_close_matches(key, properties, 1)
            hint = f"Did you mean {near[0]}?" if near else f"It takes {', '.join(properties) or 'no arguments'}."
            raise click.UsageError(f"{spec.name} takes no {output.plain(key)}. {hint}\n{_how(spec)}")
        given[key] = _value(key, text, properties[key])
    given = {key: "" for key, schema in properties.items() if _may_be_blank(schema)} | given
    missing = [key for key, schema in properties.items() if key not in given and not _optional(schema)]
    if missing:
        told = "; ".join(f"{key} ({_about(properties[key])})" for key in missing)
        raise click.UsageError(f"{spec.name} needs {told}\n{_how(spec)}")
    return given


def _value(key: str, text: str, schema: Mapping[str, Any]) -> Any:
    kind = _kind(schema)
    choices = [choice for choice in schema.get("enum", ()) if choice is not None]
    try:
        value = _typed(kind, text, schema)
    except (ValueError, KeyError):
        raise click.UsageError(f"{key} takes {_TAKES[kind]}, not {output.plain(text)!r}: {_about(schema)}") from None
    if choices and str(value).casefold() not in {str(choice).casefold() for choice in choices}:
        raise click.UsageError(f"{key} is one of {', '.join(map(str, choices))}, not {output.plain(text)!r}.")
    return value


def _typed(kind: str, text: str, schema: Mapping[str, Any]) -> Any:
    if kind == "array":
        inner = schema.get("items", {})
        return [_typed(_kind(inner), part.strip(), inner) for part in text.split(",") if part.strip()]
    if kind == "boolean":
        return _TRUTH[text.strip().casefold()]
    return int(text) if kind == "integer" else float(text) if kind == "number" else text


def _kind(schema: Mapping[str, Any]) -> str:
    """In a strict schema an optional type stands beside "null"."""
    types = schema.get("type", "string")
    kinds = [types] if isinstance(types, str) else [one for one in types if one != "null"]
    return str(kinds[0])


def _optional(schema: Mapping[str, Any]) -> bool:
    return not isinstance(schema.get("type"), str)


def _may_be_blank(schema: Mapping[str, Any]) -> bool:
    """A text that is always sent, and whose description says that "" stands for nothing."""
    return schema.get("type") == "string" and '""' in schema.get("description", "")


def _about(schema: Mapping[str, Any]) -> str:
    return output.plain(schema.get("description", "")).rstrip(".") or _TAKES[_kind(schema)]


def _how(spec: ToolSpec) -> str:
    """A command that works, with values from the tool's own examples."""
    values = dict(re.findall(r"\{(\w+):([^{}]+)\}", " ".join(reversed(spec.options.examples))))
    properties: Mapping[str, Any] = spec.parameters["properties"]
    required = [key for key, schema in properties.items() if not (_optional(schema) or _may_be_blank(schema))]
    pairs = (f"{key}={shlex.quote(output.plain(values.get(key, '...')))}" for key in required)
    return " ".join(["Type:", "odai call-tool", spec.name, *pairs])


# -- what was answered


def _document(spec: ToolSpec, response: ToolResponse, ms: int) -> dict[str, Any]:
    from odai_core.tools.compact import for_model

    return {
        "tool": spec.name,
        "ok": response.ok,
        "ms": ms,
        "spoken": response.spoken,
        "model": json.loads(for_model(response)),
        "screen": response.to_wire(),
    }


def _print(response: ToolResponse, ms: int) -> None:
    from odai_core.cli.card import print_card

    click.echo(output.plain(response.spoken) or "(It says nothing aloud.)")
    click.echo()
    print_card(response.response)
    click.echo()
    click.echo(f"{'Sample data, ' if response.sample else ''}{ms} ms")
