"""What is said of a flight, in the time of the airport it is about."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from odai_core import speech
from odai_tool_flightaware.shapes import Airport, Flight

ON_TIME = 180
"""Seconds that nobody calls late."""


def status(flight: Flight, name: str, now: datetime) -> str:
    """One or two sentences: where it is, when it leaves or lands, how late, and from which gate."""
    route = f"{name}{_way('from', flight.origin)}{_way('to', flight.destination)}"
    if flight.cancelled:
        when = _at(flight.scheduled_out, flight.origin, now)
        return f"{route} is listed as cancelled." + (f" It was to leave {when}." if when else "")
    diverted = " has been diverted and" if flight.diverted else ""
    if flight.has_landed:
        when = _at(flight.actual_in or flight.actual_on, flight.destination, now)
        belt = f" Bags come on belt {_code(flight.baggage_claim)}." if _code(flight.baggage_claim) else ""
        return f"{route}{diverted} landed {when}{_late(flight.arrival_delay)}{_arrival_gate(flight)}.{belt}"
    if flight.has_left:
        doing = "is in the air" if flight.actual_off else "has left the gate"
        when = _at(flight.arrives, flight.destination, now)
        landing = f" It should arrive {when}{_late(flight.arrival_delay)}{_arrival_gate(flight)}." if when else ""
        return f"{route}{diverted} {doing}.{landing}"
    when = _at(flight.departs, flight.origin, now) or "at a time I don't know"
    gate = _gate("from", flight.terminal_origin, flight.gate_origin)
    return f"{route}{diverted} leaves {when}{_late(flight.departure_delay)}{gate}."


def projection(flight: Flight, name: str) -> dict[str, Any]:
    """What a voice model needs for the questions that follow; times are local to the airport."""
    return {
        "flight": name,
        "from": flight.origin.place if flight.origin else None,
        "to": flight.destination.place if flight.destination else None,
        "status": speech.clean(flight.status, 60),
        "departs": _local_text(flight.departs, flight.origin),
        "arrives": _local_text(flight.arrives, flight.destination),
        "departure_delay_minutes": _minutes(flight.departure_delay),
        "arrival_delay_minutes": _minutes(flight.arrival_delay),
        "gate_from": speech.clean(flight.gate_origin, 12) or None,
        "gate_to": speech.clean(flight.gate_destination, 12) or None,
        "terminal_to": speech.clean(flight.terminal_destination, 12) or None,
        "baggage_claim": speech.clean(flight.baggage_claim, 12) or None,
    }


def _way(word: str, airport: Airport | None) -> str:
    return f" {word} {speech.clean(airport.place, 30)}" if airport else ""


def _at(moment: datetime | None, airport: Airport | None, now: datetime) -> str:
    """With the day unless it is today where the airport is: "at ten fifty AM", "tomorrow at noon"."""
    if moment is None:
        return ""
    zone = (airport and airport.timezone) or "UTC"
    there = speech.local(moment, zone)
    day = speech.day(there.date(), speech.local(now, zone).date())
    return f"{'' if day == 'today' else day + ' '}at {speech.clock(there)}"


def _late(delay: int | None) -> str:
    if delay is None:
        return ""
    if abs(delay) <= ON_TIME:
        return ", on time"
    return f", {speech.duration(delay)} {'late' if delay > 0 else 'early'}"


def _arrival_gate(flight: Flight) -> str:
    return _gate("at", flight.terminal_destination, flight.gate_destination)


def _gate(word: str, terminal: str | None, gate: str | None) -> str:
    places = (("terminal", _code(terminal)), ("gate", _code(gate)))
    said = ", ".join(f"{kind} {code}" for kind, code in places if code)
    return f", {word} {said}" if said else ""


def _code(text: str | None) -> str:
    """As people say it, "B32" -> "B thirty two"."""
    parts = re.findall(r"[0-9]+|[^\W\d_]+", speech.clean(text, 12))
    return " ".join(speech.digits(part) if part.isdecimal() else part for part in parts)


def _local_text(moment: datetime | None, airport: Airport | None) -> str | None:
    return f"{speech.local(moment, (airport and airport.timezone) or 'UTC'):%Y-%m-%d %H:%M}" if moment else None


def _minutes(delay: int | None) -> int | None:
    return None if delay is None else round(delay / 60)
