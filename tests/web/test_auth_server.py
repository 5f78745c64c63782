"""Signing in at a whole server: the settings, the three places of a token, and what is refused before accept."""

import asyncio
import logging
import subprocess
import sys
import time

import httpx2
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Subprotocol

from odai_core.cli.logs import Redacting
from odai_core.errors import SettingError
from odai_core.settings import Settings
from odai_core.testing.fake_openai import FakeOpenAI
from odai_core.web import issuer as room
from odai_core.web.app import create_app
from odai_core.web.auth import Signer, make_tokens
from odai_core.web.issuer import FIREBASE_ISSUER, FIREBASE_KEYS, issuer_of
from tests.calls.harness import running
from tests.web.issuing import AUDIENCE, claims, provider, token

PROJECT = "my-app-1a2b3"


def read(**texts):
    return issuer_of(Settings(texts).core)


# -- settings


def test_without_settings_there_is_no_issuer():
    assert read() is None
    assert read(ODAI_OIDC_AUDIENCE="x", ODAI_OIDC_REQUIRED_CLAIMS="terms") is None


def test_an_issuer_is_named_exactly_as_in_its_tokens():
    issuer = read(
        ODAI_OIDC_ISSUER="https://tenant.example/",
        ODAI_OIDC_AUDIENCE="app, other",
        ODAI_OIDC_REQUIRED_CLAIMS="terms, groups=voice, https://a.example/x=1=2, =odd",
        ODAI_OIDC_ALLOW_ANONYMOUS="1",
    )
    assert issuer.name == "https://tenant.example/"
    assert issuer.audiences == ("app", "other")
    assert issuer.jwks_url == ""
    assert issuer.required == (("terms", None), ("groups", "voice"), ("https://a.example/x=1", "2"), ("=odd", None))
    assert (issuer.anonymous, issuer.signed_in_before) == (True, False)


def test_firebase_is_one_setting():
    issuer = read(ODAI_FIREBASE_PROJECT=PROJECT)
    assert issuer.name == f"https://securetoken.google.com/{PROJECT}"
    assert issuer.audiences == (PROJECT,)
    assert issuer.jwks_url == FIREBASE_KEYS
    assert (issuer.anonymous, issuer.signed_in_before) == (False, True)


@pytest.mark.parametrize(
    "texts, why",
    [
        ({"ODAI_OIDC_ISSUER": "https://x.example"}, "without ODAI_OIDC_AUDIENCE"),
        ({"ODAI_OIDC_ISSUER": "https://x.example", "ODAI_FIREBASE_PROJECT": PROJECT}, "are both set"),
        ({"ODAI_OIDC_ISSUER": "http://x.example", "ODAI_OIDC_AUDIENCE": "a"}, "ODAI_OIDC_ISSUER is not an https"),
        ({"ODAI_OIDC_ISSUER": "x.example", "ODAI_OIDC_AUDIENCE": "a"}, "ODAI_OIDC_ISSUER is not an https"),
        ({"ODAI_OIDC_ISSUER": "https://", "ODAI_OIDC_AUDIENCE": "a"}, "ODAI_OIDC_ISSUER is not an https"),
        ({"ODAI_OIDC_ISSUER": "https://x|y", "ODAI_OIDC_AUDIENCE": "a"}, "ODAI_OIDC_ISSUER is not an https"),
        ({"ODAI_OIDC_ISSUER": "https://[x", "ODAI_OIDC_AUDIENCE": "a"}, "ODAI_OIDC_ISSUER is not an https"),
        ({"ODAI_FIREBASE_PROJECT": PROJECT, "ODAI_OIDC_JWKS_URL": "ftp://x"}, "ODAI_OIDC_JWKS_URL is not an https"),
        ({"ODAI_FIREBASE_PROJECT": "../other"}, "ODAI_FIREBASE_PROJECT is not a project id"),
        ({"ODAI_FIREBASE_PROJECT": "https://my.app"}, "ODAI_FIREBASE_PROJECT is not a project id"),
    ],
)
def test_settings_that_do_not_go_together_stop_the_start(texts, why):
    with pytest.raises(SettingError, match=why):
        create_app(Settings(texts))


# -- a server


@pytest.fixture
async def site():
    async with provider("rsa-1") as made:
        yield made


@pytest.fixture
async def settings(site):
    async with FakeOpenAI() as fake:
        yield {
            "OPENAI_API_KEY": fake.key,
            "OPENAI_REALTIME_URL": fake.url,
            "ODAI_OIDC_ISSUER": site.issuer,
            "ODAI_OIDC_AUDIENCE": AUDIENCE,
        }


def stream(server, query=""):
    return f"{server.ws}/app/voice/stream/session-0001{query}"


async def status_of(server, query="", **options):
    with pytest.raises(InvalidStatus) as refused:
        await connect(stream(server, query), **options)
    return refused.value.response.status_code


async def test_a_token_is_taken_in_all_three_places(site, settings):
    text = token(claims(site.issuer))
    async with running(**settings) as server:
        for query, options in (
            (f"?token={text}", {}),
            ("", {"additional_headers": {"Authorization": f"Bearer {text}"}}),
            ("", {"subprotocols": [Subprotocol(f"odai.token.{text}"), Subprotocol("odai.voice")]}),
        ):
            async with connect(stream(server, query), **options) as socket:
                assert '"ready"' in str(await asyncio.wait_for(socket.recv(), 10))
                [call] = server.server.switchboard.live.values()
                assert call.caller.user_id == f"{site.issuer}|ann"
            assert await server.server.admission.empty(10)
        assert len(site.asked) == 2


async def test_others_are_refused_before_accept(site, settings):
    async with running(**settings) as server:
        for bad in (
            "", "x", "x" * 9000, token(claims(site.issuer, aud="other")), token(claims("https://evil.example")),
            token(claims(site.issuer, exp=int(time.time()) - 3600)), token(claims(site.issuer), "rsa-evil"),
        ):  # fmt: skip
            assert await status_of(server, f"?token={bad}") == 401
        async with httpx2.AsyncClient(base_url=server.http, trust_env=False) as http:
            answer = await http.post("/app/voice/check", headers={"Authorization": f"Bearer {token(claims('x'))}"})
            assert answer.status_code == 401
            assert answer.json()["code"] == "bad_token"
            ours = await http.post("/app/voice/check", headers={"Authorization": f"Bearer {server.token()}"})
            assert ours.status_code == 204
        assert server.server.switchboard.opened == 0


async def test_the_issuer_may_be_away(site, settings):
    site.status = 500
    async with running(**settings) as server:
        assert await status_of(server, f"?token={token(claims(site.issuer))}") == 401
        assert await status_of(server, "?token=nonsense") == 401
        async with connect(stream(server, f"?token={server.token()}")) as socket:
            assert '"ready"' in str(await asyncio.wait_for(socket.recv(), 10))


async def test_a_firebase_project(site, monkeypatch):
    monkeypatch.setattr(room, "FIREBASE_KEYS", site.jwks_url)
    server = create_app(Settings({"ODAI_FIREBASE_PROJECT": PROJECT}))
    now = int(time.time())

    async def user(**more):
        content = claims(
            FIREBASE_ISSUER + PROJECT,
            **{"aud": PROJECT, "auth_time": now - 60, "firebase": {"sign_in_provider": "password"}, **more},
        )
        caller = await server.tokens.authenticate(token(content))
        return caller and caller.user_id

    try:
        assert await user() == f"https://securetoken.google.com/{PROJECT}|ann"
        assert await user(firebase={"sign_in_provider": "anonymous"}) is None
        assert await user(auth_time=now + 3600) is None
        assert await user(auth_time=None) is None
        assert await user(aud="another-project") is None
        assert await user(iss=FIREBASE_ISSUER + "another-project") is None
        assert await user(sub="") is None
    finally:
        await server.stop()


async def test_no_log_has_a_token_in_it(site, settings, caplog):
    caplog.set_level(logging.DEBUG)
    caplog.handler.setFormatter(Redacting("%(levelname)s %(name)s %(message)s"))
    good, bad = token(claims(site.issuer)), token(claims(site.issuer, aud="other"))
    async with running(**settings) as server:
        assert await status_of(server, f"?token={bad}") == 401
        server.server.switchboard.open_call = None  # what nobody foresaw
        async with connect(stream(server, f"?token={good}"), logger=logging.getLogger("quiet")) as socket:
            async with asyncio.timeout(10):
                await socket.wait_closed()
    assert "TypeError" in caplog.text
    # The client's own log of this test is not the server's.
    lines = [line for line in caplog.text.splitlines() if "websockets.client" not in line]
    assert lines
    for text in (good, bad, server.token()):
        assert text not in "\n".join(lines)
        assert text.split(".")[1] not in "\n".join(lines)


def test_a_server_without_an_issuer_does_not_load_cryptography():
    program = (
        "import sys; from odai_core.web.app import create_app; from odai_core.settings import Settings;"
        "create_app(Settings({})); print('odai_core.web.jwt' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "False", done.stderr


async def test_tokens_know_their_issuer_and_are_closed_once():
    for texts, issuer in (({}, ""), ({"ODAI_FIREBASE_PROJECT": PROJECT}, FIREBASE_ISSUER + PROJECT)):
        core = Settings(texts).core
        tokens = make_tokens(core, Signer(core["ODAI_SECRET"]), None)
        assert tokens.issuer == issuer
        await tokens.aclose()
        await tokens.aclose()
