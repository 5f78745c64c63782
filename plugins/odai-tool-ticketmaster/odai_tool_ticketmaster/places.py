"""States and countries as people and models name them, in the codes Ticketmaster wants."""

from __future__ import annotations

from odai_core import ToolError

_STATES = {
    "AL": "Alabama", "AK": "Alaska", "AZ": "Arizona", "AR": "Arkansas", "CA": "California", "CO": "Colorado",
    "CT": "Connecticut", "DE": "Delaware", "DC": "District of Columbia", "FL": "Florida", "GA": "Georgia",
    "HI": "Hawaii", "ID": "Idaho", "IL": "Illinois", "IN": "Indiana", "IA": "Iowa", "KS": "Kansas", "KY": "Kentucky",
    "LA": "Louisiana", "ME": "Maine", "MD": "Maryland", "MA": "Massachusetts", "MI": "Michigan", "MN": "Minnesota",
    "MS": "Mississippi", "MO": "Missouri", "MT": "Montana", "NE": "Nebraska", "NV": "Nevada", "NH": "New Hampshire",
    "NJ": "New Jersey", "NM": "New Mexico", "NY": "New York", "NC": "North Carolina", "ND": "North Dakota",
    "OH": "Ohio", "OK": "Oklahoma", "OR": "Oregon", "PA": "Pennsylvania", "PR": "Puerto Rico", "RI": "Rhode Island",
    "SC": "South Carolina", "SD": "South Dakota", "TN": "Tennessee", "TX": "Texas", "UT": "Utah", "VT": "Vermont",
    "VA": "Virginia", "WA": "Washington", "WV": "West Virginia", "WI": "Wisconsin", "WY": "Wyoming",
    "AB": "Alberta", "BC": "British Columbia", "MB": "Manitoba", "NB": "New Brunswick", "NL": "Newfoundland",
    "NS": "Nova Scotia", "NT": "Northwest Territories", "NU": "Nunavut", "ON": "Ontario", "PE": "Prince Edward Island",
    "QC": "Quebec", "SK": "Saskatchewan", "YT": "Yukon",
}  # fmt: skip
_COUNTRIES = {
    "US": ("united states", "united states of america", "usa", "america"), "CA": ("canada",), "MX": ("mexico",),
    "GB": ("united kingdom", "great britain", "britain", "england", "scotland", "wales", "uk"), "IE": ("ireland",),
    "AU": ("australia",), "NZ": ("new zealand",), "DE": ("germany",), "FR": ("france",), "ES": ("spain",),
    "IT": ("italy",), "NL": ("netherlands", "the netherlands", "holland"), "BE": ("belgium",), "AT": ("austria",),
    "CH": ("switzerland",), "DK": ("denmark",), "SE": ("sweden",), "NO": ("norway",), "FI": ("finland",),
    "PL": ("poland",), "CZ": ("czech republic", "czechia"), "PT": ("portugal",), "TR": ("turkey",),
    "ZA": ("south africa",), "BR": ("brazil",), "JP": ("japan",), "SG": ("singapore",),
    "AE": ("united arab emirates", "uae"),
}  # fmt: skip
_STATE_CODES = {name.casefold(): code for code, name in _STATES.items()}
_COUNTRY_CODES = {name: code for code, names in _COUNTRIES.items() for name in names}
_WITH_STATES = frozenset({"", "US", "CA"})


def state_code(text: str) -> str:
    """Read "Massachusetts" and "ma" as "MA"; "" stays "". Raises `ToolError("bad_request")`."""
    code = _state_of(text)
    if text and not code:
        raise ToolError("bad_request", "I don't know that state or province. Which one is it?")
    return code


def country_code(text: str) -> str:
    """Read "Canada", "ca" and "UK" as "CA", "CA" and "GB"; "" stays "". Raises `ToolError("bad_request")`."""
    code = _COUNTRY_CODES.get(text.casefold().replace(".", ""))
    if code is not None or not text:
        return code or ""
    if len(text) == 2 and text.isascii() and text.isalpha():
        return text.upper()
    raise ToolError("bad_request", "I don't know that country. Which one is it?")


def where(city: str, state: str, country: str) -> dict[str, str | None]:
    """The query parameters for a place; a state only where Ticketmaster knows states.

    "Boston, Massachusetts" as the city is two details in one. Raises `ToolError("bad_request")`.
    """
    town, _, region = (part.strip() for part in city.partition(","))
    inside = state_code(state) or _state_of(region)
    nation = country_code(country) or ("" if inside else _COUNTRY_CODES.get(region.casefold(), ""))
    return {
        "city": town[:100] or None,
        "stateCode": inside if inside and nation in _WITH_STATES else None,
        "countryCode": nation or None,
    }


def _state_of(region: str) -> str:
    """The code of a state that may be none."""
    return region.upper() if region.upper() in _STATES else _STATE_CODES.get(region.casefold(), "")
