"""The examples are real: the loader finds them, a call is held over them, and they are as small as the docs say."""

from __future__ import annotations

import asyncio
import json
import logging
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from odai_core import Caller, ToolContext
from odai_core.plugins.catalog import State
from odai_core.plugins.host import PluginHost
from odai_core.settings import Settings
from odai_core.tools.http import HttpClient
from odai_core.tools.invoke import invoke
from tests.calls.harness import Running, app_call, running

pytestmark = pytest.mark.usefixtures("installed")

ONLY = {"ODAI_PLUGINS": "echo,lines,tides", "ODAI_MODEL": "echo"}
MS = 48
"""Bytes of a millisecond."""


# -- as plugins -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "name"), [("tools", "tides"), ("models", "echo"), ("transports", "lines")])
def test_an_example_is_loaded_and_ready(kind: str, name: str) -> None:
    entry = PluginHost(Settings(ONLY)).catalog.find(kind, name)
    assert entry is not None
    assert (entry.state, entry.problem) == (State.READY, None)


@pytest.mark.parametrize(
    ("harbour", "said"),
    [("Boston", "High tide in Boston is at ten past four."), ("Ghent", "I don't know the tides of Ghent.")],
)
async def test_the_tides_are_told(harbour: str, said: str) -> None:
    catalog = PluginHost(Settings(ONLY)).catalog
    ((entry, spec),) = catalog.voice_tools
    http = HttpClient()
    context = ToolContext(
        http=http, settings=catalog.settings_of(entry), caller=Caller(), log=logging.getLogger("test")
    )
    response = await invoke(spec, json.dumps({"harbour": harbour}), context)
    await http.aclose()
    assert (response.response_type, response.response, response.spoken) == ("tell_tide", said, said)


@pytest.mark.parametrize(
    ("example", "lines"),
    [
        ("odai-tool-tides", 20),
        ("odai-tool-shelf", 50),
        ("odai-model-echo", 60),
        ("odai-transport-lines", 100),
        ("odai-account-shelf", 110),
    ],
)
def test_an_example_is_small(example: str, lines: int, root: Path) -> None:
    files = (root / "examples" / example).glob("*/*.py")
    assert 0 < sum(len(file.read_text().splitlines()) for file in files) <= lines


# -- the echo in a call -----------------------------------------------------------------------------


async def test_the_echo_answers_in_the_app() -> None:
    async with running(ODAI_PLUGINS="echo,webrtc", ODAI_MODEL="echo") as server, app_call(server) as app:
        assert (await app.until("ready"))["model"] == "echo"
        await app.until("agent_end")
        await app.send("text", text="good morning")
        await app.until("agent_end")
        await app.until("audio_end", item_id="item-2")
    assert app.said()[1] == "You said: good morning"
    tone = bytes(app.audio["item-2"])
    assert len(tone) == len("You said: good morning") * 60 * MS
    assert set(tone[::2]) == {0xD0, 0x30}


async def test_the_echo_speaks_mu_law_on_the_telephone() -> None:
    from odai_model_echo import odai_models

    from odai_core import ULAW_8K, CallOptions, TurnDetection

    heard = []

    class Listener:
        async def on_event(self, event: object) -> None:
            heard.append(event)

    options = CallOptions(
        audio=ULAW_8K, turns=TurnDetection(type="semantic_vad", interrupt=True), instructions="", tools=(),
        settings={}, caller=Caller(),
    )  # fmt: skip
    from agents.realtime.model_inputs import RealtimeModelSendUserInput

    model = odai_models().realtime(options)
    model.add_listener(listener := Listener())
    await model.connect({})
    await model.send_event(RealtimeModelSendUserInput(user_input="hi"))
    model.remove_listener(listener)
    await model.send_event(RealtimeModelSendUserInput(user_input="nobody listens"))
    await model.close()
    assert [event.type for event in heard] == ["turn_started", "audio", "item_updated", "turn_ended"]
    assert len(heard[1].data) == len("You said: hi") * 60 * ULAW_8K.bytes_per_ms
    assert set(heard[1].data) == {0xBF, 0x3F}


# -- the lines in a call ----------------------------------------------------------------------------


class Lines:
    """A client of the example: what was said, and how much sound came."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.sound = 0

    async def next_line(self) -> str:
        async with asyncio.timeout(10):
            while isinstance(frame := await self.socket.recv(), bytes):
                self.sound += len(frame)
        return frame

    async def closed(self) -> int:
        with suppress(ConnectionClosed):
            async with asyncio.timeout(10):
                async for _ in self.socket:
                    pass
        assert self.socket.close_code is not None
        return self.socket.close_code


@asynccontextmanager
async def lines_call(server: Running):
    url = f"{server.ws}/lines/?token={server.token()}"
    async with connect(url, compression=None) as socket:
        yield Lines(socket)


async def test_lines_carry_both_sides() -> None:
    async with running(**ONLY) as server, lines_call(server) as lines:
        assert (await lines.next_line()).startswith("assistant: Hello!")
        await lines.socket.send(bytes(20 * MS))
        await lines.socket.send("good evening")
        assert await lines.next_line() == "assistant: You said: good evening"
        async with asyncio.timeout(10):
            while not lines.sound:
                lines.sound += len(await lines.socket.recv())
        assert len(server.server.admission) == 1
        await lines.socket.close()
        assert await server.server.admission.empty(10)


async def test_a_stop_ends_lines_with_1001() -> None:
    async with running(**ONLY) as server, lines_call(server) as lines:
        await lines.next_line()
        server.stop.set()
        assert await lines.closed() == 1001


@pytest.mark.parametrize("frame", [b"odd", bytes(1001 * MS), "x" * 48_001])
async def test_a_frame_that_cannot_be_is_the_end(frame: str | bytes) -> None:
    async with running(**ONLY) as server, lines_call(server) as lines:
        await lines.next_line()
        await lines.socket.send(frame)
        assert await lines.closed() == 1008
        assert await server.server.admission.empty(10)


@pytest.mark.parametrize(
    ("token", "origin", "calls", "status"),
    [("", None, 0, 401), ("nonsense", None, 0, 401), (None, "https://evil.example", 0, 401), (None, None, 1, 503)],
)
async def test_strangers_and_the_one_too_many_are_refused(token, origin, calls, status) -> None:
    async with running(**ONLY, ODAI_MAX_CALLS="1") as server:
        url = f"{server.ws}/lines/?token={server.token() if token is None else token}"
        held = [server.server.admission.admit(f"call-{number}") for number in range(calls)]
        for place in held:
            place.__enter__()
        with pytest.raises(InvalidStatus) as refused:
            await connect(url, origin=origin)
        for place in held:
            place.__exit__(None, None, None)
        assert refused.value.response.status_code == status


async def test_without_a_model_lines_end_with_1011() -> None:
    async with running(ODAI_PLUGINS="lines", ODAI_MODEL="echo") as server, lines_call(server) as lines:
        assert await lines.closed() == 1011
        assert await server.server.admission.empty(10)
