"""One client, every failure a sentence, no secret anywhere but on the wire."""

from __future__ import annotations

import asyncio
import gzip
import logging
import traceback
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx2
import msgspec
import pytest

from odai_core import Secret, ToolError
from odai_core.tools import breaker
from odai_core.tools.cache import Cache
from odai_core.tools.http import MAX_BODY, HttpClient

from .conftest import KEY, Clock, Scripted, http, refused

# -- asking ------------------------------------------------------------------------------------------


async def test_segments_are_quoted_and_parameters_kept_apart(server: Scripted, client: HttpClient):
    server.replies = [http(body=b'{"ok": true}')]
    answer = await client.get_json(
        server.url + "/v3/",
        "a/b?c#d",
        7,
        Secret(KEY),
        params={"q": "x&y=z", "none": None, "open": True},
        headers={"X-A": None},
    )
    assert answer == {"ok": True}
    assert server.heads[0].startswith(f"GET /v3/a%2Fb%3Fc%23d/7/{KEY}?q=x%26y%3Dz&open=true HTTP/1.1\r\n")
    assert "odai-core" in server.heads[0]
    assert "x-a" not in server.heads[0].lower()


@pytest.mark.parametrize(
    ("params", "query"),
    [
        ({"c[]": ["a&b", Secret("c"), True, None], "n": (1, 2)}, "?c%5B%5D=a%26b&c%5B%5D=c&c%5B%5D=true&n=1&n=2"),
        ({"code": [], "n": None}, ""), ({"code": [], "n": "xy"}, "?n=xy"), ({"code": [""]}, "?code="),
    ],
)  # fmt: skip
async def test_a_list_repeats_its_name(params, query, server: Scripted, client: HttpClient):
    server.replies = [http()]
    await client.get_json(server.url, "x", params=params)
    assert server.heads[0].split()[1] == f"/x{query}"


async def test_an_address_without_segments_is_asked_as_it_stands(server: Scripted, client: HttpClient):
    server.replies = [http(body=b"{}")]
    await client.get_json(f"{server.url}/films/", params={"n": 5})
    await client.get_json(f"{server.url}/films")
    assert [head.split()[1] for head in server.heads] == ["/films/?n=5", "/films"]


@pytest.mark.parametrize(("wanted", "answer"), [(Any, None), (dict[str, int] | None, None)])
async def test_no_content_is_nothing(wanted, answer, server: Scripted, client: HttpClient):
    server.replies = [b"HTTP/1.1 204 X\r\n\r\n"]
    assert await client.get_json(server.url, type=wanted) is answer
    assert (await refused(client, server.url, type=dict[str, int])).code == "bad_shape"


@pytest.mark.parametrize("segment", ["", ".", ".."])
async def test_a_segment_cannot_leave_its_place(segment: str, client: HttpClient):
    assert (await refused(client, "http://127.0.0.1:9", segment)).code == "bad_request"


@pytest.mark.parametrize("base", ["", "ftp://x", "127.0.0.1", "http://127.0.0.1:port", "http://"])
async def test_a_base_url_that_is_none_is_the_operators(base: str, client: HttpClient):
    assert (await refused(client, base)).code == "not_configured"


async def test_a_post_carries_json_and_is_not_repeated(server: Scripted, client: HttpClient):
    server.replies = [http(503)]
    with pytest.raises(ToolError):
        await client.request_json("POST", server.url, "x", json={"a": 1})
    assert server.heads[0].startswith("POST /x ")
    assert server.bodies == [b'{"a":1}']


async def test_credentials_reach_the_wire(server: Scripted, client: HttpClient):
    server.replies = [http()]
    await client.get_json(server.url, auth=Secret(KEY))
    await client.get_json(server.url, auth=(Secret("user"), ""))
    await client.get_json(server.url, params={"key": Secret(KEY)}, headers={"X-Key": Secret(KEY)})
    assert f"authorization: bearer {KEY}" in server.heads[0].lower()
    assert "Basic dXNlcjo=" in server.heads[1]
    assert server.heads[2].startswith(f"GET /?key={KEY} ")
    assert f"x-key: {KEY}" in server.heads[2].lower()


async def test_a_cookie_never_comes_back(server: Scripted, client: HttpClient):
    server.replies = [http(Set_Cookie="who=alice; Path=/")]
    await client.get_json(server.url)
    await client.get_json(server.url)
    assert "cookie" not in server.heads[1].lower()


async def test_a_byte_order_mark_and_gzip_are_read(server: Scripted, client: HttpClient):
    server.replies = [http(body=gzip.compress(b'\xef\xbb\xbf{"a": "\xc3\xbc"}'), Content_Encoding="gzip")]
    assert await client.get_json(server.url) == {"a": "ü"}


class Place(msgspec.Struct):
    name: str
    stars: float = 0


async def test_an_answer_can_be_read_into_a_type(server: Scripted, client: HttpClient):
    server.replies = [http(body=b'{"name": "A", "stars": "4.5", "more": 1}'), http(body=b'{"name": null}')]
    assert await client.get_json(server.url, type=Place) == Place("A", 4.5)
    assert (await refused(client, server.url, type=Place)).code == "bad_shape"


# -- failing -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (400, b"", "bad_request"), (422, b"", "bad_request"), (401, b"", "auth"), (402, b"", "plan"),
        (403, b'{"error": "Invalid API key"}', "auth"), (403, b"no access for your plan", "plan"),
        (404, b"<html>", "not_found"), (410, b"", "not_found"), (429, b"", "rate_limited"), (408, b"", "timeout"),
        (500, b"", "upstream"), (502, b"", "upstream"), (503, b"", "upstream"), (418, b"", "upstream"),
        (301, b"", "bad_shape"), (200, b"<html>", "bad_shape"), (200, b"", "bad_shape"),
        (200, b'{"a": NaN}', "bad_shape"), (200, b"\xff\xfe", "bad_shape"), (200, b"[" * 100_000, "bad_shape"),
        (200, b'"' + b"x" * MAX_BODY + b'"', "bad_shape"), (500, b"x" * (MAX_BODY + 1), "upstream"),
    ],
)  # fmt: skip
async def test_every_status_has_a_code_and_a_sentence(status, body, code, server: Scripted, client: HttpClient):
    server.replies = [http(status, body, Location="http://127.0.0.1:9/x")]
    error = await refused(client, server.url)
    assert error.code == code
    assert error.message.endswith(".")
    assert len(error.message) < 100


async def test_a_bomb_is_not_unpacked_for_ever(server: Scripted, client: HttpClient):
    server.replies = [http(body=gzip.compress(b" " * (8 * MAX_BODY)), Content_Encoding="gzip")]
    assert (await refused(client, server.url)).code == "bad_shape"


async def test_broken_encoding_is_bad_shape(server: Scripted, client: HttpClient):
    server.replies = [http(body=b"not gzip", Content_Encoding="gzip")]
    assert (await refused(client, server.url)).code == "bad_shape"


TRUNCATED = b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\nConnection: close\r\n\r\n{}"


@pytest.mark.parametrize("reply", [b"", b"nonsense\r\n\r\n", TRUNCATED])
async def test_a_connection_that_breaks_is_upstream(reply: bytes, server: Scripted, client: HttpClient):
    server.replies = [reply]
    assert (await refused(client, server.url)).code == "upstream"


async def test_nobody_there_is_upstream(client: HttpClient, clock: Clock):
    assert (await refused(client, "http://127.0.0.1:1")).code == "upstream"
    assert len(clock.slept) == 2


async def test_silence_is_a_timeout(server: Scripted, clock: Clock):
    server.replies = [None]
    client = HttpClient(timeout=0.1, clock=clock, sleep=clock.sleep)
    assert (await refused(client, server.url)).code == "timeout"
    await client.aclose()


async def test_the_time_limit_covers_the_retries(server: Scripted):
    server.replies = [http(503)]

    async def for_ever(_: float) -> None:
        await asyncio.Event().wait()

    client = HttpClient(timeout=0.1, sleep=for_ever)
    assert (await refused(client, server.url)).code == "timeout"
    await client.aclose()


# -- trying again ------------------------------------------------------------------------------------


@pytest.mark.parametrize("first", [http(503), http(429, Retry_After="2"), http(502), http(504), b""])
async def test_a_read_is_tried_again(first: bytes, server: Scripted, client: HttpClient):
    server.replies = [first, http(body=b"[1]")]
    assert await client.get_json(server.url) == [1]
    assert len(server.heads) == 2


async def test_two_retries_and_no_more(server: Scripted, client: HttpClient, clock: Clock):
    server.replies = [http(503)]
    await refused(client, server.url)
    assert len(server.heads) == 3
    assert 0 < clock.slept[0] < clock.slept[1] + 0.2 < 1


@pytest.mark.parametrize(("header", "expected"), [("2", 2.0), ("3", 3.0), ("0.5", 0.5), ("-4", 0.0), ("1e9", 86400.0)])
async def test_retry_after_is_kept(header: str, expected: float, server: Scripted, client: HttpClient):
    server.replies = [http(429, Retry_After=header)]
    error = await refused(client, server.url)
    assert (error.code, error.retry_after) == ("rate_limited", expected)
    assert len(server.heads) == (3 if expected <= 2 else 1)


@pytest.mark.parametrize("header", ["soon", "nan", "Mon", "", "1 hour", "9" * 400])
async def test_a_wait_nobody_can_read_is_none(header: str, server: Scripted, client: HttpClient):
    server.replies = [http(429, Retry_After=header)]
    assert (await refused(client, server.url, retry=False)).retry_after in (None, 86400.0)


async def test_retry_after_may_be_a_date(server: Scripted, client: HttpClient):
    server.replies = [http(429, Retry_After=format_datetime(datetime.now(UTC) + timedelta(minutes=5), usegmt=True))]
    error = await refused(client, server.url)
    assert error.retry_after == pytest.approx(300, abs=5)


# -- the circuit -------------------------------------------------------------------------------------


async def open_circuit(server: Scripted, client: HttpClient) -> None:
    server.replies = [http(500)]
    for _ in range(breaker.FAILURES):
        await refused(client, server.url)
    server.heads.clear()


async def test_five_failures_open_the_circuit(server: Scripted, client: HttpClient):
    await open_circuit(server, client)
    error = await refused(client, server.url)
    assert (error.code, error.retry_after, server.heads) == ("unavailable", 30, [])


async def test_an_answer_in_between_starts_the_count_again(server: Scripted, client: HttpClient):
    server.replies = [*[http(500)] * 4, http(404), *[http(500)] * 4, http()]
    for _ in range(9):
        await refused(client, server.url)
    assert await client.get_json(server.url) == {}


async def test_after_thirty_seconds_one_probe_decides(server: Scripted, client: HttpClient, clock: Clock):
    await open_circuit(server, client)
    clock.now += 30
    assert (await refused(client, server.url)).code == "upstream"
    assert (await refused(client, server.url)).code == "unavailable"
    clock.now += 30
    server.replies = [http()]
    assert await client.get_json(server.url) == {}
    assert await client.get_json(server.url) == {}


async def test_a_second_caller_waits_for_the_probe_and_a_cancelled_probe_frees_its_place(
    server: Scripted, client: HttpClient, clock: Clock
):
    await open_circuit(server, client)
    clock.now += 30
    server.replies = [None]
    server.asked.clear()
    probe = asyncio.create_task(client.get_json(server.url))
    await server.asked.wait()
    assert (await refused(client, server.url)).code == "unavailable"
    probe.cancel()
    with pytest.raises(asyncio.CancelledError):
        await probe
    server.replies = [http()]
    assert await client.get_json(server.url) == {}


def test_the_circuits_are_bounded(clock: Clock):
    many = breaker.Breaker(clock)
    for number in range(breaker.MAX_HOSTS + 10):
        many.failed(f"host{number}")
    assert len(many._troubled) == breaker.MAX_HOSTS
    many.abandoned("a stranger")


# -- the cache ---------------------------------------------------------------------------------------


async def test_an_answer_is_kept_for_its_time_and_not_shared(server: Scripted, client: HttpClient, clock: Clock):
    server.replies = [http(body=b'{"a": [1]}')]
    first = await client.get_json(server.url, cache=60)
    first["a"].append(2)
    assert await client.get_json(server.url, cache=60) == {"a": [1]}
    clock.now += 60
    await client.get_json(server.url, cache=60)
    assert len(server.heads) == 2


async def test_another_key_is_another_answer(server: Scripted, client: HttpClient):
    server.replies = [http()]
    for key in ("one", "two", "one"):
        await client.get_json(server.url, cache=60, auth=Secret(key))
    await client.get_json(server.url, cache=60, params={"a": 1}, auth=Secret("one"))
    assert len(server.heads) == 3


async def test_a_list_in_another_order_is_another_question(server: Scripted, client: HttpClient):
    server.replies = [http()]
    for params in ({"n": [1, 2], "a": 1}, {"a": 1, "n": [2, 1]}, {"a": 1, "n": (1, 2)}, {"a": 1, "n": "12"}):
        await client.get_json(server.url, cache=60, params=params)
    assert len(server.heads) == 3


async def test_a_failure_is_not_kept(server: Scripted, client: HttpClient):
    server.replies = [http(body=b"<html>"), http(404), http(body=b"1")]
    await refused(client, server.url, cache=60)
    await refused(client, server.url, cache=60)
    assert await client.get_json(server.url, cache=60) == 1


def test_the_oldest_makes_room(clock: Clock):
    kept = Cache(clock, entries=2, size=10)
    kept.put(b"a", b"1", 9)
    kept.put(b"b", b"2", 9)
    assert kept.get(b"a") == b"1"
    kept.put(b"c", b"3", 9)
    assert (kept.get(b"b"), kept.get(b"a"), len(kept)) == (None, b"1", 2)
    kept.put(b"d", b"x" * 10, 9)
    assert (kept.get(b"d"), len(kept)) == (b"x" * 10, 1)
    kept.put(b"e", b"x" * 11, 9)
    assert len(kept) == 0


# -- secrets and life --------------------------------------------------------------------------------


@pytest.mark.parametrize("reply", [http(401, KEY.encode()), http(500), b"", http(body=b"<html>")])
async def test_no_secret_in_logs_or_errors(reply: bytes, server: Scripted, client: HttpClient, caplog):
    caplog.set_level(logging.DEBUG)
    server.replies = [reply]
    error = await refused(client, server.url, params={"key": Secret(KEY)}, headers={"X-Key": Secret(KEY)})
    shown = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    assert KEY not in caplog.text + shown + repr(error) + str(error)
    assert error.__context__ is None
    assert error.__cause__ is None


@pytest.mark.parametrize("key", [KEY + "\nX: y", KEY + "\0"])
async def test_a_secret_no_header_can_carry_is_the_operators(key: str, server: Scripted, client: HttpClient, caplog):
    server.replies = [http()]
    error = await refused(client, server.url, headers={"X-Key": Secret(key)})
    assert error.code == "not_configured"
    assert KEY not in caplog.text


async def test_a_failure_of_the_network_layer_is_upstream(client: HttpClient, monkeypatch: pytest.MonkeyPatch):
    async def fail(_: object) -> None:
        raise httpx2.ProxyError("through " + KEY)

    monkeypatch.setattr(client, "_send", fail)
    error = await refused(client, "http://127.0.0.1:1")
    assert (error.code, error.__context__) == ("upstream", None)


async def test_closing_twice_is_once_and_a_later_request_opens_again(server: Scripted, client: HttpClient):
    server.replies = [http()]
    client.warm_up()
    await client.get_json(server.url)
    await client.aclose()
    await client.aclose()
    assert await client.get_json(server.url) == {}


def test_another_event_loop_gets_connections_of_its_own():
    client = HttpClient()
    opened = []

    async def once() -> None:
        client.warm_up()
        opened.append(client._client)

    asyncio.run(once())
    asyncio.run(once())
    asyncio.run(client.aclose())
    assert opened[0] is not opened[1]
    assert client._client is None
