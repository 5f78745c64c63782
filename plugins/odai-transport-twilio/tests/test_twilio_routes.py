"""The webhooks, over a real socket: what they answer, and to whom."""

from __future__ import annotations

import asyncio
import logging
from typing import Any
from xml.etree import ElementTree

import pytest
from odai_transport_twilio.config import Limits
from odai_transport_twilio.routes import blueprint
from werkzeug.datastructures import MultiDict

from odai_core import SettingError

CALL = {"CallSid": "CA1", "From": "+14155550123", "To": "+18005551212"}


async def test_says_that_it_runs(line: Any) -> None:
    answer = await line.http.get("/twilio/")
    assert answer.json() == {"message": "Twilio Media Stream Server is running!"}


async def test_a_call_is_sent_to_our_stream_with_a_ticket(line: Any) -> None:
    answer = await line.post("/twilio/incoming", CALL)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/xml"
    stream = ElementTree.fromstring(answer.text).find("Connect/Stream")
    assert stream is not None
    assert stream.attrib["url"] == "wss://voice.example.com/twilio/connect"
    found = {parameter.attrib["name"]: parameter.attrib["value"] for parameter in stream}
    assert found["from"] == "+14155550123"
    assert all(len(name) + len(value) <= 500 for name, value in found.items())
    claims = line.context.unsign(found["ticket"], max_age=60)
    assert (claims["call_sid"], claims["from"]) == ("CA1", "+14155550123")
    assert line.context.taken == 0


async def test_the_host_header_is_never_believed(line: Any) -> None:
    signed = line.signature("https://evil.example/twilio/incoming", CALL)
    headers = {"X-Twilio-Signature": signed, "Host": "evil.example"}
    assert (await line.http.post("/twilio/incoming", data=CALL, headers=headers)).status_code == 403
    headers["X-Twilio-Signature"] = line.signature("https://voice.example.com/twilio/incoming", CALL)
    assert "evil" not in (await line.http.post("/twilio/incoming", data=CALL, headers=headers)).text


async def test_query_string_and_repeated_fields_are_signed(line: Any) -> None:
    path = "/twilio/incoming?way=1&way=2"
    body = "CallSid=CA1&From=%2B14155550123&Empty=&Twice=b&Twice=a"
    form = MultiDict([("CallSid", "CA1"), ("From", "+14155550123"), ("Empty", ""), ("Twice", "b"), ("Twice", "a")])
    headers = {
        "X-Twilio-Signature": line.signature(f"https://voice.example.com{path}", form),
        "Content-Type": "application/x-www-form-urlencoded",
    }
    answer = await line.http.post(path, content=body, headers=headers)
    assert answer.status_code == 200
    assert "wss://voice.example.com/twilio/connect" in answer.text


@pytest.mark.parametrize("path", ["/twilio/incoming", "/twilio/status", "/twilio/fallback"])
@pytest.mark.parametrize("signature", ["", "nonsense", "\u00e9\u00ff"])
async def test_a_stranger_is_refused(line: Any, path: str, signature: str) -> None:
    headers = {"X-Twilio-Signature": signature.encode("latin-1")}
    assert (await line.http.post(path, data=CALL, headers=headers)).status_code == 403
    assert (await line.http.post(path, data=CALL)).status_code == 403


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"A=" + b"x" * 70_000, 413),
        (b"a=%ff&\xff\xfe", 400),
        (b"&".join(b"a=1" for _ in range(300)), 400),
        (b"\x00\x01\x02", 403),
        (b"", 403),
    ],
)
async def test_hostile_forms(line: Any, body: bytes, status: int) -> None:
    assert (await line.http.post("/twilio/incoming", content=body)).status_code == status


async def test_a_body_that_never_ends_is_given_up(serve_line: Any) -> None:
    line = await serve_line(limits=Limits(form=0.05))
    reader, writer = await asyncio.open_connection("127.0.0.1", line.port)
    writer.write(b"POST /twilio/incoming HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nCallSid=CA1")
    async with asyncio.timeout(10):
        assert (await reader.readline()).startswith(b"HTTP/1.1 408")
    writer.close()
    await writer.wait_closed()


@pytest.mark.parametrize("call_sid", ["", "C" * 65])
async def test_a_call_needs_an_id(line: Any, call_sid: str) -> None:
    assert (await line.post("/twilio/incoming", {"CallSid": call_sid})).status_code == 400


@pytest.mark.parametrize("sender", ["anonymous", "+266696687", "client:<b>", ""])
async def test_a_withheld_number_is_fine(line: Any, sender: str) -> None:
    answer = await line.post("/twilio/incoming", {"CallSid": "CA1", "From": sender})
    assert '<Parameter name="from" value=""/>' in answer.text


async def test_a_full_house_is_said_aloud(line: Any, busy: Any) -> None:
    line.context.refusal = busy("full")
    response = ElementTree.fromstring((await line.post("/twilio/incoming", CALL)).text)
    assert [child.tag for child in response] == ["Say", "Hangup"]
    assert "busy" in (response[0].text or "")


async def test_status_is_taken_and_nothing_of_the_caller_is_logged(line: Any, caplog: Any) -> None:
    caplog.set_level(logging.DEBUG, "test.twilio")
    assert (await line.post("/twilio/status", {**CALL, "CallStatus": "completed"})).status_code == 204
    assert (await line.post("/twilio/status", {**CALL, "CallStatus": "+14155550123\n"})).status_code == 204
    assert [record.getMessage() for record in caplog.records if record.name == "test.twilio"] == [
        "Twilio reports a call as completed",
        "Twilio reports a call as something unknown",
    ]


async def test_fallback_apologises(line: Any, caplog: Any) -> None:
    for code, logged in (("11200", "error 11200"), ("<x>", "error unknown")):
        answer = await line.post("/twilio/fallback", {**CALL, "ErrorCode": code})
        assert [child.tag for child in ElementTree.fromstring(answer.text)] == ["Say", "Hangup"]
        assert logged in caplog.text


async def test_without_a_public_name_it_apologises_and_says_once_what_to_set(serve_line: Any, caplog: Any) -> None:
    line = await serve_line(public_host="")
    for path in ("/twilio/incoming", "/twilio/fallback", "/twilio/incoming"):
        answer = await line.post(path, CALL, signature="")
        assert [child.tag for child in ElementTree.fromstring(answer.text)] == ["Say", "Hangup"]
    assert (await line.post("/twilio/status", CALL, signature="")).status_code == 503
    assert caplog.text.count("ODAI_PUBLIC_HOST is not set") == 1


async def test_unchecked_on_loopback_it_names_the_address_it_listens_on(serve_line: Any) -> None:
    line = await serve_line(public_host="", ODAI_TWILIO_VALIDATE="0", TWILIO_AUTH_TOKEN="")
    answer = await line.http.post("/twilio/incoming", data=CALL, headers={"Host": "evil.example"})
    stream = ElementTree.fromstring(answer.text).find("Connect/Stream")
    assert stream is not None
    assert stream.attrib["url"] == f"ws://127.0.0.1:{line.port}/twilio/connect"


async def test_unchecked_behind_a_tunnel_it_names_the_public_host(serve_line: Any) -> None:
    line = await serve_line(ODAI_TWILIO_VALIDATE="0")
    answer = await line.http.post("/twilio/incoming", data=CALL)
    assert 'url="wss://voice.example.com/twilio/connect"' in answer.text


def test_unchecked_and_reachable_is_refused_at_the_mount(make_context: Any) -> None:
    with pytest.raises(SettingError, match="loopback"):
        blueprint(make_context(ODAI_TWILIO_VALIDATE="0", loopback=False))
