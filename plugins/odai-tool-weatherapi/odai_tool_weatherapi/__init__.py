"""WeatherAPI.com: the weather now and in the days to come, anywhere."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from msgspec import to_builtins
from msgspec.json import decode

from odai_core import Setting, ToolContext, ToolError, ToolPlugin, ToolResponse, hookimpl, speech, tool
from odai_tool_weatherapi import places, samples, spoken
from odai_tool_weatherapi.shapes import Alert, Failure, Forecast, ForecastDay, Hour, Location, Now, readable

NOW_SECONDS = 300
DAYS_SECONDS = 600
"""WeatherAPI.com renews its measurements about every quarter of an hour."""
DEFAULT_DAYS = 3
"""What the free plan has."""
MOST_DAYS = 14

_CODES = {
    1002: "auth", 1003: "bad_request", 1005: "bad_request", 1006: "not_found", 2006: "auth", 2007: "plan",
    2008: "auth", 2009: "plan", 9000: "bad_request", 9001: "bad_request", 9999: "upstream",
}  # fmt: skip
"""WeatherAPI.com's own codes; one of its 400s is a place it cannot find, another a failure of its own."""


@tool(
    examples=[
        "what's the weather in {location:Boston}",
        "how cold is it in {location:Chicago} right now",
        "is it raining in {location:Seattle}",
        "what's the temperature in {location:02139}",
        "how is the weather at {location:San Francisco airport}",
        "is it windy in {location:Cape Cod} today",
        "tell me the current weather in {location:Paris, France}",
        "what does it feel like outside in {location:Phoenix, Arizona}",
        "do I need a coat in {location:New York} now",
    ],
    progress="Checking the weather",
)
async def get_current_weather_by_location(ctx: ToolContext, location: str) -> ToolResponse:
    """Tell the weather in a place at this moment: temperature, sky and wind.

    Args:
        location: A town ("Boston, MA"), a ZIP code, "latitude,longitude" or an airport ("iata:BOS"); "here" for the
            caller's own place.
    """
    answer: Now = await _ask(ctx, "current.json", location, {}, NOW_SECONDS, Now)
    return ToolResponse(
        response_type="current_weather_by_location",
        response=to_builtins(answer),
        spoken=spoken.now(answer.location, answer.current),
        voice=spoken.now_projection(answer.location, answer.current),
        sample=_sampled(ctx),
    )


@tool(
    examples=[
        "what's the weather in {location:Boston} tomorrow",
        "give me the forecast for {location:San Francisco}",
        "will it rain in {location:Seattle} this week",
        "what will the weather be like in {location:London} for the next {days:3} days",
        "is it going to snow in {location:Denver}",
        "how warm will it get in {location:Miami} tomorrow",
        "{days:5} day forecast for {location:New York}",
        "do I need an umbrella in {location:Portland, Oregon} today",
        "are there any weather alerts for {location:02139}",
    ],
    progress="Getting the forecast",
)
async def get_forecast_weather_by_location(ctx: ToolContext, location: str, days: int = DEFAULT_DAYS) -> ToolResponse:
    """Tell the weather of the next days in a place: highs, lows, chance of rain or snow, and weather alerts.

    Args:
        location: A town ("Boston, MA"), a ZIP code, "latitude,longitude" or an airport ("iata:BOS"); "here" for the
            caller's own place.
        days: How many days, 1 to 14, today included: 2 for tomorrow.
    """
    days = min(max(days, 1), MOST_DAYS)
    params = {"days": days, "alerts": "yes"}
    answer: Forecast = await _ask(ctx, "forecast.json", location, params, DAYS_SECONDS, Forecast)
    where = answer.location
    found = readable(answer.forecast.forecastday, ForecastDay)[:days]
    if not found and answer.forecast.forecastday:
        raise ToolError("bad_shape", "WeatherAPI gave an answer I can't read. Please try again in a moment.")
    if not found:
        raise ToolError("not_found", f"There is no forecast for {spoken.place(where)} right now.")
    moment = speech.local(datetime.now(UTC), where.tz_id or ctx.caller.time_zone)
    alerts = _in_force(readable(answer.alerts.alert if answer.alerts else None, Alert), moment)
    return ToolResponse(
        response_type="forecast_weather_by_location",
        response=_shown(where, found, alerts),
        spoken=spoken.forecast(where, found, alerts, days, moment),
        voice=spoken.forecast_projection(where, found, alerts, moment),
        sample=_sampled(ctx),
    )


def _in_force(alerts: Sequence[Alert], moment: datetime) -> list[Alert]:
    """Each event once, and none that is over."""
    named = {alert.event or alert.headline: alert for alert in reversed(alerts)}
    return [alert for alert in reversed(named.values()) if alert.expires is None or alert.expires > moment]


def _shown(location: Location, days: Sequence[ForecastDay], alerts: Sequence[Alert]) -> dict[str, Any]:
    """Everything for the screen, with the hours that can be read."""
    told = [
        {"date": f"{one.date}", "day": one.day, "astro": one.astro, "hour": readable(one.hour, Hour)} for one in days
    ]
    shown: dict[str, Any] = to_builtins({"location": location, "days": told, "alerts": alerts})
    return shown


async def _ask(ctx: ToolContext, path: str, said: str, params: dict[str, Any], keep: float, type: Any) -> Any:
    query = places.query(said, ctx.caller.place)
    if _sampled(ctx):
        return samples.answer(query, type)
    try:
        return await ctx.http.get_json(
            ctx.settings["WEATHERAPI_BASE_URL"],
            path,
            params={"key": ctx.settings["WEATHERAPI_API_KEY"], "q": query, "aqi": "no", **params},
            cache=keep,
            service="WeatherAPI",
            codes=lambda _, body: _CODES.get(decode(body, type=Failure, strict=False).error.code),
            type=type,
        )
    except ToolError as error:
        if error.code != "not_found":
            raise
    raise ToolError("not_found", f"I couldn't find {speech.clean(query, 40) or 'that place'}.")


def _sampled(ctx: ToolContext) -> bool:
    return ctx.demo and not ctx.settings["WEATHERAPI_API_KEY"]


@hookimpl
def odai_tools() -> ToolPlugin:
    return ToolPlugin(
        name="weatherapi",
        api=1,
        title="WeatherAPI",
        summary="tell you the weather now and in the next days",
        tools=[get_current_weather_by_location, get_forecast_weather_by_location],
        voice=True,
        samples=True,
        instructions='Pass "here" when the user names no place. Name WeatherAPI.com as the source.',
        voice_instructions='Pass "here" when the caller names no place. Begin with a weather alert if there is one.',
        settings=[
            Setting(
                name="WEATHERAPI_API_KEY",
                help="A key of WeatherAPI.com.",
                required=True,
                secret=True,
                where="WeatherAPI.com's account page",
            ),
            Setting(name="WEATHERAPI_BASE_URL", help="The API's address.", default="https://api.weatherapi.com/v1"),
        ],
    )
