"""What a connector needs of another plugin: the account service it works with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from odai_core.contract import Problem, ToolPlugin
from odai_core.plugins.catalog import Entry, State


def settle_needs(entries: Iterable[Entry], *, demo: bool) -> list[Entry]:
    """The entries again; a connector whose account service is not ready needs setup, unless it has samples to show."""
    entries = list(entries)
    services = {entry.name: entry for entry in entries if entry.kind == "accounts"}
    services |= {entry.name: entry for entry in entries if entry.kind == "accounts" and entry.state is State.READY}
    return [_settled(entry, services, demo) for entry in entries]


def _settled(entry: Entry, services: dict[str, Entry], demo: bool) -> Entry:
    plugin = entry.plugin
    if entry.state is not State.READY or not isinstance(plugin, ToolPlugin) or plugin.account is None:
        return entry
    service = services.get(plugin.account)
    if (service is not None and service.state is State.READY) or (demo and plugin.samples):
        return entry
    if service is None:
        cause = f"{plugin.title} works with users' {plugin.account} accounts, and nothing installed links them."
        problem = Problem(cause=cause, remedy=f"pip install odai-account-{plugin.account}")
    else:
        said = service.problem or Problem(cause=f"it is {service.state}.", remedy="Look at odai plugins.")
        problem = Problem(cause=f"Its account service {service.name} is not ready: {said.cause}", remedy=said.remedy)
    return replace(entry, state=State.NEEDS_SETUP, problem=problem)
