"""FlightAware: when a flight leaves, where it is and when it lands."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from msgspec import to_builtins

from odai_core import Setting, ToolContext, ToolError, ToolPlugin, ToolResponse, hookimpl, speech, tool
from odai_tool_flightaware import idents, samples, spoken
from odai_tool_flightaware.choose import choose
from odai_tool_flightaware.shapes import Flights

KEEP = 60
"""Seconds; every question is billed."""


@tool(
    examples=[
        "what's the status of {flight_icao:Delta 113}",
        "is {flight_icao:United flight 2150} on time",
        "when does {flight_icao:JetBlue nine fifteen} land",
        "where is flight {flight_icao:DL113} right now",
        "has {flight_icao:Southwest 1432} taken off yet",
        "which gate does {flight_icao:American 100} leave from",
        "is {flight_icao:British Airways two one two} delayed",
        "track flight {flight_icao:UAL2150}",
        "did {flight_icao:Alaska 12} get in",
        "my mother is on {flight_icao:B6 915}, when will she arrive",
    ],
    progress="Checking the flight with FlightAware",
)
async def get_current_flight_status(ctx: ToolContext, flight_icao: str) -> ToolResponse:
    """Look up a flight: when it leaves and lands, how late it is, and its gates.

    Args:
        flight_icao: The flight as an ICAO ident, or as people say it: "DAL113", "DL 113", "Delta one thirteen".
    """
    flight_ident = idents.parse(flight_icao)
    now = datetime.now(UTC)
    sampled = ctx.demo and not ctx.settings["FLIGHTAWARE_API_KEY"]
    found = samples.flights(flight_ident.icao, now) if sampled else await _ask(ctx, flight_ident.icao, now)
    name = speech.flight(flight_ident.airline, flight_ident.number)
    if not found.flights:
        raise ToolError("not_found", f"I couldn't find {name} today or tomorrow.")
    flight = choose(found.flights, now)
    return ToolResponse(
        response_type="flight_info",
        response=to_builtins(flight),
        spoken=spoken.status(flight, name, now),
        voice=spoken.projection(flight, name),
        sample=sampled,
    )


async def _ask(ctx: ToolContext, ident: str, now: datetime) -> Flights:
    """The flights of a day back and a day and a half ahead; the full minute lets the next question use the cache."""
    minute = now.replace(second=0, microsecond=0)
    answer: Flights = await ctx.http.get_json(
        ctx.settings["FLIGHTAWARE_BASE_URL"],
        "flights",
        ident,
        params={
            "ident_type": "designator",
            "start": f"{minute - timedelta(hours=24):%Y-%m-%dT%H:%M:%SZ}",
            "end": f"{minute + timedelta(hours=36):%Y-%m-%dT%H:%M:%SZ}",
            "max_pages": 1,
        },
        headers={"x-apikey": ctx.settings["FLIGHTAWARE_API_KEY"]},
        cache=KEEP,
        service="FlightAware",
        type=Flights,
    )
    return answer


@hookimpl
def odai_tools() -> ToolPlugin:
    return ToolPlugin(
        name="flightaware",
        api=1,
        title="FlightAware",
        summary="tell you where a flight is and when it lands",
        tools=[get_current_flight_status],
        voice=True,
        samples=True,
        instructions="Pass the flight on as the user named it; the tool finds the airline's code.",
        voice_instructions="Pass the flight on as the caller said it. Tell the time, the delay and the gate, no more.",
        settings=[
            Setting(
                name="FLIGHTAWARE_API_KEY",
                help="A key of FlightAware's AeroAPI.",
                required=True,
                secret=True,
                where="FlightAware's AeroAPI portal",
            ),
            Setting(
                name="FLIGHTAWARE_BASE_URL",
                help="The API's address.",
                default="https://aeroapi.flightaware.com/aeroapi",
            ),
        ],
    )
