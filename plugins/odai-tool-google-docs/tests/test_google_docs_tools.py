"""Google Docs' own requests and answers; what every connector must do is in the conformance test."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from odai_tool_google_docs import ask_before_saving, odai_tools, save_google_doc, search_google_docs_by_name_or_content

from odai_core import Caller, Link, Secret, ToolContext, ToolResponse
from odai_core.testing.kit.linked import LinkedAccount
from odai_core.testing.upstreams import UpstreamServer, mutate
from odai_core.tools.http import HttpClient
from odai_core.tools.invoke import invoke
from odai_core.tools.schema import describe
from tests.contracts import discovery

NAME = "google-docs"
GOOGLE = "application/vnd.google-apps"
LIST = {"title": "Shopping list", "content": "Milk\nBread"}


def account(token: str = "test-key") -> LinkedAccount:
    scopes = odai_tools().scopes
    link = Link(id="l1", subject="s1", label="me", token=Secret(token), scopes=frozenset(scopes))
    return LinkedAccount("google", [link], scopes)


def context(server: UpstreamServer | None = None, http: HttpClient | None = None, **more: Any) -> ToolContext:
    nowhere = {setting.name: "http://127.0.0.1:1" for setting in odai_tools().settings}
    given: dict[str, Any] = {
        "settings": server.settings(odai_tools()) if server else nowhere, "caller": Caller(time_zone="Europe/Lisbon"),
        "demo": not server, "account": account() if server else None, "write_id": "w",
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


# -- search ------------------------------------------------------------------------------------------


async def test_files_are_found_and_read(ctx: ToolContext, server: UpstreamServer):
    response = await call(search_google_docs_by_name_or_content, ctx, query="Lisbon")
    assert response.response_type == "search_google_docs"
    assert response.spoken.startswith("I found five files about Lisbon. First, Trip to Lisbon, a document changed ")
    assert "Third, Lisbon slides, a presentation changed" in response.spoken
    trip, sheet, slides, pdf, bare = response.response["files"]
    assert trip["text"].startswith("Trip to Lisbon\n\nFlights on Friday.\nTram 28")
    assert (len(trip["text"]), trip["truncated"]) == (6000, True)
    assert (sheet["kind"], sheet["text"], sheet["truncated"]) == (
        "spreadsheet", "Month,In,Out\nOctober,1200,900", False,
    )  # fmt: skip
    assert slides["text"] == "Lisbon in three days"
    assert pdf == {
        "id": "1AbCpdf0000001", "name": "Ticket.pdf", "kind": "PDF",
        "link": "https://drive.google.com/file/d/1AbCpdf0000001/view",
    }  # fmt: skip
    assert (bare["link"], "text" in bare) == ("https://drive.google.com/open?id=1AbCbare000001", False)
    first, *exports = server.seen
    assert first.query == {
        "q": "(fullText contains 'Lisbon' or name contains 'Lisbon') and trashed = false", "pageSize": "5",
        "fields": "files(id,name,mimeType,webViewLink,modifiedTime)",
    }  # fmt: skip
    assert sorted((seen.path, seen.query["mimeType"]) for seen in exports) == [
        ("/drive/v3/files/1AbCdoc0000001/export", "text/plain"),
        ("/drive/v3/files/1AbCsheet00001/export", "text/csv"),
        ("/drive/v3/files/1AbCslides0001/export", "text/plain"),
    ]


@pytest.mark.parametrize(
    ("query", "sent"),
    [
        ("Ana's list", r"Ana\'s list"), ("a\\b", r"a\\b"), ("') or name contains ('", r"\') or name contains (\'"),
        ("\\' or trashed = true", r"\\\' or trashed = true"), (" two\nlines\x00 ", "two lines"), ("x" * 300, "x" * 200),
    ],
)  # fmt: skip
async def test_words_cannot_leave_their_quotes(query, sent, ctx: ToolContext, server: UpstreamServer):
    await call(search_google_docs_by_name_or_content, ctx, query=query)
    assert server.seen[0].query["q"] == f"(fullText contains '{sent}' or name contains '{sent}') and trashed = false"


async def test_one_file_is_told_without_counting(ctx: ToolContext, server: UpstreamServer):
    server.answer(
        NAME, {"files": [{"id": "1AbCdoc0000001", "name": "Trip.", "modifiedTime": "soon"}, {"id": "../x"}, 7]}
    )
    response = await call(search_google_docs_by_name_or_content, ctx, query="trip")
    assert response.spoken == "I found one file about trip: Trip, a file."
    assert len(response.response["files"]) == 1


@pytest.mark.parametrize(
    ("query", "code"), [("nothing at all", "not_found"), (" \n", "bad_request"), ("", "bad_request")]
)
async def test_what_is_not_found_is_said(query, code, ctx: ToolContext):
    assert (await call(search_google_docs_by_name_or_content, ctx, query=query)).response["code"] == code


@pytest.mark.parametrize(("status", "reason"), [(404, "notFound"), (403, "exportSizeLimitExceeded"), (400, "bad")])
async def test_a_text_that_cannot_be_had_spoils_no_other(status, reason, ctx: ToolContext, server: UpstreamServer):
    server.answer(
        NAME, {"files": [{"id": id, "mimeType": f"{GOOGLE}.document"} for id in ("1AbCdoc0000001", "1AbCbare000001")]}
    )
    server.answer(NAME, {"error": {"code": status, "errors": [{"reason": reason}]}}, status=status)
    response = await call(search_google_docs_by_name_or_content, ctx, query="Lisbon")
    assert sorted("text" in file for file in response.response["files"]) == [False, True]


async def test_a_token_that_expires_between_requests_is_renewed(ctx: ToolContext, server: UpstreamServer):
    files = {"files": [{"id": "1AbCsheet00001", "mimeType": f"{GOOGLE}.spreadsheet"}]}
    server.answer(NAME, files)
    server.answer(NAME, {"error": {"code": 401}}, status=401)
    response = await call(search_google_docs_by_name_or_content, ctx, query="Lisbon")
    assert len(response.response["files"]) == 5
    assert ctx.account.renewals == 1  # type: ignore[union-attr]


# -- save --------------------------------------------------------------------------------------------


async def test_a_text_becomes_a_document(ctx: ToolContext, server: UpstreamServer):
    response = await call(save_google_doc, ctx, **LIST)
    assert response.spoken == "Shopping list is in your Google Drive now, as a document."
    assert response.response == {
        "id": "1NewDoc0000000", "title": "Shopping list", "characters": 10,
        "link": "https://docs.google.com/document/d/1NewDoc0000000/edit?usp=drivesdk",
    }  # fmt: skip
    look, create, read, write = server.seen
    mark = json.loads(create.body)["appProperties"]["odaiWrite"]
    assert look.query["q"] == f"appProperties has {{ key='odaiWrite' and value='{mark}' }} and trashed = false"
    assert read.path == "/docs/v1/documents/1NewDoc0000000"
    assert write.raw_path == "/docs/v1/documents/1NewDoc0000000:batchUpdate"
    assert json.loads(write.body) == {
        "requests": [{"insertText": {"location": {"index": 1}, "text": "Milk\nBread"}}],
        "writeControl": {"requiredRevisionId": "r1"},
    }


@pytest.mark.parametrize("lost", range(4))
async def test_a_second_try_goes_on_where_the_first_ended(lost, ctx: ToolContext, server: UpstreamServer):
    server.lose(NAME, after=lost)
    await call(save_google_doc, ctx, **LIST)
    server.relent(NAME)
    assert (await call(save_google_doc, ctx, **LIST)).ok
    assert server.done(NAME) == [{"title": "Shopping list"}]
    inserts = [seen for seen in server.seen if seen.raw_path.endswith(":batchUpdate")]
    assert len(inserts) == 1


async def test_a_document_that_somebody_has_changed_is_left_alone(ctx: ToolContext, server: UpstreamServer):
    server.answer(NAME, {"files": []})
    server.answer(NAME, {"id": "1NewDoc0000000", "name": "Shopping list"})
    server.answer(NAME, {"revisionId": "r9", "body": {"content": [{"endIndex": 40}]}})
    assert (await call(save_google_doc, ctx, **LIST)).ok
    assert [seen.method for seen in server.seen] == ["GET", "POST", "GET"]


async def test_an_empty_text_makes_an_empty_document(ctx: ToolContext, server: UpstreamServer):
    response = await call(save_google_doc, ctx, title=" Shopping\nlist ", content="\x00\r\n")
    assert response.spoken == "Shopping list is in your Google Drive now, as an empty document."
    assert [seen.method for seen in server.seen] == ["GET", "POST"]


@pytest.mark.parametrize("odd", [{"title": " \x00"}, {"content": "x" * 200_001}])
async def test_what_cannot_be_saved_is_said(odd, ctx: ToolContext, server: UpstreamServer):
    for response in (await call(save_google_doc, ctx, **LIST | odd), await asked(ctx, **LIST | odd)):
        assert (response.ok, len(server.seen)) == (False, 0)


async def asked(ctx: ToolContext, **arguments: Any) -> ToolResponse:
    return await invoke(replace(describe(save_google_doc), function=ask_before_saving), json.dumps(arguments), ctx)


async def test_who_is_asked_knows_what_is_saved(ctx: ToolContext, server: UpstreamServer):
    questions = [(await asked(ctx, title="List", content=text)).spoken for text in ("Milk", "")]
    assert questions == [
        "Shall I save List as a new document in your Google Drive?",
        "Shall I save List as an empty document in your Google Drive?",
    ]
    assert not server.seen


async def test_lines_are_kept_and_control_characters_are_not(ctx: ToolContext, server: UpstreamServer):
    await call(save_google_doc, ctx, title="x", content="one\r\n\r\n\r\ntwo\tthree \x07\u202efour\n")
    text = json.loads(server.seen[-1].body)["requests"][0]["insertText"]["text"]
    assert text == "one\n\n\ntwo\tthree four"


async def test_an_id_that_is_none_goes_into_no_address(ctx: ToolContext, server: UpstreamServer):
    server.answer(NAME, {"files": []})
    server.answer(NAME, {"id": "../../evil?x=", "name": "Shopping list"})
    assert (await call(save_google_doc, ctx, **LIST)).response["code"] == "bad_shape"
    assert len(server.seen) == 2


@pytest.mark.parametrize("seed", range(60))
async def test_odd_bodies_are_answered_or_refused(seed, ctx: ToolContext, server: UpstreamServer):
    random = Random(seed)
    server.alter(NAME, lambda body: mutate(body, random))
    found = await call(search_google_docs_by_name_or_content, ctx, query="Lisbon")
    for response in (found, await call(save_google_doc, ctx, **LIST)):
        assert response.ok or response.response["code"] in ("bad_shape", "not_found", "bad_request")


# -- what Google refuses -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        ("rateLimitExceeded", "rate_limited"), ("userRateLimitExceeded", "rate_limited"),
        ("accessNotConfigured", "not_configured"), ("SERVICE_DISABLED", "not_configured"), ("forbidden", "plan"),
    ],
)  # fmt: skip
async def test_googles_reasons_are_told_apart(reason, code, ctx: ToolContext, server: UpstreamServer):
    server.answer(NAME, {"error": {"code": 403, "message": "x", "errors": [{"reason": reason}]}}, status=403)
    assert (await call(search_google_docs_by_name_or_content, ctx, query="x")).response["code"] == code


async def test_a_missing_scope_asks_to_connect(ctx: ToolContext, server: UpstreamServer, caplog):
    caplog.set_level(logging.DEBUG)
    response = await call(save_google_doc, context(server, ctx.http, account=account("narrow-test-key")), **LIST)
    assert response.response_type == "account_needed"
    assert response.spoken == "I may not use your files yet. Please connect your Google account."
    assert "test-key" not in caplog.text


# -- demo mode ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("Lisbon", ["Trip to Lisbon"]), ("the household budget", ["Household budget", "Product roadmap"]),
        ("team roadmap meeting", ["Team meeting minutes", "Product roadmap"]),
    ],
)  # fmt: skip
async def test_samples_answer_the_question_that_was_asked(query, names):
    response = await call(search_google_docs_by_name_or_content, context(), query=query)
    assert (response.sample, [file["name"] for file in response.response["files"]]) == (True, names)
    assert response.response["files"][0]["text"]


async def test_samples_take_a_document():
    response = await call(save_google_doc, context(), **LIST)
    assert (response.sample, response.response["title"]) == (True, "Shopping list")
    assert (await call(search_google_docs_by_name_or_content, context(), query="x")).response["code"] == "not_found"
