"""What people call an airline -> its IATA code; the airlines that carry most of the world's passengers."""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from odai_core import ToolError, speech

_NAMES = {
    "3U": "Sichuan Airlines", "4O": "Interjet", "5J": "Cebu Pacific", "6E": "IndiGo", "9E": "Endeavor Air",
    "9W": "Jet Airways", "A3": "Aegean Airlines", "AA": "American Airlines", "AC": "Air Canada", "AF": "Air France",
    "AI": "Air India", "AK": "AirAsia", "AM": "Aeromexico", "AR": "Aerolineas Argentinas", "AS": "Alaska Airlines",
    "AT": "Royal Air Maroc", "AV": "Avianca", "AY": "Finnair", "AZ": "ITA Airways", "B6": "JetBlue",
    "BA": "British Airways", "BR": "EVA Air", "BT": "airBaltic", "CA": "Air China", "CI": "China Airlines",
    "CM": "Copa Airlines", "CX": "Cathay Pacific", "CZ": "China Southern Airlines", "DE": "Condor",
    "DL": "Delta Air Lines", "DY": "Norwegian", "EI": "Aer Lingus", "EK": "Emirates", "ET": "Ethiopian Airlines",
    "EW": "Eurowings", "EY": "Etihad Airways", "F9": "Frontier Airlines", "FI": "Icelandair", "FJ": "Fiji Airways",
    "FR": "Ryanair", "G3": "Gol", "G4": "Allegiant Air", "GA": "Garuda Indonesia", "GF": "Gulf Air",
    "HA": "Hawaiian Airlines", "HU": "Hainan Airlines", "IB": "Iberia", "JJ": "Latam Brasil", "JL": "Japan Airlines",
    "JQ": "Jetstar", "KE": "Korean Air", "KL": "KLM", "KQ": "Kenya Airways", "LA": "Latam", "LH": "Lufthansa",
    "LO": "LOT Polish Airlines", "LS": "Jet2", "LX": "Swiss", "LY": "El Al", "ME": "Middle East Airlines",
    "MH": "Malaysia Airlines", "MS": "EgyptAir", "MU": "China Eastern Airlines", "MX": "Breeze Airways",
    "NH": "All Nippon Airways", "NK": "Spirit Airlines", "NZ": "Air New Zealand", "OO": "SkyWest Airlines",
    "OS": "Austrian Airlines", "OZ": "Asiana Airlines", "PC": "Pegasus Airlines", "PD": "Porter Airlines",
    "PK": "Pakistan International Airlines", "PR": "Philippine Airlines", "QF": "Qantas", "QR": "Qatar Airways",
    "RJ": "Royal Jordanian", "SA": "South African Airways", "SK": "Scandinavian Airlines", "SN": "Brussels Airlines",
    "SQ": "Singapore Airlines", "SU": "Aeroflot", "SV": "Saudia", "SY": "Sun Country Airlines", "TG": "Thai Airways",
    "TK": "Turkish Airlines", "TO": "Transavia France", "TP": "TAP Air Portugal", "TS": "Air Transat", "U2": "easyJet",
    "UA": "United Airlines", "UL": "SriLankan Airlines", "UX": "Air Europa", "VA": "Virgin Australia",
    "VN": "Vietnam Airlines", "VS": "Virgin Atlantic", "VY": "Vueling", "W6": "Wizz Air", "WN": "Southwest Airlines",
    "WS": "WestJet", "XP": "Avelo Airlines", "Y4": "Volaris", "ZH": "Shenzhen Airlines",
}  # fmt: skip
_ALSO = {
    "ana": "NH", "sas": "SK", "jal": "JL", "tap": "TP", "lot": "LO", "pia": "PK", "el al israel": "LY",
    "swissair": "LX", "swiss international": "LX", "norwegian air shuttle": "DY", "klm royal dutch": "KL",
    "china southern": "CZ", "thai international": "TG", "latam chile": "LA", "latam chilean": "LA",
    "saudi arabian": "SV", "ita": "AZ", "ryan": "FR", "speedbird": "BA",
}  # fmt: skip
_FILLER = re.compile(r"\b(?:air ?lines?|airways|flights?|number|no|the|my|with|on|by|ltd|limited|inc)\b|[^a-z0-9 ]")
_IDENT = re.compile(r"([A-Z][A-Z0-9]|[0-9][A-Z]|[A-Z]{3})0*([0-9]{1,4}[A-Z]?)", re.ASCII)
_NUMBER = re.compile(r"0*([0-9]{1,4}[A-Za-z]?)", re.ASCII)


class Ident(NamedTuple):
    """A flight's name in parts. `code` has two characters (IATA) or three (ICAO)."""

    code: str
    number: str

    @property
    def name(self) -> str:
        """As people say it: "Delta one thirteen"."""
        known = _NAMES.get(self.code)
        letter = self.number[-1:] if self.number[-1:].isalpha() else ""
        said = f"{short(known) if known else ' '.join(self.code)} {speech.digits(self.number.removesuffix(letter))}"
        return f"{said} {letter}".strip()

    @property
    def params(self) -> dict[str, str]:
        """How AviationStack is asked for it."""
        return {"flight_iata" if len(self.code) == 2 else "flight_icao": self.code + self.number}


def parse(text: str) -> Ident:
    """Of "DL 113", "DAL113" or "Delta 113". Raises `ToolError("bad_request")` with the question to ask back."""
    said = text[:80]
    found = _IDENT.fullmatch(re.sub(r"[\s-]", "", said).upper())
    if found:
        # "KLM 644" says a name, and "ITA 610" one that is nobody's ICAO code.
        (code,) = _BY_NAME.get(found[1].casefold(), {found[1]})
        return Ident(code, found[2])
    name, _, number = said.strip().rpartition(" ")
    return named(name, number)


def named(airline: str, number: str) -> Ident:
    """An airline by its name or code, with the number. Raises `ToolError("bad_request")`."""
    found = _NUMBER.fullmatch(number.strip()[:20].lstrip("#").strip())
    whole = _IDENT.fullmatch(re.sub(r"[\s-]", "", number[:20]).upper())
    if found is None and whole:
        return Ident(whole[1], whole[2])
    if found is None:
        raise ToolError("bad_request", "Which flight is it? Tell me the airline and the number.")
    return Ident(_code(airline), found[1].upper())


def short(name: str) -> str:
    """As people say it: "Delta Air Lines" -> "Delta"."""
    return re.sub(r" air ?lines?$", "", name, flags=re.IGNORECASE)


def _code(said: str) -> str:
    code = said.strip().upper()
    if code in _NAMES:
        return code
    key = _key(said[:80])
    found = _BY_NAME.get(key) or {code for name, code in _STARTS if len(key) > 3 and name.startswith(key)}
    if not found and re.fullmatch(r"[A-Z]{3}|[A-Z][A-Z0-9]|[0-9][A-Z]", code, re.ASCII):
        return code
    if len(found) == 1:
        return next(iter(found))
    if 1 < len(found) <= 4:
        raise ToolError("bad_request", f"Is that {speech.join(sorted(_NAMES[one] for one in found), 'or')}?")
    raise ToolError("bad_request", "I don't know that airline. Tell me its two-letter code and the flight number.")


def _key(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.casefold()).encode("ascii", "ignore").decode()
    return _FILLER.sub(" ", plain.replace("'", "")).replace(" ", "")


_STARTS = [(_key(name), code) for code, name in _NAMES.items()]
_BY_NAME = {key: {code} for key, code in _STARTS} | {_key(name): {code} for name, code in _ALSO.items()}
