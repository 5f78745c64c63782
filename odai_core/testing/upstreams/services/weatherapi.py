"""WeatherAPI.com: the weather of two cities, now and for three days, as its free plan has it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from odai_core.testing.upstreams import auth
from odai_core.testing.upstreams.service import Ask, Reply, Route, Service

BOSTON = {
    "name": "Boston", "region": "Massachusetts", "country": "United States of America", "lat": 42.3583, "lon": -71.0603,
    "tz_id": "America/New_York",
}  # fmt: skip
PARIS = {
    "name": "Paris", "region": "Ile-de-France", "country": "France", "lat": 48.8667, "lon": 2.3333,
    "tz_id": "Europe/Paris",
}  # fmt: skip
KNOWN = {"boston": BOSTON, "02139": BOSTON, "iata:bos": BOSTON, "42.36,-71.06": BOSTON, "paris": PARIS}
PLAN_DAYS = 3


def there(location: dict[str, Any]) -> datetime:
    """Now, as clocks in the place show it."""
    return datetime.now(ZoneInfo(location["tz_id"]))


def located(location: dict[str, Any]) -> dict[str, Any]:
    """The place with its time."""
    now = there(location)
    return location | {"localtime_epoch": int(now.timestamp()), "localtime": f"{now:%Y-%m-%d %H:%M}"}


def fahrenheit(celsius: float) -> float:
    """To one decimal, as WeatherAPI.com rounds."""
    return round(celsius * 9 / 5 + 32, 1)


def condition(text: str, code: int) -> dict[str, Any]:
    """With an icon's address that lacks its scheme."""
    return {"text": text, "icon": "//cdn.example/weather/64x64/day/116.png", "code": code}


def current(location: dict[str, Any]) -> dict[str, Any]:
    """Six degrees that feel like three; a strong wind in Paris."""
    windy = location is PARIS
    return {
        "last_updated_epoch": int(there(location).timestamp()), "last_updated": f"{there(location):%Y-%m-%d %H:%M}",
        "temp_c": 6.1, "temp_f": 43.0, "is_day": 1, "condition": condition("Partly cloudy", 1003),
        "wind_mph": 18.0 if windy else 9.4, "wind_kph": 29.0 if windy else 15.1, "wind_degree": 250, "wind_dir": "WSW",
        "pressure_mb": 1016.0, "pressure_in": 30.0, "precip_mm": 0.0, "precip_in": 0.0, "humidity": 61, "cloud": 50,
        "feelslike_c": 3.1, "feelslike_f": 37.6, "windchill_f": 37.6, "heatindex_f": 43.0, "dewpoint_f": 30.5,
        "vis_km": 16.0, "vis_miles": 9.0, "uv": 1.2, "gust_mph": 14.0, "gust_kph": 22.5,
    }  # fmt: skip


def day(location: dict[str, Any], number: int) -> dict[str, Any]:
    """Rain today, then sun, then snow; the moon's illumination changes its type from day to day."""
    date = there(location).date() + timedelta(days=number)
    text, code, high, low, rain, snow = (
        ("Patchy rain nearby", 1063, 9.0, 2.2, 72, 0),
        ("Sunny", 1000, 11.4, 4.0, 0, 0),
        ("Moderate snow", 1219, 0.6, -5.3, 10, 85),
    )[number]
    return {
        "date": f"{date}", "date_epoch": 1795305600 + 86400 * number,
        "day": {
            "maxtemp_c": high, "maxtemp_f": fahrenheit(high), "mintemp_c": low, "mintemp_f": fahrenheit(low),
            "avgtemp_f": 42.1, "maxwind_mph": 14.1, "maxwind_kph": 22.7, "totalprecip_in": 0.02, "totalprecip_mm": 0.4,
            "totalsnow_cm": 0.0, "avgvis_miles": 6.0, "avghumidity": 64, "daily_will_it_rain": int(rain > 50),
            "daily_chance_of_rain": rain, "daily_will_it_snow": int(snow > 50), "daily_chance_of_snow": snow,
            "condition": condition(text, code), "uv": 0.4,
        },
        "astro": {
            "sunrise": "06:43 AM", "sunset": "04:17 PM", "moonrise": "02:31 PM", "moonset": "No moonset",
            "moon_phase": "Waxing Gibbous", "moon_illumination": (88, "93", 97.5)[number],
        },
        "hour": [
            {
                "time_epoch": 1795323600 + 3600 * hour, "time": f"{date} {hour:02}:00", "temp_c": 3.4, "temp_f": 38.1,
                "condition": condition("Clear ", 1000), "wind_mph": 6.0, "wind_kph": 9.7, "chance_of_rain": 0,
                "chance_of_snow": 0, "feelslike_f": 33.2, "humidity": 70, "will_it_rain": 0,
            }
            for hour in range(24)
        ],
    }  # fmt: skip


def alerts(location: dict[str, Any]) -> list[dict[str, Any]]:
    """Boston has one twice, as happens, and one that is over."""
    if location is not BOSTON:
        return []
    now = there(location).replace(microsecond=0)
    shared = {"msgtype": "Alert", "urgency": "Expected", "category": "Met", "desc": "Gusts...", "instruction": ""}
    advisory = shared | {
        "headline": "Wind Advisory issued by NWS Boston", "severity": "Moderate", "areas": "Suffolk",
        "event": "Wind Advisory", "effective": (now - timedelta(hours=2)).isoformat(),
        "expires": (now + timedelta(days=9)).replace(hour=6, minute=0, second=0).isoformat(),
    }  # fmt: skip
    over = advisory | {"event": "Flood Watch", "expires": (now - timedelta(hours=1)).isoformat()}
    return [over, advisory, advisory | {"areas": "Norfolk"}]


def place(ask: Ask) -> dict[str, Any] | Reply:
    """The place asked for, or the refusal."""
    asked = ask.query.get("q", "")
    if not asked:
        return failure(400, 1003, "Parameter q is missing.")
    found = KNOWN.get(asked.casefold().partition(",")[0]) or KNOWN.get(asked.casefold())
    return found or failure(400, 1006, "No matching location found.")


def now(ask: Ask) -> Any:
    """Current weather."""
    location = place(ask)
    return location if isinstance(location, Reply) else {"location": located(location), "current": current(location)}


def forecast(ask: Ask) -> Any:
    """As many days as were asked for and the plan has; alerts when asked for."""
    location = place(ask)
    if isinstance(location, Reply):
        return location
    asked = ask.query.get("days", "1")
    if not (asked.isdecimal() and 1 <= int(asked) <= 14):
        return failure(400, 1005, "API URL is invalid.")
    days = [day(location, number) for number in range(min(int(asked), PLAN_DAYS))]
    body = {"location": located(location), "current": current(location), "forecast": {"forecastday": days}}
    return body | ({"alerts": {"alert": alerts(location)}} if ask.query.get("alerts") == "yes" else {})


def failure(status: int, code: int, message: str) -> Reply:
    """As WeatherAPI.com shapes its errors."""
    return Reply({"error": {"code": code, "message": message}}, status)


SERVICE = Service(
    name="weatherapi",
    settings={"WEATHERAPI_API_KEY": "{key}", "WEATHERAPI_BASE_URL": "{url}"},
    authorize=auth.query(
        "key",
        lambda given: failure(401, 2006 if given else 1002, "API key is invalid." if given else "API key is missing."),
    ),
    routes=[Route("GET", "/current.json", now), Route("GET", "/forecast.json", forecast)],
    errors={
        400: failure(400, 1006, "No matching location found."),
        401: failure(401, 2006, "API key is invalid."),
        403: failure(403, 2007, "API key has exceeded calls per month quota."),
    },
)
