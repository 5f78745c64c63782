"""A ledger on both databases, with a clock in the test's hand."""

import pytest

from odai_core.settings import Settings
from odai_core.usage.ledger import Ledger
from tests.store.conftest import Clock, database, postgres, url

__all__ = ["database", "postgres", "url"]

NOON = 1_795_521_600.0
"""2026-11-24 12:00 UTC."""


@pytest.fixture
def clock():
    return Clock(NOON)


@pytest.fixture
def ledger(database, clock):
    """`ledger(ODAI_DAILY_USD="1")` makes one with these settings; all of a test share a database."""

    def make(**texts):
        return Ledger(database, Settings({"ODAI_SECRET": "s", **texts}).core, clock)

    return make
