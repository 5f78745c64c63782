import asyncio
import json
import os

import pytest
from click.testing import CliRunner

from odai_core.cli import main
from odai_core.cli.phone import Refused, TwilioPeer
from odai_core.cli.phone.twilio_peer import read_twiml, sign
from tests.cli.conftest import clean_environ
from tests.cli.scripted import TWIML, scripted
from tests.cli.virtual import tone


async def greet(frame, server):
    if frame["event"] == "start":
        await server.play(0.3, "greeting")


def echo(every):
    """Greets, and answers each `every` loud frames with a tone."""
    loud = []

    async def script(frame, server):
        await greet(frame, server)
        if frame["event"] == "media" and set(frame["media"]["payload"]) - set("/=w"):
            loud.append(1)
            if len(loud) % every == 0:
                await server.play(0.2, f"answer {len(loud) // every}")

    return script


async def test_a_call_as_twilio_makes_it():
    async with scripted(echo(10)) as server, TwilioPeer(server.url, from_number="+15551234567") as phone:
        greeting = await phone.listen(quiet=0.2)
        await phone.say(tone(0.2))
        answer = await phone.listen(quiet=0.2)
        await phone.hang_up()
    assert (greeting.ms, answer.ms) == (300, 200)
    assert phone.line.reason == "caller"
    assert phone.line.violations == []
    assert server.form["CallSid"] == phone.call_sid
    assert server.form["From"] == "+15551234567"
    events = [frame["event"] for frame in server.frames]
    assert events[:2] == ["connected", "start"]
    assert events[-1] == "stop"
    start = server.frames[1]
    assert start["start"]["customParameters"] == {"ticket": "a & b"}
    assert start["start"]["mediaFormat"] == {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1}
    assert start["streamSid"] == start["start"]["streamSid"] == phone.stream_sid
    assert start["start"]["callSid"] == phone.call_sid
    media = server.named("media")
    assert [frame["media"]["chunk"] for frame in media] == [str(n + 1) for n in range(len(media))]
    assert [frame["media"]["timestamp"] for frame in media] == [str(20 * n) for n in range(len(media))]
    assert [frame["mark"]["name"] for frame in server.named("mark")] == ["greeting", "answer 1"]
    numbers = [int(frame["sequenceNumber"]) for frame in server.frames[1:]]
    assert numbers == sorted(set(numbers))


async def test_signatures_are_those_of_twilio_s_own_package():
    validator = pytest.importorskip("twilio.request_validator").RequestValidator("the token")
    peer = {"auth_token": "the token", "public_host": "voice.example.com"}
    async with scripted(greet) as server, TwilioPeer(server.url, **peer) as phone:
        await phone.listen(quiet=0.1)
    webhook, handshake = server.signatures
    assert validator.validate("https://voice.example.com/twilio/incoming", server.form, webhook)
    assert validator.validate("wss://voice.example.com/twilio/connect", {}, handshake)
    assert not validator.validate("https://voice.example.com/twilio/incoming", {**server.form, "From": "x"}, webhook)


async def test_without_a_token_nothing_is_signed():
    async with scripted(greet) as server, TwilioPeer(server.url):
        pass
    assert server.signatures == ["", ""]


def test_a_signature_is_the_documented_one():
    # The worked example of Twilio's documentation on webhook security.
    form = {"CallSid": "CA1234567890ABCDE", "Caller": "+14158675310", "Digits": "1234", "From": "+14158675310"}
    form["To"] = "+18005551212"
    assert sign("12345", "https://mycompany.com/myapp.php?foo=1&bar=2", form) == "GvWf1cFY/Q7PnoempGyD5oXAezc="


async def test_clear_returns_pending_marks_at_once_and_stops_the_sound():
    async def script(frame, server):
        if frame["event"] == "start":
            await server.play(0.1, "heard")
            await server.play(20, "never")
        elif frame["event"] == "mark" and frame["mark"]["name"] == "heard":
            await server.send("clear")
            await server.play(0.1, "after")

    async with asyncio.timeout(8), scripted(script) as server, TwilioPeer(server.url) as phone:
        while len(server.named("mark")) < 3:
            await phone.listen(quiet=0.1, timeout=1)
        await phone.hang_up()
    assert [frame["mark"]["name"] for frame in server.named("mark")] == ["heard", "never", "after"]


async def test_what_twilio_would_not_take_is_a_violation():
    async def script(frame, server):
        if frame["event"] == "start":
            await server.send("media", media={"payload": "no base64!"})
            await server.send("media", media={})
            await server.send("mark", mark={"name": 5})
            await server.send("audio", payload="x")
            sid, server.sid = server.sid, "MZother"
            await server.send("clear")
            server.sid = sid
            await server.play(0.1)

    async with scripted(script) as server, TwilioPeer(server.url) as phone:
        assert (await phone.listen(quiet=0.1)).ms == 100
    assert len(phone.line.violations) == 5


async def test_a_key_is_pressed():
    async with scripted(greet) as server, TwilioPeer(server.url) as phone:
        phone.press("5")
    assert [frame["dtmf"]["digit"] for frame in server.named("dtmf")] == ["5"]


REFUSALS = [
    ({"twiml": "<Response><Say>All our lines are busy.</Say><Hangup/></Response>"}, "All our lines are busy."),
    ({"status": 403}, "TWILIO_AUTH_TOKEN"),
    ({"status": 404}, "pip install odai-transport-twilio"),
    ({"refuse_stream": 503}, "refused the call: 503"),
    ({"twiml": TWIML.replace("/connect", "/connect?token=1")}, "31920"),
    ({"twiml": TWIML.replace("wss://", "ftp://")}, "31920"),
]


@pytest.mark.parametrize("given, words", REFUSALS)
async def test_a_refused_call_says_why(given, words):
    async with scripted(greet, **given) as server:
        with pytest.raises(Refused, match=words):
            async with TwilioPeer(server.url):
                pass


async def test_nobody_there():
    with pytest.raises(Refused, match="cannot be reached"):
        async with TwilioPeer("ws://127.0.0.1:9"):
            pass


HOSTILE = [
    "",
    "no xml",
    "<Response>",
    "<Response/>",
    "<Other><Connect><Stream url='wss://x/'/></Connect></Other>",
    "<Response><Connect><Stream/></Connect></Response>",
    "<!DOCTYPE a [<!ENTITY b 'c'>]><Response><Say>&b;</Say></Response>",
    "<Response><Say>&undefined;</Say></Response>",
    "<Response>" + "<a>" * 10_000,
    "<Response><Say>" + "x" * 70_000 + "</Say></Response>",
    "\0",
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_twiml_is_refused(text):
    with pytest.raises(Refused) as caught:
        read_twiml(text)
    assert len(str(caught.value)) < 400


# -- the verb


async def call(folder, *arguments):
    """`odai call` typed in a thread, while servers go on in the loop: exit code, stdout, stderr."""
    with pytest.MonkeyPatch.context() as patch:
        for name in set(os.environ) - set(clean_environ()):
            patch.delenv(name)
        patch.chdir(folder)
        async with asyncio.timeout(60):
            done = await asyncio.to_thread(CliRunner().invoke, main, ["call", *arguments])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.stdout, done.stderr


SUMMARY = {
    *("url", "protocol", "ok", "error", "reason", "seconds", "turns", "transcript", "tools", "metrics"),
    *("bytes_sent", "bytes_received", "violations"),
}


async def test_the_verb_says_a_file_and_saves_what_it_heard(tmp_path):
    from odai_core.cli.phone import read_wav, write_wav

    write_wav(tmp_path / "question.wav", tone(0.2, 16000))
    async with scripted(echo(10)) as server:
        arguments = ("--url", server.url, "--wav", "question.wav", "--save", "heard.wav", "--quiet", "0.3", "--json")
        code, out, errors = await call(tmp_path, *arguments)
    assert code == 0, errors
    summary = json.loads(out)
    assert set(summary) == SUMMARY
    assert summary["ok"]
    assert summary["protocol"] == "twilio"
    assert [turn["heard_ms"] for turn in summary["turns"]] == [300, 200]
    assert all(turn["latency_ms"] is not None for turn in summary["turns"])
    assert summary["bytes_received"] == 8 * 500
    assert read_wav(tmp_path / "heard.wav").seconds > 0.5


async def test_the_verb_shows_a_call_to_a_person(tmp_path):
    async with scripted(greet) as server:
        code, out, _ = await call(tmp_path, "--url", server.url, "--quiet", "0.2")
    assert code == 0
    assert [" ".join(line.split()[1:3]) for line in out.splitlines()][:2] == ["assistant speaks,", "assistant ▇"]
    assert "done" in out


async def test_a_silent_server_is_exit_code_4(tmp_path):
    async def nothing(frame, server):
        return None

    async with scripted(nothing) as server:
        code, out, _ = await call(tmp_path, "--url", server.url, "--timeout", "1", "--json")
    assert code == 4
    assert json.loads(out)["ok"] is False


async def test_nobody_there_is_exit_code_3(tmp_path):
    code, out, errors = await call(tmp_path, "--url", "ws://127.0.0.1:9")
    assert code == 3
    assert "cannot be reached" in out
    assert "odai serve" in errors
    code, out, _ = await call(tmp_path, "--app", "--url", "ws://127.0.0.1:9", "--json")
    assert code == 3
    assert "cannot be reached" in json.loads(out)["error"]


@pytest.mark.parametrize(
    "url", ["", "nonsense", "ftp://x", "ws://", "ws://h/path", "ws://h:99999", "ws://u@h", "ws://h?x=1"]
)
def test_an_odd_url_is_wrong_usage(invoke, url):
    assert invoke("call", "--url", url).exit_code == 2


def test_a_missing_file_is_cause_and_remedy(invoke):
    done = invoke("call", "--wav", "nothing.wav")
    assert done.exit_code == 1
    assert "nothing.wav cannot be read" in done.stderr
