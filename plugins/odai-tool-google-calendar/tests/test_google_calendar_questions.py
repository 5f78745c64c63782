"""What a user is asked before an event is put down or taken off."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from odai_core import ToolResponse
from odai_core.testing.kit import conformance
from odai_core.testing.kit.session import Session, session
from odai_core.tools.invoke import invoke


@pytest.fixture
async def opened() -> AsyncIterator[Session]:
    subject = conformance("google-calendar", happy={}).subject  # type: ignore[attr-defined]
    async with session(subject) as made:
        yield made
    subject.close()


async def asked(opened: Session, tool: str, **arguments: Any) -> ToolResponse:
    spec = opened.subject.spec(tool)
    assert spec.options.question is not None
    response = await invoke(replace(spec, function=spec.options.question), json.dumps(arguments), opened.context())
    assert not any(opened.subject.server.done(service) for service in opened.subject.used)
    return response


LUNCH = {
    "title": "Lunch with Ana", "timezone": "America/New_York",
    "start_date": "2031-12-24T12:00:00", "end_date": "2031-12-24T13:00:00",
}  # fmt: skip


@pytest.mark.parametrize(("guests", "more"), [(["a@example.com"], " and invite one person"), ([], ""), (None, "")])
async def test_who_is_asked_knows_what_is_put_down(guests, more, opened: Session):
    response = await asked(opened, "create_google_calendar_event", **LUNCH, invitees=guests)
    assert response.spoken == (f"Shall I put Lunch with Ana in your calendar on December twenty fourth at noon{more}?")


@pytest.mark.parametrize(
    "odd", [{"invitees": ["a"]}, {"title": ""}, {"timezone": "x"}, {"end_date": "2031-12-24T11:00:00"}]
)
async def test_nobody_is_asked_about_what_cannot_be_put_down(odd, opened: Session):
    response = await asked(opened, "create_google_calendar_event", **LUNCH | odd)
    assert response.response["code"] == "bad_request"


@pytest.mark.parametrize(
    ("event", "said"),
    [
        ("5c0e", "Shall I take Dentist tomorrow at two thirty PM off your calendar?"),
        ("5c0d", "Shall I take Team Sync tomorrow at nine AM off your calendar and tell everybody who was invited?"),
        ("0000", "I couldn't find that event in your calendar."),
    ],
)
async def test_who_is_asked_knows_which_event_it_is(event, said, opened: Session):
    assert (await asked(opened, "delete_google_calendar_event", event_id=event)).spoken == said
