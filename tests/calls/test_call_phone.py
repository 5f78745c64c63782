"""Whole telephone calls: Twilio's side played in real time, OpenAI's protocol upstream, mu-law all the way."""

import asyncio
import json
import sys
import wave
from contextlib import asynccontextmanager
from xml.etree import ElementTree

import httpx2
import pybase64
import pytest
from twilio.request_validator import RequestValidator
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from odai_core.calls import ULAW_8K
from odai_core.testing.fake_openai import FakeOpenAI, FunctionCall, Reply
from odai_core.testing.tone import tone
from odai_core.voice.prompts import GREETING
from tests.calls.harness import running

pytest.importorskip("odai_transport_twilio")

TOKEN = "a token for tests"
HOST = "voice.example.com"
LATE_MS = 100
"""What a busy machine may add between sending and hearing."""


class Phone:
    """Twilio's end of a stream: plays what comes in real time, and returns each mark when it is played."""

    def __init__(self, socket):
        self.socket = socket
        self.audio = bytearray()
        self.ahead_ms = 0.0
        self.marks = []
        self.returned = []
        self.clears = 0
        self.ended = asyncio.Event()
        self._frozen = False
        self._loop = asyncio.get_running_loop()
        self._plays_until = 0.0
        self._pending = {}
        self._sending = set()
        self._news = asyncio.Condition()

    async def run(self):
        try:
            async for frame in self.socket:
                self.take(json.loads(frame))
                await self._tell()
        except ConnectionClosed:
            pass
        self.ended.set()

    def take(self, frame):
        assert frame["streamSid"] == "MZ1"
        now = self._loop.time()
        if frame["event"] == "media":
            data = pybase64.b64decode(frame["media"]["payload"], validate=True)
            assert len(data) % 160 == 0, "whole 20 ms frames"
            self.audio += data
            self._plays_until = max(self._plays_until, now) + len(data) / 8000
            self.ahead_ms = max(self.ahead_ms, (self._plays_until - now) * 1000)
        elif frame["event"] == "mark":
            name = frame["mark"]["name"]
            self.marks.append(name)
            self._pending[name] = self._loop.call_at(max(now, self._plays_until), self._played, name)
            if self._frozen:
                self._pending[name].cancel()
        else:
            assert frame["event"] == "clear"
            self.clears += 1
            self._plays_until = now
            for name, timer in list(self._pending.items()):
                timer.cancel()
                del self._pending[name]
                self._post({"event": "mark", "mark": {"name": name}})

    def _played(self, name):
        del self._pending[name]
        self.returned.append(name)
        self._post({"event": "mark", "mark": {"name": name}})

    def _post(self, event):
        task = self._loop.create_task(self.send(**event))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def send(self, event, **fields):
        try:
            await self.socket.send(json.dumps({"event": event, "sequenceNumber": "1", "streamSid": "MZ1", **fields}))
        except ConnectionClosed:
            return
        await self._tell()

    def freeze(self):
        """Return no mark any more but those that a clear brings back."""
        self._frozen = True
        for timer in self._pending.values():
            timer.cancel()

    async def _tell(self):
        async with self._news:
            self._news.notify_all()

    async def until(self, true, seconds=10):
        """Wait until a condition on what came, or was played, holds."""
        async with asyncio.timeout(seconds), self._news:
            await self._news.wait_for(true)

    async def start(self, parameters):
        await self.send("connected", protocol="Call", version="1.0.0")
        body = {"streamSid": "MZ1", "callSid": "CA1", "accountSid": "AC1", "tracks": ["inbound"]}
        form = {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1}
        await self.send("start", start={**body, "customParameters": parameters, "mediaFormat": form})

    async def speak(self, data):
        for at in range(0, len(data), 160):
            payload = pybase64.b64encode(data[at : at + 160]).decode()
            await self.send("media", media={"track": "inbound", "chunk": "1", "timestamp": "0", "payload": payload})

    async def press(self, keys):
        for digit in keys:
            await self.send("dtmf", dtmf={"track": "inbound_track", "digit": digit})


def signature(url, form=()):
    return RequestValidator(TOKEN).compute_signature(url, dict(form))


async def ticket(server, call_sid="CA1", signed=False):
    form = {"CallSid": call_sid, "From": "+14155550123"}
    headers = {"X-Twilio-Signature": signature(f"https://{HOST}/twilio/incoming", form)} if signed else {}
    async with httpx2.AsyncClient(base_url=server.http, trust_env=False) as http:
        answer = await http.post("/twilio/incoming", data=form, headers=headers)
    assert answer.headers["Content-Type"] == "application/xml"
    stream = ElementTree.fromstring(answer.text).find("Connect/Stream")
    return stream.get("url"), {one.get("name"): one.get("value") for one in stream.iter("Parameter")}


@asynccontextmanager
async def phone_call(server, *, signed=False):
    url, parameters = await ticket(server, signed=signed)
    headers = {"X-Twilio-Signature": signature(url)} if signed else {}
    async with connect(f"{server.ws}/twilio/connect", additional_headers=headers, compression=None) as socket:
        phone = Phone(socket)
        running_phone = asyncio.create_task(phone.run())
        try:
            await phone.start(parameters)
            yield phone
        finally:
            await socket.close()
            await running_phone


@pytest.fixture
async def fake():
    async with FakeOpenAI() as server:
        yield server


@pytest.fixture
def settings(fake):
    return {"OPENAI_API_KEY": fake.key, "OPENAI_REALTIME_URL": fake.url, "ODAI_TWILIO_VALIDATE": "0"}


def ms_of(mark):
    return int(mark.rsplit(":", 1)[1])


def long_greeting(ms):
    def script(server, response):
        said = (response.get("metadata") or {}).get("say")
        return Reply(said, audio_ms=ms) if said else server.replies.popleft()

    return script


async def test_the_greeting_comes_at_the_speed_of_speech_and_untouched(fake, settings):
    fake.script = long_greeting(2000)
    async with running(**settings) as server, phone_call(server) as phone:
        await phone.until(lambda: phone.returned and ms_of(phone.returned[-1]) == 2000)
        assert bytes(phone.audio) == tone(ULAW_8K, 100) * 20, "byte for byte what the model sent"
        assert phone.ahead_ms <= 200 + LATE_MS
        assert 2000 / 60 <= len(phone.marks) <= 2000 / 20
        assert phone.clears == 0
        upstream = await fake.connection()
        assert upstream.of("response.create")[0]["response"]["metadata"]["say"] == GREETING
        assert upstream.session["audio"]["input"]["format"]["type"] == "audio/pcmu"
        assert upstream.session["audio"]["input"]["turn_detection"]["type"] == "semantic_vad"


async def test_the_callers_mu_law_reaches_the_model_untouched(fake, settings):
    async with running(**settings) as server, phone_call(server) as phone:
        await phone.until(lambda: phone.audio)
        said = bytes(range(256)) * 50
        await phone.speak(said)
        await phone.press("5#")
        upstream = await fake.connection()
        typed = await upstream.wait_for("conversation.item.create")
        assert "5" in typed["item"]["content"][0]["text"]
        assert bytes(upstream.audio) == said


async def test_a_barge_in_clears_and_cuts_at_the_last_mark(fake, settings):
    async with running(**settings) as server, phone_call(server) as phone:
        await phone.until(lambda: phone.returned and ms_of(phone.returned[-1]) == 400)
        upstream = await fake.connection()
        fake.replies.append(Reply(" ".join(f"w{n}" for n in range(50)), audio_ms=5000))
        await phone.press("1#")
        await phone.until(lambda: ms_of(phone.returned[-1]) >= 600)
        phone.freeze()
        heard = ms_of(phone.returned[-1])
        (live,) = server.server.switchboard.live.values()
        async with asyncio.timeout(5):
            while live.playback.position()[1] != heard:  # noqa: ASYNC110 - nobody is told of a position
                await asyncio.sleep(0.005)
        await upstream.speech_starts()
        truncated = await upstream.wait_for("conversation.item.truncate")
        await phone.until(lambda: phone.clears == 1)
        assert truncated["audio_end_ms"] == heard
        assert truncated["item_id"] == phone.returned[-1].split(":")[1]
        assert len(upstream.of("conversation.item.truncate")) == 1, "the greeting was heard to its end"
        # The marks that the clear brought back are no sign that anything was heard.
        fake.replies.append(Reply("Certainly."))
        await upstream.speech_stops("item_999999", "stop")
        await phone.until(lambda: phone.marks[-1].startswith("1:"))
        (line,) = [turn.text for turn in live.book.turns() if turn.text.startswith("w0")]
        assert len(line.split()) == round(50 * heard / 5000)


@asynccontextmanager
async def rest():
    """Twilio's REST API; `asked` holds each request's head and body."""
    asked = asyncio.Queue()

    async def answer(reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        size = int(head.lower().split("content-length:")[1].split("\r\n")[0])
        asked.put_nowait((head, (await reader.readexactly(size)).decode()))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as api:
        yield f"http://127.0.0.1:{api.sockets[0].getsockname()[1]}", asked


async def test_hanging_up_waits_for_the_last_mark_then_asks_twilio(fake, settings):
    async with rest() as (url, asked):
        more = {"ODAI_TWILIO_API_URL": url, "TWILIO_ACCOUNT_SID": "AC1", "TWILIO_AUTH_TOKEN": TOKEN}
        async with running(**settings, **more) as server, phone_call(server) as phone:
            await phone.until(lambda: phone.returned and ms_of(phone.returned[-1]) == 400)
            fake.replies.append(Reply("Goodbye!", audio_ms=800, calls=(FunctionCall(name="hangup_call"),)))
            await phone.press("9#")
            async with asyncio.timeout(10):
                head, body = await asked.get()
            assert ms_of(phone.returned[-1]) == 800, "heard to its end"
            assert phone.returned == phone.marks
            assert head.startswith("POST /2010-04-01/Accounts/AC1/Calls/CA1.json ")
            assert body == "Status=completed"
            async with asyncio.timeout(5):
                await phone.ended.wait()
            assert phone.socket.close_code == 1000


async def test_without_credentials_closing_the_stream_hangs_up(fake, settings):
    async with running(**settings) as server, phone_call(server) as phone:
        await phone.until(lambda: phone.returned)
        fake.replies.append(Reply(calls=(FunctionCall(name="hangup_call"),)))
        await phone.press("9#")
        async with asyncio.timeout(10):
            await phone.ended.wait()
        assert phone.socket.close_code == 1000
        upstream = await fake.connection()
        assert upstream.of("response.create")[-1]["response"]["metadata"]["say"] == "Goodbye!"


async def test_stop_closes_everything(fake, settings):
    async with running(**settings) as server, phone_call(server) as phone:
        await phone.until(lambda: phone.audio)
        await phone.send("stop", stop={"accountSid": "AC1", "callSid": "CA1"})
        upstream = await fake.connection()
        async with asyncio.timeout(10):
            await upstream.closed.wait()
            await phone.ended.wait()
        assert await server.server.admission.empty(5)
        assert server.server.switchboard.live == {}


async def test_a_signed_call_and_none_without_a_signature(fake, settings):
    more = {"ODAI_TWILIO_VALIDATE": "1", "TWILIO_AUTH_TOKEN": TOKEN, "ODAI_PUBLIC_HOST": HOST}
    async with running(**settings | more) as server:
        async with httpx2.AsyncClient(base_url=server.http, trust_env=False) as http:
            assert (await http.post("/twilio/incoming", data={"CallSid": "CA1"})).status_code == 403
        with pytest.raises(InvalidStatus):
            async with connect(f"{server.ws}/twilio/connect"):
                raise AssertionError("it opened")
        assert fake.connections == []
        async with phone_call(server, signed=True) as phone:
            await phone.until(lambda: phone.returned)
        assert len(fake.connections) == 1


# Its caller makes up a call's id; ours must be the one that the ticket was made for.
STREAMDOUBLE = """
import sys
from streamdouble import protocol
from streamdouble.cli import main
made_up = protocol._sid
protocol._sid = lambda kind: "CA1" if kind == "CA" else made_up(kind)
sys.exit(main())
"""


@pytest.mark.slow
async def test_an_independent_caller_gets_through(fake, settings, tmp_path):
    pytest.importorskip("streamdouble")
    with wave.open(str(tmp_path / "said.wav"), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(b"\0\1" * 8000)
    async with running(**settings) as server:
        _, parameters = await ticket(server)
        given = [part for name, value in parameters.items() for part in ("--param", f"{name}={value}")]
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", STREAMDOUBLE, "call", f"{server.ws}/twilio/connect", "--json"),
            *("--audio", str(tmp_path / "said.wav"), "--out", str(tmp_path / "heard.wav"), *given),
            stdout=asyncio.subprocess.PIPE,
        )
        try:
            async with asyncio.timeout(40):
                out, _ = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        assert process.returncode == 0, out
        with wave.open(str(tmp_path / "heard.wav")) as heard:
            assert heard.getnframes() / heard.getframerate() >= 0.4
        upstream = await fake.connection()
        assert upstream.audio_ms >= 900
        assert await server.server.admission.empty(5)
