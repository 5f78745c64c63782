"""Sentences about packages, on one afternoon in November, by a clock in New York."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import msgspec
import pytest
from odai_tool_easypost import spoken
from odai_tool_easypost.shapes import Tracker

from odai_core.testing.kit import ear
from odai_core.testing.upstreams.services import easypost as standin

NOW = datetime(2026, 11, 22, 20, 0, tzinfo=UTC)
ZONE = "America/New_York"


def scan(status: str, when: str | None, city: str | None = "HOUSTON", state: str | None = "TX", **more: Any) -> Any:
    body = standin.detail(status, 0, city, state) | {"datetime": when}
    return body | {"tracking_location": body["tracking_location"] | more}


def tracker(status: str = "in_transit", **more: Any) -> Tracker:
    scans = [scan("pre_transit", "2026-11-20T10:00:00Z", None, None), scan(status, "2026-11-22T13:25:26Z")]
    body = standin.tracker(
        "1Z999AA10123456784",
        **({"status": status, "tracking_details": scans, "est_delivery_date": "2026-11-24T00:00:00Z"} | more),
    )
    return msgspec.json.decode(msgspec.json.encode(body), type=Tracker)


SEEN = "It was last seen in Houston, Texas, today at eight twenty five AM."


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (tracker(), f"Your UPS package is on its way. {SEEN} It should arrive on Tuesday."),
        (tracker("out_for_delivery", est_delivery_date="2026-11-22T00:00:00Z"),
         f"Your UPS package is out for delivery. {SEEN} It should arrive today."),
        (tracker("in_transit", est_delivery_date="2026-11-20T00:00:00Z", tracking_details=None),
         "Your UPS package is on its way. It was expected last Friday."),
        (tracker("pre_transit"),
         "Your UPS package has a label but has not been handed over yet. It should arrive on Tuesday."),
        (tracker("delivered", signed_by="J. TESTER."),
         "Your UPS package was delivered in Houston, Texas, today at eight twenty five AM, signed by J. Tester."),
        (tracker("delivered", tracking_details=[scan("delivered", "2026-11-22T03:00:00Z", None)]),
         "Your UPS package was delivered yesterday at ten PM."),
        (tracker("delivered", tracking_details=[scan("delivered", None)]),
         "Your UPS package was delivered in Houston, Texas."),
        (tracker("delivered", tracking_details=[]), "Your UPS package was delivered."),
        (tracker("available_for_pickup"), f"Your UPS package is ready to be picked up. {SEEN}"),
        (tracker("return_to_sender", tracking_details=[scan("x", "soon", "Ulm", "BW", country="DE")]),
         "Your UPS package is going back to the sender. It was last seen in Ulm."),
        (tracker("failure", tracking_details=[scan("x", "2026-11-22T13:25:26Z", None)]),
         "Your UPS package could not be delivered."),
        (tracker("cancelled"), "Your UPS package was cancelled."),
        (tracker("error"), "Your UPS package cannot be tracked at the moment."),
        (tracker("unknown", carrier=None),
         "I've started tracking your package. There is no news yet, so ask me again in a few minutes."),
        (tracker("teleported", carrier="DHLExpress"),
         "I've started tracking your DHL package. There is no news yet, so ask me again in a few minutes."),
        (tracker("cancelled", carrier="CanadaPost"), "Your Canada Post package was cancelled."),
        (tracker("cancelled", carrier="<b>https://evil.example</b>"), "Your package was cancelled."),
    ],
)  # fmt: skip
def test_each_state_has_its_sentence(told, said):
    assert spoken.one(told, NOW, ZONE) == said
    assert not ear.problems(said)


@pytest.mark.parametrize(
    ("more", "day"),
    [
        ({"est_delivery_date": "2026-11-24T00:00:00Z"}, date(2026, 11, 24)),
        ({"est_delivery_date": "2026-11-24T02:00:00Z"}, date(2026, 11, 23)),
        ({"est_delivery_date": "2026-11-24"}, date(2026, 11, 24)),
        ({"est_delivery_date": "2026-11-24T18:00:00"}, date(2026, 11, 24)),
        ({"carrier_detail": {"est_delivery_date_local": "2026-11-25"}}, date(2026, 11, 25)),
        ({"carrier_detail": {"est_delivery_date_local": "2026-11-25T10:00:00"}}, date(2026, 11, 25)),
        ({"est_delivery_date": "soon"}, None),
        ({"est_delivery_date": None}, None),
    ],
)
def test_the_day_is_the_one_where_it_arrives(more, day):
    assert tracker(**more).expected(ZONE) == day


def test_the_last_scan_counts_in_whatever_order_they_come():
    scans = [scan("in_transit", "2026-11-22T13:25:26Z"), scan("in_transit", "2026-11-21T10:00:00Z", "DALLAS")]
    assert "Houston" in spoken.one(tracker(tracking_details=scans), NOW, ZONE)


def test_several_are_told_apart_by_their_last_four():
    late = tracker("in_transit", est_delivery_date="2026-11-20T00:00:00Z", tracking_code="ABCDEFGH")
    today = tracker("out_for_delivery", est_delivery_date="2026-11-22T00:00:00Z")
    assert spoken.several([today, late], 0, NOW, ZONE) == (
        "You have two packages. First, the UPS package ending in sixty seven eighty four is out for delivery. Second, "
        "the UPS package ending in E F G H is on its way, and was expected last Friday."
    )
    assert spoken.several([tracker("cancelled")], 0, NOW, ZONE) == "Your UPS package was cancelled."
    assert spoken.several([tracker("cancelled")], 2, NOW, ZONE).endswith("I can't get news of two more packages.")


def test_many_with_long_names_still_fit():
    long = tracker("pre_transit", carrier="Extraordinarily Slow Carriers")
    said = spoken.several([long] * 9, 3, NOW, ZONE)
    assert said.startswith("You have twelve packages. First, ")
    assert "ending in" not in said
    assert not ear.problems(said)
    unnamed = spoken.several([tracker("cancelled", carrier=None, tracking_code="1-2-")] * 2, 0, NOW, ZONE)
    assert unnamed == "You have two packages. First, the package was cancelled. Second, the package was cancelled."


def test_a_voice_model_gets_the_last_four_only():
    assert spoken.projection(tracker(), NOW, ZONE) == {
        "carrier": "UPS", "status": "in transit", "place": "Houston, Texas",
        "last_scan": "today at eight twenty five AM", "expected": "on Tuesday", "service": "UPS Ground",
        "last_four": "6784",
    }  # fmt: skip
    bare = tracker("delivered", carrier_detail=None, tracking_details=None, tracking_code="١٢٣٤", carrier=None)
    assert spoken.projection(bare, NOW, ZONE) == {"status": "delivered"}


def test_what_needs_somebody_comes_first():
    states = ["delivered", "unknown", "out_for_delivery", "in_transit", "failure"]
    ordered = sorted((tracker(state) for state in states), key=spoken.urgency)
    assert [one.status for one in ordered] == ["out_for_delivery", "failure", "in_transit", "unknown", "delivered"]
