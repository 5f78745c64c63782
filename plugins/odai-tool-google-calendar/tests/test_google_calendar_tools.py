"""Google Calendar's own requests and answers; what every connector must do is in the conformance test."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from odai_tool_google_calendar import (
    create_google_calendar_event,
    delete_google_calendar_event,
    get_google_calendar_events,
    odai_tools,
)

from odai_core import Caller, Link, Secret, ToolContext, ToolResponse
from odai_core.testing.kit.linked import LinkedAccount
from odai_core.testing.upstreams import UpstreamServer, mutate
from odai_core.tools.http import HttpClient
from odai_core.tools.invoke import invoke
from odai_core.tools.schema import describe
from tests.contracts import discovery

NAME = "google-calendar"
ZONE = "America/New_York"
LUNCH = {
    "title": "Lunch with Ana", "timezone": ZONE, "start_date": "2031-12-24T12:00:00", "end_date": "2031-12-24T13:00:00",
}  # fmt: skip


def account(token: str = "test-key") -> LinkedAccount:
    scopes = odai_tools().scopes
    link = Link(id="l1", subject="s1", label="me", token=Secret(token), scopes=frozenset(scopes))
    return LinkedAccount("google", [link], scopes)


def context(server: UpstreamServer | None = None, http: HttpClient | None = None, **more: Any) -> ToolContext:
    values = {"GOOGLE_CALENDAR_BASE_URL": server.url(NAME) if server else "http://127.0.0.1:1"}
    given: dict[str, Any] = {
        "caller": Caller(time_zone=ZONE), "demo": not server, "account": account() if server else None, "write_id": "w",
    }  # fmt: skip
    return ToolContext(http=http or HttpClient(), settings=values, log=logging.getLogger("test"), **{**given, **more})


async def call(tool: Any, ctx: ToolContext, **arguments: Any) -> ToolResponse:
    response = await invoke(describe(tool), json.dumps(arguments), ctx)
    assert 0 < len(response.spoken) <= 300
    assert "http" not in response.spoken
    return response


@pytest.fixture
async def server() -> AsyncIterator[UpstreamServer]:
    """Whatever is asked of it must be what Google's own description allows."""
    async with UpstreamServer() as running:
        yield running
        discovery.check(odai_tools(), running.settings(odai_tools()), running.seen)


@pytest.fixture
async def ctx(server: UpstreamServer) -> AsyncIterator[ToolContext]:
    async def no_pause(_: float) -> None: ...

    http = HttpClient(timeout=1, sleep=no_pause)
    yield context(server, http)
    await http.aclose()


def tomorrow(hour: int = 0, minute: int = 0, *, days: int = 1) -> datetime:
    today = datetime.now(ZoneInfo(ZONE)).replace(hour=hour, minute=minute, second=0, microsecond=0)
    return today + timedelta(days=days)


# -- what is to come ---------------------------------------------------------------------------------


async def test_the_next_events_are_told_and_shown(ctx: ToolContext, server: UpstreamServer):
    before = datetime.now(ZoneInfo(ZONE)) - timedelta(seconds=1)
    response = await call(get_google_calendar_events, ctx)
    assert response.response_type == "google_calendar_events"
    assert response.spoken == (
        "You have four events to come. First, Holiday all day tomorrow. Second, Team Sync tomorrow at nine AM. "
        "Third, Dentist tomorrow at two thirty PM."
    )
    holiday, sync, _, bare = response.response["events"]
    day = f"{tomorrow():%Y-%m-%d}"
    assert holiday == {"id": "77ab", "title": "Holiday", "start": day, "last_day": day, "all_day": True}
    assert sync == {
        "id": "5c0d", "title": "Team Sync", "start": tomorrow(9).isoformat(), "end": tomorrow(9, 30).isoformat(),
        "location": "Room 4", "description": "<b>Agenda</b>: the usual.", "recurring": True,
        "attendees": [{"email": "alex@example.com", "name": "Alex", "response": "needsAction"},
                      {"email": "me@example.com", "name": None, "response": "accepted"}],
        "meet": "https://meet.google.com/xxx-yyyy-zzz", "link": "https://www.google.com/calendar/event?eid=5c0d",
    }  # fmt: skip
    assert bare == {"id": "77ac", "start": tomorrow(18).isoformat(), "end": tomorrow(18).isoformat()}
    query = dict(server.seen[0].query)
    assert before <= datetime.fromisoformat(query.pop("timeMin"))
    assert query.pop("fields").startswith("items(")
    assert query == {
        "maxResults": "10", "singleEvents": "true", "orderBy": "startTime", "timeZone": ZONE, "maxAttendees": "20",
    }  # fmt: skip


async def test_one_day_is_asked_for_from_midnight_to_midnight_there(ctx: ToolContext, server: UpstreamServer):
    response = await call(get_google_calendar_events, ctx, date="tomorrow", limit=2)
    assert response.spoken == "You have two events tomorrow. First, Holiday all day. Second, Team Sync at nine AM."
    assert response.response["day"] == f"{tomorrow():%Y-%m-%d}"
    assert (server.seen[0].query["timeMin"], server.seen[0].query["timeMax"]) == (
        tomorrow().isoformat(), tomorrow(days=2).isoformat(),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("day", "first", "last"),
    [
        ("2027-03-14", "2027-03-14T00:00:00-05:00", "2027-03-15T00:00:00-04:00"),
        ("2026-11-01", "2026-11-01T00:00:00-04:00", "2026-11-02T00:00:00-05:00"),
    ],
)
async def test_a_day_has_23_or_25_hours_when_the_clocks_change(day, first, last, ctx, server):
    assert (await call(get_google_calendar_events, ctx, date=day)).ok
    assert (server.seen[0].query["timeMin"], server.seen[0].query["timeMax"]) == (first, last)


async def test_an_empty_day_is_free(ctx: ToolContext, server: UpstreamServer):
    for day, said in (("today", "Your calendar is free today."), (None, "There is nothing to come in your calendar.")):
        server.answer(NAME, {"items": []})
        assert (await call(get_google_calendar_events, ctx, date=day)).spoken == said


async def test_one_event_is_told_without_counting(ctx: ToolContext, server: UpstreamServer):
    at = tomorrow(11).isoformat()
    server.answer(NAME, {"items": [{"id": "a1b2", "summary": "Yoga.", "start": {"dateTime": at}}, {"id": 7}, "x"]})
    response = await call(get_google_calendar_events, ctx)
    assert response.spoken == "You have one event to come: Yoga tomorrow at eleven AM."
    assert len(response.response["events"]) == 1


@pytest.mark.parametrize(("limit", "sent"), [(0, "1"), (-5, "1"), (9999, "250"), (None, "10")])
async def test_a_limit_is_kept_within_what_was_promised(limit, sent, ctx: ToolContext, server: UpstreamServer):
    assert (await call(get_google_calendar_events, ctx, limit=limit)).ok
    assert server.seen[0].query["maxResults"] == sent


@pytest.mark.parametrize("day", ["soon", "2026-13-01", "2026-02-30", "0001-01-01", "9999-12-31", "2026-11-23T10", "١"])
async def test_a_day_nobody_can_read_is_asked_for_again(day, ctx: ToolContext, server: UpstreamServer):
    assert (await call(get_google_calendar_events, ctx, date=day)).response["code"] == "bad_request"
    assert not server.seen


async def test_a_caller_of_no_known_zone_has_utc(ctx: ToolContext, server: UpstreamServer):
    for zone in ("", "../../etc/passwd", "Nowhere/Land", "America", "\x00"):
        lost = context(server, ctx.http, caller=Caller(time_zone=zone))
        assert (await call(get_google_calendar_events, lost)).response["time_zone"] == "UTC"


async def test_a_screen_gets_no_more_than_it_takes(ctx: ToolContext, server: UpstreamServer):
    long = {"id": "a1", "summary": "ü" * 300, "location": "\x01" * 300, "description": "x" * 400, "hangoutLink": "x:y"}
    guests = [{"email": f"{'y' * 200}@example.com", "displayName": "z"}] * 22
    server.answer(NAME, {"items": [long | {"attendees": guests}] * 220})
    response = await call(get_google_calendar_events, ctx, limit=250)
    assert 10 < len(response.response["events"]) < 220
    assert len(response.response["events"][0]["attendees"]) == 20
    assert "meet" not in response.response["events"][0]


@pytest.mark.parametrize("seed", range(60))
async def test_odd_bodies_are_answered_or_refused(seed, ctx: ToolContext, server: UpstreamServer):
    random = Random(seed)
    server.alter(NAME, lambda body: mutate(body, random))
    for response in (
        await call(get_google_calendar_events, ctx), await call(create_google_calendar_event, ctx, **LUNCH),
        await call(delete_google_calendar_event, ctx, event_id="5c0d"),
    ):  # fmt: skip
        assert response.ok or response.response["code"] in ("bad_shape", "not_found")


# -- a new event -------------------------------------------------------------------------------------


async def test_an_event_is_put_down_as_it_was_said(ctx: ToolContext, server: UpstreamServer):
    more = {"location": "Casa  Azul\n", "invitees": ["ana@example.com", " ana@example.com "], "google_meet": True}
    response = await call(create_google_calendar_event, ctx, **LUNCH, **more)
    assert response.spoken == (
        "Lunch with Ana is in your calendar on December twenty fourth at noon, with one person invited and a Meet link "
        "added."
    )
    (seen,) = server.seen
    body = json.loads(seen.body)
    assert dict(seen.query) == {"sendUpdates": "all", "conferenceDataVersion": "1"}
    assert body.pop("conferenceData")["createRequest"]["requestId"] == body["id"]
    assert body == {
        "id": body["id"], "summary": "Lunch with Ana", "location": "Casa Azul",
        "start": {"dateTime": "2031-12-24T12:00:00", "timeZone": ZONE},
        "end": {"dateTime": "2031-12-24T13:00:00", "timeZone": ZONE}, "attendees": [{"email": "ana@example.com"}],
    }  # fmt: skip
    assert response.response["meet"] == "https://meet.google.com/aaa-bbbb-ccc"
    assert response.response["id"] == body["id"]


@pytest.mark.parametrize(("start", "end", "after"), [("2031-12-20", "2031-12-27", "28"), ("2031-12-20",) * 2 + ("21",)])
async def test_whole_days_end_with_the_last_one(start, end, after, ctx: ToolContext, server: UpstreamServer):
    response = await call(create_google_calendar_event, ctx, **LUNCH | {"start_date": start, "end_date": end})
    body = json.loads(server.seen[0].body)
    assert (body["start"], body["end"]) == ({"date": start}, {"date": f"2031-12-{after}"})
    assert response.spoken == "Lunch with Ana is in your calendar all day on December twentieth."
    assert (response.response["start"], response.response["last_day"]) == (start, end)


@pytest.mark.parametrize(
    ("start", "end", "sent"),
    [
        ("2031-12-24T12:00", "2031-12-24 13:00", ("2031-12-24T12:00:00", "2031-12-24T13:00:00")),
        ("2031-12-24T17:00:00Z", "2031-12-24T18:30:00+00:00", ("2031-12-24T12:00:00", "2031-12-24T13:30:00")),
        ("2026-11-01T00:30:00", "2026-11-01T03:00:00", ("2026-11-01T00:30:00", "2026-11-01T03:00:00")),
        ("2027-03-14T01:30:00", "2027-03-14T03:30:00", ("2027-03-14T01:30:00", "2027-03-14T03:30:00")),
    ],
)
async def test_times_are_local_with_the_zones_name(start, end, sent, ctx: ToolContext, server: UpstreamServer):
    assert (await call(create_google_calendar_event, ctx, **LUNCH | {"start_date": start, "end_date": end})).ok
    body = json.loads(server.seen[0].body)
    assert (body["start"]["dateTime"], body["end"]["dateTime"]) == sent
    assert body["start"]["timeZone"] == ZONE


@pytest.mark.parametrize(
    "odd",
    [
        {"timezone": "Eastern"}, {"timezone": ""}, {"timezone": "../UTC"}, {"title": " \n\x00"},
        {"start_date": "noon"}, {"end_date": "2031-12-24T11:59:00"}, {"end_date": "2031-12-24T12:00:00"},
        {"start_date": "2031-12-24"}, {"end_date": "2031-12-24"},
        {"start_date": "2031-12-25", "end_date": "2031-12-24"},
        {"start_date": "0001-01-01T00:00:00", "end_date": "9999-12-31T23:59:59"}, {"invitees": ["Ana"]},
        {"invitees": ["ana@example.com\nBcc: x@example.com"]}, {"invitees": ["<ana@example.com>"]},
        {"invitees": [f"a{number}@example.com" for number in range(51)]},
    ],
)  # fmt: skip
async def test_what_cannot_be_put_down_is_asked_for_again(odd, ctx: ToolContext, server: UpstreamServer):
    assert (await call(create_google_calendar_event, ctx, **LUNCH | odd)).response["code"] == "bad_request"
    assert not server.seen


async def test_a_second_try_finds_the_event_of_the_first(ctx: ToolContext, server: UpstreamServer):
    server.lose(NAME)
    lost = await call(create_google_calendar_event, ctx, **LUNCH)
    assert lost.response["code"] == "upstream"
    again = await call(create_google_calendar_event, ctx, **LUNCH)
    assert again.spoken == "Lunch with Ana is in your calendar on December twenty fourth at noon."
    assert [seen.method for seen in server.seen] == ["POST", "POST", "GET"]
    assert len(server.done(NAME)) == 1


async def test_an_id_is_made_of_what_google_takes(ctx: ToolContext, server: UpstreamServer):
    for write in ("w", "x", "", ""):
        assert (await call(create_google_calendar_event, context(server, ctx.http, write_id=write), **LUNCH)).ok
    ids = [done["id"] for done in server.done(NAME)]
    assert len(set(ids)) == 4
    assert all(len(id) == 32 and set(id) <= set("0123456789abcdefghijklmnopqrstuv") for id in ids)


# -- an event that is not wanted any more ------------------------------------------------------------


async def test_an_event_is_deleted_by_its_id(ctx: ToolContext, server: UpstreamServer):
    response = await call(delete_google_calendar_event, ctx, event_id="5c0e")
    assert response.spoken == "Dentist tomorrow at two thirty PM is off your calendar."
    assert (response.response["deleted"], response.response["id"]) == (True, "5c0e")
    assert [seen.method for seen in server.seen] == ["GET", "DELETE"]
    assert {seen.path for seen in server.seen} == {"/calendars/primary/events/5c0e"}
    assert server.seen[1].query == {"sendUpdates": "all"}


async def test_an_event_that_is_gone_already_is_deleted(ctx: ToolContext, server: UpstreamServer):
    for _ in range(2):
        assert (await call(delete_google_calendar_event, ctx, event_id="77ab")).ok
    assert server.done(NAME) == [{"removed": "77ab"}]
    server.answer(NAME, {"id": "77ab", "summary": "Holiday"})
    assert (await call(delete_google_calendar_event, ctx, event_id="77ab")).spoken == "Holiday is off your calendar."
    assert len(server.done(NAME)) == 1


@pytest.mark.parametrize("event", ["0000", "Dentist at two", "../x", ""])
async def test_what_is_no_event_is_said(event, ctx: ToolContext, server: UpstreamServer):
    code = (await call(delete_google_calendar_event, ctx, event_id=event)).response["code"]
    assert (code, server.done(NAME)) == ("not_found" if event == "0000" else "bad_request", [])


# -- what Google refuses -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "reason", "code"),
    [
        (403, "rateLimitExceeded", "rate_limited"), (403, "userRateLimitExceeded", "rate_limited"),
        (403, "quotaExceeded", "rate_limited"), (403, "accessNotConfigured", "not_configured"),
        (403, "forbidden", "plan"),
        (429, "rateLimitExceeded", "rate_limited"), (400, "badRequest", "bad_request"), (404, "notFound", "not_found"),
    ],
)  # fmt: skip
async def test_googles_reasons_are_told_apart(status, reason, code, ctx: ToolContext, server: UpstreamServer):
    error = {"error": {"code": status, "message": "x", "errors": [{"reason": reason}]}}
    for _ in range(3 if status == 429 else 1):
        server.answer(NAME, error, status=status)
    assert (await call(get_google_calendar_events, ctx)).response["code"] == code


async def test_a_missing_scope_asks_to_connect(ctx: ToolContext, server: UpstreamServer, caplog):
    caplog.set_level(logging.DEBUG)
    narrow = context(server, ctx.http, account=account("narrow-test-key"))
    response = await call(get_google_calendar_events, narrow)
    assert response.response_type == "account_needed"
    assert response.spoken == "I may not use your calendar yet. Please connect your Google account."
    assert "test-key" not in caplog.text


# -- demo mode ---------------------------------------------------------------------------------------


async def test_samples_are_of_this_week():
    response = await call(get_google_calendar_events, context(), date="tomorrow")
    assert (response.sample, response.spoken) == (
        True, "You have two events tomorrow. First, Dentist at two thirty PM. Second, Dinner with Ana at seven PM.",
    )  # fmt: skip
    everything = await call(get_google_calendar_events, context(), limit=250)
    assert {"Dentist", "Day off", "Yoga"} <= {event["title"] for event in everything.response["events"]}


async def test_samples_take_events_and_give_them_up():
    made = await call(create_google_calendar_event, context(), **LUNCH, google_meet=True)
    assert (made.sample, made.response["title"], made.response["meet"][:8]) == (True, "Lunch with Ana", "https://")
    gone = await call(delete_google_calendar_event, context(), event_id="Dentist")
    assert (gone.sample, gone.spoken) == (True, "Dentist tomorrow at two thirty PM is off your calendar.")
    assert (await call(delete_google_calendar_event, context(), event_id="x")).response["code"] == "not_found"
