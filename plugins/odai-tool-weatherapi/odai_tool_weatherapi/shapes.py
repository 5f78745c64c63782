"""What WeatherAPI.com answers, as far as we use it: every measure in both systems of units."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, TypeVar

from msgspec import Meta, Raw, Struct, ValidationError, field
from msgspec.json import decode

T = TypeVar("T")

Degrees = Annotated[float, Meta(ge=-200, le=200)]
Speed = Annotated[float, Meta(ge=0, le=1000)]
Percent = Annotated[float, Meta(ge=0, le=100)]
Moment = Annotated[datetime, Meta(tz=True)]

_AMERICA = frozenset({"united states of america", "united states", "usa", "usa united states of america"})


class Trouble(Struct, frozen=True):
    code: int


class Failure(Struct, frozen=True):
    error: Trouble


class Location(Struct, frozen=True):
    name: str
    region: str = ""
    country: str = ""
    tz_id: str = ""
    """An IANA name."""
    lat: float | None = None
    lon: float | None = None
    localtime: str | None = None

    @property
    def american(self) -> bool:
        """Measured in Fahrenheit and miles."""
        return self.country.casefold() in _AMERICA


class Condition(Struct, frozen=True):
    text: str = ""
    code: int | None = None
    icon: str | None = None


class Current(Struct, frozen=True):
    temp_c: Degrees
    temp_f: Degrees
    condition: Condition = Condition()
    is_day: int | None = None
    last_updated: str | None = None
    feelslike_c: Degrees | None = None
    feelslike_f: Degrees | None = None
    wind_kph: Speed | None = None
    wind_mph: Speed | None = None
    wind_dir: str | None = None
    gust_kph: Speed | None = None
    gust_mph: Speed | None = None
    humidity: Percent | None = None
    cloud: Percent | None = None
    precip_mm: float | None = None
    precip_in: float | None = None
    pressure_mb: float | None = None
    pressure_in: float | None = None
    vis_km: float | None = None
    vis_miles: float | None = None
    uv: float | None = None


class Day(Struct, frozen=True):
    maxtemp_c: Degrees
    maxtemp_f: Degrees
    mintemp_c: Degrees
    mintemp_f: Degrees
    condition: Condition = Condition()
    maxwind_kph: Speed | None = None
    maxwind_mph: Speed | None = None
    totalprecip_mm: float | None = None
    totalprecip_in: float | None = None
    totalsnow_cm: float | None = None
    avghumidity: Percent | None = None
    daily_chance_of_rain: Percent | None = None
    daily_chance_of_snow: Percent | None = None
    uv: float | None = None


class Astro(Struct, frozen=True):
    sunrise: str | None = None
    sunset: str | None = None
    moon_phase: str | None = None


class Hour(Struct, frozen=True):
    time: str
    """In the place's own time, "2026-11-22 09:00"."""
    temp_c: Degrees | None = None
    temp_f: Degrees | None = None
    condition: Condition = Condition()
    wind_kph: Speed | None = None
    wind_mph: Speed | None = None
    chance_of_rain: Percent | None = None
    chance_of_snow: Percent | None = None


class ForecastDay(Struct, frozen=True):
    date: date
    day: Day
    astro: Astro | None = None
    hour: list[Raw] | None = None


class Alert(Struct, frozen=True):
    event: str = ""
    headline: str = ""
    severity: str | None = None
    areas: str | None = None
    effective: Moment | None = None
    expires: Moment | None = None
    desc: str | None = None
    instruction: str | None = None


class Days(Struct, frozen=True):
    forecastday: list[Raw] | None = None


class Alerts(Struct, frozen=True):
    alert: list[Raw] | None = None


class Now(Struct, frozen=True):
    """The answer of current.json."""

    location: Location
    current: Current


class Forecast(Struct, frozen=True):
    """The answer of forecast.json; with hours and alerts that may be odd."""

    location: Location
    forecast: Days = field(default_factory=Days)
    alerts: Alerts | None = None


def readable(entries: Sequence[Raw] | None, shape: type[T]) -> list[T]:
    """The entries that fit: an odd one does not spoil the rest."""
    found = []
    for entry in entries or ():
        try:
            found.append(decode(entry, type=shape, strict=False))
        except (ValidationError, RecursionError):
            continue
    return found
