"""The crossing to the Agents SDK: the only file in this room that imports it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from agents import FunctionTool
from agents.tool_context import ToolContext as SdkToolContext

from odai_core.tools.schema import ToolSpec

Run = Callable[[Any, ToolSpec, str, str], Awaitable[str]]
"""`run(sdk_context, spec, call_id, arguments)` -> the text the model reads. Raises nothing but a cancellation."""


def function_tool(spec: ToolSpec, run: Run) -> FunctionTool:
    """A tool for a realtime or a text agent.

    Timeouts, failures and approval are ours (`invoke`), for the SDK's own end the session: it is given none of them.
    """

    async def on_invoke(context: SdkToolContext[Any], arguments: str) -> str:
        return await run(context, spec, context.tool_call_id, arguments)

    return FunctionTool(
        name=spec.name,
        description=spec.description,
        params_json_schema=dict(spec.parameters),
        on_invoke_tool=on_invoke,
        strict_json_schema=True,
    )
