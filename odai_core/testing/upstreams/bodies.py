"""What the services answer: true shapes, invented values, times around now."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

EASTERN = timezone(timedelta(hours=-5))


def yelp_business(number: int, name: str, **more: Any) -> dict[str, Any]:
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


def yelp_search() -> dict[str, Any]:
    """Three businesses: a full one, one without the optional fields, one closed for good."""
    bare = yelp_business(2, "Casa Azul", rating=4.0, review_count=377)
    for name in ("price", "distance", "business_hours", "attributes"):
        del bare[name]
    gone = yelp_business(3, "Gone Forever", is_closed=True)
    businesses = [yelp_business(1, "Ricky's Tacos"), bare, gone]
    return {
        "total": 240, "region": {"center": {"longitude": -71.06, "latitude": 42.35}}, "businesses": businesses,
    }  # fmt: skip


def yelp_reviews() -> dict[str, Any]:
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


def _airport(icao: str, iata: str, name: str, city: str, zone: str) -> dict[str, Any]:
    return {
        "code": icao, "code_icao": icao, "code_iata": iata, "code_lid": iata, "timezone": zone, "name": name,
        "city": city, "airport_info_url": f"/airports/{icao}",
    }  # fmt: skip


JFK = _airport("KJFK", "JFK", "John F Kennedy Intl", "New York", "America/New_York")
LAX = _airport("KLAX", "LAX", "Los Angeles Intl", "Los Angeles", "America/Los_Angeles")


def flight(ident: str, leaves: int, *, left: bool = False, landed: bool = False, **more: Any) -> dict[str, Any]:
    """A flight from New York to Los Angeles whose gate time is `leaves` minutes from now; 21 minutes late."""

    def at(minutes: int, known: bool = True) -> str | None:
        return f"{datetime.now(UTC) + timedelta(minutes=leaves + minutes):%Y-%m-%dT%H:%M:00Z}" if known else None

    operator, number = ident[:3], ident[3:]
    return {
        "ident": ident, "ident_icao": ident, "ident_iata": f"DL{number}", "fa_flight_id": f"{ident}-{leaves}-p",
        "operator": operator, "operator_icao": operator, "operator_iata": "DL", "flight_number": number,
        "registration": "N801DZ", "atc_ident": None, "inbound_fa_flight_id": None, "codeshares": ["KLM6001"],
        "codeshares_iata": ["KL6001"], "blocked": False, "diverted": False, "cancelled": False, "position_only": False,
        "origin": JFK, "destination": LAX, "departure_delay": 1260, "arrival_delay": 900, "filed_ete": 19800,
        "progress_percent": 41, "status": "En Route / Delayed", "aircraft_type": "A339", "route_distance": 2475,
        "filed_airspeed": 460, "filed_altitude": 360, "route": None, "baggage_claim": "4", "gate_origin": "B32",
        "gate_destination": "36", "terminal_origin": "4", "terminal_destination": "3", "type": "Airline",
        "scheduled_out": at(0), "estimated_out": at(21), "actual_out": at(21, left), "scheduled_off": at(10),
        "estimated_off": at(40), "actual_off": at(41, left), "scheduled_on": at(340), "estimated_on": at(352),
        "actual_on": at(352, landed), "scheduled_in": at(350), "estimated_in": at(365), "actual_in": at(365, landed),
        "foresight_predictions_available": True,
    } | more  # fmt: skip


def aeroapi_flights(ident: str) -> dict[str, Any]:
    """Yesterday's, the one in the air and tomorrow's, newest first."""
    flights = [
        flight(ident, 1300, status="Scheduled"),
        flight(ident, -140, left=True),
        flight(ident, -1580, left=True, landed=True, status="Arrived"),
    ]
    return {"links": None, "num_pages": 1, "flights": flights}


def amtraker_train(number: str, started: int, day: int = 22) -> dict[str, Any]:
    """An Acela that left Washington `started` minutes ago and is twelve minutes late."""

    def at(minutes: int) -> str:
        return (datetime.now(EASTERN) + timedelta(minutes=minutes - started)).isoformat(timespec="seconds")

    def stop(name: str, code: str, arrives: int, leaves: int, late: int, status: str) -> dict[str, Any]:
        return {
            "name": name, "code": code, "tz": "America/New_York", "bus": False, "schArr": at(arrives),
            "schDep": at(leaves), "arr": at(arrives + late), "dep": at(leaves + late) if code != "BOS" else "",
            "arrCmnt": "", "depCmnt": "", "status": status, "stopIconColor": "#2a893d", "platform": "",
        }  # fmt: skip

    return {
        "routeName": "Acela", "trainNum": number, "trainNumRaw": number, "trainID": f"{number}-{day}", "lat": 40.7506,
        "lon": -73.9935, "heading": "NE", "velocity": 61.4, "trainTimely": "", "trainState": "Active",
        "statusMsg": " ", "eventCode": "NYP", "eventName": "New York Penn", "eventTZ": "America/New_York",
        "origCode": "WAS", "origName": "Washington Union", "originTZ": "America/New_York", "destCode": "BOS",
        "destName": "Boston South", "destTZ": "America/New_York",
        "stations": [
            stop("Washington Union", "WAS", 0, 0, 2, "Departed"),
            stop("New York Penn", "NYP", 174, 180, 12, "Enroute"),
            stop("Boston South", "BOS", 388, 388, 12, "Enroute"),
        ],
        "createdAt": at(started - 600), "updatedAt": at(started - 1), "lastValTS": at(started - 2), "objectID": 5512,
        "provider": "Amtrak", "providerShort": "AMTK", "onlyOfTrainNum": True, "alerts": [{"message": "..."}],
    }  # fmt: skip


def amtraker_trains(number: str) -> dict[str, Any] | list[Any]:
    """2150 and 2151 run once, 5 runs twice, every other number is the empty list that means unknown."""
    number, _, day = number.partition("-")
    if number in ("2150", "2151"):
        return {number: [amtraker_train(number, 160)]}
    if number == "5":
        trains = [amtraker_train("5", 160, 22), amtraker_train("5", 1600, 21)]
        return {"5": [train for train in trains if train["trainID"] == f"5-{day}" or not day]}
    return []
