import asyncio
import itertools
import json

from odai_core import ULAW_8K
from odai_core.cli.phone import Line
from odai_core.cli.phone.conversation import Report, converse
from tests.cli.virtual import joined, pause, tone, virtually


class Socket:
    """The other side: `sent` is what it got and when; `give` lets something arrive."""

    def __init__(self, *, reads=True):
        self.sent = []
        self.close_code, self.close_reason = 1000, ""
        self.closed = False
        self._arriving = asyncio.Queue()
        self._reads = reads
        self.on_frame = lambda text: None

    async def send(self, text):
        if not self._reads:
            await asyncio.Event().wait()
        self.sent.append((asyncio.get_running_loop().time(), text))
        self.on_frame(text)

    def give(self, value):
        self._arriving.put_nowait(value if isinstance(value, (str, bytes)) else json.dumps(value))

    def hang_up(self):
        self._arriving.put_nowait(None)

    def __aiter__(self):
        return self

    async def __anext__(self):
        text = await self._arriving.get()
        if text is None:
            raise StopAsyncIteration
        return text

    async def close(self):
        self.closed = True


class Phone:
    """A line on such a socket; a frame {"say": seconds} makes the ear hear a tone."""

    def __init__(self, socket):
        self.told = []
        self.line = Line(
            socket,
            ULAW_8K,
            wrap=lambda audio: audio.hex(),
            take=lambda frame: self.line.ear.play(tone(frame["say"]).encode(ULAW_8K)),
            on_mark=lambda name: None,
            tell=self.told.append,
        )
        self.line.start()

    async def hang_up(self):
        await self.line.close("bye")

    def kinds(self):
        return [happening.kind for happening in self.told]


def frames(socket):
    return [(at, bytes.fromhex(text)) for at, text in socket.sent if text != "bye"]


@virtually
async def test_fifty_frames_a_second_silence_between_utterances():
    socket = Socket()
    phone = Phone(socket)
    await asyncio.sleep(0.5)
    await phone.line.say(tone(0.3))
    await asyncio.sleep(0.2)
    sent = frames(socket)
    assert 50 <= len(sent) <= 52
    assert all(len(frame) == 160 for _, frame in sent)
    assert 14 <= sum(frame != b"\xff" * 160 for _, frame in sent) <= 16
    gaps = [round(b - a, 3) for (a, _), (b, _) in itertools.pairwise(sent)]
    assert set(gaps) == {0.02}
    assert phone.line.sent == 160 * len(sent)
    socket.hang_up()
    await phone.hang_up()


@virtually
async def test_latency_counts_from_the_last_sound_not_from_the_end_of_the_clip():
    socket = Socket()
    phone = Phone(socket)
    loop = asyncio.get_running_loop()
    spoken = []

    def answer(text):
        if bytes.fromhex(text) != b"\xff" * 160:
            spoken.append(loop.time())
            if len(spoken) == 10:
                loop.call_later(0.4, socket.give, {"say": 0.5})

    socket.on_frame = answer
    await phone.line.say(joined(tone(0.2), pause(0.8)))
    heard = await phone.line.listen()
    assert heard.latency_ms == 400
    assert heard.ms == 500
    assert len(heard.audio) == 8 * 500
    assert round(loop.time() - spoken[-1] - 0.4, 6) >= 1.5
    assert phone.kinds() == ["speaking", "spoken", "hearing", "quiet"]
    socket.hang_up()
    await phone.hang_up()


@virtually
async def test_an_answer_with_a_pause_shorter_than_quiet_is_one_answer():
    socket = Socket()
    phone = Phone(socket)
    loop = asyncio.get_running_loop()
    socket.give({"say": 0.3})
    loop.call_later(1.0, socket.give, {"say": 0.3})
    assert (await phone.line.listen(quiet=1.0)).ms == 600
    loop.call_later(0.5, socket.give, {"say": 0.1})
    loop.call_later(2.0, socket.give, {"say": 0.1})
    assert (await phone.line.listen(quiet=1.0)).ms == 100
    socket.hang_up()
    await phone.hang_up()


@virtually
async def test_a_pause_while_the_server_is_at_work_does_not_end_an_answer():
    socket = Socket()
    phone = Phone(socket)
    loop = asyncio.get_running_loop()
    socket.give({"say": 0.2})
    loop.call_later(0.1, phone.line.idle.clear)
    loop.call_later(6.0, socket.give, {"say": 0.2})
    loop.call_later(6.0, phone.line.idle.set)
    assert (await phone.line.listen()).ms == 400
    socket.hang_up()
    await phone.hang_up()


@virtually
async def test_an_answer_that_is_taken_back_is_over():
    socket = Socket()
    phone = Phone(socket)
    loop = asyncio.get_running_loop()
    socket.give({"say": 60})
    loop.call_later(2.0, phone.line.cleared)
    began = loop.time()
    assert (await phone.line.listen()).ms == 2000
    assert round(loop.time() - began, 2) == 3.0
    socket.hang_up()
    await phone.hang_up()


@virtually
async def test_nothing_heard_is_an_empty_answer():
    socket = Socket()
    phone = Phone(socket)
    heard = await phone.line.listen(timeout=3)
    assert (heard.audio, heard.latency_ms, heard.ms) == (b"", None, 0)
    socket.hang_up()
    await phone.hang_up()


@virtually
async def test_a_server_that_hangs_up_ends_saying_and_listening():
    socket = Socket()
    phone = Phone(socket)
    loop = asyncio.get_running_loop()
    socket.give({"say": 9})
    loop.call_later(1.0, socket.hang_up)
    assert (await phone.line.listen()).ms == 1000
    began = loop.time()
    await phone.line.say(tone(30))
    assert (await phone.line.listen()).audio == b""
    assert loop.time() - began < 0.1
    assert phone.line.reason == "the server closed the call (1000)"
    await phone.hang_up()
    assert socket.closed
    assert "bye" not in [text for _, text in socket.sent]


@virtually
async def test_hanging_up_says_so_and_waits_for_the_server():
    socket = Socket()
    phone = Phone(socket)
    loop = asyncio.get_running_loop()
    socket.on_frame = lambda text: loop.call_later(0.7, socket.hang_up) if text == "bye" else None
    await asyncio.sleep(0.1)
    began = loop.time()
    await phone.hang_up()
    await phone.hang_up()
    assert socket.sent[-1][1] == "bye"
    assert abs(loop.time() - began - 0.7) < 0.03
    assert phone.line.reason == "caller"
    assert phone.kinds() == ["ended"]


@virtually
async def test_a_server_that_never_closes_is_left():
    socket = Socket()
    phone = Phone(socket)
    began = asyncio.get_running_loop().time()
    await phone.hang_up()
    assert asyncio.get_running_loop().time() - began <= 5.1
    assert socket.closed


@virtually
async def test_a_server_that_does_not_read_ends_the_call():
    phone = Phone(Socket(reads=False))
    await phone.line.say(tone(60))
    assert phone.line.reason == "the server does not read"
    await phone.hang_up()


@virtually
async def test_frames_that_are_no_objects_are_violations_and_do_not_end_the_call():
    socket = Socket()
    phone = Phone(socket)
    for text in ("", "no json", "[" * 100_000, "null", "[1]", '"x"', "1e999", b"\0\1", "{}{}"):
        socket.give(text)
    socket.give({"say": 0.1})
    assert (await phone.line.listen()).ms == 100
    assert len(phone.line.violations) == 9
    for _ in range(200):
        socket.give("junk")
    await asyncio.sleep(0.1)
    assert len(phone.line.violations) == 100
    socket.hang_up()
    await phone.hang_up()


@virtually
async def test_a_scripted_call_reports_every_turn():
    socket = Socket()
    phone, report = Phone(socket), Report()
    loop = asyncio.get_running_loop()
    socket.give({"say": 0.5})
    heard = []

    def answer(text):
        if text == "bye":
            socket.hang_up()
        elif bytes.fromhex(text) != b"\xff" * 160:
            heard.append(1)
            if len(heard) % 20 == 0:
                loop.call_later(0.25, socket.give, {"say": 1.0})

    socket.on_frame = answer
    await converse(phone, [tone(0.4), tone(0.4)], report)
    assert [turn.answer.latency_ms for turn in report.turns[1:]] == [250, 250]
    assert [turn.answer.ms for turn in report.turns] == [500, 1000, 1000]
    assert [turn.said_seconds for turn in report.turns] == [0, 0.4, 0.4]
    assert report.answered
    assert (report.reason, report.received, report.violations) == ("caller", 8 * 2500, [])
    assert report.recording is not None
    assert abs(report.recording.seconds + 1 - report.seconds) < 0.1


@virtually
async def test_a_call_that_ends_early_has_a_report_too():
    socket = Socket()
    phone, report = Phone(socket), Report()
    socket.give({"say": 0.5})
    asyncio.get_running_loop().call_later(1.0, socket.hang_up)
    await converse(phone, [tone(0.4)], report)
    assert len(report.turns) == 1
    assert report.answered
    assert "server closed" in report.reason
