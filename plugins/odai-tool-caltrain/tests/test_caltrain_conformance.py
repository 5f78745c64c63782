"""Caltrain passes the standard tests."""

from __future__ import annotations

from odai_core.testing.kit import conformance

TestCaltrain = conformance(
    "caltrain",
    happy={"get_caltrain_status": {"station": "Palo Alto", "direction": "northbound"}},
    unknown={"get_caltrain_status": {"station": "Atlantis", "direction": "northbound"}},
)
