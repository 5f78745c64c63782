"""Buoys: how high the waves are."""

from __future__ import annotations

from datetime import datetime
from importlib.resources import files
from typing import Any, Literal

import msgspec

from odai_core import Setting, ToolContext, ToolError, ToolPlugin, ToolResponse, hookimpl, speech, tool


class Waves(msgspec.Struct, frozen=True):
    station: str
    name: str
    height: float
    at: str


class Station(msgspec.Struct, frozen=True):
    id: str
    name: str


class Stations(msgspec.Struct, frozen=True):
    stations: list[Station]


@tool(
    examples=[
        "how high are the waves at {station:B-46026}",
        "waves at buoy {station:B-46026}",
        "is the sea rough at {station:B-46026}",
        "give me the swell at {station:B-46026}",
        "check the buoy {station:B-46026}",
    ]
)
async def get_waves_at_buoy(ctx: ToolContext, station: str) -> ToolResponse:
    """Tell how high the waves are at a buoy.

    Args:
        station: The id of the buoy, such as "B-46026".
    """
    sample = ctx.demo and not ctx.settings["BUOYS_API_KEY"]
    if sample:
        text = files(__package__).joinpath("samples.json").read_bytes()
        waves = msgspec.json.decode(text, type=Waves)
    else:
        waves = await ask(ctx, "stations", station, "waves", type=Waves)
    return ToolResponse(
        response_type="buoy_waves",
        response=msgspec.to_builtins(waves),
        spoken=told(waves),
        voice={"name": speech.clean(waves.name, 40), "feet": feet(waves)},
        sample=sample,
    )


@tool(
    examples=[
        "which buoys are near {place:Boston}",
        "find a buoy near {place:Cape Cod}",
        "list buoys around {place:Santa Cruz}",
        "is there a buoy off {place:Nantucket}",
        "buoys close to {place:Montauk}",
    ]
)
async def search_buoys(
    ctx: ToolContext, place: str, kind: Literal["waves", "wind"] | None = None, without: list[str] | None = None
) -> ToolResponse:
    """Find buoys near a place on the coast.

    Args:
        place: A town or a cape on the coast.
        kind: What the buoy must measure.
        without: Names of buoys to leave out.
    """
    sample = ctx.demo and not ctx.settings["BUOYS_API_KEY"]
    if sample:
        found = Stations(stations=[Station(id="B-46026", name="San Francisco")])
    else:
        params = {"near": place[:100], "kind": kind, "without": ",".join(without or ())[:100] or None}
        found = await ask(ctx, "stations", params=params, type=Stations)
    if not found.stations:
        raise ToolError("not_found", "I couldn't find a buoy there.")
    names = [speech.clean(station.name, 40) for station in found.stations[:3]]
    return ToolResponse(
        response_type="buoy_stations",
        response=msgspec.to_builtins(found),
        spoken=f"There are buoys at {speech.join(names)}.",
        voice={"stations": [{"id": station.id[:12], "name": station.name[:40]} for station in found.stations[:4]]},
        sample=sample,
    )


async def ask(ctx: ToolContext, *path: str, type: Any, params: dict[str, Any] | None = None) -> Any:
    return await ctx.http.get_json(
        ctx.settings["BUOYS_BASE_URL"],
        *path,
        params=params,
        headers={"X-Key": ctx.settings["BUOYS_API_KEY"]},
        service="The buoy service",
        type=type,
    )


def feet(waves: Waves) -> int:
    # In this order not-a-number is zero.
    return round(min(max(0.0, waves.height), 100.0) * 3.28)


def told(waves: Waves) -> str:
    try:
        hour = f" at {speech.clock(datetime.fromisoformat(waves.at))}"
    except ValueError:
        hour = ""
    name = speech.clean(waves.name, 40) or "that buoy"
    return f"The waves at {name} were {speech.count(feet(waves), 'foot', 'feet')} high{hour}."


@hookimpl
def odai_tools() -> ToolPlugin:
    return ToolPlugin(
        name="buoys",
        api=1,
        title="Buoys",
        summary="tell how high the waves are",
        tools=[get_waves_at_buoy, search_buoys],
        voice=True,
        samples=True,
        settings=[
            Setting(
                name="BUOYS_API_KEY",
                help="A key of the buoy service.",
                required=True,
                secret=True,
                where="the buoy service's pages",
            ),
            Setting(name="BUOYS_BASE_URL", help="The service's address.", default="https://api.buoys.example"),
        ],
    )
