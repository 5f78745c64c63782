"""What a user is asked before a mail is sent."""

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
    subject = conformance("gmail", happy={}).subject  # type: ignore[attr-defined]
    async with session(subject) as made:
        yield made
    subject.close()


async def asked(opened: Session, tool: str, **arguments: Any) -> ToolResponse:
    spec = opened.subject.spec(tool)
    assert spec.options.question is not None
    response = await invoke(replace(spec, function=spec.options.question), json.dumps(arguments), opened.context())
    assert not any(opened.subject.server.done(service) for service in opened.subject.used)
    return response


ME = {"sender_name": "Kim", "sender_email": "kim@example.com", "body": "Yes."}
MAIL = ME | {"recipient_email_addresses": ["jo@example.com"], "cc": ["ana@example.com"], "subject": "Lunch"}
ANSWER = ME | {"to": ["jo@example.com"], "reply_to_id": "<a@mail.example>", "thread_id": "18f2", "subject": ""}


async def test_who_is_asked_knows_what_is_sent(opened: Session):
    sent = await asked(opened, "send_google_email", **MAIL)
    assert sent.spoken == "Shall I send your mail about Lunch to two people?"
    answered = await asked(opened, "reply_to_google_email", **ANSWER)
    assert answered.spoken == "Shall I send your answer to one person?"
    assert not opened.subject.server.seen


@pytest.mark.parametrize("odd", [{"subject": "x\ny"}, {"cc": ["Jo"]}, {"body": " "}])
async def test_nobody_is_asked_about_what_cannot_be_sent(odd, opened: Session):
    for tool, arguments in (("send_google_email", MAIL), ("reply_to_google_email", ANSWER)):
        assert (await asked(opened, tool, **arguments | odd)).response["code"] == "bad_request"
    assert not (await asked(opened, "reply_to_google_email", **ANSWER | {"thread_id": "../x"})).ok
