"""Amtraker version 3: the trains of one number."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

from odai_core.testing.upstreams import auth
from odai_core.testing.upstreams.service import Ask, Route, Service

EASTERN = timezone(timedelta(hours=-5))


def train(number: str, started: int, day: int = 22) -> dict[str, Any]:
    """An Acela that left Washington `started` minutes ago and is twelve minutes late."""

    def at(minutes: int) -> str:
        return (datetime.now(EASTERN) + timedelta(minutes=minutes - started)).isoformat(timespec="seconds")

    def stop(name: str, code: str, arrives: int, leaves: int, late: int, status: str) -> dict[str, Any]:
        return {
            "name": name, "code": code, "tz": "America/New_York", "bus": False, "schArr": at(arrives),
            "schDep": at(leaves), "arr": at(arrives + late), "dep": at(leaves + late) if code != "BOS" else "",
            "arrCmnt": "", "depCmnt": "", "status": status, "stopIconColor": "#2a893d", "platform": "",
        }  # fmt: skip

    return {
        "routeName": "Acela", "trainNum": number, "trainNumRaw": number, "trainID": f"{number}-{day}", "lat": 40.7506,
        "lon": -73.9935, "heading": "NE", "velocity": 61.4, "trainTimely": "", "trainState": "Active",
        "statusMsg": " ", "eventCode": "NYP", "eventName": "New York Penn", "eventTZ": "America/New_York",
        "origCode": "WAS", "origName": "Washington Union", "originTZ": "America/New_York", "destCode": "BOS",
        "destName": "Boston South", "destTZ": "America/New_York",
        "stations": [
            stop("Washington Union", "WAS", 0, 0, 2, "Departed"),
            stop("New York Penn", "NYP", 174, 180, 12, "Enroute"),
            stop("Boston South", "BOS", 388, 388, 12, "Enroute"),
        ],
        "createdAt": at(started - 600), "updatedAt": at(started - 1), "lastValTS": at(started - 2), "objectID": 5512,
        "provider": "Amtrak", "providerShort": "AMTK", "onlyOfTrainNum": True, "alerts": [{"message": "..."}],
    }  # fmt: skip


def trains_body(number: str) -> dict[str, Any] | list[Any]:
    """2150 and 2151 run once, 5 runs twice, every other number is the empty list that means unknown."""
    number, _, day = number.partition("-")
    if number in ("2150", "2151"):
        return {number: [train(number, 160)]}
    if number == "5":
        trains = [train("5", 160, 22), train("5", 1600, 21)]
        return {"5": [train for train in trains if train["trainID"] == f"5-{day}" or not day]}
    return []


def trains(ask: Ask) -> Any:
    """By number or id."""
    return trains_body(ask.args["number"])


SERVICE = Service(
    name="amtrak",
    settings={"AMTRAKER_BASE_URL": "{url}"},
    authorize=auth.anybody,
    routes=[Route("GET", "/v3/trains/{number}", trains)],
)
