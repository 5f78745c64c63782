"""What AccuWeather answers, as far as we use it, under its own names."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, TypeVar

from msgspec import Meta, Raw, Struct, ValidationError
from msgspec.json import decode

T = TypeVar("T")
Percent = Annotated[float, Meta(ge=0, le=100)]
Index = Annotated[float, Meta(ge=0, le=30)]
Number = Annotated[float, Meta(ge=-500, le=2000)]
Moment = Annotated[datetime, Meta(tz=True)]


class Named(Struct, frozen=True):
    ID: str = ""
    LocalizedName: str = ""


class Zone(Struct, frozen=True):
    Name: str = ""
    """An IANA name."""


class Location(Struct, frozen=True):
    Key: Annotated[str, Meta(pattern="^[A-Za-z0-9_]{1,20}$")]
    LocalizedName: str = ""
    AdministrativeArea: Named | None = None
    Country: Named | None = None
    TimeZone: Zone | None = None

    @property
    def american(self) -> bool:
        """Measured in Fahrenheit and miles."""
        return self.Country is not None and self.Country.ID == "US"

    @property
    def zone(self) -> str:
        return self.TimeZone.Name if self.TimeZone else ""


class Measure(Struct, frozen=True):
    """In the units that were asked for."""

    Value: Number
    Unit: str = ""


class Both(Struct, frozen=True):
    """In both systems of units."""

    Metric: Measure
    Imperial: Measure

    def of(self, american: bool) -> float:
        return (self.Imperial if american else self.Metric).Value


class Direction(Struct, frozen=True):
    Degrees: float | None = None
    Localized: str = ""


class WindNow(Struct, frozen=True):
    Speed: Both
    Direction: Direction | None = None


class Wind(Struct, frozen=True):
    Speed: Measure
    Direction: Direction | None = None


class Current(Struct, frozen=True):
    Temperature: Both
    WeatherText: str = ""
    LocalObservationDateTime: Moment | None = None
    WeatherIcon: int | None = None
    IsDayTime: bool | None = None
    HasPrecipitation: bool | None = None
    PrecipitationType: str | None = None
    RealFeelTemperature: Both | None = None
    RelativeHumidity: Percent | None = None
    Wind: WindNow | None = None
    UVIndex: Index | None = None
    UVIndexText: str | None = None
    CloudCover: Percent | None = None


class Half(Struct, frozen=True):
    """A day from sunrise to sunset, or its night."""

    IconPhrase: str = ""
    ShortPhrase: str | None = None
    PrecipitationProbability: Percent | None = None
    RainProbability: Percent | None = None
    SnowProbability: Percent | None = None
    Wind: Wind | None = None


class Range(Struct, frozen=True):
    Minimum: Measure
    Maximum: Measure


class Sun(Struct, frozen=True):
    Rise: Moment | None = None
    Set: Moment | None = None


class Day(Struct, frozen=True):
    Date: Moment
    Temperature: Range
    Day: Half = Half()
    Night: Half = Half()
    Sun: Sun | None = None


class Headline(Struct, frozen=True):
    Text: str = ""
    Severity: int | None = None
    """1 is a danger, 7 the mildest of news."""


class Daily(Struct, frozen=True):
    DailyForecasts: list[Raw]
    Headline: Headline | None = None


class Hour(Struct, frozen=True):
    DateTime: Moment
    Temperature: Measure
    IconPhrase: str = ""
    RealFeelTemperature: Measure | None = None
    PrecipitationProbability: Percent | None = None
    RainProbability: Percent | None = None
    SnowProbability: Percent | None = None
    RelativeHumidity: Percent | None = None
    Wind: Wind | None = None


class Failure(Struct, frozen=True):
    Message: str = ""


def readable(entries: Sequence[Raw], shape: type[T]) -> list[T]:
    """The entries that fit: an odd one does not spoil the rest."""
    found = []
    for entry in entries:
        try:
            found.append(decode(entry, type=shape, strict=False))
        except (ValidationError, RecursionError):
            continue
    return found
