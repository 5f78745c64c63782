"""Gmail's own requests and answers; what every connector must do is in the conformance test."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator
from random import Random
from typing import Any

import pytest
from odai_tool_gmail import (
    fetch_google_email_inbox,
    odai_tools,
    reply_to_google_email,
    search_google_mail,
    search_google_mail_from_email,
    send_google_email,
)

from odai_core import Caller, Link, Secret, ToolContext, ToolResponse
from odai_core.testing.kit.linked import LinkedAccount
from odai_core.testing.upstreams import UpstreamServer, mutate
from odai_core.tools.http import HttpClient
from odai_core.tools.invoke import invoke
from odai_core.tools.schema import describe
from tests.contracts import discovery

NAME = "gmail"
MAIL = {
    "sender_name": "Kim", "sender_email": "boss@example.com", "recipient_email_addresses": ["jo@example.com"],
    "subject": "Lunch", "body": "See you at noon.",
}  # fmt: skip
ANSWER = {
    "sender_name": "Kim", "sender_email": "kim@example.com", "to": ["jo@example.com"], "subject": "lunch",
    "reply_to_id": "18f2@mail.example", "thread_id": "18f2", "body": "Yes, gladly.",
}  # fmt: skip


def account(token: str = "test-key") -> LinkedAccount:
    scopes = odai_tools().scopes
    link = Link(id="l1", subject="s1", label="me", token=Secret(token), scopes=frozenset(scopes))
    return LinkedAccount("google", [link], scopes)


def context(server: UpstreamServer | None = None, http: HttpClient | None = None, **more: Any) -> ToolContext:
    given: dict[str, Any] = {
        "settings": {"GMAIL_BASE_URL": server.url(NAME) if server else "http://127.0.0.1:1"},
        "caller": Caller(time_zone="America/New_York"), "demo": not server, "account": account() if server else None,
        "write_id": "w",
    }  # fmt: skip
    return ToolContext(http=http or HttpClient(), log=logging.getLogger("test"), **{**given, **more})


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


def paths(server: UpstreamServer) -> list[str]:
    return [f"{seen.method} {seen.path.removeprefix('/users/me/')}" for seen in server.seen]


# -- reading -----------------------------------------------------------------------------------------


async def test_the_inbox_is_told_and_shown(ctx: ToolContext, server: UpstreamServer):
    response = await call(fetch_google_email_inbox, ctx)
    assert response.response_type == "google_email_inbox"
    assert response.spoken.startswith("I found three mails in your inbox. First, Jo Smith about Lunch, ")
    assert "Third, a without a subject, " in response.spoken
    lunch, shop, old = response.response["emails"]
    assert {**lunch, "date": "x"} == {
        "id": "18f2", "thread_id": "18f2", "message_id": "<18f2@mail.example>", "subject": "Lunch", "date": "x",
        "from": {"name": "Jo Smith", "email": "jo@example.com"}, "to": "Me <me@example.com>", "unread": True,
        "body": "Hi, are we still on for lunch?\n\nJo", "truncated": False,
    }  # fmt: skip
    assert shop["attachments"] == [{"name": "invoice.pdf", "type": "application/pdf", "size": 48213}]
    assert (shop["unread"], old["body"], "subject" in old) == (False, "Grüße", False)
    assert server.seen[0].query == {
        "q": "label:INBOX", "maxResults": "10", "fields": "messages(id),resultSizeEstimate",
    }  # fmt: skip
    assert {seen.query["format"] for seen in list(server.seen)[1:]} == {"full"}
    assert sorted(paths(server)) == ["GET messages", *(f"GET messages/18f{number}" for number in (2, 3, 4))]


async def test_unread_mails_are_those_not_read(ctx: ToolContext, server: UpstreamServer):
    response = await call(fetch_google_email_inbox, ctx, unread=True)
    assert [mail["id"] for mail in response.response["emails"]] == ["18f2", "18f4"]
    assert response.spoken.startswith("I found two unread mails in your inbox. First, Jo Smith about Lunch")
    assert server.seen[0].query["q"] == "label:INBOX is:unread"


async def test_one_mail_is_told_without_counting(ctx: ToolContext):
    response = await call(search_google_mail, ctx, query="subject:shipped")
    assert response.spoken.startswith("I found one mail that fits: The Tea Shop about Your order has shipped, ")


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        (fetch_google_email_inbox, {}, "Your inbox is empty."),
        (fetch_google_email_inbox, {"unread": True}, "There is no unread mail in your inbox."),
        (search_google_mail, {"query": "x"}, "I found no such mail."),
        (search_google_mail_from_email, {"email": "x@example.com"}, "I found no mail from there."),
    ],
)
async def test_nothing_is_a_sentence(tool, arguments, said, ctx: ToolContext, server: UpstreamServer):
    server.answer(NAME, {"resultSizeEstimate": 0})
    response = await call(tool, ctx, **arguments)
    assert (response.ok, response.spoken, response.response) == (True, said, {"emails": []})


@pytest.mark.parametrize(
    ("email", "sent"),
    [
        ("jo@example.com", "from:jo@example.com"), (" jo@example.com ", "from:jo@example.com"),
        ("Jo Smith", 'from:"Jo Smith"'), ("tea.example", 'from:"tea.example"'),
    ],
)  # fmt: skip
async def test_senders_are_asked_for_by_address_or_name(email, sent, ctx: ToolContext, server: UpstreamServer):
    await call(search_google_mail_from_email, ctx, email=email)
    assert server.seen[0].query["q"] == sent


@pytest.mark.parametrize("email", ["", " ", 'jo" OR in:trash "', "a\nb", "(a OR b)", "-from:x", "x" * 200])
async def test_a_sender_is_no_query(email, ctx: ToolContext, server: UpstreamServer):
    assert (await call(search_google_mail_from_email, ctx, email=email)).response["code"] == "bad_request"
    assert not server.seen


async def test_a_query_is_one_line(ctx: ToolContext, server: UpstreamServer):
    await call(search_google_mail, ctx, query="has:attachment\n newer_than:7d\x00" + "x" * 600)
    assert server.seen[0].query["q"] == ("has:attachment newer_than:7d " + "x" * 600)[:500]
    assert (await call(search_google_mail, ctx, query=" \n")).response["code"] == "bad_request"


async def test_no_more_than_five_mails_are_read_at_once(ctx: ToolContext, server: UpstreamServer):
    server.latency, most = 0.02, [0]
    server.watchers.append(lambda: most.append(server.pending))
    server.answer(NAME, {"messages": [{"id": "18f2"}] * 30, "resultSizeEstimate": 30})
    assert len((await call(fetch_google_email_inbox, ctx)).response["emails"]) == 10
    assert max(most) == 5


async def test_a_mail_that_cannot_be_had_spoils_no_other(ctx: ToolContext, server: UpstreamServer):
    server.answer(
        NAME, {"messages": [{"id": id} for id in ("18f2", "gone", "18f3", "../x", 7)], "resultSizeEstimate": 5}
    )
    response = await call(fetch_google_email_inbox, ctx)
    assert [mail["id"] for mail in response.response["emails"]] == ["18f2", "18f3"]
    server.answer(NAME, {"messages": [{"id": "gone"}], "resultSizeEstimate": 1})
    assert (await call(fetch_google_email_inbox, ctx)).response["code"] == "not_found"


async def test_a_token_that_expires_between_requests_is_renewed(ctx: ToolContext, server: UpstreamServer):
    server.answer(NAME, {"messages": [{"id": "18f2"}, {"id": "18f3"}], "resultSizeEstimate": 2})
    server.answer(NAME, {"error": {"code": 401}}, status=401)
    assert len((await call(fetch_google_email_inbox, ctx)).response["emails"]) == 3
    assert ctx.account.renewals == 1  # type: ignore[union-attr]


async def test_a_caller_of_no_known_zone_has_utc(ctx: ToolContext, server: UpstreamServer):
    lost = context(server, ctx.http, caller=Caller(time_zone="../x"))
    assert (await call(fetch_google_email_inbox, lost)).response["emails"][0]["date"].endswith("+00:00")


@pytest.mark.parametrize("seed", range(60))
async def test_odd_bodies_are_answered_or_refused(seed, ctx: ToolContext, server: UpstreamServer):
    random = Random(seed)
    server.alter(NAME, lambda body: mutate(body, random))
    for response in (
        await call(fetch_google_email_inbox, ctx), await call(send_google_email, ctx, **MAIL),
        await call(reply_to_google_email, ctx, **ANSWER),
    ):  # fmt: skip
        assert response.ok or response.response["code"] in ("bad_shape", "not_found")
    assert len(server.done(NAME)) <= 2


# -- sending -----------------------------------------------------------------------------------------


async def test_a_mail_leaves_from_the_accounts_own_address(ctx: ToolContext, server: UpstreamServer):
    response = await call(send_google_email, ctx, **MAIL, cc=["ana@example.com"], bcc=["sam@example.com"])
    assert response.spoken == "Your mail about Lunch is on its way to three people."
    (done,) = server.done(NAME)
    assert (done["From"], done["To"], done["Cc"], done["Bcc"]) == (
        "Kim <me@example.com>", "jo@example.com", "ana@example.com", "sam@example.com",
    )  # fmt: skip
    assert (done["Subject"], done["body"].strip()) == ("Lunch", "See you at noon.")
    assert response.response == {
        "id": "19a0", "to": ["jo@example.com"], "cc": ["ana@example.com"], "bcc": ["sam@example.com"],
        "subject": "Lunch", "body": "See you at noon.",
    }  # fmt: skip


async def test_a_second_try_finds_the_mail_although_gmail_gave_it_another_id(ctx: ToolContext, server: UpstreamServer):
    server.lose(NAME, after=4)
    assert (await call(send_google_email, ctx, **MAIL)).response["code"] == "upstream"
    assert paths(server)[-1] == "POST messages/send"
    again = await call(send_google_email, ctx, **MAIL)
    assert (again.response["id"], len(server.done(NAME))) == ("19a0", 1)
    assert (await call(send_google_email, context(server, ctx.http, write_id="x"), **MAIL)).response["id"] == "19a1"


async def test_a_mail_that_kept_its_id_is_found_by_it(ctx: ToolContext, server: UpstreamServer):
    server.answer(NAME, {"emailAddress": "me@example.com"})
    server.answer(NAME, {"messages": [{"id": "abc1", "threadId": "abc1"}], "resultSizeEstimate": 1})
    assert (await call(send_google_email, ctx, **MAIL)).response["id"] == "abc1"
    assert paths(server) == ["GET profile", "GET messages"]
    assert server.seen[1].query["q"].startswith("rfc822msgid:odai.")


async def test_nothing_is_sent_while_it_is_not_known_what_was_sent(ctx: ToolContext, server: UpstreamServer):
    for _ in range(3):
        server.answer(NAME, {"error": {"code": 503}}, status=503)
    assert (await call(send_google_email, ctx, **MAIL)).response["code"] == "upstream"
    server.answer(NAME, {"emailAddress": "me@example.com"})
    server.answer(NAME, {"resultSizeEstimate": 0})
    server.answer(NAME, {"messages": [{"id": "18f5"}, {"id": "gone"}], "resultSizeEstimate": 2})
    assert (await call(send_google_email, ctx, **MAIL)).response["code"] == "not_found"
    assert not server.done(NAME)


@pytest.mark.parametrize("address", ["", "me", "me@example.com\r\nBcc: x@example.com", "<me@example.com>"])
async def test_an_account_of_no_address_sends_nothing(address, ctx: ToolContext, server: UpstreamServer):
    server.answer(NAME, {"emailAddress": address})
    assert (await call(send_google_email, ctx, **MAIL)).response["code"] == "bad_shape"
    assert paths(server) == ["GET profile"]


@pytest.mark.parametrize(
    "odd",
    [{"subject": "x\r\nBcc: x@example.com"}, {"sender_name": "x\n"  "y"}, {"recipient_email_addresses": ["Jo"]},
     {"cc": ["a@example.com\r\n"  "X: y"]}, {"bcc": [""]}, {"body": " "}, {"recipient_email_addresses": []}],
)  # fmt: skip
async def test_what_cannot_be_sent_is_asked_for_again(odd, ctx: ToolContext, server: UpstreamServer):
    assert (await call(send_google_email, ctx, **MAIL | odd)).response["code"] == "bad_request"
    assert not server.seen


# -- answering ---------------------------------------------------------------------------------------


async def test_an_answer_goes_into_its_conversation(ctx: ToolContext, server: UpstreamServer):
    response = await call(reply_to_google_email, ctx, **ANSWER)
    assert response.spoken == "Your answer about Lunch is on its way to one person."
    (done,) = server.done(NAME)
    assert (done["Subject"], done["In-Reply-To"], done["References"]) == (
        "Re: Lunch", "<18f2@mail.example>", "<18f2@mail.example>",
    )  # fmt: skip
    assert (response.response["thread_id"], response.response["subject"]) == ("18f2", "Re: Lunch")
    assert paths(server) == ["GET threads/18f2", "GET profile", "POST messages/send"]
    assert json.loads(server.seen[2].body)["threadId"] == "18f2"


async def test_an_answer_to_an_answer_refers_to_the_whole_conversation(ctx: ToolContext, server: UpstreamServer):
    await call(reply_to_google_email, ctx, **ANSWER | {"reply_to_id": "<18f5@mail.example>"})
    references = server.done(NAME)[0]["References"].split()
    assert references == ["<first@x.example>", "<18f2@mail.example>", "<18f5@mail.example>"]


async def test_a_second_try_finds_the_answer(ctx: ToolContext, server: UpstreamServer):
    server.lose(NAME, after=2)
    assert (await call(reply_to_google_email, ctx, **ANSWER)).response["code"] == "upstream"
    assert (await call(reply_to_google_email, ctx, **ANSWER)).response["id"] == "19a0"
    assert len(server.done(NAME)) == 1


@pytest.mark.parametrize(
    ("odd", "code"),
    [
        ({"reply_to_id": "<nobody@mail.example>"}, "not_found"), ({"thread_id": "0000"}, "not_found"),
        ({"reply_to_id": "Jo's mail"}, "bad_request"), ({"thread_id": "../profile"}, "bad_request"),
        ({"reply_to_id": "<a@b>\r\nBcc: x@example.com"}, "bad_request"), ({"to": []}, "bad_request"),
    ],
)  # fmt: skip
async def test_what_cannot_be_answered_is_said(odd, code, ctx: ToolContext, server: UpstreamServer):
    assert (await call(reply_to_google_email, ctx, **ANSWER | odd)).response["code"] == code
    assert not server.done(NAME)


# -- what Google refuses, and demo mode --------------------------------------------------------------


@pytest.mark.parametrize(
    ("reason", "code"),
    [("rateLimitExceeded", "rate_limited"), ("accessNotConfigured", "not_configured"), ("forbidden", "plan")],
)
async def test_googles_reasons_are_told_apart(reason, code, ctx: ToolContext, server: UpstreamServer):
    server.answer(NAME, {"error": {"code": 403, "errors": [{"reason": reason}]}}, status=403)
    assert (await call(fetch_google_email_inbox, ctx)).response["code"] == code


async def test_a_missing_scope_asks_to_connect(ctx: ToolContext, server: UpstreamServer, caplog):
    caplog.set_level(logging.DEBUG)
    response = await call(send_google_email, context(server, ctx.http, account=account("narrow-test-key")), **MAIL)
    assert response.response_type == "account_needed"
    assert response.spoken == "I may not use your mail yet. Please connect your Google account."
    assert not {"test-key", "me@example.com", "noon"} & set(caplog.text.split())


@pytest.mark.parametrize(
    ("tool", "arguments", "ids"),
    [
        (fetch_google_email_inbox, {}, [1, 2, 3, 4, 5]), (fetch_google_email_inbox, {"unread": True}, [1, 2, 4]),
        (search_google_mail, {"query": "mails about Lisbon"}, [3]), (search_google_mail, {"query": "submarines"}, []),
        (search_google_mail, {"query": "has:attachment"}, [2, 3]),
        (search_google_mail, {"query": "is:unread subject:review"}, [4]),
        (search_google_mail_from_email, {"email": "ana@example.com"}, [3]),
        (search_google_mail_from_email, {"email": "Tea Shop"}, [2]),
    ],
)  # fmt: skip
async def test_samples_answer_the_question_that_was_asked(tool, arguments, ids):
    response = await call(tool, context(), **arguments)
    assert response.sample
    assert [mail["id"] for mail in response.response["emails"]] == [f"sample{number}" for number in ids]


async def test_samples_take_mails_and_answers():
    sent = await call(send_google_email, context(), **MAIL)
    told = {"reply_to_id": "<sample1@mail.example>", "thread_id": "sample1"}
    answered = await call(reply_to_google_email, context(), **ANSWER | told)
    assert (sent.sample, answered.sample, answered.response["subject"]) == (True, True, "Re: Lunch on Friday?")
    assert (await call(reply_to_google_email, context(), **ANSWER)).response["code"] == "not_found"
