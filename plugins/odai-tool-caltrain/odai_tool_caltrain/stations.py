"""Caltrain's stations, by the names people give them."""

from __future__ import annotations

import re
import tomllib
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec

from odai_core import ToolError


class Station(msgspec.Struct, frozen=True):
    """`north` and `south` are the stop codes of its two platforms at 511.org."""

    name: str
    also: list[str]
    north: str
    south: str


def find(said: str) -> Station:
    """The station somebody means. Raises ToolError("not_found") with what to say instead."""
    wanted = _plain(said)
    names = _names()
    near = [wanted] if wanted in names else get_close_matches(wanted, names, n=1, cutoff=0.84)
    if not near or not wanted:
        raise ToolError("not_found", "Caltrain has no station of that name. It runs from San Francisco to Gilroy.")
    return names[near[0]]


def north_to_south() -> tuple[Station, ...]:
    """All of them."""
    table: Any = tomllib.loads(files(__package__).joinpath("stations.toml").read_text(encoding="utf-8"))
    return tuple(msgspec.convert(table["stations"], list[Station]))


@cache
def _names() -> dict[str, Station]:
    stations = north_to_south()
    return {_plain(name): station for station in stations for name in (station.name, *station.also)}


def _plain(said: str) -> str:
    words = re.findall(r"[a-z0-9]+", said.casefold()[:100])
    return " ".join(word for word in words if word not in {"caltrain", "station", "stop", "the", "at"})
