"""Amtrak: where a train is, how late, and when it comes to your station."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from msgspec import to_builtins

from odai_core import Setting, ToolContext, ToolError, ToolPlugin, ToolResponse, hookimpl, tool
from odai_tool_amtrak import samples, spoken
from odai_tool_amtrak.numbers import train_number as read_number
from odai_tool_amtrak.shapes import Stop, Train, Trains

KEEP = 60
"""Seconds; the service renews its data about as often."""
UNREACHABLE = frozenset({"upstream", "timeout", "unavailable"})

_KINDS = frozenset({"union", "penn", "station", "south", "north", "street", "international"})


@tool(
    examples=[
        "where is Amtrak train {train_number:2150}",
        "is train {train_number:five} on time",
        "how late is Amtrak {train_number:11}",
        "when does train {train_number:twenty one fifty} get to {station:New York}",
        "what's the status of the {train_number:2150} Acela",
        "has train number {train_number:19} left {station:Washington} yet",
        "check Amtrak {train_number:171} for me",
        "when will the {train_number:5} reach {station:Denver}",
        "is my train {train_number:one seventy one} delayed",
    ],
    progress="Checking the train with Amtrak",
)
async def get_amtrak_train_status(ctx: ToolContext, train_number: str, station: str | None = None) -> ToolResponse:
    """Find an Amtrak train: its next station, how late it is and when it arrives.

    Args:
        train_number: The number of the train, such as "2150"; "5-9" is train 5 that started on the 9th.
        station: A station on its way, by name or code, to learn when the train comes there.
    """
    number = read_number(train_number)
    now = datetime.now(UTC)
    trains, sample = await _find(ctx, number, now)
    trains = [train for train in trains if train.stations]
    if not trains:
        raise ToolError("not_found", f"I couldn't find a train {number} under way.")
    asked = _stop_named(trains[0], station) if station else None
    active = [train for train in trains if train.next_stop()] or trains[:1]
    if len(active) > 1 and "-" not in number:
        return _response(
            active, spoken.which_day(active, now), [spoken.projection(train, None) for train in active], sample
        )
    train = active[0]
    asked = asked and next((stop for stop in train.stations if stop.code == asked.code), None)
    return _response(trains, spoken.status(train, asked, now), spoken.projection(train, asked), sample)


def _response(trains: list[Train], said: str, voice: object, sample: bool) -> ToolResponse:
    return ToolResponse(
        response_type="amtrak_train_status", response=to_builtins(trains), spoken=said, voice=voice, sample=sample
    )


async def _find(ctx: ToolContext, number: str, now: datetime) -> tuple[list[Train], bool]:
    """The trains of that number or id, and whether they are samples."""
    try:
        found: Trains = await ctx.http.get_json(
            ctx.settings["AMTRAKER_BASE_URL"],
            "v3",
            "trains",
            number,
            cache=KEEP,
            # With samples at hand nobody waits for a network that may not be there.
            retry=not ctx.demo,
            service="Amtrak",
            type=Trains,
        )
    except ToolError as error:
        if not ctx.demo or error.code not in UNREACHABLE:
            raise
        return samples.trains(number.partition("-")[0], now), True
    return (next(iter(found.values()), []) if isinstance(found, dict) else []), False


def _stop_named(train: Train, station: str) -> Stop:
    """Raises `ToolError("not_found")` when the train does not stop there."""
    asked = set(re.findall(r"[a-z]+", station.casefold())) - {"station", "the", "in", "penn", "union"}
    words = [(set(re.findall(r"[a-z]+", stop.name.casefold())), stop) for stop in train.stations]
    by_code = [stop for stop in train.stations if stop.code == station.strip().upper()]
    within = [stop for name, stop in words if asked and asked <= name]
    # "Washington DC" says more than "Washington Union" does.
    around = [stop for name, stop in words if name - _KINDS and name - _KINDS <= asked]
    if found := [*by_code, *within, *around]:
        return found[0]
    raise ToolError("not_found", f"Train {train.trainNum[:6]} doesn't stop there, as far as I can see.")


@hookimpl
def odai_tools() -> ToolPlugin:
    return ToolPlugin(
        name="amtrak",
        api=1,
        title="Amtrak",
        summary="tell you where an Amtrak train is and how late",
        tools=[get_amtrak_train_status],
        voice=True,
        samples=True,
        instructions="Ask for the train's number when it is missing; a route's name alone is not enough.",
        voice_instructions="Tell the next station, the time and the delay; ask for the train number if it is missing.",
        settings=[
            Setting(name="AMTRAKER_BASE_URL", help="The service's address.", default="https://api-v3.amtraker.com"),
        ],
    )
