"""What a service says more precisely than by its HTTP status: heard by its connector, and by nobody else."""

from __future__ import annotations

import logging
import traceback

import pytest

from odai_core import ToolError
from odai_core.tools import breaker
from odai_core.tools.http import MAX_BODY, HttpClient

from .conftest import KEY, Scripted, http, refused


def raises(status: int, body: bytes) -> str:
    raise ValueError(KEY, body)


@pytest.mark.parametrize(
    ("reply", "codes", "code"),
    [
        (http(403, b"api key"), lambda status, body: "plan", "plan"),
        (http(400, b"{7}"), lambda status, body: "not_found" if (status, body) == (400, b"{7}") else None, "not_found"),
        (http(403, b"api key"), lambda status, body: None, "auth"),
        (http(403, b"api key"), raises, "auth"),
        (http(403, b"api key"), lambda status, body: "sold out", "auth"),
        (http(403, b"api key"), lambda status, body: "", "auth"),
        (http(403, b"api key"), lambda status, body: ["plan"], "auth"),
        (http(403, b"api key"), lambda status, body: 5, "auth"),
        (http(403, b"api key"), lambda status: "plan", "auth"),
        (http(302), lambda status, body: "plan", "plan"),
        (http(500), lambda status, body: "not_found", "not_found"),
        (http(404, b"x" * 9000), lambda status, body: "plan" if body == b"x" * 8192 else None, "plan"),
        (http(404, b"x" * (MAX_BODY + 1)), lambda status, body: "plan" if body == b"" else None, "plan"),
        (http(200, b"<html>"), lambda status, body: "plan", "bad_shape"),
        (b"", lambda status, body: "plan", "upstream"),
    ],
)  # fmt: skip
async def test_a_connector_may_know_a_better_code(reply, codes, code, server: Scripted, client: HttpClient):
    server.replies = [reply]
    error = await refused(client, server.url, codes=codes)
    assert error.code == code
    assert (error.__cause__, error.__context__) == (None, None)


async def test_a_post_may_know_a_better_code_too(server: Scripted, client: HttpClient):
    server.replies = [http(422)]
    with pytest.raises(ToolError) as caught:
        await client.request_json("POST", server.url, codes=lambda status, body: "not_found")
    assert caught.value.code == "not_found"


@pytest.mark.parametrize(("code", "asked"), [("plan", 1), ("rate_limited", 3), (None, 3)])
async def test_what_will_not_pass_is_not_tried_again(code, asked, server: Scripted, client: HttpClient):
    server.replies = [http(429)]
    await refused(client, server.url, codes=lambda status, body: code)
    assert len(server.heads) == asked


async def test_the_better_code_counts_for_the_circuit(server: Scripted, client: HttpClient):
    server.replies = [http(400)]
    for code in ("not_found", *["upstream"] * breaker.FAILURES):
        await refused(client, server.url, codes=lambda status, body, code=code: code)
    assert (await refused(client, server.url)).code == "unavailable"


@pytest.mark.parametrize("codes", [raises, lambda status, body: body.decode(), lambda status, body: "auth"])
async def test_what_looks_at_a_body_lets_none_of_it_out(codes, server: Scripted, client: HttpClient, caplog):
    caplog.set_level(logging.DEBUG)
    server.replies = [http(403, KEY.encode())]
    error = await refused(client, server.url, codes=codes)
    shown = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    assert KEY not in caplog.text + shown + repr(error) + str(error)
