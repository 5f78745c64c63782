"""What is said of packages, by the caller's clock; a tracking number is never read out beyond its last four."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from odai_core import speech
from odai_tool_easypost.shapes import Location, Tracker, moment

TOLD = 3

_STATES = {
    "AL": "Alabama", "AK": "Alaska", "AZ": "Arizona", "AR": "Arkansas", "CA": "California", "CO": "Colorado",
    "CT": "Connecticut", "DE": "Delaware", "DC": "D C", "FL": "Florida", "GA": "Georgia", "HI": "Hawaii",
    "ID": "Idaho", "IL": "Illinois", "IN": "Indiana", "IA": "Iowa", "KS": "Kansas", "KY": "Kentucky",
    "LA": "Louisiana", "ME": "Maine", "MD": "Maryland", "MA": "Massachusetts", "MI": "Michigan", "MN": "Minnesota",
    "MS": "Mississippi", "MO": "Missouri", "MT": "Montana", "NE": "Nebraska", "NV": "Nevada", "NH": "New Hampshire",
    "NJ": "New Jersey", "NM": "New Mexico", "NY": "New York", "NC": "North Carolina", "ND": "North Dakota",
    "OH": "Ohio", "OK": "Oklahoma", "OR": "Oregon", "PA": "Pennsylvania", "PR": "Puerto Rico", "RI": "Rhode Island",
    "SC": "South Carolina", "SD": "South Dakota", "TN": "Tennessee", "TX": "Texas", "UT": "Utah", "VT": "Vermont",
    "VA": "Virginia", "WA": "Washington", "WV": "West Virginia", "WI": "Wisconsin", "WY": "Wyoming",
}  # fmt: skip
_CARRIERS = {
    "DHLExpress": "DHL", "DHLEcs": "DHL", "FedExSmartPost": "FedEx", "FedEx": "FedEx", "OnTrac": "OnTrac",
    "UPSMailInnovations": "UPS", "LaserShipV2": "LaserShip",
}  # fmt: skip
# In the order in which somebody wants to hear of them.
_IS = {
    "out_for_delivery": "is out for delivery",
    "available_for_pickup": "is ready to be picked up",
    "failure": "could not be delivered",
    "return_to_sender": "is going back to the sender",
    "in_transit": "is on its way",
    "pre_transit": "has a label but has not been handed over yet",
    "error": "cannot be tracked at the moment",
    "unknown": "has no news yet",
    "delivered": "was delivered",
    "cancelled": "was cancelled",
}
_COMING = frozenset({"out_for_delivery", "in_transit", "pre_transit"})
_SEEN = frozenset({"out_for_delivery", "available_for_pickup", "failure", "return_to_sender", "in_transit"})
_ORDINALS = ("First", "Second", "Third")


def one(tracker: Tracker, now: datetime, zone: str, *, whose: str = "Your") -> str:
    """Where it is and when it comes, in up to three sentences."""
    name = f"{_carrier(tracker)} package".strip()
    if state(tracker) == "unknown":
        return f"I've started tracking {whose.lower()} {name}. There is no news yet, so ask me again in a few minutes."
    status = f"{whose} {name} {_IS[state(tracker)]}{_delivery(tracker, now, zone, whole=True)}."
    seen, coming = _last_seen(tracker, now, zone), _expected(tracker, now, zone)
    return speech.fit(
        " ".join(part for part in (status, seen, coming) if part),
        " ".join(part for part in (status, coming) if part),
        status,
    )


def several(trackers: Sequence[Tracker], lacking: int, now: datetime, zone: str) -> str:
    """How many there are, and the three that matter most; `lacking` more could not be asked for."""
    rest = f" I can't get news of {speech.count(lacking, 'more package')}." if lacking else ""
    if len(trackers) == 1:
        return speech.fit(one(trackers[0], now, zone) + rest, one(trackers[0], now, zone))
    count = f"You have {speech.count(len(trackers) + lacking, 'package')}."

    def told(tracker: Tracker, level: int) -> str:
        name = f"the {_carrier(tracker)} package".replace("  ", " ")
        name += f" ending in {_end(tracker)}" if level < 2 and _end(tracker) else ""
        more = [_delivery(tracker, now, zone), _short_expected(tracker, now, zone)] if level < 1 else []
        return f"{name} {_IS[state(tracker)]}{''.join(more)}"

    levels = ([told(tracker, level) for tracker in trackers[:TOLD]] for level in range(3))
    lists = (" ".join(f"{nth}, {said}." for nth, said in zip(_ORDINALS, level, strict=False)) for level in levels)
    return speech.fit(*(f"{count} {said}{rest}" for said in lists))


def urgency(tracker: Tracker) -> int:
    """What is about to happen comes first, what is over last."""
    return list(_IS).index(state(tracker))


def projection(tracker: Tracker, now: datetime, zone: str) -> dict[str, Any]:
    """What a voice model needs to talk about it; the last four are enough to ask for it again."""
    scan = tracker.latest()
    coming = tracker.expected(zone) if state(tracker) in _COMING else None
    seen = moment(scan.datetime) if scan else None
    service = tracker.carrier_detail.service if tracker.carrier_detail else None
    fields = {
        "carrier": _carrier(tracker),
        "status": state(tracker).replace("_", " "),
        "place": _place(scan.tracking_location) if scan else "",
        "last_scan": _at(seen, now, zone) if seen else "",
        "expected": speech.day(coming, speech.local(now, zone).date()) if coming else "",
        "signed_by": _signed_by(tracker),
        "service": speech.clean(service, 40),
        "last_four": tracker.tracking_code[-4:] if tracker.tracking_code.isascii() else "",
    }
    return {name: value for name, value in fields.items() if value}


def state(tracker: Tracker) -> str:
    """One of ten words; what EasyPost may add to them is unknown to us."""
    return tracker.status if tracker.status in _IS else "unknown"


# -- parts of sentences ------------------------------------------------------------------------------


def _carrier(tracker: Tracker) -> str:
    """As people say it: "CanadaPost" -> "Canada Post"."""
    written = tracker.carrier or ""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", speech.clean(written, 30).rstrip("."))
    return _CARRIERS.get(written, apart)


def _end(tracker: Tracker) -> str:
    """The last four: "6784" -> "sixty seven eighty four"."""
    end = tracker.tracking_code[-4:]
    return speech.digits(end) if end.isascii() and end.isalnum() else ""


def _delivery(tracker: Tracker, now: datetime, zone: str, *, whole: bool = False) -> str:
    """When it was delivered; `whole` adds where and who signed."""
    if state(tracker) != "delivered":
        return ""
    scan = tracker.latest("delivered")
    when = moment(scan.datetime) if scan else None
    place = _place(scan.tracking_location) if scan and whole else ""
    signed = _signed_by(tracker) if whole else ""
    parts = [
        f" in {place}," if place and when else f" in {place}" if place else "",
        _at(when, now, zone) if when else "",
    ]
    return " ".join(parts).rstrip() + (f", signed by {signed}" if signed else "")


def _signed_by(tracker: Tracker) -> str:
    return speech.clean(tracker.signed_by, 30).rstrip(".").title()


def _last_seen(tracker: Tracker, now: datetime, zone: str) -> str:
    scan = tracker.latest()
    if scan is None or state(tracker) not in _SEEN:
        return ""
    place, when = _place(scan.tracking_location), moment(scan.datetime)
    return f"It was last seen in {place}{f', {_at(when, now, zone)}' if when else ''}." if place else ""


def _expected(tracker: Tracker, now: datetime, zone: str) -> str:
    day, today = tracker.expected(zone), speech.local(now, zone).date()
    if day is None or state(tracker) not in _COMING:
        return ""
    return f"It {'should arrive' if day >= today else 'was expected'} {speech.day(day, today)}."


def _short_expected(tracker: Tracker, now: datetime, zone: str) -> str:
    day, today = tracker.expected(zone), speech.local(now, zone).date()
    if day is None or state(tracker) not in _COMING or (state(tracker) == "out_for_delivery" and day == today):
        return ""
    return f", {'expected' if day >= today else 'and was expected'} {speech.day(day, today)}"


def _place(where: Location | None) -> str:
    """Say "Houston, Texas" for "HOUSTON", "TX"."""
    city = speech.clean(where.city if where else None, 30).rstrip(".")
    if where is None or not city:
        return ""
    country = (where.country or "US").upper()
    state = _STATES.get((where.state or "").upper(), "") if country in ("US", "USA") else ""
    return ", ".join(part for part in (city.title() if city.isupper() else city, state) if part)


def _at(when: datetime, now: datetime, zone: str) -> str:
    there = speech.local(when, zone)
    return f"{speech.day(there.date(), speech.local(now, zone).date())} at {speech.clock(there)}"
