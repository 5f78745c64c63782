"""What a tool of the catalog is run with, in a call, in a chat or on the command line."""

from __future__ import annotations

import logging

from odai_core.calls import Caller, ToolInfo
from odai_core.contract import ToolContext, ToolPlugin
from odai_core.grants import Account
from odai_core.plugins.catalog import Entry
from odai_core.tools.http import HttpClient
from odai_core.tools.schema import ToolSpec


def tool_context(
    entry: Entry,
    *,
    http: HttpClient,
    caller: Caller,
    demo: bool,
    account: Account | None = None,
    write_id: str = "",
) -> ToolContext:
    """The context of one run. `demo` is the server's; a plugin without sample data never sees it."""
    return ToolContext(
        http=http,
        settings=entry.values,
        caller=caller,
        log=logging.getLogger(f"odai.tool.{entry.name}"),
        demo=demo and isinstance(entry.plugin, ToolPlugin) and entry.plugin.samples,
        account=account,
        write_id=write_id,
    )


def tool_info(entry: Entry, spec: ToolSpec) -> ToolInfo:
    """A tool of a plugin as a model sees it."""
    return ToolInfo(
        name=spec.name,
        description=spec.description,
        parameters=spec.parameters,
        examples=spec.options.examples,
        progress=spec.options.progress,
        plugin=entry.name,
        title=getattr(entry.plugin, "title", entry.name),
        summary=getattr(entry.plugin, "summary", ""),
        confirm=spec.options.confirm,
    )
