"""What every way in decides before it accepts: the token, who is behind it, and what the others are told."""

import json
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from odai_core import Caller, ForeignChat, QuotaReached, handshake
from odai_core.errors import Draining, Overloaded, SessionTaken


def asking(query="", **headers):
    return SimpleNamespace(headers=headers, args={"token": query} if query else {})


class Door:
    """Knows one token, and takes no page of evil.example."""

    def __init__(self):
        self.asked = []

    async def authenticate(self, token):
        self.asked.append(token)
        return Caller(user_id="ann") if token == "good" else None

    def origin_allowed(self, origin, host):
        return origin != "https://evil.example"


@pytest.mark.parametrize(
    "request_, offered, raw, token",
    [
        (asking("query", Authorization="Bearer head"), ["odai.token.proto"], False, "head"),
        (asking("query", Authorization="bearer  head "), [], False, "head"),
        (asking("query", Authorization="Bearer "), [], False, ""),
        (asking("query"), ["odai.chat", "odai.token.proto"], False, "proto"),
        (asking("query"), ["odai.chat"], False, "query"),
        (asking("query", Authorization="head"), [], False, "query"),
        (asking("query", Authorization="head"), [], True, "head"),
        (asking("query", Authorization="Bearer head"), [], True, "head"),
        (asking("query", Authorization="Basic YTpi"), [], True, "query"),
        (asking(), [], True, ""),
    ],
)
def test_where_the_token_is_looked_for(request_, offered, raw, token):
    assert handshake.token_of(request_, offered, raw=raw) == token


@given(st.text(max_size=50), st.lists(st.text(max_size=20), max_size=3), st.booleans())
def test_any_header_is_read_without_a_crash(header, offered, raw):
    assert isinstance(handshake.token_of(asking(Authorization=header), offered, raw=raw), str)


async def test_the_caller_behind_a_token():
    assert await handshake.identify(Door(), asking("good")) == Caller(user_id="ann")
    assert await handshake.identify(Door(), asking(), ["odai.token.good"]) == Caller(user_id="ann")
    assert await handshake.identify(Door(), asking(Authorization="good"), raw=True) == Caller(user_id="ann")


async def test_nobody_is_asked_for_a_token_that_cannot_be_one():
    door = Door()
    for token in ("", "x" * (handshake.TOKEN_LIMIT + 1)):
        assert await handshake.identify(door, asking(token)) is handshake.BAD_TOKEN
    assert await handshake.identify(door, asking("good", Origin="https://evil.example")) is handshake.FOREIGN
    assert door.asked == []
    assert await handshake.identify(door, asking("bad")) is handshake.BAD_TOKEN
    assert door.asked == ["bad"]


@pytest.mark.parametrize(
    "reason, status, code, message, retry",
    [
        (Overloaded("All 3 places are taken."), 503, "overloaded", "Every line is taken. Try again in a moment.", "5"),
        (Draining("Stopping."), 503, "overloaded", "Every line is taken. Try again in a moment.", "5"),
        (SessionTaken("live"), 409, "session_taken", "A call with this session id is live.", None),
        (ForeignChat("of bob"), 403, "foreign_chat", "This chat is not yours.", None),
        (QuotaReached("That was all for today."), 429, "quota", "That was all for today.", "3600"),
    ],
)
def test_what_a_refused_caller_is_told(reason, status, code, message, retry):
    body, told, headers = handshake.refused(reason).response()
    assert (told, body) == (status, {"code": code, "message": message})
    assert headers.get("Retry-After") == retry
    assert headers["Cache-Control"] == "no-store"


def test_a_refusal_never_repeats_the_token():
    body, status, headers = handshake.BAD_TOKEN.response()
    assert status == 401
    assert headers["WWW-Authenticate"] == 'Bearer realm="odai"'
    assert json.dumps(body) == '{"code": "bad_token", "message": "The token is missing, wrong or has expired."}'


def test_only_real_zones_and_languages_are_taken():
    ann = Caller(user_id="ann")
    assert handshake.localised(ann, "Europe/Berlin", "de-DE") == Caller(
        user_id="ann", time_zone="Europe/Berlin", locale="de-DE"
    )
    for zone in ("Mars/Olympus", "../../etc/passwd", "America", "/etc/localtime", ""):
        assert handshake.localised(ann, zone, "en-US\ninjected") == ann
