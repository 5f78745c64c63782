"""What is said of a flight, in the time of the airport it is about."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from odai_core import speech
from odai_tool_flights.shapes import End, Flight

ON_TIME = 3
"""Minutes that nobody calls late."""


def status(flight: Flight, name: str, now: datetime) -> str:
    """One or two sentences: where it is, when it leaves or lands, how late, and from which gate."""
    out, into = flight.departure, flight.arrival
    route = f"{name}{_way('from', out)}{_way('to', into)}"
    if flight.cancelled:
        when = _at(out.planned, now)
        return f"{route} is listed as cancelled." + (f" It was to leave {when}." if when else "")
    if flight.has_landed:
        belt = f" Bags come on belt {_code(into.baggage)}." if _code(into.baggage) else ""
        when = _at(into.happens, now)
        return speech.fit(
            f"{route} landed{when and ' ' + when}{_late(into)}{_gate('at', into)}.{belt}", f"{route} landed."
        )
    if flight.has_left:
        doing = "has been diverted" if flight.flight_status == "diverted" else "is in the air"
        when = _at(into.happens, now)
        landing = f" It should arrive {when}{_late(into)}{_gate('at', into)}." if when else ""
        return speech.fit(f"{route} {doing}.{landing}", f"{route} {doing}.")
    when = _at(out.happens, now) or "at a time I don't know"
    return speech.fit(f"{route} leaves {when}{_late(out)}{_gate('from', out)}.", f"{route} leaves {when}.")


def projection(flight: Flight, name: str) -> dict[str, Any]:
    """What a model needs for the questions that follow; times are local to the airport."""
    out, into = flight.departure, flight.arrival
    return {
        "flight": name,
        "status": speech.clean(flight.flight_status, 20) or None,
        "from": speech.clean(out.place, 40),
        "to": speech.clean(into.place, 40),
        "departs": _text(out.happens),
        "arrives": _text(into.happens),
        "departure_delay_minutes": out.late,
        "arrival_delay_minutes": into.late,
        "gate_from": speech.clean(out.gate, 12) or None,
        "gate_to": speech.clean(into.gate, 12) or None,
        "terminal_to": speech.clean(into.terminal, 12) or None,
        "baggage_claim": speech.clean(into.baggage, 12) or None,
    }


def _way(word: str, end: End) -> str:
    place = speech.clean(end.place, 40).rstrip(".")
    return f" {word} {place}" if place else ""


def _at(moment: datetime | None, now: datetime) -> str:
    """With the day unless it is today where the airport is: "at ten fifty AM", "tomorrow at noon"."""
    if moment is None:
        return ""
    day = speech.day(moment.date(), now.astimezone(moment.tzinfo).date())
    return f"{'' if day == 'today' else day + ' '}at {speech.clock(moment)}"


def _late(end: End) -> str:
    late = end.late
    if late is None:
        return ""
    return ", on time" if abs(late) <= ON_TIME else f", {speech.duration(late * 60)} {'late' if late > 0 else 'early'}"


def _gate(word: str, end: End) -> str:
    places = (("terminal", _code(end.terminal)), ("gate", _code(end.gate)))
    said = ", ".join(f"{kind} {code}" for kind, code in places if code)
    return f", {word} {said}" if said else ""


def _code(text: str | None) -> str:
    """As people say it, "B32" -> "B thirty two"."""
    parts = re.findall(r"[0-9]+|[^\W\d_]+", speech.clean(text, 12))
    return " ".join(speech.digits(part) if part.isdecimal() else part for part in parts)


def _text(moment: datetime | None) -> str | None:
    return f"{moment:%Y-%m-%d %H:%M}" if moment else None
