"""The orchestrator's own tool: it tells the operator what people ask for and nobody can do."""

from __future__ import annotations

from odai_core.contract import tool
from odai_core.text import prompts
from odai_core.tools.schema import describe


@tool(progress="Making a note")
async def report_unhandled_request(capability_requested: str, capability_description: str) -> str:
    """Tell the people who run ODAI that no specialist can do what the user asks for.

    Args:
        capability_requested: What is missing, in two to five words: "book a taxi".
        capability_description: One sentence about what it would have to do. No names or details of the user.
    """
    return prompts.REPORTED


REPORT = describe(report_unhandled_request, builtin=True)
