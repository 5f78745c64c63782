"""511.org's stop monitoring for Caltrain: the whole line in one answer (the byte order mark in front is left out)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from odai_core.testing.upstreams import auth
from odai_core.testing.upstreams.service import Ask, Reply, Route, Service

STOPS = (("70171", "Palo Alto", "N"), ("70172", "Palo Alto", "S"), ("70211", "Mountain View", "N"))


def visit(stop: str, name: str, direction: str, number: str, line: str, minutes: float, late: float) -> dict[str, Any]:
    """A train that comes to a stop in so many minutes, so many of them late."""

    def at(shift: float) -> str:
        return (datetime.now(UTC) + timedelta(minutes=shift)).strftime("%Y-%m-%dT%H:%M:%SZ")

    goal = ("70011", "San Francisco") if direction == "N" else ("70262", "San Jose Diridon")
    return {
        "RecordedAtTime": at(-0.2),
        "MonitoringRef": stop,
        "MonitoredVehicleJourney": {
            "LineRef": line,
            "DirectionRef": direction,
            "FramedVehicleJourneyRef": {"DataFrameRef": "2026-11-22", "DatedVehicleJourneyRef": number},
            "PublishedLineName": line,
            "OperatorRef": "CT",
            "OriginRef": "70011",
            "OriginName": "San Francisco Caltrain Station",
            "DestinationRef": goal[0],
            "DestinationName": f"{goal[1]} Caltrain Station",
            "Monitored": True,
            "VehicleLocation": {"Longitude": "-122.18", "Latitude": "37.45"},
            "VehicleRef": number,
            "MonitoredCall": {
                "StopPointRef": stop,
                "StopPointName": f"{name} Caltrain Station",
                "VehicleAtStop": "",
                "AimedArrivalTime": at(minutes - late - 1),
                "ExpectedArrivalTime": at(minutes - 1),
                "AimedDepartureTime": at(minutes - late),
                "ExpectedDepartureTime": at(minutes),
            },
        },
    }


def visits() -> list[dict[str, Any]]:
    """Three trains at each stop; the first late, the second without predictions, one that has left."""
    rows = []
    for stop, name, direction in STOPS:
        second = visit(stop, name, direction, "140", "Local Weekday", 30.5, 0)
        call = second["MonitoredVehicleJourney"]["MonitoredCall"]
        call["ExpectedArrivalTime"] = call["ExpectedDepartureTime"] = None
        rows += [
            second,
            visit(stop, name, direction, "412", "Express", 9.2, 3),
            visit(stop, name, direction, "138", "Limited", -9, 0),
        ]
    return rows


def stop_monitoring(ask: Ask) -> Any:
    """All stops, or one by its code."""
    if ask.query.get("agency") != "CT":
        return Reply(b"The agency is not known.", 404)
    wanted = ask.query.get("stopcode")
    rows = [row for row in visits() if wanted in (None, row["MonitoringRef"])]
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    delivery = {"version": "1.4", "ResponseTimestamp": now, "Status": True, "MonitoredStopVisit": rows}
    answer = {"ResponseTimestamp": now, "ProducerRef": "CT", "Status": True, "StopMonitoringDelivery": delivery}
    return {"ServiceDelivery": answer}


SERVICE = Service(
    name="caltrain",
    settings={"CALTRAIN_API_KEY": "{key}", "CALTRAIN_BASE_URL": "{url}"},
    authorize=auth.query("api_key", Reply(b"The provided API key is invalid", 401)),
    routes=[Route("GET", "/transit/StopMonitoring", stop_monitoring)],
    errors={status: Reply(b"Plain words", status) for status in (400, 401, 403, 404, 429, 500)},
)
