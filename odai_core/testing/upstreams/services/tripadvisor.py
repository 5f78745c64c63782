"""TripAdvisor's Content API: a search, and one place's details and reviews."""

from __future__ import annotations

import re
from typing import Any

from odai_core.testing.upstreams import auth
from odai_core.testing.upstreams.service import Ask, Reply, Route, Service

HARBOR = "321146"
_LAT_LONG = re.compile(r"-?\d{1,2}(\.\d+)?,-?\d{1,3}(\.\d+)?")
_CATEGORIES = ("", "restaurants", "hotels", "attractions", "geos")


def hit(number: str, name: str, street: str, **more: Any) -> dict[str, Any]:
    """One hit of a search in Edgartown."""
    address = {
        "street1": street, "street2": "", "city": "Edgartown", "state": "Massachusetts", "country": "United States",
        "postalcode": "02539", "address_string": f"{street}, Edgartown, MA 02539",
    }  # fmt: skip
    return {"location_id": number, "name": name, "address_obj": address} | more


def search_body(near: bool = False) -> dict[str, Any]:
    """Four hits: a full one, a plain one, one without details, one with next to nothing."""
    away = ("0.42", "north"), ("1.24", "southwest"), ("0.0312", "east"), ("12.8", "west")
    hits = [
        hit(HARBOR, "Harbor View Hotel", "131 N Water St"),
        hit("321147", "Whaler's Inn", "27 S Summer St"),
        hit("404404", "The Old Lighthouse Rooms", "1 Beach Rd"),
        {"location_id": "321149", "name": "Nameless Cove"},
    ]
    if near:
        hits = [one | {"distance": far, "bearing": way} for one, (far, way) in zip(hits, away, strict=True)]
    return {"data": hits}


def details_body(number: str = HARBOR) -> dict[str, Any]:
    """A hotel with every field; any other number but 404404 is an inn with few."""
    if number != HARBOR:
        few = hit(number, "Whaler's Inn", "27 S Summer St", rating="4.8", num_reviews="93", hours=None)
        return few | {"subratings": {}, "awards": [], "price_level": ""}
    days = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
    return hit(HARBOR, "Harbor View Hotel", "131 N Water St") | {
        "description": "Historic waterfront hotel with a wide porch and a view of the lighthouse.",
        "web_url": "https://www.tripadvisor.com/Hotel_Review-g41502-d321146", "latitude": "41.3911",
        "longitude": "-70.5102", "timezone": "America/New_York",
        "ranking_data": {
            "geo_location_id": "41502", "ranking_string": "#4 of 14 hotels in Edgartown",
            "geo_location_name": "Edgartown", "ranking_out_of": "14", "ranking": "4",
        },
        "rating": "4.5", "num_reviews": "1187",
        "rating_image_url": "https://www.tripadvisor.com/img/cdsi/img2/ratings/traveler/4.5-66827-5.svg",
        "review_rating_count": {"1": "38", "2": "47", "3": "101", "4": "298", "5": "703"},
        "subratings": {"0": {"name": "rate_location", "localized_name": "Location", "value": "4.9"}},
        "price_level": "$$$", "phone": "+1 508-555-0100", "website": "http://www.example.com", "photo_count": "902",
        "hours": {
            "periods": [
                {"open": {"day": day, "time": "1700"}, "close": {"day": day, "time": "2200"}} for day in range(1, 8)
            ],
            "weekday_text": [f"{day}: 17:00 - 22:00" for day in days],
        },
        "cuisine": [{"name": "seafood", "localized_name": "Seafood"}], "amenities": ["Free parking"],
        "category": {"name": "hotel", "localized_name": "Hotel"},
        "subcategory": [{"name": "hotel", "localized_name": "Hotel"}],
        "trip_types": [{"name": "couples", "localized_name": "Couples", "value": "512"}], "awards": [],
    }  # fmt: skip


def reviews_body() -> dict[str, Any]:
    """Three reviews, newest first; the last has no title."""
    told = (
        (5, "Lovely stay", "Rooms were spotless and the staff remembered us. We will be back next year.", "Couples"),
        (5, "Great porch", "Coffee on the porch every morning.", "Family"),
        (2, None, "The room was loud at night, and <b>nobody</b> came when we called the desk about it.", None),
    )
    reviews = [
        {
            "id": 998877 - index, "lang": "en", "location_id": int(HARBOR), "rating": rating, "helpful_votes": index,
            "published_date": f"2026-10-{20 - index:02}T14:11:09Z", "trip_type": trip, "travel_date": "2026-09-30",
            "url": "https://www.tripadvisor.com/ShowUserReviews-g41502-d321146", "title": title, "text": text,
            "user": {"username": f"traveler{index}", "user_location": {"id": "60745", "name": "Boston, Massachusetts"}},
            "subratings": {},
        }
        for index, (rating, title, text, trip) in enumerate(told)
    ]  # fmt: skip
    return {"data": reviews}


def search(ask: Ask) -> Any:
    """The query "nothing" finds nothing."""
    query, near = ask.query.get("searchQuery", ""), ask.query.get("latLong", "")
    if not query or ask.query.get("category", "") not in _CATEGORIES or not (near == "" or _LAT_LONG.fullmatch(near)):
        return failure(400, "BadRequestException", 140)
    return {"data": []} if query == "nothing" else search_body(bool(near))


def details(ask: Ask) -> Any:
    """Ids begin with 32."""
    return details_body(ask.args["id"]) if ask.args["id"].startswith("32") else failure(404, "NotFoundException", 104)


def reviews(ask: Ask) -> Any:
    """Only one place has some."""
    if not ask.args["id"].startswith("32"):
        return failure(404, "NotFoundException", 104)
    return reviews_body() if ask.args["id"] == HARBOR else {"data": []}


def failure(status: int, kind: str, code: int) -> Reply:
    """As TripAdvisor shapes its errors."""
    return Reply({"error": {"message": "As TripAdvisor words it.", "type": kind, "code": code}}, status)


_DENIED = Reply({"message": "User is not authorized to access this resource with an explicit deny"}, 403)

SERVICE = Service(
    name="tripadvisor",
    settings={"TRIPADVISOR_API_KEY": "{key}", "TRIPADVISOR_BASE_URL": "{url}"},
    authorize=auth.query("key", _DENIED),
    routes=[
        Route("GET", "/location/search", search),
        Route("GET", "/location/{id}/details", details),
        Route("GET", "/location/{id}/reviews", reviews),
    ],
    errors={
        400: failure(400, "BadRequestException", 140),
        403: _DENIED,
        404: failure(404, "NotFoundException", 104),
        429: Reply({"message": "Limit Exceeded"}, 429),
    },
)
