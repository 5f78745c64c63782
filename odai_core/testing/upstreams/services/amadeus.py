"""Amadeus: a token for a client's credentials, then fares, hotels and their rooms."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from odai_core.testing.upstreams.service import Ask, Reply, Route, Service

TOKEN = "amadeus-token-for-the-next-half-hour"


def failure(status: int, code: int, title: str, detail: str) -> Reply:
    """As Amadeus shapes its errors."""
    return Reply({"errors": [{"status": status, "code": code, "title": title, "detail": detail}]}, status)


EXPIRED = failure(401, 38192, "Access token expired", "The access token is expired")
CREDENTIALS = Reply(
    {
        "error": "invalid_client", "error_description": "Client credentials are invalid", "code": 38187,
        "title": "Invalid parameters",
    },
    401,
)  # fmt: skip


def authorize(ask: Ask) -> Reply | None:
    """The token, but for who asks for one."""
    if ask.path == "/v1/security/oauth2/token":
        return None
    return None if ask.headers.get("authorization") == f"Bearer {TOKEN}" else EXPIRED


def token(ask: Ask) -> Any:
    """For the right credentials, sent as a form."""
    form = ask.form() if ask.headers.get("content-type") == "application/x-www-form-urlencoded" else {}
    if form.get("grant_type") != "client_credentials":
        return Reply({"error": "unsupported_grant_type", "code": 38186}, 400)
    if (form.get("client_id"), form.get("client_secret")) != (ask.key, ask.key):
        return CREDENTIALS
    return {
        "type": "amadeusOAuth2Token", "username": "dev@example.com", "application_name": "Odai",
        "client_id": "hidden", "token_type": "Bearer", "access_token": TOKEN, "expires_in": 1799, "state": "approved",
        "scope": "",
    }  # fmt: skip


def segment(start: str, leaves: str, end: str, lands: str, carrier: str = "BA", **more: Any) -> dict[str, Any]:
    """One plane."""
    return {
        "departure": {"iataCode": start, "terminal": "E", "at": leaves},
        "arrival": {"iataCode": end, "terminal": "5", "at": lands}, "carrierCode": carrier, "number": "214",
        "aircraft": {"code": "351"}, "operating": {"carrierCode": carrier}, "duration": "PT6H30M", "id": "1",
        "numberOfStops": 0, "blacklistedInEU": False,
    } | more  # fmt: skip


def flights_body(start: str, end: str, there: date, back: date | None, nonstop: bool) -> dict[str, Any]:
    """A direct fare and one with a change, each with its way back when there is one."""

    def at(day: date, time: str) -> str:
        return f"{day}T{time}:00"

    after = there + timedelta(days=1)
    home = [segment(end, at(back, "11:20"), start, at(back, "13:40"))] if back else []
    way_back = [{"duration": "PT7H", "segments": home}] if back else []
    direct = {"duration": "PT6H30M", "segments": [segment(start, at(there, "18:40"), end, at(after, "06:10"))]}
    legs = [
        segment(start, at(there, "17:05"), "DUB", at(after, "04:15"), "EI", number="136", aircraft=None),
        segment("DUB", at(after, "06:30"), end, at(after, "07:55"), "EI", number="154"),
    ]
    offers = [("548.10", {"duration": "P1DT2H", "segments": legs}), ("612.40", direct)][nonstop:]
    return {
        "meta": {"count": len(offers), "links": {"self": "https://api.amadeus.com/v2/shopping/flight-offers"}},
        "data": [
            {
                "type": "flight-offer", "id": str(number), "oneWay": False, "lastTicketingDate": f"{there}",
                "numberOfBookableSeats": 9, "itineraries": [way, *way_back],
                "price": {"currency": "USD", "total": total, "base": "310.00", "grandTotal": total},
                "validatingAirlineCodes": ["BA"],
                "travelerPricings": [{"travelerType": "ADULT", "price": {"currency": "USD", "total": total}}],
            }
            for number, (total, way) in enumerate(offers, 1)
        ],
        "dictionaries": {
            "carriers": {"BA": "BRITISH AIRWAYS", "EI": "AER LINGUS"}, "aircraft": {"351": "AIRBUS A350-1000"},
        },
    }  # fmt: skip


def flights(ask: Ask) -> Any:
    """Nobody flies to XXX."""
    query = ask.query
    try:
        there = date.fromisoformat(query.get("departureDate", ""))
        back = date.fromisoformat(query["returnDate"]) if "returnDate" in query else None
    except ValueError:
        return failure(400, 477, "INVALID FORMAT", "invalid query parameter format")
    if query.get("nonStop") not in ("true", "false") or not query.get("adults", "").isdigit():
        return failure(400, 477, "INVALID FORMAT", "invalid query parameter format")
    start, end = query.get("originLocationCode", ""), query.get("destinationLocationCode", "")
    if end == "XXX":
        return {"meta": {"count": 0}, "data": []}
    return flights_body(start, end, there, back, query["nonStop"] == "true")


def near(ask: Ask) -> Any:
    """Four hotels, one of them without a point; none on the equator, and at most four classes may be asked for."""
    if ask.query.get("latitude") in ("0", "0.0"):
        return failure(400, 895, "NOTHING FOUND FOR REQUESTED CRITERIA", "Nothing found for the requested criteria")
    if ask.query.get("ratings", "3").count(",") > 3:
        return failure(400, 477, "INVALID FORMAT", "at most four ratings")
    point = {"latitude": 42.3564, "longitude": -71.0629}
    named = {"HSBOSAAA": "THE BEACON HOUSE", "BWBOSBBB": "HARBORLIGHT HOTEL", "XTBOSCCC": "FULL HOUSE"}
    hotels = [
        {"chainCode": code[:2], "iataCode": "BOS", "dupeId": 700000001, "name": name, "hotelId": code, "rating": 4,
         "geoCode": point, "address": {"countryCode": "US"}, "distance": {"value": 0.4, "unit": "KM"}}
        for code, name in named.items()
    ]  # fmt: skip
    return {"data": [*hotels, {"name": "CORNER INN", "hotelId": "ZZBOSDDD"}], "meta": {"count": 4}}


def rooms(ask: Ask) -> Any:
    """What two of the four have left."""
    known = {"BWBOSBBB": "264.00", "HSBOSAAA": "219.00", "ZZBOSDDD": "98.00"}
    try:
        days = [date.fromisoformat(ask.query.get(name, "")) for name in ("checkInDate", "checkOutDate")]
    except ValueError:
        return failure(400, 477, "INVALID FORMAT", "invalid query parameter format")
    asked = ask.query.get("hotelIds", "").split(",")
    nights, count = (days[1] - days[0]).days, int(ask.query.get("roomQuantity", "1"))
    if set(asked) <= {"XTBOSCCC"}:
        return failure(400, 3664, "NO ROOMS AVAILABLE AT REQUESTED PROPERTY", "no rooms available")
    return {
        "data": [
            {
                "type": "hotel-offers", "available": True,
                "hotel": {"type": "hotel", "hotelId": code, "chainCode": code[:2], "name": f"HOUSE {code[-3:]}"},
                "offers": [{
                    "id": "TSXOJ6LFQ2", "checkInDate": f"{days[0]}", "checkOutDate": f"{days[1]}", "rateCode": "RAC",
                    "room": {"type": "A1K", "typeEstimated": {"category": "STANDARD_ROOM", "beds": 1},
                             "description": {"text": "King bed, city view", "lang": "EN"}},
                    "guests": {"adults": int(ask.query.get("adults", "1"))},
                    "price": {"currency": "USD", "base": price, "total": f"{float(price) * nights * count:.2f}"},
                }],
            }
            for code, price in known.items() if code in asked
        ],
    }  # fmt: skip


SERVICE = Service(
    name="amadeus",
    settings={"AMADEUS_CLIENT_KEY": "{key}", "AMADEUS_CLIENT_SECRET": "{key}", "AMADEUS_BASE_URL": "{url}"},
    authorize=authorize,
    routes=[
        Route("POST", "/v1/security/oauth2/token", token),
        Route("GET", "/v2/shopping/flight-offers", flights),
        Route("GET", "/v1/reference-data/locations/hotels/by-geocode", near),
        Route("GET", "/v3/shopping/hotel-offers", rooms),
    ],
    errors={
        400: failure(400, 477, "INVALID FORMAT", "invalid query parameter format"),
        401: EXPIRED,
        404: failure(404, 38196, "Resource not found", "The targeted resource doesn't exist"),
        429: failure(429, 38194, "Too many requests", "The network rate limit is exceeded, please try again later"),
        500: failure(500, 141, "SYSTEM ERROR HAS OCCURRED", "system error"),
    },
)
