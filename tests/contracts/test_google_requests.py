"""Whatever a model puts into the Google connectors' arguments, Google is asked only what it describes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from odai_core.testing.kit import Subject, conformance
from odai_core.testing.kit.conduct import HOSTILE
from odai_core.testing.kit.session import session
from tests.contracts import discovery

SENDER = {"sender_name": "Kim", "sender_email": "kim@example.com", "subject": "Lunch", "body": "See you at noon."}
EVENT = {"title": "Lunch", "timezone": "Europe/Lisbon", "start_date": "2031-12-24T12:00", "end_date": "2031-12-24T13"}
ANSWER = SENDER | {"to": ["jo@example.com"], "reply_to_id": "<18f2@mail.example>", "thread_id": "18f2"}
HAPPY: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    "google-calendar": {
        "get_google_calendar_events": {"limit": 3, "date": "2031-12-24"},
        "create_google_calendar_event": EVENT | {"location": "x", "invitees": ["a@example.com"], "google_meet": True},
        "delete_google_calendar_event": {"event_id": "5c0d"},
    },
    "google-docs": {
        "search_google_docs_by_name_or_content": {"query": "Lisbon"},
        "save_google_doc": {"title": "Shopping list", "content": "Milk"},
    },
    "gmail": {
        "fetch_google_email_inbox": {"unread": True},
        "search_google_mail": {"query": "lunch"},
        "search_google_mail_from_email": {"email": "jo@example.com"},
        "send_google_email": SENDER | {"recipient_email_addresses": ["jo@example.com"], "cc": None, "bcc": None},
        "reply_to_google_email": ANSWER | {"cc": None, "bcc": ["sam@example.com"]},
    },
}
METHODS = {
    "google-calendar": {"list", "insert", "get", "delete"},
    "google-docs": {"list", "export", "create", "get", "batchUpdate"},
    "gmail": {"list", "get", "send", "getProfile"},
}
BEYOND_METHODS = {"https://www.googleapis.com/auth/drive.readonly"}
"""drive.file allows the same methods, but only for files of our own making."""
ODD = (*HOSTILE, "", " ", "'", "\\", '"', "x" * 5000, "2031-12-24", "a@example.com", "5c0d", "Grüße 今日は \U0001f600")


@pytest.fixture(params=HAPPY)
def subject(request: pytest.FixtureRequest) -> Iterator[Subject]:
    made: Subject = conformance(request.param, happy=HAPPY[request.param]).subject  # type: ignore[attr-defined]
    yield made
    made.close()


def changed(arguments: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """As they are, and with something odd in each text."""
    yield arguments
    for name, value in arguments.items():
        if isinstance(value, str | list):
            for odd in ODD:
                yield {**arguments, name: odd if isinstance(value, str) else [odd]}


async def test_every_request_is_described(subject: Subject):
    addresses, asked = subject.server.settings(subject.plugin), set()
    async with session(subject) as opened:
        for tool, arguments in HAPPY[subject.name].items():
            for given in changed(arguments):
                asked |= set(discovery.check(subject.plugin, addresses, (await opened.run(tool, given)).seen))
    assert {method.rpartition(".")[2] for method in asked} == METHODS[subject.name]


async def test_every_scope_is_needed(subject: Subject):
    """Without any one of its scopes, a connector could not ask something that it asks."""
    seen = []
    async with session(subject) as opened:
        for tool, arguments in HAPPY[subject.name].items():
            seen += (await opened.run(tool, arguments)).seen
    addresses, scopes = subject.server.settings(subject.plugin), subject.plugin.scopes
    for scope in set(scopes) - BEYOND_METHODS:
        fewer = type(subject.plugin)(**vars(subject.plugin) | {"scopes": [one for one in scopes if one != scope]})
        with pytest.raises(discovery.Broken, match="none of the scopes"):
            discovery.check(fewer, addresses, seen)
