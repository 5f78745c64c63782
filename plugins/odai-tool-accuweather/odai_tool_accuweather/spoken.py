"""What is said of the weather: Fahrenheit and miles in America, Celsius and kilometres elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any

from odai_core import speech
from odai_tool_accuweather.shapes import Current, Daily, Day, Half, Hour, Location

FEELS_DIFFERENT = 4
"""Degrees between what it is and what it feels like, from which on both are told."""
LIKELY = 20
"""Percent; a smaller chance of rain or snow is not told."""
GRAVE = 2
"""Headlines up to this severity are told."""


def place(where: Location) -> str:
    """With the state in America, else with the country: "Boston, MA"."""
    name = speech.clean(where.LocalizedName, 40) or "that place"
    around = where.AdministrativeArea if where.american else where.Country
    said = speech.clean(around.LocalizedName or around.ID, 30) if around else ""
    return name if not said or said.casefold() in name.casefold() else f"{name}, {said}"


def now(where: Location, current: Current) -> str:
    """Temperature, sky, what it feels like when that is different, and the wind."""
    american = where.american
    degrees = current.Temperature.of(american)
    sky = _sky(current.WeatherText)
    unit = "" if american else " Celsius"
    said = f"It's {_degrees(degrees)}{unit} in {place(where)}{f', {sky}' if sky else ''}"
    feels = current.RealFeelTemperature.of(american) if current.RealFeelTemperature else degrees
    if abs(feels - degrees) >= FEELS_DIFFERENT:
        said += f", and feels like {speech.number(round(feels))}"
    return speech.fit(f"{said}.{_wind(current, american)}", f"{said}.")


def daily(where: Location, days: Sequence[Day], news: Daily, today: date) -> str:
    """A grave headline first, then at most three days."""
    opening = f"In {place(where)}{_celsius(where)}:"
    grave = news.Headline is not None and 0 < (news.Headline.Severity or 9) <= GRAVE
    warned = f"{speech.clean(news.Headline.Text, 90).rstrip('.')}. " if news.Headline and grave else ""
    levels: tuple[list[Callable[[Day, date], str]], ...] = (
        [_full] * 3, [_full, _short, _short], [_short] * 3, [_short] * 2, [_short],
    )  # fmt: skip
    told = [
        " ".join([opening, *(f"{tell(day, today)}." for tell, day in zip(level, days, strict=False))])
        for level in levels
    ]
    return speech.fit(*(f"{warned}{said}" for said in told), told[-1])


def hourly(where: Location, hours: Sequence[Hour]) -> str:
    """The next hour, one in the middle and the last; then when it rains or snows."""
    picked = [hours[0], hours[len(hours) // 2], hours[-1]] if len(hours) > 2 else list(hours)
    told = [f"at {speech.clock(hour.DateTime)} {_hour(hour)}" for hour in picked]
    wet = next((hour for hour in hours if _chance(hour)), None)
    rain = f" Around {speech.clock(wet.DateTime)} there is a {_chance(wet)}." if wet else ""
    opening = f"In {place(where)}{_celsius(where)}: "
    said = f"{opening}{'; '.join(told)}."
    return speech.fit(f"{said}{rain}", said, f"{opening}{told[0]}.")


def now_projection(where: Location, current: Current) -> dict[str, Any]:
    """What a voice model needs for the questions that follow."""
    american = where.american
    feels, wind = current.RealFeelTemperature, current.Wind
    return {
        "place": place(where),
        "temperature": f"{round(current.Temperature.of(american))} {_unit(where)}",
        "feels_like": round(feels.of(american)) if feels else None,
        "condition": _sky(current.WeatherText),
        "humidity_percent": current.RelativeHumidity,
        "wind": f"{round(wind.Speed.of(american))} {'mph' if american else 'km/h'}" if wind else None,
    }


def day_projection(day: Day) -> dict[str, Any]:
    """One of five."""
    return {
        "date": f"{day.Date:%A %Y-%m-%d}",
        "high": round(day.Temperature.Maximum.Value),
        "low": round(day.Temperature.Minimum.Value),
        "day": _sky(day.Day.IconPhrase),
        "night": _sky(day.Night.IconPhrase),
        "rain_or_snow_percent": day.Day.PrecipitationProbability,
    }


def hour_projection(hour: Hour) -> dict[str, Any]:
    """One of five."""
    return {
        "time": f"{hour.DateTime:%Y-%m-%d %H:%M}",
        "temperature": round(hour.Temperature.Value),
        "condition": _sky(hour.IconPhrase),
        "rain_or_snow_percent": hour.PrecipitationProbability,
    }


def unit(where: Location) -> str:
    return _unit(where)


def _unit(where: Location) -> str:
    return "F" if where.american else "C"


def _celsius(where: Location) -> str:
    return "" if where.american else ", in Celsius"


def _degrees(value: float) -> str:
    return f"{speech.number(round(value))} degree{'' if abs(round(value)) == 1 else 's'}"


def _sky(text: str) -> str:
    said = speech.clean(text, 40).replace("w/", "with ").rstrip(".")
    said = " ".join(said.split())
    return said[:1].lower() + said[1:]


def _wind(current: Current, american: bool) -> str:
    speed = round(current.Wind.Speed.of(american)) if current.Wind else 0
    if speed < (10 if american else 15):
        return ""
    return f" The wind blows at {speech.number(speed)} {'miles' if american else 'kilometers'} an hour."


def _full(day: Day, today: date) -> str:
    high, low = day.Temperature.Maximum.Value, day.Temperature.Minimum.Value
    degrees = f"high of {_said(high)}, low of {_said(low)}"
    parts = [_named(day.Date, today), _sky(day.Day.IconPhrase), degrees, _chance(day.Day)]
    return ", ".join(part for part in parts if part)


def _short(day: Day, today: date) -> str:
    high, low = day.Temperature.Maximum.Value, day.Temperature.Minimum.Value
    parts = [_named(day.Date, today), _sky(day.Day.IconPhrase), f"{_said(high)} to {_said(low)}"]
    return ", ".join(part for part in parts if part)


def _said(value: float) -> str:
    return speech.number(round(value))


def _named(when: datetime, today: date) -> str:
    said = speech.day(when.date(), today).removeprefix("on ")
    return said[:1].upper() + said[1:]


def _hour(hour: Hour) -> str:
    sky = _sky(hour.IconPhrase)
    return f"{_degrees(hour.Temperature.Value)}{f', {sky}' if sky else ''}"


def _chance(half: Half | Hour) -> str:
    """The likelier of the two, as "seventy percent chance of rain"."""
    percent, what = max((half.RainProbability or 0, "rain"), (half.SnowProbability or 0, "snow"))
    if percent < LIKELY:
        percent, what = half.PrecipitationProbability or 0, "rain or snow"
    return f"{speech.number(round(percent))} percent chance of {what}" if percent >= LIKELY else ""
