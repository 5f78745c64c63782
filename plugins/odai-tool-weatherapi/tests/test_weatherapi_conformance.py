"""The standard tests of connectors, for WeatherAPI.com's."""

from __future__ import annotations

from odai_core.testing.kit import conformance

TestWeatherApi = conformance(
    "weatherapi",
    happy={
        "get_current_weather_by_location": [{"location": "Boston, MA"}, {"location": "Paris"}],
        "get_forecast_weather_by_location": [{"location": "Boston"}, {"location": "Paris", "days": 10}],
    },
    unknown={
        "get_current_weather_by_location": {"location": "Nowhere"},
        "get_forecast_weather_by_location": {"location": "Nowhere"},
    },
)
