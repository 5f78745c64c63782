"""AviationStack: the flights of one number, with local times that claim to be UTC."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from odai_core.testing.upstreams import auth
from odai_core.testing.upstreams.service import Ask, Reply, Route, Service

JFK = {"airport": "John F Kennedy International", "timezone": "America/New_York", "iata": "JFK", "icao": "KJFK"}
LAX = {"airport": "Los Angeles International", "timezone": "America/Los_Angeles", "iata": "LAX", "icao": "KLAX"}


def failure(status: int, code: str, message: str, **more: Any) -> Reply:
    """As AviationStack shapes its errors."""
    return Reply({"error": {"code": code, "message": message} | more}, status)


def moment(zone: str, minutes: int) -> str:
    """The airport's clock so many minutes from now, with the offset of another place."""
    return f"{datetime.now(ZoneInfo(zone)) + timedelta(minutes=minutes):%Y-%m-%dT%H:%M:00+00:00}"


def flight(number: str, leaves: int, status: str, **more: Any) -> dict[str, Any]:
    """From New York to Los Angeles, due to leave in `leaves` minutes; 21 minutes late once it has left."""
    left, landed = status in ("active", "landed"), status == "landed"
    out, into = JFK["timezone"], LAX["timezone"]
    departure: dict[str, Any] = JFK | {
        "terminal": "4", "gate": "B32", "delay": 21 if left else None, "scheduled": moment(out, leaves),
        "estimated": moment(out, leaves), "actual": moment(out, leaves + 21) if left else None,
        "estimated_runway": None, "actual_runway": None,
    }  # fmt: skip
    arrival: dict[str, Any] = LAX | {
        "terminal": "3", "gate": "36", "baggage": "4", "delay": None, "scheduled": moment(into, leaves + 350),
        "estimated": moment(into, leaves + 365), "actual": moment(into, leaves + 366) if landed else None,
        "estimated_runway": None, "actual_runway": None,
    }  # fmt: skip
    return {
        "flight_date": departure["scheduled"][:10], "flight_status": status, "departure": departure,
        "arrival": arrival, "airline": {"name": "Delta Air Lines", "iata": "DL", "icao": "DAL"},
        "flight": {"number": number, "iata": f"DL{number}", "icao": f"DAL{number}", "codeshared": None},
        "aircraft": None, "live": None,
    } | more  # fmt: skip


def page(flights: list[dict[str, Any]]) -> dict[str, Any]:
    """What every list comes in."""
    return {"pagination": {"limit": 100, "offset": 0, "count": len(flights), "total": len(flights)}, "data": flights}


def flights(ask: Ask) -> Any:
    """Delta flies, nobody else does. Days are for larger plans, but for the one ten days ago."""
    ident = ask.query.get("flight_iata") or ask.query.get("flight_icao") or ""
    if not re.fullmatch(r"[A-Z0-9]{3,8}", ident):
        context = {"flight_iata": [{"key": "invalid", "message": "This value is not valid."}]}
        return failure(422, "validation_error", "Request failed with validation error", context=context)
    known = re.fullmatch(r"(?:DL|DAL)(\d+)", ident)
    if known is None:
        return page([])
    if "flight_date" not in ask.query:
        return page([flight(known[1], -1580, "landed"), flight(known[1], -140, "active")])
    day = date.fromisoformat(ask.query["flight_date"])
    if day != datetime.now(UTC).date() - timedelta(days=10):
        return failure(403, "function_access_restricted", "Your current subscription plan does not support this.")
    return page([flight(known[1], -1440 * 10, "landed", flight_date=f"{day}")])


SERVICE = Service(
    name="aviationstack",
    settings={"AVIATIONSTACK_API_KEY": "{key}", "AVIATIONSTACK_BASE_URL": "{url}"},
    authorize=auth.query("access_key", failure(401, "invalid_access_key", "You have not supplied a valid API key.")),
    routes=[Route("GET", "/flights", flights)],
    errors={
        401: failure(401, "invalid_access_key", "You have not supplied a valid API Access Key."),
        403: failure(403, "function_access_restricted", "Your current subscription plan does not support this."),
        404: failure(404, "invalid_api_function", "This API Function does not exist."),
        422: failure(422, "validation_error", "Request failed with validation error"),
        429: failure(429, "rate_limit_reached", "You have exceeded the number of requests a minute."),
        500: failure(500, "internal_error", "An error occurred."),
    },
)
