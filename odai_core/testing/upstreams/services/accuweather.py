"""AccuWeather: the key of a place, its weather now, by the day and by the hour."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from odai_core.testing.upstreams import auth
from odai_core.testing.upstreams.service import Ask, Reply, Route, Service

BOSTON, LONDON = "348735", "328328"
_EASTERN = timezone(-timedelta(hours=5))


def failure(status: int, code: str, message: str) -> Reply:
    """As AccuWeather shapes its errors."""
    return Reply({"Code": code, "Message": message, "Reference": "/currentconditions/v1/348735"}, status)


UNKNOWN_KEY = failure(400, "BadRequest", "Invalid location key: 1")
USED_UP = failure(503, "ServiceUnavailable", "The allowed number of requests has been exceeded.")


def both(celsius: float, fahrenheit: float) -> dict[str, Any]:
    """A temperature in both systems."""
    return {
        "Metric": {"Value": celsius, "Unit": "C", "UnitType": 17, "Phrase": "Chilly"},
        "Imperial": {"Value": fahrenheit, "Unit": "F", "UnitType": 18, "Phrase": "Chilly"},
    }


def place(ask: Ask) -> Any:
    """London around the meridian, Boston else; nothing at sea, on the equator."""
    found = re.fullmatch(r"(-?[0-9.]+),(-?[0-9.]+)", ask.query.get("q", ""))
    if found is None:
        return failure(400, "BadRequest", "Invalid geoposition")
    if float(found[1]) == 0:
        return None
    london = abs(float(found[2])) < 2
    return {
        "Version": 1, "Key": LONDON if london else BOSTON, "Type": "City", "Rank": 10,
        "LocalizedName": "London" if london else "Boston", "EnglishName": "Boston", "PrimaryPostalCode": "",
        "AdministrativeArea": {"ID": "LND", "LocalizedName": "London"} if london
        else {"ID": "MA", "LocalizedName": "Massachusetts", "Level": 1},
        "Country": {"ID": "GB", "LocalizedName": "United Kingdom"} if london
        else {"ID": "US", "LocalizedName": "United States"},
        "TimeZone": {"Code": "EST", "Name": "Europe/London" if london else "America/New_York", "GmtOffset": -5.0},
        "GeoPosition": {"Latitude": float(found[1]), "Longitude": float(found[2])}, "IsAlias": False,
        "DataSets": ["AirQualityCurrentConditions"],
    }  # fmt: skip


def current(ask: Ask) -> Any:
    """A list of one."""
    if ask.args["key"] not in (BOSTON, LONDON):
        return UNKNOWN_KEY
    return [{
        "LocalObservationDateTime": f"{datetime.now(_EASTERN):%Y-%m-%dT%H:%M:00-05:00}", "EpochTime": 1795358220,
        "WeatherText": "Cloudy", "WeatherIcon": 7, "HasPrecipitation": False, "PrecipitationType": None,
        "IsDayTime": True, "Temperature": both(6.1, 43), "RealFeelTemperature": both(3.0, 37), "RelativeHumidity": 61,
        "Wind": {"Direction": {"Degrees": 250, "Localized": "WSW", "English": "WSW"},
                 "Speed": {"Metric": {"Value": 19.8, "Unit": "km/h"}, "Imperial": {"Value": 12.3, "Unit": "mi/h"}}},
        "UVIndex": 1, "UVIndexText": "Low", "CloudCover": 96, "MobileLink": "http://www.accuweather.com/en/us/boston",
        "Link": "http://www.accuweather.com/en/us/boston",
    }]  # fmt: skip


def measure(fahrenheit: float, metric: bool) -> dict[str, Any]:
    """A temperature in the system that was asked for."""
    return {"Value": round((fahrenheit - 32) / 1.8, 1) if metric else fahrenheit, "Unit": "C" if metric else "F"}


def daily(ask: Ask) -> Any:
    """As many days as the address says; the third with nulls, the plan ending at ten."""
    span, metric = int(ask.args["span"].removesuffix("day")), ask.query.get("metric") == "true"
    if ask.args["key"] not in (BOSTON, LONDON):
        return UNKNOWN_KEY
    if span > 10:
        return failure(401, "Unauthorized", "You do not have permission to use this with your subscription")
    today = datetime.now(UTC if ask.args["key"] == LONDON else _EASTERN).replace(hour=7, minute=0, second=0)

    def day(number: int) -> dict[str, Any]:
        when = (today + timedelta(days=number)).replace(microsecond=0)
        rain = 72 if number == 0 else 4
        half = {"Icon": 18, "IconPhrase": "Rain" if rain > 50 else "Mostly sunny", "HasPrecipitation": rain > 50}
        chances = {"PrecipitationProbability": rain, "RainProbability": rain, "SnowProbability": 0}
        return {
            "Date": when.isoformat(), "EpochDate": 1795358220,
            "Sun": {"Rise": when.isoformat(), "EpochRise": 1, "Set": None} if number != 2 else None,
            "Temperature": {"Minimum": measure(36 - number, metric), "Maximum": measure(48 + number, metric)},
            "Day": half | (chances if number != 2 else dict.fromkeys(chances)),
            "Night": {"Icon": 35, "IconPhrase": "Partly cloudy w/ showers", "PrecipitationProbability": 40},
            "Sources": ["AccuWeather"], "Link": "http://www.accuweather.com/en/us/boston",
        }  # fmt: skip

    headline = {"Text": "Rain today", "Severity": 4, "Category": "rain", "EndDate": None}
    return {"Headline": headline, "DailyForecasts": [day(number) for number in range(span)]}


def hourly(ask: Ask) -> Any:
    """A list of so many hours; snow in the fourth."""
    span, metric = int(ask.args["span"].removesuffix("hour")), ask.query.get("metric") == "true"
    if ask.args["key"] not in (BOSTON, LONDON):
        return UNKNOWN_KEY
    first = datetime.now(_EASTERN).replace(hour=9, minute=0, second=0, microsecond=0)
    return [
        {
            "DateTime": (first + timedelta(hours=number)).isoformat(), "EpochDateTime": 1795358220, "WeatherIcon": 7,
            "IconPhrase": "Snow" if number == 3 else "Cloudy", "HasPrecipitation": number == 3, "IsDaylight": True,
            "Temperature": measure(43 - number, metric), "RealFeelTemperature": measure(37, metric),
            "RelativeHumidity": 61, "PrecipitationProbability": 55 if number == 3 else 4,
            "RainProbability": None, "SnowProbability": 55 if number == 3 else 0,
            "Wind": {"Speed": {"Value": 9.4, "Unit": "mi/h"}, "Direction": {"Degrees": 250, "Localized": "WSW"}},
        }
        for number in range(span)
    ]  # fmt: skip


SERVICE = Service(
    name="accuweather",
    settings={"ACCUWEATHER_API_KEY": "{key}", "ACCUWEATHER_BASE_URL": "{url}"},
    authorize=auth.query("apikey", failure(401, "Unauthorized", "Api Authorization failed")),
    routes=[
        Route("GET", "/locations/v1/cities/geoposition/search", place),
        Route("GET", "/currentconditions/v1/{key}", current),
        Route("GET", "/forecasts/v1/daily/{span}/{key}", daily),
        Route("GET", "/forecasts/v1/hourly/{span}/{key}", hourly),
    ],
    errors={
        400: failure(400, "BadRequest", "Request has bad syntax"),
        401: failure(401, "Unauthorized", "Api Authorization failed"),
        403: failure(403, "Forbidden", "Api Authorization failed"),
        404: failure(404, "NotFound", "Api is not found"),
        429: failure(429, "TooManyRequests", "The allowed number of requests has been exceeded."),
        500: failure(500, "InternalServerError", "Internal server error"),
        503: failure(503, "ServiceUnavailable", "Service is unavailable"),
    },
)
