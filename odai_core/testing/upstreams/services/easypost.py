"""EasyPost, version 2: trackers by number and by id."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from odai_core.testing.upstreams import auth
from odai_core.testing.upstreams.service import Ask, Reply, Route, Service

STATUS = {
    "EZ1000000001": "pre_transit", "EZ2000000002": "in_transit", "EZ3000000003": "out_for_delivery",
    "EZ4000000004": "delivered", "EZ5000000005": "return_to_sender", "EZ6000000006": "failure",
    "EZ7000000007": "unknown",
}  # fmt: skip
"""EasyPost's own test numbers; every other number is in transit, and one that begins with "BAD" is refused."""
GONE = "GONE12345678"
"""Its tracker can be made, but is not there any more when asked for by id."""


def ago(minutes: float) -> str:
    """A time that many minutes before now."""
    return f"{datetime.now(UTC) - timedelta(minutes=minutes):%Y-%m-%dT%H:%M:%SZ}"


def tracker(code: str, **more: Any) -> dict[str, Any]:
    """A tracker with every field we know of. Its id is the same each time, as EasyPost's duplicate rule has it."""
    status = STATUS.get(code, "in_transit")
    news = status != "unknown"
    expected = f"{datetime.now(UTC) + timedelta(days=2):%Y-%m-%dT00:00:00Z}"
    return {
        "id": f"trk_{code.lower()}", "object": "Tracker", "mode": "test", "tracking_code": code, "status": status,
        "status_detail": "arrived_at_facility" if news else "unknown", "created_at": ago(3000), "updated_at": ago(5),
        "signed_by": "J. TESTER" if status == "delivered" else None, "weight": 12.8 if news else None,
        "est_delivery_date": expected if news else None, "shipment_id": None,
        "carrier": "USPS" if code.startswith(("EZ", "9")) else "UPS",
        "tracking_details": [
            detail("pre_transit", 2900, None, None), detail("in_transit", 1500, "HOUSTON", "TX"),
            detail(status, 90, "CHARLESTON", "SC"),
        ] if news else [],
        "carrier_detail": {
            "object": "CarrierDetail", "service": "UPS Ground", "container_type": None, "est_delivery_date_local": None,
            "est_delivery_time_local": None, "origin_location": "HOUSTON TX, 77001",
            "destination_location": "CHARLESTON SC, 29401", "guaranteed_delivery_date": None,
            "alternate_identifier": None, "initial_delivery_attempt": None,
        } if news else None,
        "finalized": True, "is_return": False, "public_url": "https://track.easypost.com/djE6", "fees": [],
    } | more  # fmt: skip


def detail(status: str, minutes: float, city: str | None, state: str | None) -> dict[str, Any]:
    """A scan."""
    place = {"object": "TrackingLocation", "city": city, "state": state, "country": "US" if city else None, "zip": None}
    return {
        "object": "TrackingDetail", "message": "Arrived at Facility", "description": "", "status": status,
        "status_detail": "arrived_at_facility", "datetime": ago(minutes), "source": "UPS", "carrier_code": "",
        "tracking_location": place,
    }  # fmt: skip


def create(ask: Ask) -> Any:
    """A number EasyPost has already gives the tracker it has."""
    try:
        wanted = ask.json()["tracker"]
        code, carrier = str(wanted["tracking_code"]), wanted.get("carrier")
    except (msgspec.DecodeError, KeyError, TypeError, AttributeError):
        missing = {"field": "tracking_code", "message": "cannot be blank"}
        return failure(422, "PARAMETER.REQUIRED", "Missing required parameter.", [missing])
    if code.startswith("BAD"):
        return failure(422, "TRACKER.CREATE.ERROR", "The tracking number is not valid.", ["no carrier found"])
    return tracker(code, **({"carrier": carrier} if carrier else {}))


def one(ask: Ask) -> Any:
    """By its id."""
    code = ask.args["id"].removeprefix("trk_").upper()
    return tracker(code) if ask.args["id"].startswith("trk_") and code != GONE else failure(404, *NOT_FOUND)


def listed(ask: Ask) -> Any:
    """Those of the test numbers."""
    size = int(ask.query.get("page_size", "20"))
    return {"trackers": [tracker(code) for code in STATUS][:size], "has_more": size < len(STATUS)}


def failure(status: int, code: str, message: str, errors: list[Any]) -> Reply:
    """As EasyPost shapes errors; what is in `errors` may be objects or texts."""
    return Reply({"error": {"code": code, "message": message, "errors": errors}}, status)


NOT_FOUND = ("NOT_FOUND", "The requested resource could not be found.", ["not found"])

SERVICE = Service(
    name="easypost",
    settings={"EASYPOST_API_KEY": "{key}", "EASYPOST_BASE_URL": "{url}"},
    authorize=auth.basic(failure(401, "APIKEY.INACTIVE", "This API key is no longer active.", [])),
    routes=[
        Route("POST", "/trackers", create),
        Route("GET", "/trackers", listed),
        Route("GET", "/trackers/{id}", one),
    ],
    errors={
        401: failure(401, "UNAUTHORIZED", "Your request was not authorized.", []),
        402: failure(402, "PAYMENT_REQUIRED", "Please add a payment method first.", []),
        404: failure(404, *NOT_FOUND),
        422: failure(422, "PARAMETER.REQUIRED", "Missing required parameter.", [{"field": "x", "message": "is blank"}]),
        429: failure(429, "RATE_LIMITED", "You have been limited for too many requests.", []),
    },
)
