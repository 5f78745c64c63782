"""Names that mean a certain kind of thing: airlines, coins, companies, currencies, carriers, places."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import Any, Final, NamedTuple

_NAMES: Final[dict[str, Any]] = tomllib.loads(files(__package__).joinpath("gazetteers.toml").read_text("utf-8"))


def _codes(table: str) -> dict[str, str]:
    """Name in lower case -> code."""
    return {name: code for code, names in _NAMES[table].items() for name in names}


class City(NamedTuple):
    """A city: decimal degrees, two-letter state ("" outside US and Canada) and country."""

    name: str
    latitude: float
    longitude: float
    state: str
    country: str


AIRLINES: Final = frozenset(_NAMES["airlines"])
COMPANIES: Final = frozenset(_NAMES["companies"])
COINS: Final = _codes("coins")
CURRENCIES: Final = _codes("currencies")
CARRIERS: Final = _codes("carriers")
STATES: Final = _codes("states")
COUNTRIES: Final = _codes("countries")
CITIES: Final = {name.lower(): City(name, *place) for name, place in _NAMES["cities"].items()}


def city_in(place: str) -> City | None:
    """The known city a place names: "downtown Sacramento", "Portland, Oregon"."""
    words = place.lower().replace(",", " ").replace("'s", "").split()
    for size in (3, 2, 1):
        for start in range(len(words) - size + 1):
            city = CITIES.get(" ".join(words[start : start + size]))
            if city is not None:
                return city
    return None
