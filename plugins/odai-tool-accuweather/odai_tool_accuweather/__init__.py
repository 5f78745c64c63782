"""AccuWeather: the weather at a point, now, by the hour and by the day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from msgspec import Raw, to_builtins

from odai_core import Setting, ToolContext, ToolError, ToolPlugin, ToolResponse, hookimpl, speech, tool
from odai_tool_accuweather import asking, spoken
from odai_tool_accuweather.shapes import Current, Daily, Day, Hour, Location, readable

SECONDS = 20.0
DAYS = ("1", "5", "10", "15")
HOURS = ("1", "12", "24", "72", "120")
"""What AccuWeather has addresses for."""


@tool(
    examples=[
        "what does AccuWeather say about the weather in {latitude:Boston}",
        "current weather in {latitude:Chicago}",
        "how warm is it in {latitude:Miami} right now",
        "is it raining in {latitude:Seattle}",
        "how windy is it in {latitude:San Francisco}",
        "what's the temperature outside in {latitude:New York}",
        "what does it feel like in {latitude:Phoenix} now",
        "weather at {latitude:42.36} {longitude:-71.06}",
    ],
    progress="Asking AccuWeather",
    timeout=SECONDS,
)
async def get_current_weather_by_latitude_longitude(
    ctx: ToolContext, latitude: float, longitude: float
) -> ToolResponse:
    """Tell the weather at a point at this moment: temperature, what it feels like, sky, wind and humidity.

    Args:
        latitude: Latitude of the place in decimal degrees, such as 42.36.
        longitude: Longitude of the place in decimal degrees, such as -71.06.
    """
    where = await asking.place(ctx, latitude, longitude)
    (current, *_) = _some(await asking.current(ctx, where), Current, where)
    return ToolResponse(
        response_type="current_weather_by_latitude_longitude",
        response=_shown(where, current=current),
        spoken=spoken.now(where, current),
        voice=spoken.now_projection(where, current),
        sample=asking.sampled(ctx),
    )


@tool(
    examples=[
        "AccuWeather forecast for {latitude:Boston}",
        "what will the weather be like in {latitude:London} this week",
        "five day forecast for {latitude:Denver}",
        "will it rain in {latitude:Seattle} tomorrow",
        "is it going to snow in {latitude:Chicago} this weekend",
        "how hot will it get in {latitude:Austin} in the next days",
        "daily weather for {latitude:San Francisco}",
        "the outlook for {latitude:42.36} {longitude:-71.06}",
    ],
    progress="Asking AccuWeather for the days ahead",
    timeout=SECONDS,
)
async def get_daily_forecast_weather_by_latitude_longitude(
    ctx: ToolContext, latitude: float, longitude: float
) -> ToolResponse:
    """Tell the weather of the next days at a point: highs, lows, sky by day and night, chance of rain or snow.

    Args:
        latitude: Latitude of the place in decimal degrees, such as 42.36.
        longitude: Longitude of the place in decimal degrees, such as -71.06.
    """
    where = await asking.place(ctx, latitude, longitude)
    found: Daily = await asking.forecast(ctx, where, "daily", f"{ctx.settings['ACCUWEATHER_DAYS']}day", Daily)
    days = _some(found.DailyForecasts, Day, where)
    today = speech.local(datetime.now(UTC), where.zone or ctx.caller.time_zone).date()
    return ToolResponse(
        response_type="daily_forecast_weather_by_latitude_longitude",
        response=_shown(where, headline=found.Headline, days=days),
        spoken=spoken.daily(where, days, found, today),
        voice={"place": spoken.place(where), "days": [spoken.day_projection(day) for day in days[:5]]},
        sample=asking.sampled(ctx),
    )


@tool(
    examples=[
        "hourly forecast for {latitude:Boston}",
        "what will the weather be this afternoon in {latitude:New York}",
        "when does the rain start in {latitude:Seattle}",
        "hour by hour weather in {latitude:Chicago}",
        "will it be dry in {latitude:London} tonight",
        "how cold will it get in {latitude:Denver} this evening",
        "weather for the next hours in {latitude:San Francisco}",
        "the next twelve hours at {latitude:42.36} {longitude:-71.06}",
    ],
    progress="Asking AccuWeather for the hours ahead",
    timeout=SECONDS,
)
async def get_hourly_forecast_weather_by_latitude_longitude(
    ctx: ToolContext, latitude: float, longitude: float
) -> ToolResponse:
    """Tell the weather of the next hours at a point: temperature, sky, and chance of rain or snow by the hour.

    Args:
        latitude: Latitude of the place in decimal degrees, such as 42.36.
        longitude: Longitude of the place in decimal degrees, such as -71.06.
    """
    where = await asking.place(ctx, latitude, longitude)
    span = f"{ctx.settings['ACCUWEATHER_HOURS']}hour"
    hours = _some(await asking.forecast(ctx, where, "hourly", span, list[Raw]), Hour, where)
    step = max(len(hours) // 5, 1)
    return ToolResponse(
        response_type="hourly_forecast_weather_by_latitude_longitude",
        response=_shown(where, hours=hours),
        spoken=spoken.hourly(where, hours),
        voice={"place": spoken.place(where), "hours": [spoken.hour_projection(hour) for hour in hours[::step][:5]]},
        sample=asking.sampled(ctx),
    )


def _some(entries: Sequence[Raw], shape: Any, where: Location) -> list[Any]:
    """At least one. Raises `ToolError`."""
    found = readable(entries, shape)
    if not found and entries:
        raise ToolError("bad_shape", "AccuWeather gave an answer I can't read. Please try again in a moment.")
    if not found:
        raise ToolError("not_found", f"AccuWeather has no weather for {spoken.place(where)} right now.")
    return found


def _shown(where: Location, **weather: Any) -> dict[str, Any]:
    """Everything for the screen, with the unit that is not in every number."""
    told = {"place": spoken.place(where), "unit": spoken.unit(where), "time_zone": where.zone or None}
    shown: dict[str, Any] = to_builtins(told | weather)
    return shown


def _one_of(choices: Sequence[str]) -> Any:
    def read(text: str) -> str:
        if text.strip() not in choices:
            raise ValueError(f"it is one of {', '.join(choices)}")
        return text.strip()

    return read


@hookimpl
def odai_tools() -> ToolPlugin:
    return ToolPlugin(
        name="accuweather",
        api=1,
        title="AccuWeather",
        summary="tell you the weather now, by the hour and by the day",
        tools=[
            get_current_weather_by_latitude_longitude,
            get_daily_forecast_weather_by_latitude_longitude,
            get_hourly_forecast_weather_by_latitude_longitude,
        ],
        voice=False,
        samples=True,
        instructions=(
            "Turn a place into its coordinates yourself. Give temperatures in the unit of the answer. Show several "
            "days or hours as a table, and begin with what matters: rain, snow, a warning. Name AccuWeather."
        ),
        voice_instructions="Turn a place into its coordinates yourself. Begin with rain, snow or a warning.",
        settings=[
            Setting(
                name="ACCUWEATHER_API_KEY",
                help="A key of AccuWeather's Core Weather API.",
                required=True,
                secret=True,
                where="AccuWeather's developer portal",
            ),
            Setting(
                name="ACCUWEATHER_DAYS",
                help="How many days ahead the plan has: 1, 5, 10 or 15.",
                default="5",
                type=_one_of(DAYS),
            ),
            Setting(
                name="ACCUWEATHER_HOURS",
                help="How many hours ahead the plan has: 1, 12, 24, 72 or 120.",
                default="12",
                type=_one_of(HOURS),
            ),
            Setting(
                name="ACCUWEATHER_BASE_URL", help="The API's address.", default="https://dataservice.accuweather.com"
            ),
        ],
    )
