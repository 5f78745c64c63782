"""The phone against the real server, with OpenAI's protocol upstream."""

import json

import pytest

from odai_core.cli.phone import AppPeer, Refused, TwilioPeer, write_wav
from odai_core.cli.phone.app_peer import token_from_page
from odai_core.testing.fake_openai import FakeOpenAI, FunctionCall, Reply
from tests.calls.harness import running
from tests.cli.test_phone_twilio import call
from tests.cli.virtual import tone

TOKEN, HOST = "an auth token", "voice.example.com"


def settings(fake, **more):
    return {"OPENAI_API_KEY": fake.key, "OPENAI_REALTIME_URL": fake.url, "ODAI_DEMO": "1", **more}


@pytest.fixture
async def fake():
    async with FakeOpenAI() as server:
        yield server


@pytest.fixture
def twilio(fake):
    pytest.importorskip("odai_transport_twilio")
    return settings(fake, TWILIO_AUTH_TOKEN=TOKEN, ODAI_PUBLIC_HOST=HOST)


async def test_a_signed_telephone_call(fake, twilio):
    fake.replies.append(Reply("It is noon.", audio_ms=600))
    async with running(**twilio) as server:
        async with TwilioPeer(server.ws, auth_token=TOKEN, public_host=HOST) as phone:
            greeting = await phone.listen(quiet=0.3)
            upstream = await fake.connection()
            await phone.say(tone(0.3))
            await upstream.user_speaks("What time is it?")
            answer = await phone.listen(quiet=0.3)
        assert await server.server.admission.empty(5)
    assert (greeting.ms, answer.ms) == (400, 600)
    assert phone.line.violations == []
    assert phone.line.reason == "caller"


async def test_speaking_into_an_answer_stops_it(fake, twilio):
    fake.replies.append(Reply("This is a very long story.", audio_ms=20_000))
    async with running(**twilio) as server, TwilioPeer(server.ws, auth_token=TOKEN, public_host=HOST) as phone:
        await phone.listen(quiet=0.3)
        upstream = await fake.connection()
        await upstream.user_speaks("Tell me a story.")
        await phone.line.ear.wait_for_sound()
        await upstream.user_speaks("Stop!")
        heard = await phone.listen(quiet=0.5)
    assert 0 < heard.ms < 5000
    assert phone.line.violations == []


@pytest.mark.parametrize("peer", [{"auth_token": "wrong"}, {"public_host": "other.example.com"}, {"auth_token": ""}])
async def test_a_stranger_gets_no_call(twilio, peer):
    async with running(**twilio) as server:
        with pytest.raises(Refused, match="403"):
            async with TwilioPeer(server.ws, **{"auth_token": TOKEN, "public_host": HOST, **peer}):
                pass


async def test_an_in_app_call_with_transcript_and_tools(fake):
    pytest.importorskip("odai_transport_webrtc")
    told = []
    arguments = {"location": "Union Square, San Francisco", "search_term": "sushi"}
    sushi = FunctionCall(name="search_businesses_at_yelp", arguments=json.dumps(arguments))
    fake.replies.extend([Reply(calls=(sushi,)), Reply("Sakura Sushi is close.", audio_ms=500)])
    async with running(**settings(fake)) as server:
        token = await token_from_page(server.ws)
        async with AppPeer(server.ws, token=token, tell=told.append) as phone:
            greeting = await phone.listen(quiet=0.3)
            upstream = await fake.connection()
            await phone.say(tone(0.2, 24000))
            await upstream.user_speaks("Sushi near Union Square, please.")
            answer = await phone.listen(quiet=0.3)
    assert (greeting.ms, answer.ms) == (400, 500)
    assert phone.line.violations == []
    kinds = [happening.kind for happening in told]
    assert {"ready", "line", "tool_start", "tool_end", "metrics", "ended"} <= set(kinds)
    assert kinds.index("tool_start") < kinds.index("tool_end")
    texts = [happening.fields["text"] for happening in told if happening.kind == "line"]
    assert "Sushi near Union Square, please." in texts
    assert "Sakura Sushi is close." in texts


async def test_an_in_app_call_with_a_wrong_token_is_refused(fake):
    async with running(**settings(fake)) as server:
        with pytest.raises(Refused, match="401"):
            async with AppPeer(server.ws, token="nonsense"):
                pass


async def test_the_verb_calls_the_app_and_prints_one_summary(fake, tmp_path):
    write_wav(tmp_path / "q.wav", tone(0.3))
    fake.turn_every_ms = 2500
    fake.default = Reply("Certainly.", audio_ms=300)
    async with running(**settings(fake)) as server:
        code, out, errors = await call(
            tmp_path, "--app", "--url", server.ws, "--wav", "q.wav", "--quiet", "0.4", "--json"
        )
    assert code == 0, errors
    summary = json.loads(out)
    assert [turn["latency_ms"] is not None for turn in summary["turns"]] == [True, True]
    assert {"role": "assistant", "text": "Certainly."} in summary["transcript"]
    assert summary["metrics"]
    assert summary["violations"] == []
