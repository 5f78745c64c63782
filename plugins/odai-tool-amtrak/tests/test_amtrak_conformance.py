"""Amtrak passes the standard tests."""

from __future__ import annotations

from odai_core.testing.kit import conformance

TestAmtrak = conformance(
    "amtrak",
    happy={
        "get_amtrak_train_status": [
            {"train_number": "2150"},
            {"train_number": "5-22", "station": "Boston"},
            {"train_number": "five"},
        ]
    },
    unknown={"get_amtrak_train_status": {"train_number": "7"}},
)
