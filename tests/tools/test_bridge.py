"""The SDK runs our tools and never gets to fail one itself."""

from __future__ import annotations

import json
from typing import Any

from agents import RunContextWrapper
from agents.realtime import RealtimeAgent
from agents.tool_context import ToolContext as SdkToolContext

from odai_core.tools.bridge import function_tool
from odai_core.tools.schema import ToolSpec, describe


async def find(what: str, limit: int | None = 5) -> str:
    """Find something."""
    return what


async def run(context: Any, spec: ToolSpec, call_id: str, arguments: str) -> str:
    return json.dumps([context.context, spec.name, call_id, spec.decode(arguments)])


async def test_the_call_reaches_run_with_its_id_and_arguments():
    made = function_tool(describe(find), run)
    context = SdkToolContext(context="mine", tool_name="find", tool_call_id="call_7", tool_arguments="{}")
    answer = await made.on_invoke_tool(context, '{"what": "tea"}')
    assert json.loads(answer) == ["mine", "find", "call_7", {"what": "tea", "limit": 5}]


async def test_the_sdk_leaves_the_schema_and_the_time_to_us():
    spec = describe(find)
    made = function_tool(spec, run)
    assert made.strict_json_schema
    assert made.params_json_schema == spec.parameters
    assert made.params_json_schema is not spec.parameters
    assert (made.timeout_seconds, made.needs_approval) == (None, False)


async def test_a_realtime_agent_takes_it():
    agent = RealtimeAgent(name="voice", tools=[function_tool(describe(find), run)])
    tools = await agent.get_all_tools(RunContextWrapper(context=None))
    assert [tool.name for tool in tools] == ["find"]
