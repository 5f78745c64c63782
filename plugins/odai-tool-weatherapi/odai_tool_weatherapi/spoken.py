"""What is said of the weather: Fahrenheit and miles in America, Celsius and kilometres elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any

from odai_core import speech
from odai_tool_weatherapi.shapes import Alert, Current, Day, ForecastDay, Location

FEELS_DIFFERENT = 4
"""Degrees between what it is and what it feels like, from which on both are told."""
WINDY = 15
"""Miles an hour."""
LIKELY = 20
"""Percent; a smaller chance of rain or snow is not told."""

_Told = Callable[[ForecastDay, date, bool], str]


def place(location: Location) -> str:
    """With the state in America, else with the country: "Boston, Massachusetts"."""
    name = speech.clean(location.name, 40) or "that place"
    around = speech.clean(location.region if location.american else location.country, 30)
    return name if not around or around.casefold() in name.casefold() else f"{name}, {around}"


def now(location: Location, current: Current) -> str:
    """Temperature, sky, what it feels like when that is different, wind when it is strong."""
    degrees, feels, unit = _measured(location, current)
    sky = _sky(current.condition.text)
    said = f"It's {_degrees(degrees)}{unit} in {place(location)}{f', {sky}' if sky else ''}"
    if feels is not None and abs(feels - degrees) >= FEELS_DIFFERENT:
        said += f", and feels like {speech.number(round(feels))}"
    return speech.fit(f"{said}.{_wind(location, current)}", f"{said}.")


def forecast(
    location: Location, days: Sequence[ForecastDay], alerts: Sequence[Alert], asked: int, moment: datetime
) -> str:
    """An alert first, then at most three days; shorter when it gets long. `moment` is now, in the place's zone."""
    opening = f"In {place(location)}{'' if location.american else ', in Celsius'}:"
    if len(days) < asked:
        ahead = f"{speech.number(len(days))} day{'' if len(days) == 1 else 's'}"
        opening = f"I can only see {ahead} ahead. {opening}"
    warned = _warning(alerts[0], moment) if alerts else ""
    levels = ([_full] * 3, [_full, _short, _short], [_short] * 3, [_short] * 2, [_short])
    return speech.fit(*(_told(f"{warned}{opening}", location, days, level, moment) for level in levels))


def now_projection(location: Location, current: Current) -> dict[str, Any]:
    """What a voice model needs for the questions that follow."""
    degrees, feels, _ = _measured(location, current)
    speed = current.wind_mph if location.american else current.wind_kph
    return {
        "place": place(location),
        "temperature": f"{round(degrees)} {'F' if location.american else 'C'}",
        "feels_like": None if feels is None else round(feels),
        "condition": _sky(current.condition.text),
        "humidity_percent": current.humidity,
        "wind": None if speed is None else f"{round(speed)} {'mph' if location.american else 'km/h'}",
    }


def forecast_projection(
    location: Location, days: Sequence[ForecastDay], alerts: Sequence[Alert], moment: datetime
) -> dict[str, Any]:
    """The first five days and three alerts."""
    told: dict[str, Any] = {
        "place": place(location),
        "unit": "F" if location.american else "C",
        "days": [_projected(one, location.american) for one in days[:5]],
    }
    if alerts:
        told["alerts"] = [_alert(one, moment) for one in alerts[:3]]
    return told


# -- now ---------------------------------------------------------------------------------------------


def _measured(location: Location, current: Current) -> tuple[float, float | None, str]:
    """The degrees, what they feel like, and how the unit is said."""
    if location.american:
        return current.temp_f, current.feelslike_f, ""
    return current.temp_c, current.feelslike_c, " Celsius"


def _degrees(value: float) -> str:
    return f"{speech.number(round(value))} degree{'' if abs(round(value)) == 1 else 's'}"


def _sky(text: str) -> str:
    said = speech.clean(text, 40).rstrip(".")
    return said[:1].lower() + said[1:]


def _wind(location: Location, current: Current) -> str:
    if (current.wind_mph or 0) < WINDY:
        return ""
    if location.american or current.wind_kph is None:
        return f" The wind blows at {speech.number(round(current.wind_mph or 0))} miles an hour."
    return f" The wind blows at {speech.number(round(current.wind_kph))} kilometers an hour."


# -- days --------------------------------------------------------------------------------------------


def _told(
    opening: str, location: Location, days: Sequence[ForecastDay], level: Sequence[_Told], moment: datetime
) -> str:
    told = [tell(one, moment.date(), location.american) for tell, one in zip(level, days, strict=False)]
    return " ".join([opening, *(f"{said}." for said in told)])


def _full(one: ForecastDay, today: date, american: bool) -> str:
    high, low = _range(one.day, american)
    chance = _chance(one.day)
    parts = [_named(one.date, today), _sky(one.day.condition.text), f"high of {high}, low of {low}"]
    return ", ".join(part for part in [*parts, chance and chance.replace("percent", "percent chance of")] if part)


def _short(one: ForecastDay, today: date, american: bool) -> str:
    high, low = _range(one.day, american)
    parts = [_named(one.date, today), _sky(one.day.condition.text), f"{high} to {low}", _chance(one.day)]
    return ", ".join(part for part in parts if part)


def _named(when: date, today: date) -> str:
    said = speech.day(when, today).removeprefix("on ")
    return said[:1].upper() + said[1:]


def _range(day: Day, american: bool) -> tuple[str, str]:
    pair = (day.maxtemp_f, day.mintemp_f) if american else (day.maxtemp_c, day.mintemp_c)
    return speech.number(round(pair[0])), speech.number(round(pair[1]))


def _chance(day: Day) -> str:
    """The likelier of the two, as "seventy two percent rain"."""
    percent, what = max((day.daily_chance_of_rain or 0, "rain"), (day.daily_chance_of_snow or 0, "snow"))
    return f"{speech.number(round(percent))} percent {what}" if percent >= LIKELY else ""


def _projected(one: ForecastDay, american: bool) -> dict[str, Any]:
    day = one.day
    return {
        "date": f"{one.date:%A} {one.date}",
        "condition": _sky(day.condition.text),
        "high": round(day.maxtemp_f if american else day.maxtemp_c),
        "low": round(day.mintemp_f if american else day.mintemp_c),
        "rain_percent": day.daily_chance_of_rain,
        "snow_percent": day.daily_chance_of_snow,
    }


# -- alerts ------------------------------------------------------------------------------------------


def _warning(alert: Alert, moment: datetime) -> str:
    until = _until(alert, moment)
    return f"Weather alert: {_event(alert)}{f' until {until}' if until else ''}. "


def _event(alert: Alert) -> str:
    return (speech.clean(alert.event, 50) or speech.clean(alert.headline, 50)).rstrip(".") or "a warning"


def _until(alert: Alert, moment: datetime) -> str:
    if alert.expires is None:
        return ""
    there = speech.local(alert.expires, str(moment.tzinfo))
    day = speech.day(there.date(), moment.date()).removeprefix("on ")
    return speech.clock(there) if day == "today" else f"{day} at {speech.clock(there)}"


def _alert(alert: Alert, moment: datetime) -> dict[str, Any]:
    return {"event": _event(alert), "until": _until(alert, moment) or None}
