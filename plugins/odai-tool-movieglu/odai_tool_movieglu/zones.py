"""Which time a cinema keeps, from the territory and the longitude: MovieGlu names no zone, and it must be told one."""

from __future__ import annotations

_COUNTRY = {
    "DE": "Europe/Berlin", "ES": "Europe/Madrid", "FR": "Europe/Paris", "IE": "Europe/Dublin",
    "IN": "Asia/Kolkata", "UK": "Europe/London",
}  # fmt: skip
# South, north, west and east edge in degrees; the first that holds the place counts.
_BOXES: tuple[tuple[tuple[float, float, float, float], str], ...] = (
    ((15, 30, -180, -150), "Pacific/Honolulu"),
    ((50, 75, -180, -141), "America/Anchorage"),
    ((54, 60, -141, -130), "America/Anchorage"),
    ((31.3, 37, -114.8, -109.05), "America/Phoenix"),
    ((42, 45.5, -117.03, -111), "America/Boise"),
    ((45, 53, -59.5, -52), "America/St_Johns"),
    ((49, 60, -110, -101.4), "America/Regina"),
)
# From the west: everything east of this longitude, until the next one.
_STATES = (
    (-67.0, "America/New_York"), (-86.5, "America/New_York"), (-102.5, "America/Chicago"),
    (-114.5, "America/Denver"), (-180.0, "America/Los_Angeles"),
)  # fmt: skip
_CANADA = (
    (-67.0, "America/Halifax"), (-90.0, "America/Toronto"), (-101.4, "America/Winnipeg"),
    (-116.0, "America/Edmonton"), (-180.0, "America/Vancouver"),
)  # fmt: skip


def zone_at(latitude: float, longitude: float, territory: str, otherwise: str) -> str:
    """An IANA name: right but for a strip along the borders of zones; `otherwise` where we know no better."""
    if territory in _COUNTRY:
        return _COUNTRY[territory]
    if territory not in ("US", "CA") or not (15 < latitude < 75 and longitude < -50):
        return otherwise
    for (south, north, west, east), zone in _BOXES:
        if south <= latitude <= north and west <= longitude <= east:
            return zone
    bands = _STATES if territory == "US" else _CANADA
    return next(zone for edge, zone in bands if longitude >= edge)
