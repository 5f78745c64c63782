"""Answers for demo mode, in the AeroAPI's own shape, with times around now: "now-95m" is 95 minutes ago."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from importlib.resources import files

import msgspec

from odai_core import ToolError
from odai_tool_flightaware.shapes import Flights

_TIME = re.compile(r'"now([+-]\d+)m"')


def flights(ident: str, now: datetime) -> Flights:
    """The flights of that number."""
    text = files(__package__).joinpath("samples.json").read_text(encoding="utf-8")
    dated = _TIME.sub(lambda match: f'"{now + timedelta(minutes=int(match[1])):%Y-%m-%dT%H:%M:00Z}"', text)
    known = msgspec.json.decode(dated, type=Flights)
    found = Flights(flights=[flight for flight in known.flights if flight.ident == ident])
    if not found.flights:
        said = "My sample data only knows Delta 113, United 2150, JetBlue 915, Southwest 1432 and British Airways 212."
        raise ToolError("not_found", said)
    return found
