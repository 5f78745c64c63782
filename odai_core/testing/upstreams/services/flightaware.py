"""FlightAware's AeroAPI: the flights of one ident."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from odai_core.testing.upstreams import auth
from odai_core.testing.upstreams.service import Ask, Reply, Route, Service

_ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def _airport(icao: str, iata: str, name: str, city: str, zone: str) -> dict[str, Any]:
    return {
        "code": icao, "code_icao": icao, "code_iata": iata, "code_lid": iata, "timezone": zone, "name": name,
        "city": city, "airport_info_url": f"/airports/{icao}",
    }  # fmt: skip


JFK = _airport("KJFK", "JFK", "John F Kennedy Intl", "New York", "America/New_York")
LAX = _airport("KLAX", "LAX", "Los Angeles Intl", "Los Angeles", "America/Los_Angeles")


def flight(ident: str, leaves: int, *, left: bool = False, landed: bool = False, **more: Any) -> dict[str, Any]:
    """A flight from New York to Los Angeles whose gate time is `leaves` minutes from now; 21 minutes late."""

    def at(minutes: int, known: bool = True) -> str | None:
        return f"{datetime.now(UTC) + timedelta(minutes=leaves + minutes):%Y-%m-%dT%H:%M:00Z}" if known else None

    operator, number = ident[:3], ident[3:]
    return {
        "ident": ident, "ident_icao": ident, "ident_iata": f"DL{number}", "fa_flight_id": f"{ident}-{leaves}-p",
        "operator": operator, "operator_icao": operator, "operator_iata": "DL", "flight_number": number,
        "registration": "N801DZ", "atc_ident": None, "inbound_fa_flight_id": None, "codeshares": ["KLM6001"],
        "codeshares_iata": ["KL6001"], "blocked": False, "diverted": False, "cancelled": False, "position_only": False,
        "origin": JFK, "destination": LAX, "departure_delay": 1260, "arrival_delay": 900, "filed_ete": 19800,
        "progress_percent": 41, "status": "En Route / Delayed", "aircraft_type": "A339", "route_distance": 2475,
        "filed_airspeed": 460, "filed_altitude": 360, "route": None, "baggage_claim": "4", "gate_origin": "B32",
        "gate_destination": "36", "terminal_origin": "4", "terminal_destination": "3", "type": "Airline",
        "scheduled_out": at(0), "estimated_out": at(21), "actual_out": at(21, left), "scheduled_off": at(10),
        "estimated_off": at(40), "actual_off": at(41, left), "scheduled_on": at(340), "estimated_on": at(352),
        "actual_on": at(352, landed), "scheduled_in": at(350), "estimated_in": at(365), "actual_in": at(365, landed),
        "foresight_predictions_available": True,
    } | more  # fmt: skip


def flights_body(ident: str) -> dict[str, Any]:
    """Yesterday's, the one in the air and tomorrow's, newest first."""
    flights = [
        flight(ident, 1300, status="Scheduled"),
        flight(ident, -140, left=True),
        flight(ident, -1580, left=True, landed=True, status="Arrived"),
    ]
    return {"links": None, "num_pages": 1, "flights": flights}


def flights(ask: Ask) -> Any:
    """Delta flies, nobody else does."""
    if not all(_ISO.fullmatch(ask.query.get(name, "")) for name in ("start", "end")):
        return failure(400, "Invalid argument", "start and end must be ISO 8601 times")
    known = re.fullmatch(r"DAL\d+", ask.args["ident"])
    return flights_body(ask.args["ident"]) if known else {"links": None, "num_pages": 1, "flights": []}


def failure(status: int, title: str, detail: str) -> Reply:
    """As the AeroAPI shapes its errors."""
    reason = title.upper().replace(" ", "_")
    return Reply({"title": title, "reason": reason, "detail": detail, "status": status}, status)


SERVICE = Service(
    name="flightaware",
    settings={"FLIGHTAWARE_API_KEY": "{key}", "FLIGHTAWARE_BASE_URL": "{url}"},
    authorize=auth.header("x-apikey", failure(401, "Unauthorized", "Invalid API key")),
    routes=[Route("GET", "/flights/{ident}", flights)],
    errors={
        400: failure(400, "Invalid argument", "ident is not valid"),
        401: failure(401, "Unauthorized", "Invalid API key"),
        404: failure(404, "Not found", "no such endpoint"),
        429: failure(429, "Too many requests", "rate limit exceeded"),
    },
)
