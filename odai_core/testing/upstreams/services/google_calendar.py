"""Google Calendar: the primary calendar of one user, who may make and delete events."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from odai_core.testing.upstreams.google import ERRORS, authorize, failure
from odai_core.testing.upstreams.service import Ask, Reply, Route, Service

ZONE = "America/New_York"
ME = {"email": "me@example.com", "self": True}
_ID = re.compile(r"[a-v0-9]{5,1024}")
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)")


def events(zone: str = ZONE) -> list[dict[str, Any]]:
    """Five to come, from tomorrow on: two with everything, a whole day, one without a title, one taken back."""
    tomorrow = datetime.now(ZoneInfo(zone)).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return [
        _event("5c0d", "Team Sync", tomorrow.replace(hour=9), 30, location="Room 4", recurringEventId="abc",
               hangoutLink="https://meet.google.com/xxx-yyyy-zzz", description="<b>Agenda</b>: the usual.",
               attendees=[{"email": "alex@example.com", "displayName": "Alex", "responseStatus": "needsAction"},
                          {**ME, "responseStatus": "accepted"}]),
        _event("5c0e", "Dentist", tomorrow.replace(hour=14, minute=30), 60),
        {"id": "77ab", "summary": "Holiday", "status": "confirmed", "start": {"date": f"{tomorrow:%Y-%m-%d}"},
         "end": {"date": f"{tomorrow + timedelta(days=1):%Y-%m-%d}"}, "eventType": "default"},
        {"id": "77ac", "status": "confirmed", "start": _at(tomorrow.replace(hour=18)), "end": None},
        {"id": "77ad", "status": "cancelled"},
    ]  # fmt: skip


def _event(id: str, title: str, start: datetime, minutes: int, **more: Any) -> dict[str, Any]:
    return {
        "kind": "calendar#event", "etag": '"3"', "id": id, "status": "confirmed", "summary": title,
        "htmlLink": f"https://www.google.com/calendar/event?eid={id}", "creator": ME, "organizer": ME,
        "start": _at(start), "end": _at(start + timedelta(minutes=minutes)), "eventType": "default",
        "iCalUID": f"{id}@google.com", "sequence": 0, "reminders": {"useDefault": True},
    } | more  # fmt: skip


def _at(moment: datetime) -> dict[str, str]:
    return {"dateTime": moment.isoformat(), "timeZone": ZONE}


def listed(ask: Ask) -> Any:
    """Within timeMin and timeMax, sorted; ordering needs single events."""
    query = ask.query
    for name in ("timeMin", "timeMax"):
        if name in query and not _RFC3339.fullmatch(query[name]):
            return failure(400, "badRequest", "Not a valid time.")
    if query.get("orderBy") == "startTime" and query.get("singleEvents") != "true":
        return failure(400, "badRequest", "The requested ordering is not available.")
    if not 1 <= int(query.get("maxResults", "250")) <= 2500:
        return failure(400, "badRequest", "Not a valid number of results.")
    found = [one for one in [*events(), *_made(ask).values()] if _within(one, query)]
    found.sort(key=lambda one: _moment(one) or datetime.max.replace(tzinfo=UTC))
    return {
        "kind": "calendar#events", "summary": "me@example.com", "timeZone": query.get("timeZone", ZONE),
        "accessRole": "owner", "items": found[: int(query.get("maxResults", "250"))],
    }  # fmt: skip


def got(ask: Ask) -> Any:
    """One event; a deleted one is still told, as cancelled."""
    known = {one["id"]: one for one in events()} | _made(ask)
    event = known.get(ask.args["id"])
    if event is None:
        return ERRORS[404]
    return event | {"status": "cancelled"} if ask.args["id"] in _deleted(ask) else event


def inserted(ask: Ask) -> Any:
    """With the client's own id, if it gives one; the same id a second time is a conflict."""
    given = ask.json()
    id = given.get("id", "made0")
    if not _ID.fullmatch(id) or "start" not in given or "end" not in given:
        return failure(400, "invalid", "Invalid resource id value.")
    if id in _made(ask):
        return failure(409, "duplicate", "The requested identifier already exists.")
    link = {"hangoutLink": "https://meet.google.com/aaa-bbbb-ccc"} if "conferenceData" in given else {}
    page = {"htmlLink": f"https://www.google.com/calendar/event?eid={id}", "status": "confirmed", "creator": ME}
    _made(ask)[id] = given | page | link
    ask.done.append(given)
    return _made(ask)[id]


def deleted(ask: Ask) -> Any:
    """204; what is gone already is 410."""
    id = ask.args["id"]
    if id in _deleted(ask):
        return failure(410, "deleted", "Resource has been deleted.")
    if id not in {one["id"] for one in events()} | _made(ask).keys():
        return ERRORS[404]
    _deleted(ask).add(id)
    ask.done.append({"removed": id})
    return Reply(b"", 204)


def _made(ask: Ask) -> dict[str, Any]:
    return ask.kept.setdefault("made", {})  # type: ignore[no-any-return]


def _deleted(ask: Ask) -> set[str]:
    return ask.kept.setdefault("deleted", set())  # type: ignore[no-any-return]


def _moment(event: dict[str, Any], end: str = "start") -> datetime | None:
    given = event.get(end) or event.get("start") or {}
    text = given.get("dateTime") or given.get("date")
    if text is None:
        return None
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(given.get("timeZone", ZONE)))


def _within(event: dict[str, Any], query: Any) -> bool:
    start, end = _moment(event), _moment(event, "end")
    if start is None or end is None:
        return True
    after = "timeMin" not in query or end > datetime.fromisoformat(query["timeMin"])
    return after and ("timeMax" not in query or start < datetime.fromisoformat(query["timeMax"]))


SERVICE = Service(
    name="google-calendar",
    settings={"GOOGLE_CALENDAR_BASE_URL": "{url}"},
    authorize=authorize,
    routes=[
        Route("GET", "/calendars/primary/events", listed),
        Route("POST", "/calendars/primary/events", inserted),
        Route("GET", "/calendars/primary/events/{id}", got),
        Route("DELETE", "/calendars/primary/events/{id}", deleted),
    ],
    errors=ERRORS,
)
