"""AviationStack: when a flight leaves and lands, and from which gate."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from msgspec.json import decode

from odai_core import Setting, ToolContext, ToolError, ToolPlugin, ToolResponse, hookimpl, speech, tool
from odai_tool_flights import airlines, dates, samples, spoken
from odai_tool_flights.airlines import Ident
from odai_tool_flights.choose import choose
from odai_tool_flights.shapes import Failure, Flight, Flights, readable, shown

KEEP = 300
"""Seconds; small plans have a hundred requests a month, and the data are some minutes old anyway."""
SECONDS = 20.0
PATIENCE = 15

_CODES = {
    "invalid_access_key": "auth", "missing_access_key": "auth", "inactive_user": "auth",
    "https_access_restricted": "plan", "function_access_restricted": "plan", "usage_limit_reached": "plan",
    "rate_limit_reached": "rate_limited", "validation_error": "bad_request",
}  # fmt: skip
"""AviationStack's own codes; a month's requests used up come with the status of a busy minute."""


@tool(
    examples=[
        "look up flight {flight_iata:DL113}",
        "what's the status of {flight_iata:UA 2150}",
        "is {flight_iata:B6 915} on time",
        "when does {flight_iata:BA212} leave",
        "which gate does {flight_iata:WN1432} go from",
        "has {flight_iata:AA100} landed",
        "flight status for {flight_iata:LH 400}",
        "where is {flight_iata:AF 9} now",
    ],
    progress="Looking up the flight",
    timeout=SECONDS,
)
async def get_flight_info_by_iata(ctx: ToolContext, flight_iata: str) -> ToolResponse:
    """Look up a flight of today by its code: when it leaves and lands, how late it is, and its gates.

    Args:
        flight_iata: The airline's two-letter IATA code and the number, such as "DL113".
    """
    return await _answer(ctx, airlines.parse(flight_iata), None)


@tool(
    examples=[
        "when does {airline:Delta} flight {flight_number:113} land",
        "is {airline:United} {flight_number:2150} delayed today",
        "status of {airline:JetBlue} flight {flight_number:915}",
        "did {airline:Southwest} {flight_number:1432} leave {flight_date:yesterday}",
        "{airline:British Airways} {flight_number:212} {flight_date:tomorrow}",
        "track {airline:American Airlines} flight number {flight_number:100}",
        "my brother comes with {airline:Lufthansa} {flight_number:400}, when does he arrive",
        "what gate is {airline:Air France} {flight_number:9} at {flight_date:today}",
    ],
    progress="Looking up the flight",
    timeout=SECONDS,
)
async def get_flight_info_by_airline_and_flight_number(
    ctx: ToolContext, airline: str | None, flight_number: str, flight_date: str | None = None
) -> ToolResponse:
    """Look up a flight by its airline and number: when it leaves and lands, how late it is, and its gates.

    Args:
        airline: The airline's name or code, such as "Delta" or "DL"; null when the number begins with it.
        flight_number: The number, such as "113".
        flight_date: The day it leaves, YYYY-MM-DD; null for today.
    """
    today = speech.local(datetime.now(UTC), ctx.caller.time_zone).date()
    ident = airlines.named(airline, flight_number) if airline else airlines.parse(flight_number)
    return await _answer(ctx, ident, dates.read(flight_date, today))


async def _answer(ctx: ToolContext, ident: Ident, day: date | None) -> ToolResponse:
    now = datetime.now(UTC)
    sampled = ctx.demo and not ctx.settings["AVIATIONSTACK_API_KEY"]
    found = await _ask(ctx, ident, day) if not sampled else samples.flights(ident, now)
    known = readable(found.data)
    flights = _of_day(known, day)
    if found.data and not known:
        raise ToolError("bad_shape", "AviationStack gave an answer I can't read. Please try again in a moment.")
    if not flights:
        when = f" {speech.day(day, speech.local(now, ctx.caller.time_zone).date())}" if day else ""
        raise ToolError("not_found", f"I couldn't find {ident.name}{when}.")
    flight = choose(flights, now)
    return ToolResponse(
        response_type="flight_info",
        response=shown(flight),
        spoken=spoken.status(flight, ident.name, now),
        voice=spoken.projection(flight, ident.name),
        sample=sampled,
    )


def _of_day(flights: Sequence[Flight], day: date | None) -> list[Flight]:
    return [flight for flight in flights if day is None or flight.flight_date in (day, None)]


async def _ask(ctx: ToolContext, ident: Ident, day: date | None) -> Flights:
    """Only larger plans may name a day; for a day about now the plain answer holds it already."""
    today = datetime.now(UTC).date()
    near = day is None or abs((day - today).days) <= 1
    if near:
        found = await _asked(ctx, ident, {})
        if day in (None, today) or _of_day(readable(found.data), day):
            return found
    try:
        return await _asked(ctx, ident, {"flight_date": f"{day}"})
    except ToolError as error:
        if error.code != "plan":
            raise
    raise ToolError("plan", "I can only look up flights of today.")


async def _asked(ctx: ToolContext, ident: Ident, params: dict[str, Any]) -> Flights:
    answer: Flights = await ctx.http.get_json(
        ctx.settings["AVIATIONSTACK_BASE_URL"],
        "flights",
        params={"access_key": ctx.settings["AVIATIONSTACK_API_KEY"], **ident.params, **params},
        cache=KEEP,
        timeout=PATIENCE if not params else PATIENCE / 2,
        service="AviationStack",
        codes=lambda _, body: _CODES.get(decode(body, type=Failure, strict=False).error.code),
        type=Flights,
    )
    return answer


@hookimpl
def odai_tools() -> ToolPlugin:
    return ToolPlugin(
        name="flights",
        api=1,
        title="AviationStack",
        summary="tell when a flight leaves and lands",
        tools=[get_flight_info_by_iata, get_flight_info_by_airline_and_flight_number],
        voice=False,
        samples=True,
        instructions=(
            "Use the code when the user gives one, else the airline and the number as named; the tool knows the "
            "airlines' codes. Times are local to each airport: say so, and show both ends with terminal and gate."
        ),
        voice_instructions="Tell the time, the delay and the gate, no more.",
        settings=[
            Setting(
                name="AVIATIONSTACK_API_KEY",
                help="An access key of AviationStack.",
                required=True,
                secret=True,
                where="AviationStack's dashboard",
            ),
            Setting(
                name="AVIATIONSTACK_BASE_URL",
                help="The API's own address.",
                default="https://api.aviationstack.com/v1",
            ),
        ],
    )
