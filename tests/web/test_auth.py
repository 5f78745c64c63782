"""Tokens and tickets: ours, fresh, for their purpose; names and origins: this machine's own."""

import base64
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from itsdangerous import TimestampSigner, URLSafeTimedSerializer

from odai_core.contract import Secret
from odai_core.web import auth
from odai_core.web.auth import Signer, Tokens, is_local_name, is_loopback, origin_allowed

KEY = "a secret for tests"
SIGNER = Signer(Secret(KEY))
TOKENS = Tokens(SIGNER)


@pytest.fixture
def later(monkeypatch):
    """Move the signer's clock."""
    shift = [0]
    now = TimestampSigner.get_timestamp
    monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda self: now(self) + shift[0])
    return shift


async def test_a_token_stands_for_its_user():
    assert (await TOKENS.authenticate(TOKENS.mint("ann"))).user_id == "ann"
    assert TOKENS.mint("ann") != TOKENS.mint("ann")


async def test_a_caller_knows_how_long_the_token_holds():
    caller = await TOKENS.authenticate(TOKENS.mint("ann"))
    assert time.time() + auth.TOKEN_SECONDS - 60 < caller.expires_at <= time.time() + auth.TOKEN_SECONDS


async def test_a_token_is_over_after_twelve_hours(later):
    token = TOKENS.mint("ann")
    later[0] = int(auth.TOKEN_SECONDS)
    assert await TOKENS.authenticate(token)
    later[0] += 1
    assert await TOKENS.authenticate(token) is None


async def test_a_token_from_the_future_is_refused(later):
    later[0] = 3600
    token = TOKENS.mint("ann")
    later[0] = 0
    assert await TOKENS.authenticate(token) is None


async def test_one_purpose_is_worth_nothing_for_another():
    ticket = SIGNER.sign({"sub": "ann"}, purpose="transport.twilio")
    assert await TOKENS.authenticate(ticket) is None
    assert SIGNER.unsign(ticket, purpose="transport.webrtc", max_age=60) is None
    assert SIGNER.unsign(ticket, purpose="transport.twilio", max_age=60) == {"sub": "ann"}


async def test_another_secret_is_another_server():
    assert await Tokens(Signer(Secret("another"))).authenticate(TOKENS.mint("ann")) is None
    assert await Tokens(Signer(Secret(KEY))).authenticate(TOKENS.mint("ann"))
    assert await Tokens(Signer(Secret(""))).authenticate(Tokens(Signer(Secret(""))).mint("ann")) is None


@pytest.mark.parametrize("payload", [{}, {"sub": ""}, {"sub": 7}, {"sub": None}, [], "ann", None])
async def test_a_signed_nonsense_is_no_token(payload):
    text = URLSafeTimedSerializer(KEY, salt="odai.token").dumps(payload)
    assert await TOKENS.authenticate(text) is None


@given(st.integers(0, 200), st.integers(0, 255))
async def test_no_changed_byte_is_accepted(place, byte):
    token = TOKENS.mint("ann")
    changed = bytearray(token.encode())
    changed[place % len(changed)] = byte
    text = changed.decode("latin-1")
    payload = await TOKENS.authenticate(text)
    # The last character of base64 has bits that mean nothing.
    assert payload is None or text[:-1] == token[:-1]


@given(st.one_of(st.text(), st.binary().map(lambda data: data.decode("latin-1")), st.none(), st.integers()))
async def test_any_text_is_refused_without_a_crash(text):
    assert await TOKENS.authenticate(text) is None


async def test_hostile_texts_are_refused():
    head = base64.urlsafe_b64encode(json.dumps({"sub": "root"}).encode()).decode().rstrip("=")
    for text in (f"{head}.aaaa.bbbb", head, f"{head}..", ".", "\ud800", "x" * 5000, "." + "A" * 4000, "", "é.è.ê"):
        assert await TOKENS.authenticate(text) is None


@pytest.mark.parametrize(
    "address, here",
    [("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("10.0.0.1", False), ("", False), (None, False),
     ("localhost", False), ("::ffff:8.8.8.8", False)],
)  # fmt: skip
def test_loopback_addresses(address, here):
    assert is_loopback(address) is here


@pytest.mark.parametrize(
    "host, local",
    [("localhost", True), ("LOCALHOST:8080", True), ("127.0.0.1", True), ("127.0.0.1:8080", True), ("[::1]:80", True),
     ("[::1]", True), ("::1", True), ("evil.example", False), ("127.0.0.1.evil.example", False),
     ("localhost.evil.example:8080", False), ("evil.example:127.0.0.1", False), ("localhost:80:80", False),
     ("", False), (None, False), ("a" * 300, False), ("[::1].evil.example", False), ("[localhost]x", False)],
)  # fmt: skip
def test_names_of_this_machine(host, local):
    assert is_local_name(host) is local


@given(st.text(max_size=300))
def test_any_host_header_is_judged_without_a_crash(host):
    assert is_local_name(host) in (True, False)
    assert origin_allowed(host, host, (), "") in (True, False)


@pytest.mark.parametrize(
    "origin, host, allowed",
    [
        (None, "evil.example", True),
        ("http://localhost:8080", "localhost:8080", True),
        ("http://localhost:9999", "localhost:8080", False),
        ("http://evil.example", "localhost:8080", False),
        ("http://evil.example", "evil.example", False),
        ("https://voice.example.com", "10.0.0.1", True),
        ("http://voice.example.com", "voice.example.com", False),
        ("https://friend.example", "voice.example.com", True),
        ("null", "localhost", False),
        ("", "localhost", False),
        ("file://localhost", "localhost", False),
        ("https://voice.example.com.evil.example", "voice.example.com", False),
    ],
)
def test_origins(origin, host, allowed):
    assert origin_allowed(origin, host, ("https://friend.example",), "voice.example.com") is allowed


def test_without_a_public_host_no_origin_is_public():
    assert not origin_allowed("https://", "", (), "")
