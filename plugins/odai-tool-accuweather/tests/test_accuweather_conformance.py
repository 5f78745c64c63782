"""The standard tests of connectors, for AccuWeather's."""

from __future__ import annotations

from odai_core.testing.kit import conformance

BOSTON, LONDON, SEA = ({"latitude": x, "longitude": y} for x, y in ((42.36, -71.06), (51.51, -0.13), (0, -30)))
TOOLS = [f"get_{what}_weather_by_latitude_longitude" for what in ("current", "daily_forecast", "hourly_forecast")]

TestAccuWeather = conformance(
    "accuweather", happy={tool: [BOSTON, LONDON] for tool in TOOLS}, unknown=dict.fromkeys(TOOLS, SEA)
)
