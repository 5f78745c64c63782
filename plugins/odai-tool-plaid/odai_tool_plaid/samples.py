"""Answers for demo mode, in Plaid's own shape: two invented banks, with days from today back: "today-3"."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from importlib.resources import files

import msgspec

from odai_tool_plaid.shapes import Bank

_DAY = re.compile(rb'"today-([0-9]{1,3})"')


def banks() -> tuple[Bank, ...]:
    """With their accounts and transactions."""
    today = datetime.now(UTC).date()
    body = files(__package__).joinpath("samples.json").read_bytes()
    dated = _DAY.sub(lambda match: f'"{today - timedelta(days=int(match[1]))}"'.encode(), body)
    return msgspec.json.decode(dated, type=tuple[Bank, ...])
