"""Ticketmaster's Discovery API, version 2: events, venues and attractions."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

from odai_core.testing.upstreams import auth
from odai_core.testing.upstreams.service import Ask, Reply, Route, Service

GARDEN, HALL = "KovZpa2Xke", "KovZpZAEkk1A"
DOLLS, NOBODY = "K8vZ9171u-f", "K8vZ917_YJ0"
TOTAL = 37
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def ahead(days: int) -> str:
    """A day that many days from now, as the API writes it."""
    return (date.today() + timedelta(days=days)).isoformat()


def venue(number: str = GARDEN, name: str | None = "TD Garden", **more: Any) -> dict[str, Any]:
    """A venue with every field we know of."""
    return {
        "name": name, "type": "venue", "id": number, "test": False, "url": "https://www.ticketmaster.com/venue/8252",
        "locale": "en-us", "postalCode": "02114", "timezone": "America/New_York", "city": {"name": "Boston"},
        "state": {"name": "Massachusetts", "stateCode": "MA"},
        "country": {"name": "United States Of America", "countryCode": "US"}, "address": {"line1": "100 Legends Way"},
        "location": {"longitude": "-71.0620", "latitude": "42.3662"}, "markets": [{"name": "Boston", "id": "11"}],
        "boxOfficeInfo": {
            "phoneNumberDetail": "General Info: (617) 555-0100", "openHoursDetail": "Weekdays ten AM to five PM",
            "acceptedPaymentDetail": "Visa, MC and Cash", "willCallDetail": "Bring a picture ID.",
        },
        "parkingDetail": "Public parking is <b>under</b> the building.",
        "accessibleSeatingDetail": "Wheelchair spaces are on every level.", "upcomingEvents": {"_total": 141},
        "_links": {"self": {"href": f"/discovery/v2/venues/{number}?locale=en-us"}},
    } | more  # fmt: skip


def attraction(number: str = DOLLS, name: str = "Goo Goo Dolls", **more: Any) -> dict[str, Any]:
    """A performer."""
    return {
        "name": name, "type": "attraction", "id": number, "test": False,
        "url": "https://www.ticketmaster.com/artist/806431", "locale": "en-us", "images": pictures(),
        "classifications": [
            {"primary": True, "segment": {"id": "KZFzniwnSyZfZ7v7nJ", "name": "Music"}, "genre": {"name": "Rock"}}
        ],
        "upcomingEvents": {"_total": 22, "ticketmaster": 22},
        "_links": {"self": {"href": f"/discovery/v2/attractions/{number}?locale=en-us"}},
    } | more  # fmt: skip


def pictures() -> list[dict[str, Any]]:
    """The same one in two sizes."""
    return [
        {"ratio": ratio, "url": f"https://s1.ticketm.net/dam/a/{width}.jpg", "width": width, "height": height,
         "fallback": False}
        for ratio, width, height in (("16_9", 1136, 639), ("3_2", 305, 203))
    ]  # fmt: skip


def event(number: str = "vvG1zZ9YkAbCd", name: str = "Goo Goo Dolls: Winter Tour", **more: Any) -> dict[str, Any]:
    """An event with every field we know of, twelve days from now."""
    return {
        "name": name, "type": "event", "id": number, "test": False, "locale": "en-us",
        "url": f"https://www.ticketmaster.com/event/{number}", "images": pictures(),
        "sales": {"public": {"startDateTime": "2026-09-10T14:00:00Z", "startTBD": False}, "presales": []},
        "dates": {
            "start": {"localDate": ahead(12), "localTime": "19:30:00", "dateTime": f"{ahead(13)}T00:30:00Z",
                      "dateTBD": False, "dateTBA": False, "timeTBA": False, "noSpecificTime": False},
            "timezone": "America/New_York", "status": {"code": "onsale"}, "spanMultipleDays": False,
        },
        "classifications": [
            {"primary": True, "segment": {"id": "KZFzniwnSyZfZ7v7nJ", "name": "Music"}, "genre": {"name": "Rock"},
             "subGenre": {"name": "Pop"}}
        ],
        "priceRanges": [{"type": "standard", "currency": "USD", "min": 39.5, "max": 129.0}],
        "info": "Doors open at six.", "pleaseNote": "No re-entry.", "ageRestrictions": {"legalAgeEnforced": False},
        "accessibility": {"ticketLimit": 4}, "seatmap": {"staticUrl": "https://maps.ticketmaster.com/x.png"},
        "_links": {"self": {"href": f"/discovery/v2/events/{number}?locale=en-us"}},
        "_embedded": {"venues": [venue()], "attractions": [attraction()]},
    } | more  # fmt: skip


def events() -> list[dict[str, Any]]:
    """A full one, one that is hardly more than a name, a cancelled one and one of Ticketmaster's own tests."""
    bare = {"name": "Open Studio", "type": "event", "id": "G5vYZ9_bare", "dates": {"start": {"dateTBD": True}}}
    hall = venue(HALL, "Symphony Hall", address={"line1": "301 Massachusetts Ave"}, boxOfficeInfo=None)
    start = {"localDate": ahead(20), "timeTBA": True}
    cancelled = event(
        "G5vYZ9Cancel", "Holiday Pops", priceRanges=None, dates={"start": start, "status": {"code": "cancelled"}},
        _embedded={"venues": [hall]},
    )  # fmt: skip
    return [event(), bare, cancelled, event("G5vYZ9Test", "DO NOT BUY", test=True)]


def listed(kind: str, items: list[dict[str, Any]], total: int, size: int) -> dict[str, Any]:
    """As lists are shaped: without hits there is no `_embedded`."""
    links = {"self": {"href": f"/discovery/v2/{kind}.json?size={size}"}}
    page = {"size": size, "totalElements": total, "totalPages": -(-total // size), "number": 0}
    return ({"_embedded": {kind: items[:size]}} if items else {}) | {"_links": links, "page": page}


def find_events(ask: Ask) -> Any:
    """The keyword "nothing", the city "Nowhere" and unknown ids have no events."""
    start = ask.query.get("startDateTime")
    if start is not None and not _MOMENT.fullmatch(start):
        return failure(400, "DIS1015", "Query param with date must be of valid format YYYY-MM-DDTHH:mm:ssZ")
    known = {"venueId": {GARDEN, HALL}, "attractionId": {DOLLS}}
    unknown = any(ask.query.get(name, next(iter(ids))) not in ids for name, ids in known.items())
    if unknown or ask.query.get("keyword") == "nothing" or ask.query.get("city") == "Nowhere":
        return _page(ask, "events", [], 0)
    return _page(ask, "events", events(), TOTAL)


def find_venues(ask: Ask) -> Any:
    """Three, one of them without a name; none are called "nothing"."""
    if ask.query.get("keyword") == "nothing":
        return _page(ask, "venues", [], 0)
    hall = venue(HALL, "Symphony Hall", upcomingEvents={"_total": 1})
    nameless = venue(
        "Za5ju3rKuqZDd", None, city={"name": "Salem"}, address={"line1": "12 Derby St"}, upcomingEvents=None
    )
    return _page(ask, "venues", [venue(), hall, nameless], 3)


def find_attractions(ask: Ask) -> Any:
    """Two; none are called "nothing"."""
    if ask.query.get("keyword") == "nothing":
        return _page(ask, "attractions", [], 0)
    tribute = attraction(NOBODY, "The Goo Goo Trolls", classifications=None, upcomingEvents={"_total": 0})
    return _page(ask, "attractions", [attraction(), tribute], 2)


def one_event(ask: Ask) -> Any:
    """By its id."""
    return next((one for one in events() if one["id"] == ask.args["id"]), None) or missing(ask)


def one_venue(ask: Ask) -> Any:
    """By its id."""
    return venue() if ask.args["id"] == GARDEN else missing(ask)


def one_attraction(ask: Ask) -> Any:
    """By its id."""
    return attraction() if ask.args["id"] == DOLLS else missing(ask)


def _page(ask: Ask, kind: str, items: list[dict[str, Any]], total: int) -> Any:
    size = ask.query.get("size", "20")
    if not (size.isdecimal() and 1 <= int(size) <= 200):
        return failure(400, "DIS1035", "Page size must be between 1 and 200")
    return listed(kind, items, total, int(size))


def missing(ask: Ask) -> Reply:
    """No such id."""
    return failure(404, "DIS1004", f"Resource not found with provided criteria (locale=en-us, id={ask.args['id']})")


def failure(status: int, code: str, detail: str) -> Reply:
    """As the API itself shapes errors."""
    about = {"about": {"href": f"/discovery/v2/errors.html#{code}"}}
    return Reply({"errors": [{"code": code, "detail": detail, "status": str(status), "_links": about}]}, status)


def fault(status: int, text: str, code: str) -> Reply:
    """As the gateway before it shapes errors."""
    return Reply({"fault": {"faultstring": text, "detail": {"errorcode": code}}}, status)


def refused(given: bool) -> Reply:
    """Without a key or with a wrong one."""
    if given:
        return fault(401, "Invalid ApiKey", "oauth.v2.InvalidApiKey")
    return fault(401, "Failed to resolve API Key variable request.queryparam.apikey", "steps.oauth.v2.FailedToResolve")


SERVICE = Service(
    name="ticketmaster",
    settings={"TICKETMASTER_CONSUMER_KEY": "{key}", "TICKETMASTER_BASE_URL": "{url}"},
    authorize=auth.query("apikey", refused),
    routes=[
        Route("GET", "/events.json", find_events),
        Route("GET", "/events/{id}.json", one_event),
        Route("GET", "/venues.json", find_venues),
        Route("GET", "/venues/{id}.json", one_venue),
        Route("GET", "/attractions.json", find_attractions),
        Route("GET", "/attractions/{id}.json", one_attraction),
    ],
    errors={
        400: failure(400, "DIS1001", "The request is not valid"),
        401: refused(True),
        404: failure(404, "DIS1004", "Resource not found with provided criteria"),
        429: fault(
            429,
            "Rate limit quota violation. Quota limit  exceeded. Identifier : x",
            "policies.ratelimit.QuotaViolation",
        ),
    },
)
