"""The buoy service behind the sample plugin."""

from __future__ import annotations

from typing import Any

from odai_core.testing.upstreams import Ask, Reply, Route, Service, auth

NAMES = ("Boston Harbor", "Cape Cod", "Nantucket", "Montauk", "Block Island", "Georges Bank")


def waves(ask: Ask) -> Any:
    if not ask.args["id"].startswith("B-"):
        return Reply({"message": "There is no such station here."}, 404)
    return {"station": ask.args["id"], "name": "Boston Harbor", "height": 2.0743, "at": "2026-11-22T13:00:00Z"}


def stations(ask: Ask) -> Any:
    found = () if ask.query.get("near") == "Nowhere" else NAMES
    return {"stations": [{"id": f"B-440{index}", "name": name} for index, name in enumerate(found)]}


SERVICE = Service(
    name="buoys",
    settings={"BUOYS_API_KEY": "{key}", "BUOYS_BASE_URL": "{url}"},
    authorize=auth.header("X-Key", Reply({"message": "Invalid API key"}, 401)),
    routes=[Route("GET", "/stations/{id}/waves", waves), Route("GET", "/stations", stations)],
    errors={404: {"message": "There is no such station here."}, 500: {"message": "The sea is too rough today."}},
)
