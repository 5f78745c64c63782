"""The judge of requests notices what Google would refuse."""

from __future__ import annotations

import json
from typing import Any

import pytest

from odai_core import Setting, ToolPlugin
from odai_core.testing.upstreams import Seen
from tests.contracts.discovery import Broken, check

PLUGIN = ToolPlugin(
    name="calendar", api=1, title="Calendar", summary="plan", tools=[],
    scopes=["https://www.googleapis.com/auth/calendar.events.owned"],
    settings=[Setting(name="GOOGLE_CALENDAR_BASE_URL", help="x", default="https://www.googleapis.com/calendar/v3")],
)  # fmt: skip
ADDRESSES = {"GOOGLE_CALENDAR_BASE_URL": "http://127.0.0.1:1/google-calendar"}
EVENT = {"summary": "x", "start": {"dateTime": "2026-12-24T12:00:00"}, "attendees": [{"email": "a@example.com"}]}


def seen(method: str = "GET", path: str = "/calendars/primary/events", body: Any = None, **query: str) -> Seen:
    encoded = b"" if body is None else json.dumps(body).encode()
    return Seen(
        service="google-calendar", method=method, path=path, raw_path=path, query=query, body=encoded, peer="",
        headers={"content-type": "application/json"} if encoded else {},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("request_seen", "method"),
    [
        (seen(maxResults="10", singleEvents="true", timeMin="2026-11-23T00:00:00-05:00"), "calendar.events.list"),
        (seen(fields="items(id,start/dateTime,attendees(email)),timeZone"), "calendar.events.list"),
        (seen("POST", body=EVENT, sendUpdates="all", conferenceDataVersion="1"), "calendar.events.insert"),
        (seen("DELETE", "/calendars/primary/events/abc%20d"), "calendar.events.delete"),
    ],
)
def test_what_is_described_is_allowed(request_seen, method):
    assert check(PLUGIN, ADDRESSES, [request_seen]) == [method]


@pytest.mark.parametrize(
    ("request_seen", "why"),
    [
        (seen("PUT"), "no method PUT"), (seen(path="/calendars/primary/event"), "no method GET"),
        (seen(limit="10"), "takes no limit"), (seen(calendarId="x"), "takes no calendarId"),
        (seen(maxResults="ten"), "not a whole number"), (seen(singleEvents="True"), "neither true nor false"),
        (seen(orderBy="start"), "none of"), (seen(timeMin="2026-11-23 noon"), "no date-time"),
        (seen(fields="items(id,name)"), "asks for name"), (seen(fields="items(id"), "cannot be read"),
        (seen(body={"summary": "x"}), "takes no body"), (seen("POST", body={**EVENT, "title": "x"}), "no field title"),
        (seen("POST", body={**EVENT, "summary": 7}), "not of the type string"),
        (seen("POST", body={**EVENT, "attendees": {}}), "not of the type array"),
        (seen("POST", body={**EVENT, "attendees": [{"mail": "x"}]}), "no field mail"),
        (seen("POST", body={**EVENT, "start": {"dateTime": "noon"}}), "no date-time"),
        (seen("POST", body=EVENT, conferenceDataVersion="2"), "not 0 to 1"),
        (seen("POST", body=EVENT, sendUpdates="everybody"), "none of"),
        (seen("DELETE", "/users/me/calendarList/primary"), "none of the scopes"),
        (seen("GET", "/calendars/primary/acl"), "none of the scopes"),
    ],
)  # fmt: skip
def test_what_is_not_described_is_noticed(request_seen, why):
    with pytest.raises(Broken, match=why):
        check(PLUGIN, ADDRESSES, [request_seen])


def test_an_address_of_nobody_is_noticed():
    with pytest.raises(Broken, match="no address of Google's"):
        check(PLUGIN, {"GOOGLE_CALENDAR_BASE_URL": "http://127.0.0.1:1/google-calendar/other"}, [seen()])


def test_parameters_nobody_can_do_without_are_missed():
    drive = ToolPlugin(
        name="drive", api=1, title="Drive", summary="find", tools=[],
        scopes=["https://www.googleapis.com/auth/drive.readonly"],
        settings=[Setting(name="GOOGLE_DRIVE_BASE_URL", help="x", default="https://www.googleapis.com/drive/v3")],
    )  # fmt: skip
    with pytest.raises(Broken, match="cannot do without"):
        check(drive, {"GOOGLE_DRIVE_BASE_URL": "http://127.0.0.1:1/drive"}, [seen(path="/files/1AbC/export")])
