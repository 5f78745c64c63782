"""Answers for demo mode, in EasyPost's own shape, with times around now: "now-95m" is 95 minutes ago."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from importlib.resources import files

import msgspec

from odai_tool_easypost.numbers import tracking_code
from odai_tool_easypost.shapes import Tracker

_TIME = re.compile(r'"now([+-]\d+)m"')
_DAY = re.compile(r'"day([+-]\d+)"')


def trackers(now: datetime) -> list[Tracker]:
    """Four packages: one comes today, one is on its way, one waits to be sent, one has come."""
    text = files(__package__).joinpath("samples.json").read_text(encoding="utf-8")
    text = _TIME.sub(lambda match: f'"{now + timedelta(minutes=int(match[1])):%Y-%m-%dT%H:%M:00Z}"', text)
    text = _DAY.sub(lambda match: f'"{now + timedelta(days=int(match[1])):%Y-%m-%dT00:00:00Z}"', text)
    return msgspec.json.decode(text, type=list[Tracker])


def tracker(number: str, now: datetime) -> tuple[Tracker, bool]:
    """One of them by its number or its end. Nobody knows their numbers, so any other one finds the second and False."""
    known = trackers(now)
    code = tracking_code(number, [one.tracking_code for one in known])
    found = next((one for one in known if one.tracking_code == code), None)
    return found or known[1], found is not None
