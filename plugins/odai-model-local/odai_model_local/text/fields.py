"""Which fields of a thing are for people, what they are called, and how each reads."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from odai_model_local.brain.utterance import words_of
from odai_model_local.text.markdown import MAX_CELL, address, escaped, scalar

Thing = Mapping[str, Any]

NAMES: Final = (
    *("name", "title", "headline", "subject", "summary", "event", "film_name", "cinema_name", "route_name"),
    *("description", "company", "carrier", "period_end", "number", "date", "datetime", "date_time", "time", "message"),
    *("label", "text"),
)
LINKS: Final = (
    *("link", "url", "html_link", "product_link", "web_url", "web_view_link", "htmllink", "webviewlink", "website"),
    *("public_url", "href", "uri"),
)
_HIDDEN: Final = re.compile(
    r"(?:^|_)(?:id|ids|uuid|asin|slug|alias|token|key|etag|kind|hash|lat|lon|lng|latitude|longitude|coordinates|geo|tz|"
    r"timezone|zone|locale|image|images|photo|photos|thumbnail|icon|favicon|position|page|code|mime|untrusted|truncated|"
    r"note|color|sequence|cursor|updated|created|raw|type|epoch|unit|tags|icao|unavailable)(?:_id|_ids|_code|_at|_ts)?$"
    r"|^(?:is_day(?:_time)?|t|sponsored|has_more|sales|form|ident|last_val.*|local_observation.*|train_state)$"
    r"|_(?:iso|kph|km|mb)$|^(?:tz|fa|schema|extracted)_"
)
_HEADINGS: Final = {
    "c": "Price", "d": "Change", "dp": "Change (%)", "h": "High", "l": "Low", "o": "Open", "pc": "Previous close",
    "temp_f": "Temperature", "feelslike_f": "Feels like", "maxtemp_f": "High",
    "mintemp_f": "Low", "wind_mph": "Wind (mph)", "humidity": "Humidity (%)", "uv": "UV index",
    "relative_humidity": "Humidity (%)", "precipitation_probability": "Rain (%)", "daily_chance_of_rain": "Rain (%)",
    "daily_chance_of_snow": "Snow (%)", "percent_change_1_h": "Last hour (%)", "percent_change_24_h": "Last day (%)",
    "percent_change_7_d": "Last week (%)", "percent_change_30_d": "Last month (%)", "eps": "Earnings per share",
    "review_count": "Reviews", "num_reviews": "Reviews", "display_phone": "Phone", "address_obj": "Address",
    "cmc_rank": "Rank", "est_delivery_date": "Expected", "iso_date": "When", "velocity": "Speed (mph)",
    "icon_phrase": "Weather", "condition": "Weather", "weather_text": "Weather", "per_night": "Per night",
    "progress_percent": "Progress (%)", "film_name": "Film", "cinema_name": "Theater", "synopsis_long": "Story",
    "volume_24_h": "Volume in a day", "sch_arr": "Arrives (plan)", "sch_dep": "Leaves (plan)", "arr": "Arrives",
    "dep": "Leaves", "ident_iata": "Flight", "departure_delay": "Departure delay (s)",
    "arrival_delay": "Arrival delay (s)", "uv_index": "UV index", "uv_index_text": "UV",
    "orig_name": "From", "dest_name": "To", "train_num": "Train", "route_name": "Route",
}  # fmt: skip
_DEEPEST: Final = 4
_MOST_KEYS: Final = 40
"""Levels and fields that are looked at: more of a stranger's object is not worth the time."""
_MAP: Final = 12
_SAY_ALL: Final = 4
"""A part with more to show than this is shown in lines of its own."""


def key_of(name: str) -> str:
    """displayPhone, DisplayPhone and display_phone are one."""
    return "_".join(words_of(name)) or name.lower()


def heading(name: str) -> str:
    """What a person calls the field, escaped."""
    key = key_of(name)
    known = _HEADINGS.get(key)
    words = key.replace("_", " ").strip().removeprefix("is ")
    return known or escaped(words[:1].upper() + words[1:], 40)


def hidden(name: str) -> bool:
    """Made for programs."""
    return bool(_HIDDEN.search(key_of(name)))


def name_key(thing: Thing) -> str:
    """The field that says what the thing is, or ""."""
    by_key = {
        key_of(key): key for key, value in reversed(list(thing.items())) if isinstance(value, str) and value.strip()
    }
    return next((by_key[name] for name in NAMES if name in by_key), "")


def link_of(thing: Thing) -> str:
    """Where the thing is, checked, or ""."""
    by_key = {key_of(key): value for key, value in reversed(list(thing.items()))}
    return next((found for name in LINKS if (found := address(by_key.get(name)))), "")


def is_link(name: str, value: Any) -> bool:
    """Shown as the thing's link, not as a field."""
    return key_of(name) in LINKS and bool(address(value))


def said(name: str, value: Any, longest: int = MAX_CELL, depth: int = 0) -> str:
    """A field's value in one line; "" when there is nothing to show."""
    if value is None or hidden(name) or depth > _DEEPEST:
        return ""
    if isinstance(value, Mapping):
        return _together(value, longest, depth)
    if isinstance(value, list):
        parts = [_entry(name, entry, longest, depth) for entry in value[:4]]
        shown = [part for part in parts if part]
        return ", ".join(shown) + ("…" if len(value) > 4 and shown else "")
    return scalar(name, value, longest)


def _entry(name: str, entry: Any, longest: int, depth: int) -> str:
    if isinstance(entry, Mapping):
        key = name_key(entry)
        return scalar(key, entry[key], longest) if key else _together(entry, longest, depth)
    return "" if isinstance(entry, list) else scalar(name, entry, longest)


def _together(part: Thing, longest: int, depth: int) -> str:
    """The values of a small object: {"Value": 43, "Unit": "F"} is "43 F", an address its lines."""
    by_key = {key_of(key): value for key, value in part.items()}
    for amount in ("display", "display_address", "address_string", "formatted", "display_name"):
        if by_key.get(amount):
            return said(amount, by_key[amount], longest, depth + 1)
    unit = by_key.get("unit") or by_key.get("currency")
    if isinstance(unit, str) and isinstance(by_key.get("value"), int | float):
        return f"{scalar('value', by_key['value'])} {escaped(unit, 12)}"
    low, high = by_key.get("min"), by_key.get("max")
    if isinstance(low, int | float) and isinstance(high, int | float):
        return f"{scalar('', low)} to {scalar('', high)} {escaped(unit or '', 12)}".strip()
    some = [(key, value) for key, value in part.items() if not isinstance(value, bool)][:_MOST_KEYS]
    parts = [said(key, value, longest, depth + 1) for key, value in some]
    return ", ".join(list(dict.fromkeys(part for part in parts if part))[:_SAY_ALL])


def facts(thing: Thing, depth: int = 0) -> Iterator[tuple[str, str]]:
    """(heading, value) of what can be said in a line each; an object with much in it gives its own."""
    for key, value in _paired(thing).items():
        if is_link(key, value) or hidden(key) or value is False:
            continue
        inner = value[0] if isinstance(value, list) and len(value) == 1 else value
        if isinstance(inner, Mapping) and depth < 2 and _much(inner):
            if not is_map(inner):
                yield from facts(inner, depth + 1)
        elif not is_rows(value):
            text = said(key, value)
            if text:
                yield heading(key), text


def flat(thing: Thing) -> dict[str, Any]:
    """A row whose parts with much in them have columns of their own."""
    row: dict[str, Any] = {}
    for key, value in thing.items():
        if isinstance(value, Mapping) and not hidden(key) and _much(value):
            for inner, deep in _paired(value).items():
                row.setdefault(inner, deep)
        else:
            row[key] = value
    return _paired(row)


def _paired(thing: Thing) -> dict[str, Any]:
    """Degrees of both kinds as one field."""
    out = dict(thing)
    for key in thing:
        other = f"{key[:-2]}_c"
        if key.endswith("_f") and isinstance(thing[key], int | float) and isinstance(thing.get(other), int | float):
            out[key] = f"{scalar('', thing[key])} °F, {scalar('', thing[other])} °C"
            del out[other]
    return out


def _much(part: Thing) -> bool:
    """More than fits a line: many values, several numbers, or a whole text."""
    texts = [said(key, value) for key, value in list(part.items())[:_MOST_KEYS]]
    amounts = [value for key, value in part.items() if isinstance(value, int | float) and not hidden(key)]
    numbers = sum(not isinstance(value, bool) for value in amounts)
    by_unit = {"unit", "currency"} & {key_of(key) for key in part}
    return sum(map(bool, texts)) > _SAY_ALL or (numbers > 1 and not by_unit) or max(map(len, texts), default=0) > 70


def is_map(part: Thing) -> bool:
    """Many numbers by name: exchange rates."""
    return len(part) > _MAP and all(isinstance(value, int | float) for value in part.values())


def is_rows(value: Any) -> bool:
    """Several things that have more than a name."""
    if not isinstance(value, list) or len(value) < 2 or not all(isinstance(row, Mapping) for row in value):
        return False
    return any(sum(bool(said(key, inner)) for key, inner in row.items()) > 1 for row in value[:5])
