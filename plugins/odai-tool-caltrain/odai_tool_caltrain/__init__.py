"""Caltrain: when the next train leaves your station, and how late it is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Literal

from odai_core import Setting, ToolContext, ToolError, ToolPlugin, ToolResponse, hookimpl, tool
from odai_tool_caltrain import samples, shapes, spoken, stations

KEEP = 65
"""Seconds the answer for the whole line is kept, for everybody: a key may ask sixty times an hour."""
SHOWN = 6


@tool(
    timeout=15,
    examples=[
        "when is the next {direction:northbound} Caltrain from {station:Palo Alto}",
        "next {direction:southbound} train at {station:Mountain View}",
        "is the {direction:northbound} Caltrain at {station:Redwood City} late",
        "Caltrain times {direction:southbound} from {station:San Francisco}",
        "when does the Caltrain leave {station:San Mateo} going {direction:southbound}",
        "how long until the {direction:northbound} train in {station:Sunnyvale}",
        "check Caltrain at {station:Millbrae} {direction:northbound}",
        "what are the next {direction:southbound} Caltrains from {station:22nd Street}",
        "is there an express {direction:northbound} from {station:San Jose}",
    ],
    progress="Checking Caltrain",
)
async def get_caltrain_status(
    ctx: ToolContext, station: str, direction: Literal["northbound", "southbound"]
) -> ToolResponse:
    """Tell when the next Caltrain trains leave a station, and how late they are.

    Args:
        station: The station's name, such as "Palo Alto".
        direction: "northbound" is towards San Francisco, "southbound" towards San Jose and Gilroy.
    """
    place = stations.find(station)
    platform = place.north if direction == "northbound" else place.south
    now = datetime.now(UTC)
    sampled = ctx.demo and not ctx.settings["CALTRAIN_API_KEY"]
    found = samples.trains(direction, now) if sampled else shapes.trains(await _ask(ctx), platform)
    coming = [train for train in found if train.expected > now - timedelta(minutes=1)]
    if not coming:
        raise ToolError("not_found", f"I see no {direction} train coming to {place.name} at the moment.")
    return ToolResponse(
        response_type="caltrain_status",
        response={
            "station": place.name,
            "direction": direction,
            "trains": [spoken.shown(train) for train in coming[:SHOWN]],
        },
        spoken=spoken.status(coming, place.name, direction, now),
        voice={"trains": [spoken.projection(train, now) for train in coming[:3]]},
        sample=sampled,
    )


async def _ask(ctx: ToolContext) -> object:
    """The whole line at once: one answer serves every station and every caller."""
    return await ctx.http.get_json(
        ctx.settings["CALTRAIN_BASE_URL"],
        "transit",
        "StopMonitoring",
        params={"api_key": ctx.settings["CALTRAIN_API_KEY"], "agency": "CT", "format": "json"},
        cache=KEEP,
        service="Caltrain",
    )


@hookimpl
def odai_tools() -> ToolPlugin:
    return ToolPlugin(
        name="caltrain",
        api=1,
        title="Caltrain",
        summary="tell when the next Caltrain leaves",
        tools=[get_caltrain_status],
        samples=True,
        instructions=(
            "Ask for the station and the direction when they are missing and cannot be told from the destination. "
            "Show the next trains in a table: time, kind, destination, minutes late. Times are Pacific."
        ),
        voice_instructions="Tell the next train's kind, its time and the minutes from now; the second one if asked.",
        settings=[
            Setting(
                name="CALTRAIN_API_KEY",
                help="A token of 511.org's open data.",
                required=True,
                secret=True,
                where="https://511.org/open-data/token",
            ),
            Setting(name="CALTRAIN_BASE_URL", help="The service's address.", default="https://api.511.org"),
        ],
    )
