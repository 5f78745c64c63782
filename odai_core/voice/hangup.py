"""The one tool of core itself; apart from the agent, so that listing it imports no SDK."""

from __future__ import annotations

from odai_core.contract import tool
from odai_core.tools.schema import describe


@tool(examples=["goodbye", "that's all, bye", "hang up please"], progress="Hanging up")
async def hangup_call() -> str:
    """End the call. Say goodbye first; call this when the caller wants to stop."""
    return "The call is ending."


HANGUP = describe(hangup_call, builtin=True)
