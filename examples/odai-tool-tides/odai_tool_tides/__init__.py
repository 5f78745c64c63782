"""The smallest connector: one tool, one declaration, one hook."""

from odai_core import ToolPlugin, hookimpl, tool

TIDES = {"boston": "ten past four", "portland": "five to three"}


@tool(examples=["when is high tide in {harbour:Boston}", "tides at {harbour:Portland}"])
async def tell_tide(harbour: str) -> str:
    """Say when the next high tide is in a harbour."""
    at = TIDES.get(harbour.lower())
    return f"High tide in {harbour} is at {at}." if at else f"I don't know the tides of {harbour}."


@hookimpl
def odai_tools():
    return ToolPlugin(name="tides", api=1, title="Tides", summary="tell the tides", tools=[tell_tide], voice=True)
