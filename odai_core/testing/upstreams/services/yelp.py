"""Yelp's Places API: a search and the reviews of one business."""

from __future__ import annotations

from typing import Any

from odai_core.testing.upstreams import auth
from odai_core.testing.upstreams.service import Ask, Reply, Route, Service


def business(number: int, name: str, **more: Any) -> dict[str, Any]:
    """One hit of a search, with every field Yelp sends."""
    alias = name.lower().replace("'", "").replace(" ", "-")
    return {
        "id": f"gR9DTbKCON2g1Z23bWcEp{number}",
        "alias": f"{alias}-boston",
        "name": name,
        "image_url": "https://s3-media0.fl.yelpcdn.com/bphoto/x/o.jpg",
        "is_closed": False,
        "url": f"https://www.yelp.com/biz/{alias}-boston?adjust_creative=x",
        "review_count": 1289,
        "categories": [{"alias": "tacos", "title": "Tacos"}],
        "rating": 4.5,
        "coordinates": {"latitude": 42.3519, "longitude": -71.0552},
        "transactions": ["delivery", "pickup"],
        "price": "$$",
        "location": {
            "address1": f"{350 + number} Congress St", "address2": "", "address3": None, "city": "Boston",
            "zip_code": "02110", "country": "US", "state": "MA",
            "display_address": [f"{350 + number} Congress St", "Boston, MA 02110"],
        },
        "phone": "+16175550100",
        "display_phone": "(617) 555-0100",
        "distance": 503.4,
        "business_hours": [
            {"open": [{"is_overnight": False, "start": "1100", "end": "2200", "day": 0}], "hours_type": "REGULAR",
             "is_open_now": True}
        ],
        "attributes": {},
    } | more  # fmt: skip


def businesses() -> dict[str, Any]:
    """Three businesses: a full one, one without the optional fields, one closed for good."""
    bare = business(2, "Casa Azul", rating=4.0, review_count=377)
    for name in ("price", "distance", "business_hours", "attributes"):
        del bare[name]
    gone = business(3, "Gone Forever", is_closed=True)
    businesses = [business(1, "Ricky's Tacos"), bare, gone]
    return {
        "total": 240, "region": {"center": {"longitude": -71.06, "latitude": 42.35}}, "businesses": businesses,
    }  # fmt: skip


def reviews_body() -> dict[str, Any]:
    """Two excerpts."""
    texts = (("Ella A.", 5, "Best al pastor in town, the salsa bar..."), ("Marcus T.", 3, "Good, but <b>loud</b>."))
    reviews = [
        {
            "id": f"xAG4O7l-t1ubbwVAlPnDK{stars}",
            "url": "https://www.yelp.com/biz/x",
            "text": text,
            "rating": stars,
            "time_created": "2026-04-18 19:32:11",
            "user": {"id": "W8UK02IDdRS2GL_66fuq6w", "profile_url": "https://x", "image_url": None, "name": who},
        }
        for who, stars, text in texts
    ]
    return {"total": 3, "possible_languages": ["en"], "reviews": reviews}


def search(ask: Ask) -> Any:
    """A term "nothing" finds nothing, a place "Nowhere" is not known."""
    location = ask.query.get("location", "")
    limit = ask.query.get("limit", "20")
    if not location:
        return failure(400, "LOCATION_MISSING")
    if not (limit.isdecimal() and 1 <= int(limit) <= 50):
        return failure(400, "VALIDATION_ERROR")
    if location == "Nowhere":
        return failure(400, "LOCATION_NOT_FOUND")
    if ask.query.get("term") == "nothing":
        return {"total": 0, "region": {}, "businesses": []}
    found = businesses()
    return found | {"businesses": found["businesses"][: int(limit)]}


def reviews(ask: Ask) -> Any:
    """Ids begin with "gR9"; "base-plan" is what a plan without reviews gets."""
    if ask.args["id"] == "base-plan":
        return failure(403, "NOT_AUTHORIZED")
    if not ask.args["id"].startswith("gR9"):
        return failure(404, "BUSINESS_NOT_FOUND")
    return reviews_body()


def failure(status: int, code: str) -> Reply:
    """As Yelp shapes its errors."""
    return Reply({"error": {"code": code, "description": "As Yelp words it.", "field": None}}, status)


SERVICE = Service(
    name="yelp",
    settings={"YELP_API_KEY": "{key}", "YELP_BASE_URL": "{url}"},
    authorize=auth.bearer(lambda given: failure(401, "TOKEN_INVALID" if given else "TOKEN_MISSING")),
    routes=[Route("GET", "/businesses/search", search), Route("GET", "/businesses/{id}/reviews", reviews)],
    errors={
        status: failure(status, code)
        for status, code in (
            (400, "VALIDATION_ERROR"),
            (401, "TOKEN_INVALID"),
            (403, "NOT_AUTHORIZED"),
            (404, "NOT_FOUND"),
            (429, "ACCESS_LIMIT_REACHED"),
            (500, "INTERNAL_ERROR"),
        )
    },
)
