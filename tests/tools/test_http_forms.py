"""Forms, texts, longer waits and users' own tokens."""

from __future__ import annotations

import asyncio
import gzip
import logging

import pytest

from odai_core import Secret, ToolError
from odai_core.tools import breaker
from odai_core.tools import http as rooms
from odai_core.tools.http import MAX_BODY, HttpClient

from .conftest import KEY, Clock, Scripted, http, refused


async def test_a_form_is_encoded_and_keeps_its_secrets(server: Scripted, client: HttpClient):
    server.replies = [http()]
    form = {"grant_type": "a b&c", "code": Secret(KEY), "scope": ["x", "y"], "none": None, "odd": "\ud800ü"}
    await client.request_json("POST", server.url, "token", form=form, headers={"X-A": "1"})
    assert server.bodies == [f"grant_type=a+b%26c&code={KEY}&scope=x&scope=y&odd=%3F%C3%BC".encode()]
    assert "content-type: application/x-www-form-urlencoded" in server.heads[0].lower()
    assert "x-a: 1" in server.heads[0].lower()


async def test_an_empty_form_is_a_form(server: Scripted, client: HttpClient):
    server.replies = [http()]
    await client.request_json("POST", server.url, form={})
    assert "x-www-form-urlencoded" in server.heads[0]
    assert server.bodies == [b""]


async def test_another_form_is_another_question(server: Scripted, client: HttpClient):
    server.replies = [http()]
    for token in ("one", "two", "one"):
        await client.request_json("POST", server.url, form={"token": token}, cache=60)
    assert len(server.heads) == 2


@pytest.mark.parametrize(
    ("body", "limit", "text"),
    [
        (b"plain", 100, "plain"), (b"", 100, ""), ("\ufeffüber".encode(), 100, "über"), (b"a\xffb", 100, "a\ufffdb"),
        (b"12345678", 5, "12345"), ("aüb".encode(), 2, "a"), (b'{"a": 1', 100, '{"a": 1'), (b"abc", 0, ""),
    ],
)  # fmt: skip
async def test_a_text_is_read_as_far_as_it_is_wanted(body, limit, text, server: Scripted, client: HttpClient):
    server.replies = [http(body=body)]
    assert await client.get_text(server.url, "export", limit=limit, params={"n": 1}) == text
    assert server.heads[0].startswith("GET /export?n=1 ")
    assert "accept: */*" in server.heads[0].lower()


async def test_a_text_has_a_limit_that_nobody_lifts(server: Scripted, client: HttpClient):
    server.replies = [http(body=gzip.compress(b"x" * (3 * MAX_BODY)), Content_Encoding="gzip")]
    assert len(await client.get_text(server.url, limit=10 * MAX_BODY)) == MAX_BODY


async def test_no_content_is_an_empty_text(server: Scripted, client: HttpClient):
    server.replies = [b"HTTP/1.1 204 X\r\n\r\n"]
    assert await client.get_text(server.url, headers={"Accept": "text/plain"}) == ""
    assert "accept: text/plain" in server.heads[0].lower()


async def test_a_text_that_fails_is_a_sentence_and_is_tried_again(server: Scripted, client: HttpClient):
    server.replies = [http(503), http(404, b"x" * 20)]
    with pytest.raises(ToolError) as caught:
        await client.get_text(server.url, limit=3, codes=lambda status, body: "plan" if len(body) == 20 else None)
    assert (caught.value.code, len(server.heads)) == ("plan", 2)


async def test_a_request_may_wait_longer_than_the_client(server: Scripted, clock: Clock):
    answer = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await answer.wait()
        writer.write(http(body=b"1"))
        writer.close()

    listener = await asyncio.start_server(serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    client = HttpClient(timeout=0.05, clock=clock, sleep=clock.sleep)
    patient = asyncio.create_task(client.get_json(url, timeout=30))
    assert (await refused(client, url)).code == "timeout"
    answer.set()
    assert await patient == 1
    await client.aclose()
    listener.close()


async def test_nobody_may_wait_for_ever(server: Scripted, client: HttpClient, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(rooms, "LONGEST_SECONDS", 0.05)
    server.replies = [None]
    assert (await refused(client, server.url, timeout=1e9)).code == "timeout"


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [(401, b"", "auth"), (403, b"Invalid API key", "auth"), (403, b"not the owner", "plan"), (402, b"", "plan")],
)
async def test_who_refuses_a_users_own_token_alerts_nobody(
    status: int, body: bytes, code: str, server: Scripted, client: HttpClient, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG, "odai")
    server.replies = [http(status, body)]
    for _ in range(breaker.FAILURES + 1):
        error = await refused(client, server.url, auth=Secret(KEY), personal=True)
        assert (error.code, "your account" in error.message) == (code, True)
    assert caplog.text == ""
    await refused(client, server.url, auth=Secret(KEY))
    assert "the key" in caplog.text


async def test_a_server_that_is_itself_refused_is_the_operators(server: Scripted, client: HttpClient, caplog):
    server.replies = [http(401)]
    error = await refused(client, server.url, personal=True, codes=lambda status, body: "not_configured")
    assert error.code == "not_configured"
    assert "refused this server itself: check its settings (HTTP 401)" in caplog.text
