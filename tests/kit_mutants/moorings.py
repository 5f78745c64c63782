"""The harbour service behind the sample plugin that works with accounts."""

from __future__ import annotations

from typing import Any

from odai_core.testing.upstreams import Ask, Reply, Route, Service

HAPPY = {"get_my_moorings": {}, "book_mooring": {"harbour": "Dover"}, "cancel_mooring": {"mooring": "M-1"}}


def allowed(ask: Ask) -> Reply | None:
    token = ask.headers.get("authorization", "").removeprefix("Bearer ")
    if token == f"narrow-{ask.key}":
        return Reply({"message": "This token lacks a scope."}, 403)
    return None if token == ask.key else Reply({"message": "Invalid token"}, 401)


def mine(ask: Ask) -> Any:
    return {"moorings": [{"id": "M-1", "harbour": "Dover"}, {"id": "M-2", "harbour": "Ramsgate"}]}


def book(ask: Ask) -> Any:
    booking = ask.json()
    if booking["id"] in ask.kept:
        return Reply({"message": "There is such a booking."}, 409)
    ask.kept[booking["id"]] = booking
    ask.done.append(booking)
    return {"id": booking["id"], "harbour": booking["harbour"]}


def cancel(ask: Ask) -> Any:
    if ask.args["id"] in ask.kept:
        return Reply({"message": "It is gone."}, 410)
    ask.kept[ask.args["id"]] = True
    ask.done.append({"removed": ask.args["id"]})
    return {"id": ask.args["id"], "harbour": "Dover"}


SERVICE = Service(
    name="moorings",
    settings={"MOORINGS_BASE_URL": "{url}"},
    authorize=allowed,
    routes=[
        Route("GET", "/moorings", mine),
        Route("POST", "/bookings", book),
        Route("DELETE", "/moorings/{id}", cancel),
    ],
    errors={401: {"message": "Invalid token"}, 404: {"message": "There is no such mooring here."}},
)
