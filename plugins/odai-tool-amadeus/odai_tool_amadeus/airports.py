"""What people call a place to fly from -> its IATA code, and a city's code -> its airports."""

from __future__ import annotations

import re
import unicodedata

from odai_core import ToolError

_CODE = re.compile(r"[A-Za-z]{3}", re.ASCII)
_BESIDE = re.compile(r"\b(?:the|international|intl|airport|city)\b|[^a-z ]")

CITIES: dict[str, tuple[str, ...]] = {
    "BJS": ("PEK", "PKX"),
    "BUE": ("EZE", "AEP"),
    "CHI": ("ORD", "MDW"),
    "LON": ("LHR", "LGW", "STN", "LTN", "LCY"),
    "MIL": ("MXP", "LIN", "BGY"),
    "MOW": ("SVO", "DME", "VKO"),
    "NYC": ("JFK", "LGA", "EWR"),
    "OSA": ("KIX", "ITM"),
    "PAR": ("CDG", "ORY"),
    "RIO": ("GIG", "SDU"),
    "ROM": ("FCO", "CIA"),
    "SAO": ("GRU", "CGH", "VCP"),
    "SEL": ("ICN", "GMP"),
    "STO": ("ARN", "BMA"),
    "TYO": ("HND", "NRT"),
    "WAS": ("IAD", "DCA", "BWI"),
    "YMQ": ("YUL",),
    "YTO": ("YYZ", "YTZ"),
}
"""Codes that stand for all airports of a city; Google knows airports only."""

_NAMES = {
    "AMS": "Amsterdam", "ATH": "Athens", "ATL": "Atlanta", "AUS": "Austin", "BCN": "Barcelona", "BER": "Berlin",
    "BJS": "Beijing", "BKK": "Bangkok", "BNA": "Nashville", "BOM": "Mumbai", "BOS": "Boston", "BRU": "Brussels",
    "BUE": "Buenos Aires", "CAI": "Cairo", "CHI": "Chicago", "CLT": "Charlotte", "CPH": "Copenhagen", "CUN": "Cancun",
    "DEL": "Delhi", "DEN": "Denver", "DFW": "Dallas", "DTW": "Detroit", "DUB": "Dublin", "DXB": "Dubai",
    "FLL": "Fort Lauderdale", "FRA": "Frankfurt", "GVA": "Geneva", "HEL": "Helsinki", "HKG": "Hong Kong",
    "HNL": "Honolulu", "IAH": "Houston", "IST": "Istanbul", "JNB": "Johannesburg", "LAS": "Las Vegas",
    "LAX": "Los Angeles", "LIS": "Lisbon", "LON": "London", "MAD": "Madrid", "MCO": "Orlando", "MEX": "Mexico",
    "MIA": "Miami", "MIL": "Milan", "MOW": "Moscow", "MSP": "Minneapolis", "MSY": "New Orleans", "MUC": "Munich",
    "NYC": "New York", "OSA": "Osaka", "OSL": "Oslo", "PAR": "Paris", "PDX": "Portland", "PHL": "Philadelphia",
    "PHX": "Phoenix", "PIT": "Pittsburgh", "PRG": "Prague", "RDU": "Raleigh", "RIO": "Rio de Janeiro", "ROM": "Rome",
    "SAN": "San Diego", "SAO": "Sao Paulo", "SEA": "Seattle", "SEL": "Seoul", "SFO": "San Francisco", "SHA": "Shanghai",
    "SIN": "Singapore", "SJC": "San Jose", "SLC": "Salt Lake", "STO": "Stockholm", "SYD": "Sydney", "TLV": "Tel Aviv",
    "TPA": "Tampa", "TYO": "Tokyo", "VIE": "Vienna", "WAS": "Washington", "WAW": "Warsaw", "YMQ": "Montreal",
    "YTO": "Toronto", "YVR": "Vancouver", "ZRH": "Zurich",
}  # fmt: skip
_NICKNAMES = {
    "logan": "BOS", "heathrow": "LHR", "gatwick": "LGW", "kennedy": "JFK", "laguardia": "LGA", "newark": "EWR",
    "ohare": "ORD", "midway": "MDW", "dulles": "IAD", "reagan": "DCA", "charles de gaulle": "CDG", "orly": "ORY",
    "haneda": "HND", "narita": "NRT", "washington dc": "WAS", "vegas": "LAS", "la": "LAX",
}  # fmt: skip


def code(said: str) -> str:
    """Three letters as they are, in capitals; a large city by its name.

    Raises `ToolError("bad_request")` with the question to ask back.
    """
    text = said.strip()[:80]
    known = _BY_NAME.get(_key(text))
    if known is None and _CODE.fullmatch(text):
        return text.upper()
    if known is None:
        raise ToolError("bad_request", "Which airport is that? Tell me its three-letter code.")
    return known


def airports(place: str) -> tuple[str, ...]:
    """All airports a code stands for."""
    return CITIES.get(place, (place,))


def city(place: str) -> str:
    """The name of a code as far as we know it, else its letters one by one."""
    name = _NAMES.get(place) or next((_NAMES[one] for one, several in CITIES.items() if place in several), "")
    return name or " ".join(place)


def _key(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.casefold()).encode("ascii", "ignore").decode()
    return " ".join(_BESIDE.sub(" ", re.sub(r"['.]", "", plain)).split())


_BY_NAME = {_key(name): code for code, name in _NAMES.items()} | _NICKNAMES
