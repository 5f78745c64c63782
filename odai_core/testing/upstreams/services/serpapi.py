"""SerpApi: Google's shopping, news, web, flight and hotel results, one address for all, told apart by `engine`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from odai_core.testing.upstreams import auth
from odai_core.testing.upstreams.service import Ask, Reply, Route, Service

NOTHING = "Google hasn't returned any results for this query."
_PICTURE = "https://encrypted-tbn1.gstatic.com/shopping?q=tbn:x"


def product(number: int, title: str, price: str, **more: Any) -> dict[str, Any]:
    """One hit of a shopping search with the fields that are always there."""
    return {
        "position": number, "title": title, "product_id": f"123456789012{number}",
        "product_link": f"https://www.google.com/shopping/product/123456789012{number}?gl=us",
        "immersive_product_page_token": "eyJlaSI6", "price": price, "thumbnail": _PICTURE,
        "serpapi_immersive_product_api": "https://serpapi.com/search.json?engine=google_immersive_product",
        "extracted_price": float(price.lstrip("$").partition("/")[0].replace(",", "")),
    } | more  # fmt: skip


def shopping_body() -> dict[str, Any]:
    """Six products: a full one, a used one, a bare one, one in instalments, the cheapest, and one too many to say."""
    full = {
        "source": "Best Buy", "source_icon": "https://serpapi.com/icon.png", "multiple_sources": True,
        "old_price": "$249.99", "extracted_old_price": 249.99, "rating": 4.6, "reviews": 3120,
        "snippet": "Comfortable (210 user reviews)", "delivery": "Free delivery", "tag": "20% OFF",
        "extensions": ["20% OFF"],
    }  # fmt: skip
    used = {"source": "eBay", "second_hand_condition": "refurbished", "rating": 4.1, "reviews": 12}
    return {
        "search_metadata": metadata(),
        "search_parameters": {"engine": "google_shopping_light", "gl": "us", "hl": "en"},
        "shopping_results": [
            product(1, "Acme Noise-Cancelling Headphones X2 - Over-Ear, Bluetooth, Black", "$199.99", **full),
            product(2, "Acme Noise-Cancelling Headphones X2 (Renewed)", "$89.00", **used),
            product(3, "Bolt Studio Wireless", "$1,249.00", rating=None, delivery=None),
            product(4, "Quiet Comfort 9 Headphones with Charging Case", "$12.45/mo", source="Verizon"),
            product(5, "Humble Headphones", "$24.50", source="Walmart.com", thumbnail="data:image/webp;base64,Ukl="),
            product(6, "Acme Headphones X1", "$99.00", source="Target", rating=4.4, reviews=880),
        ],
        "filters": [],
        "categorized_shopping_results": [],
    }


def story(title: str, source: str | None, minutes: int, **more: Any) -> dict[str, Any]:
    """A headline that is some minutes old, in both forms of its date."""
    when = datetime.now(UTC) - timedelta(minutes=minutes)
    return {
        "title": title, "link": f"https://example.com/{title.lower().replace(' ', '-')}",
        "source": {"name": source, "icon": "https://example.com/icon.png", "authors": ["Jane Doe"]},
        "thumbnail": "https://example.com/picture.jpg", "date": f"{when:%m/%d/%Y, %I:%M %p}, +0000 UTC",
        "iso_date": f"{when:%Y-%m-%dT%H:%M:%SZ}",
    } | more  # fmt: skip


def news_body() -> dict[str, Any]:
    """Flat headlines and a cluster, one without iso_date, one without a source, one more than is said."""
    older = story("Storm nears coast", "AP News", 125)
    del older["iso_date"]
    cluster = {
        "position": 2, "highlight": older, "story_token": "CAAqNggKIjBD",
        "stories": [story("Evacuations ordered", "CNN", 150, position=1), story("Schools close", "NPR", 200)],
    }  # fmt: skip
    return {
        "search_metadata": metadata(),
        "news_results": [
            story("Central bank holds rates", "Reuters", 20, position=1),
            cluster,
            story("New museum opens downtown", None, 300, position=3, thumbnail=None),
            {"position": 4, "stories": [story("Team wins the cup", "ESPN", 90)], "story_token": "CAAqNggKIjBE"},
            {"position": 5},
        ],
        "menu_links": [{"title": "World", "topic_token": "CAAqJggKIiBD"}],
    }


def web_body() -> dict[str, Any]:
    """An answer box, a knowledge graph and four pages, one of them nearly bare."""
    pages = [
        {"position": 1, "title": "List of tallest buildings in Boston",
         "link": "https://en.wikipedia.org/wiki/List_of_tallest_buildings_in_Boston",
         "displayed_link": "https://en.wikipedia.org › wiki", "snippet": "The tallest structure is 200 Clarendon ...",
         "snippet_highlighted_words": ["tallest"], "date": "Oct 3, 2026", "source": "Wikipedia",
         "sitelinks": {"inline": [{"title": "Timeline", "link": "https://example.org/timeline"}]}},
        {"position": 2, "title": "Boston's skyline", "link": "https://www.boston.com/skyline", "source": "Boston.com",
         "snippet": "Oct 1, 2026 — A view <b>from above</b> is on boston.com. It is open daily."},
        {"position": 3, "title": "Untold", "link": "https://example.net/untold"},
        {"position": 4, "title": "Towers of the world", "link": "https://example.net/towers", "date": None,
         "snippet": "Towers, sorted by height."},
    ]  # fmt: skip
    return {
        "search_metadata": metadata(),
        "search_information": {"organic_results_state": "Results for exact spelling"},
        "answer_box": {
            "type": "organic_result", "title": "200 Clarendon Street", "source": "Example Atlas",
            "snippet": "At 790 feet, 200 Clarendon Street is the tallest building in Boston.",
            "link": "https://example.org/clarendon",
        },
        "knowledge_graph": {
            "title": "200 Clarendon", "type": "Skyscraper in Boston", "source": {"name": "Wikipedia"},
            "description": "200 Clarendon Street is a sixty-two story skyscraper in Boston.",
        },
        "organic_results": pages,
        "related_questions": [{"question": "How tall is it?", "snippet": "It is 790 feet tall.", "title": "Atlas"}],
        "top_stories": [],
        "local_results": {},
    }  # fmt: skip


def flight(start: str, leaves: str, end: str, lands: str, number: str, **more: Any) -> dict[str, Any]:
    """One plane of British Airways; times are of the airports' clocks."""
    return {
        "departure_airport": {"name": f"{start} International Airport", "id": start, "time": leaves},
        "arrival_airport": {"name": f"{end} International Airport", "id": end, "time": lands},
        "duration": 390, "airplane": "Airbus A350", "airline": "British Airways", "flight_number": number,
        "airline_logo": "https://www.gstatic.com/flights/airline_logos/70px/BA.png", "travel_class": "Economy",
        "legroom": "31 in", "extensions": ["Average legroom (31 in)"], "overnight": True,
    } | more  # fmt: skip


def flights_body(start: str, end: str, day: str) -> dict[str, Any]:
    """Two that Google recommends, one with a stop; a dear one, a cheap one and one without a price beside them."""
    there = date.fromisoformat(day)
    next_day = f"{there + timedelta(days=1)}"

    def option(price: int | None, *legs: dict[str, Any]) -> dict[str, Any]:
        total = 390 * len(legs) + 60 * (len(legs) - 1)
        found = {
            "flights": list(legs), "layovers": [], "total_duration": total, "price": price, "type": "Round trip",
            "carbon_emissions": {"this_flight": 420000}, "departure_token": "WyJD...",
        }  # fmt: skip
        return {name: value for name, value in found.items() if name != "price" or value is not None}

    direct = flight(start, f"{day} 18:40", end, f"{next_day} 06:10", "BA 214")
    first = flight(start, f"{day} 17:05", "DUB", f"{next_day} 04:15", "EI 136", airline="Aer Lingus", airplane=None)
    second = flight("DUB", f"{next_day} 06:30", end, f"{next_day} 07:55", "EI 154", airline="Aer Lingus")
    late = flight(start, f"{day} 22:00", end, f"{next_day} 09:30", "VS 12", airline="Virgin Atlantic")
    return {
        "search_metadata": metadata(),
        "best_flights": [option(612, direct), option(548, first, second)],
        "other_flights": [option(990, late), option(590, late | {"flight_number": "VS 158"}), option(None, late)],
        "price_insights": {"lowest_price": 548, "price_level": "typical", "typical_price_range": [520, 800]},
        "airports": [{"departure": [{"airport": {"id": start, "name": start}, "city": "Boston"}]}],
    }


def hotel(name: str, night: int, nights: int, **more: Any) -> dict[str, Any]:
    """One hotel in Boston."""
    return {
        "type": "hotel", "name": name, "link": "https://www.example.com/hotel", "description": "A house by the park.",
        "gps_coordinates": {"latitude": 42.3564, "longitude": -71.0629}, "check_in_time": "3:00 PM",
        "check_out_time": "11:00 AM", "hotel_class": "4-star hotel", "extracted_hotel_class": 4,
        "rate_per_night": {"lowest": f"${night}", "extracted_lowest": night, "before_taxes_fees": f"${night - 30}"},
        "total_rate": {"lowest": f"${night * nights}", "extracted_lowest": night * nights},
        "images": [{"thumbnail": "https://lh5.googleusercontent.com/p/x", "original_image": "https://x.example/1.jpg"}],
        "overall_rating": 4.4, "reviews": 2310, "location_rating": 4.8, "amenities": ["Free Wi-Fi", "Spa"],
        "property_token": "ChcIyo2FjenOuMMgGgsvZy8xdGhoX25xZxAB",
    } | more  # fmt: skip


def hotels_body(nights: int) -> dict[str, Any]:
    """Five: one full up, one bare, one far away."""
    bare = {"type": "vacation rental", "name": "Loft by the Common", "rate_per_night": {"extracted_lowest": 180}}
    away = {"latitude": 42.2529, "longitude": -71.0023}
    return {
        "search_metadata": metadata(),
        "brands": [{"id": 33, "name": "Acme"}],
        "properties": [
            hotel("The Beacon House", 219, nights),
            hotel("Harborlight Hotel", 264, nights, extracted_hotel_class=5, link=None, total_rate={}),
            hotel("Full House", 100, nights, rate_per_night={}, total_rate={}),
            bare,
            hotel("Airport Lodge", 98, nights, gps_coordinates=away, extracted_hotel_class=3, check_in_time=None),
        ],
        "serpapi_pagination": {"current_from": 1, "current_to": 20, "next_page_token": "CBI="},
    }


def metadata(status: str = "Success") -> dict[str, Any]:
    """What begins every answer."""
    return {"id": "6740f0", "status": status, "total_time_taken": 1.42}


def failure(status: int, error: str) -> Reply:
    """As SerpApi shapes its errors."""
    return Reply({"error": error}, status)


def travel(ask: Ask) -> Any:
    """A trip in a time to come; nobody flies to or sleeps at "XXX" or on the equator."""
    flying = ask.query.get("engine") == "google_flights"
    names = ("outbound_date", "return_date") if flying else ("check_in_date", "check_out_date")
    try:
        days = [date.fromisoformat(ask.query[name]) for name in names if name in ask.query]
    except ValueError:
        return failure(400, f"`{names[0]}` is not a date.")
    if not days or days[0] < datetime.now(UTC).date() - timedelta(days=1):
        return failure(400, f"`{names[0]}` cannot be in the past.")
    if not flying and (not ask.query.get("q") or len(days) < 2):
        return failure(400, "Missing query `q` parameter.")
    if not flying:
        nothing = ask.query["q"].endswith(" 0,0")
        return {"search_metadata": metadata(), "error": NOTHING} if nothing else hotels_body((days[1] - days[0]).days)
    if ask.query.get("type") not in ("1", "2") or (ask.query["type"] == "1") != (len(days) == 2):
        return failure(400, "`return_date` is required if `type` is `1` (Round trip).")
    if ask.query.get("arrival_id") == "XXX":
        return {"search_metadata": metadata(), "error": NOTHING}
    start, end = (ask.query.get(name, "").partition(",")[0] for name in ("departure_id", "arrival_id"))
    return flights_body(start, end, f"{days[0]}")


def search(ask: Ask) -> Any:
    """Of a known engine; the query "nothing" finds nothing, and only the news may do without a query."""
    engine, query = ask.query.get("engine", "google"), ask.query.get("q", "")
    if engine in ("google_flights", "google_hotels"):
        return travel(ask)
    make = _ENGINES.get(engine)
    if make is None:
        return failure(400, f"Unsupported `{engine}` search engine.")
    if not query and engine != "google_news":
        return failure(400, "Missing query `q` parameter.")
    if query == "nothing":
        return {"search_metadata": metadata(), "search_parameters": {"engine": engine, "q": query}, "error": NOTHING}
    return make() | {"search_parameters": {"engine": engine, "q": query}}


_ENGINES: dict[str, Callable[[], dict[str, Any]]] = {
    "google": web_body,
    "google_light": web_body,
    "google_news": news_body,
    "google_shopping": shopping_body,
    "google_shopping_light": shopping_body,
}

SERVICE = Service(
    name="serpapi",
    settings={"SERPAPI_API_KEY": "{key}", "SERPAPI_BASE_URL": "{url}"},
    authorize=auth.query(
        "api_key", failure(401, "Invalid API key. Your API key should be here: https://serpapi.com/manage-api-key")
    ),
    routes=[Route("GET", "/search.json", search)],
    errors={
        400: failure(400, "Missing query `q` parameter."),
        401: failure(401, "Invalid API key. Your API key should be here: https://serpapi.com/manage-api-key"),
        403: failure(403, "Your account has been deleted."),
        404: failure(404, "The requested search does not exist."),
        429: failure(429, "Your account has exceeded its hourly throughput limit."),
        500: failure(500, "Something went wrong on our end."),
        503: failure(503, "We are temporarily unable to process this request."),
    },
)
