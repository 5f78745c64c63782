"""A voice agent for every connector, to hand a call to: `REALTIME_YELP`, `REALTIME_GOOGLE_NEWS`.

    agent = RealtimeAgent(name="Desk", handoffs=[realtime_handoff(odai_core.REALTIME_YELP)])

ODAI's own calls need no hand-off, for `AUDIO_AGENT` has every voice tool itself; these are for agents of your own.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from agents import RunContextWrapper
from agents.realtime import RealtimeAgent

from odai_core.calls import Caller
from odai_core.contract import ToolPlugin
from odai_core.plugins.catalog import Catalog, Entry, State
from odai_core.plugins.host import default_host
from odai_core.tools.bridge import function_tool
from odai_core.voice.orchestrator import run_tool
from odai_core.voice.prompts import specialist_instructions

PREFIX = "REALTIME_"


def realtime_specialist(entry: Entry) -> RealtimeAgent[Any]:
    """The voice agent of a ready connector, without the tools that ask for a confirmation on a screen."""
    plugin = entry.plugin
    assert isinstance(plugin, ToolPlugin)

    def instructions(context: RunContextWrapper[Any], agent: RealtimeAgent[Any]) -> str:
        caller = getattr(context.context, "caller", None) or Caller()
        return specialist_instructions(plugin, caller, datetime.now(UTC))

    offered = [spec for spec in entry.specs if not spec.options.confirm and spec.options.voice is not False]
    return RealtimeAgent(
        name=plugin.title,
        handoff_description=f"Can {plugin.summary}.",
        instructions=instructions,
        tools=[function_tool(spec, run_tool) for spec in offered],
    )


def agent_name(connector: str) -> str:
    """The public name: "google-news" -> "REALTIME_GOOGLE_NEWS"."""
    return PREFIX + connector.replace("-", "_").upper()


def realtime_specialists(catalog: Catalog) -> dict[str, RealtimeAgent[Any]]:
    """Those of all ready connectors, by their public names."""
    return {agent_name(entry.name): realtime_specialist(entry) for entry in catalog.ready("tools")}


def __getattr__(name: str) -> Any:
    if name.startswith(PREFIX):
        for entry in default_host().refresh().entries:
            if entry.kind != "tools" or agent_name(entry.name) != name:
                continue
            if entry.state is State.READY:
                return realtime_specialist(entry)
            why = f"{entry.problem.cause} {entry.problem.remedy}" if entry.problem else ""
            raise AttributeError(f"{name}: the connector {entry.name} is {entry.state}. {why}".strip())
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}: no such connector is installed")
