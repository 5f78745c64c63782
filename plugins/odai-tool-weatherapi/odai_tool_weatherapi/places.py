"""What people call a place -> what WeatherAPI.com is asked: a town, a postcode, coordinates or an airport."""

from __future__ import annotations

import re

from odai_core import ToolError

LONGEST = 100

_HERE = frozenset(
    {"", "here", "outside", "my location", "my place", "current location", "near me", "around here", "my area", "home"}
)
_POSTCODE = re.compile(r"(?:the )?(?:zip(?: ?code)?|postcode|postal code) (?=.*[0-9])", re.IGNORECASE)
_NUMBER = r"([-+]?[0-9]{1,3}(?:\.[0-9]{1,12})?)"
_COORDINATES = re.compile(rf"{_NUMBER}\s*,\s*{_NUMBER}")
_AIRPORT = re.compile(r"(iata|metar)\s*:\s*([a-z0-9]{3,4})", re.IGNORECASE)


def query(said: str, caller_place: str | None) -> str:
    """The text to ask for; `caller_place` stands in for "here".

    Raises `ToolError("bad_request")` with the question to ask back.
    """
    place = _POSTCODE.sub("", " ".join(said[: 2 * LONGEST].split()), count=1)
    if place.casefold() in _HERE:
        place = " ".join((caller_place or "").split())
    coordinates = _COORDINATES.fullmatch(place)
    if coordinates:
        return _on_earth(float(coordinates[1]), float(coordinates[2]))
    airport = _AIRPORT.fullmatch(place)
    if airport:
        return f"{airport[1].lower()}:{airport[2].upper()}"
    # With a colon begin WeatherAPI.com's own commands: "auto:ip" would find this server, not the caller.
    if not re.search(r"\w", place) or ":" in place or len(place) > LONGEST:
        raise ToolError("bad_request", "For which town or ZIP code do you want the weather?")
    return place


def _on_earth(latitude: float, longitude: float) -> str:
    if abs(latitude) > 90 or abs(longitude) > 180:
        raise ToolError("bad_request", "That is no place on Earth. For which town do you want the weather?")
    return f"{latitude:g},{longitude:g}"
