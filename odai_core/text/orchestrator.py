"""The text agents of a catalog: ODAI, and a specialist for every connector that it can hand a chat to.

`ORCHESTRATOR_AGENT` is that of the plugins installed now; a turn uses the agents of the catalog it started with.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from agents import Agent, Handoff, RunContextWrapper
from agents.models.interface import Model

from odai_core.calls import Caller, ToolInfo
from odai_core.chats import TextOptions
from odai_core.contract import ModelPlugin, ToolPlugin
from odai_core.errors import SetupError
from odai_core.plugins.catalog import Catalog, Entry
from odai_core.plugins.choice import choose_text_model
from odai_core.plugins.host import PluginHost, default_host
from odai_core.plugins.running import tool_context, tool_info
from odai_core.text import prompts
from odai_core.text.unhandled import REPORT, report_unhandled_request
from odai_core.tools.bridge import function_tool
from odai_core.tools.compact import for_text_model
from odai_core.tools.invoke import invoke
from odai_core.tools.response import ToolResponse
from odai_core.tools.schema import HANDOFF_PREFIX, ToolSpec

if TYPE_CHECKING:
    ORCHESTRATOR_AGENT: Agent[Any]

AGENT_NAME = "ODAI"
HAND_ON = ("google-docs", "gmail", "fetch-website")
"""The connectors every specialist may hand a chat on to: somewhere to keep, to send and to read."""


def orchestrator(catalog: Catalog, model: Model | None) -> Agent[Any]:
    """ODAI with its specialists. One serves all chats of a catalog; `model` None is the SDK's default."""
    connectors = _connectors(catalog)
    plugins = [plugin for _, plugin in connectors]
    top: Agent[Any] = Agent(
        name=AGENT_NAME,
        instructions=_told(lambda caller, now: prompts.orchestrator_instructions(plugins, caller, now)),
        tools=[function_tool(REPORT, run_tool)],
        model=model,
    )
    names = _names(connectors)
    team = {entry.name: _specialist(entry, plugin, names[entry.name], model) for entry, plugin in connectors}
    doors = {
        entry.name: _door(entry.name, team[entry.name], prompts.handoff_description(plugin))
        for entry, plugin in connectors
    }
    home = _door(AGENT_NAME, top, prompts.HANDED_BACK)
    for entry, plugin in connectors:
        agent = team[entry.name]
        agent.handoffs = [home, *(doors[name] for name in HAND_ON if name in doors and name != entry.name)]
        agent.instructions = _specialist_told(plugin, agent.handoffs)
    top.handoffs = list(doors.values())
    return top


def door_name(name: str) -> str:
    """The hand-off's tool: "google-docs" -> "transfer_to_google_docs"."""
    return f"{HANDOFF_PREFIX}{re.sub('[^a-z0-9]', '_', name.lower())}"


def text_tool_infos(catalog: Catalog) -> tuple[ToolInfo, ...]:
    """Every tool of the specialists, as a model plugin sees them."""
    return tuple(tool_info(entry, spec) for entry, spec in catalog.tools)


async def run_tool(context: Any, spec: ToolSpec, call_id: str, arguments: str) -> str:
    """Run a tool in the turn it belongs to, or as a guest when somebody uses the agents without a chat."""
    run = getattr(context.context, "run_tool", None)
    if run is not None:
        return str(await run(spec, call_id, arguments))
    return await _run_as_guest(spec, arguments)


def _connectors(catalog: Catalog) -> list[tuple[Entry, ToolPlugin]]:
    return [(entry, entry.plugin) for entry in catalog.ready("tools") if isinstance(entry.plugin, ToolPlugin)]


def _names(connectors: Sequence[tuple[Entry, ToolPlugin]]) -> dict[str, str]:
    """What the specialists are called on screens; two connectors of one title keep their own names."""
    titles = [plugin.title for _, plugin in connectors]
    unique = {title for title in titles if titles.count(title) == 1} - {AGENT_NAME}
    return {entry.name: plugin.title if plugin.title in unique else entry.name for entry, plugin in connectors}


def _specialist(entry: Entry, plugin: ToolPlugin, name: str, model: Model | None) -> Agent[Any]:
    return Agent(
        name=name,
        handoff_description=prompts.handoff_description(plugin),
        tools=[function_tool(spec, run_tool) for spec in entry.specs],
        model=model,
    )


def _door(name: str, agent: Agent[Any], description: str) -> Handoff[Any, Agent[Any]]:
    # Not `handoff(agent)`: through that the SDK sees the whole team, and describes all of it twice in every run.
    async def enter(context: RunContextWrapper[Any], arguments: str) -> Agent[Any]:
        return agent

    return Handoff(
        tool_name=door_name(name),
        tool_description=description,
        input_json_schema={"type": "object", "properties": {}, "required": [], "additionalProperties": False},
        on_invoke_handoff=enter,
        agent_name=agent.name,
    )


def _specialist_told(plugin: ToolPlugin, doors: Sequence[Any]) -> Callable[..., str]:
    onward = [door.tool_name for door in doors]
    return _told(lambda caller, now: prompts.specialist_instructions(plugin, onward, caller, now))


def _told(words: Callable[[Caller, datetime], str]) -> Callable[[RunContextWrapper[Any], Agent[Any]], str]:
    """Instructions for whoever asks, at the moment their turn began."""

    def instructions(context: RunContextWrapper[Any], agent: Agent[Any]) -> str:
        turn = context.context
        return words(getattr(turn, "caller", None) or Caller(), getattr(turn, "now", None) or datetime.now(UTC))

    return instructions


async def _run_as_guest(spec: ToolSpec, arguments: str) -> str:
    from odai_core.tools.http import HttpClient

    if spec.name == REPORT.name:
        return await report_unhandled_request("", "")
    if spec.options.confirm:
        return for_text_model(ToolResponse.error("not_configured", prompts.NEEDS_SCREEN, retryable=False))
    host = default_host()
    entry = next((entry for entry, offered in host.catalog.tools if offered.name == spec.name), None)
    if entry is None:
        return for_text_model(ToolResponse.error("not_found", "That connector is gone.", retryable=False))
    http = HttpClient()
    try:
        context = tool_context(entry, http=http, caller=Caller(), demo=host.settings.core["ODAI_DEMO"])
        return for_text_model(await invoke(spec, arguments, context))
    finally:
        await http.aclose()


def _default_model(host: PluginHost, catalog: Catalog) -> Model | None:
    try:
        entry = choose_text_model(catalog, host.settings.core["ODAI_TEXT_PLUGIN"])
    except SetupError:
        return None
    assert isinstance(entry.plugin, ModelPlugin)
    assert entry.plugin.text is not None
    return entry.plugin.text(TextOptions(settings=catalog.settings_of(entry), tools=text_tool_infos(catalog)))


def __getattr__(name: str) -> Any:
    if name == "ORCHESTRATOR_AGENT":
        host = default_host()
        catalog = host.refresh()
        return orchestrator(catalog, _default_model(host, catalog))
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
