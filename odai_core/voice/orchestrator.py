"""The voice agent of a catalog: `hangup_call` and every voice tool, for both voice transports.

`AUDIO_AGENT` and `VOICE_ORCHESTRATOR_TOOLS` are those of the plugins installed now; a call uses the agent of the
catalog it started with.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from agents import FunctionTool, RunContextWrapper
from agents.realtime import RealtimeAgent

from odai_core.calls import Caller, ToolInfo
from odai_core.contract import ToolPlugin
from odai_core.plugins.catalog import Catalog
from odai_core.plugins.host import default_host
from odai_core.plugins.running import tool_context, tool_info
from odai_core.tools.bridge import function_tool
from odai_core.tools.compact import for_model
from odai_core.tools.invoke import invoke
from odai_core.tools.response import ToolResponse
from odai_core.tools.schema import ToolSpec
from odai_core.voice.hangup import HANGUP
from odai_core.voice.prompts import voice_instructions

if TYPE_CHECKING:
    VOICE_ORCHESTRATOR_TOOLS: list[FunctionTool]
    AUDIO_AGENT: RealtimeAgent[Any]

AGENT_NAME = "ODAI-Voice"


def voice_tools(catalog: Catalog) -> list[FunctionTool]:
    """The voice tools of a catalog in the specification's order, without `hangup_call`."""
    return [function_tool(spec, run_tool) for _, spec in catalog.voice_tools]


def audio_agent(catalog: Catalog) -> RealtimeAgent[Any]:
    """The agent for calls of this catalog."""

    def instructions(context: RunContextWrapper[Any], agent: RealtimeAgent[Any]) -> str:
        return call_instructions(catalog, getattr(context.context, "caller", None) or Caller())

    tools: list[Any] = [function_tool(HANGUP, run_tool), *voice_tools(catalog)]
    return RealtimeAgent(name=AGENT_NAME, instructions=instructions, tools=tools)


def call_instructions(catalog: Catalog, caller: Caller) -> str:
    """What the model of one call is told."""
    return voice_instructions(_voice_plugins(catalog), caller, datetime.now(UTC))


def tool_infos(catalog: Catalog) -> tuple[ToolInfo, ...]:
    """The same tools as `AUDIO_AGENT` has, as a model plugin sees them."""
    hangup = ToolInfo(
        name=HANGUP.name,
        description=HANGUP.description,
        parameters=HANGUP.parameters,
        examples=HANGUP.options.examples,
        progress=HANGUP.options.progress,
    )
    return (hangup, *(tool_info(entry, spec) for entry, spec in catalog.voice_tools))


def _voice_plugins(catalog: Catalog) -> list[ToolPlugin]:
    plugins = {entry.name: entry.plugin for entry, _ in catalog.voice_tools}
    return [plugin for plugin in plugins.values() if isinstance(plugin, ToolPlugin)]


async def run_tool(context: Any, spec: ToolSpec, call_id: str, arguments: str) -> str:
    """Run a tool in the call it belongs to, or as a guest when somebody uses the agent without a call."""
    run_tool = getattr(context.context, "run_tool", None)
    if run_tool is not None:
        return str(await run_tool(spec, call_id, arguments))
    return await _run_as_guest(spec, arguments)


async def _run_as_guest(spec: ToolSpec, arguments: str) -> str:
    from odai_core.tools.http import HttpClient

    host = default_host()
    entry = next((entry for entry, offered in host.catalog.tools if offered.name == spec.name), None)
    if entry is None:  # hangup_call: there is no call to end
        return for_model(ToolResponse(response_type="twilio_hangup", response={"status": "no call"}))
    http = HttpClient()
    try:
        demo = host.settings.core["ODAI_DEMO"]
        context = tool_context(entry, http=http, caller=Caller(), demo=demo)
        return for_model(await invoke(spec, arguments, context))
    finally:
        await http.aclose()


def __getattr__(name: str) -> Any:
    if name == "VOICE_ORCHESTRATOR_TOOLS":
        return voice_tools(default_host().refresh())
    if name == "AUDIO_AGENT":
        return audio_agent(default_host().refresh())
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
