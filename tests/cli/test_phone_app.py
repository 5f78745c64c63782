"""The in-app phone against frames that no good server sends, and its own replies."""

import asyncio
import base64
import json

import pytest
from websockets.asyncio.server import serve

from odai_core import PCM16_24K
from odai_core.cli.phone import AppPeer, Refused
from odai_core.cli.phone.app_peer import token_from_page
from tests.cli.virtual import tone

SOUND = base64.b64encode(tone(0.1, 24000).encode(PCM16_24K)).decode()


class App:
    """Sends its `script`, then reads until the `bye`."""

    def __init__(self, *script):
        self.script = script
        self.got = []
        self.path = self.authorization = ""

    async def __aenter__(self):
        self._server = await serve(self._run, "127.0.0.1", 0)
        self.url = f"ws://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *exc):
        self._server.close()
        await self._server.wait_closed()

    async def _run(self, socket):
        self.path, self.authorization = socket.request.path, socket.request.headers["Authorization"]
        for frame in self.script:
            await socket.send(frame if isinstance(frame, str) else json.dumps(frame))
        async for text in socket:
            self.got.append(json.loads(text))
            if self.got[-1]["event"] == "bye":
                return

    def named(self, event):
        return [frame for frame in self.got if frame["event"] == event]


async def test_what_was_heard_is_reported_as_played():
    sound = {"event": "audio", "payload": SOUND, "item_id": "item 1"}
    async with App(sound, sound) as app, AppPeer(app.url, token="t", session_id="s-12345678", barge_in=True) as phone:
        assert (await phone.listen(quiet=0.2)).ms == 200
        phone.interrupt()
    assert app.path == "/app/voice/stream/s-12345678?barge_in=1"
    assert app.authorization == "Bearer t"
    assert [(frame["item_id"], frame["ms"]) for frame in app.named("played")] == [("item 1", 100), ("item 1", 200)]
    assert len(app.named("interrupt")) == len(app.named("bye")) == 1
    assert all(len(frame["payload"]) == 1280 for frame in app.named("audio"))


async def test_what_was_taken_back_is_not_reported():
    sound = {"event": "audio", "payload": SOUND, "item_id": "a"}
    async with App(*[sound] * 30, {"event": "audio_interrupted"}) as app, AppPeer(app.url, token="t") as phone:
        assert (await phone.listen(quiet=0.2)).ms < 2000
    assert len(app.named("played")) < 20


async def test_odd_frames_do_not_end_a_call():
    odd = ["no json", [], {"x": 1}, {"event": 5}, {"event": "audio", "payload": "no base64!"}, {"event": "unheard_of"}]
    odd += [{"event": "agent_end"}, {"event": "tool_end"}, {"event": "history_added", "item": 3}]
    odd += [{"event": "history_added", "item": {"id": 3}}, {"event": "error", "message": "oops"}]
    told = []
    script = (*odd, {"event": "audio", "payload": SOUND})
    async with App(*script) as app, AppPeer(app.url, token="t", tell=told.append) as phone:
        assert (await phone.listen(quiet=0.1)).ms == 100
    assert len(phone.line.violations) == 5
    assert "oops" in [happening.fields.get("message") for happening in told]


async def test_the_server_s_reason_is_the_call_s():
    async with App({"event": "bye", "reason": "hangup"}) as app, AppPeer(app.url, token="t") as phone:
        async with asyncio.timeout(5):
            await phone.line.ended.wait()
    assert phone.line.reason == "hangup"


async def test_no_token_from_a_page_that_is_not_there():
    with pytest.raises(Refused, match="cannot be reached"):
        await token_from_page("ws://127.0.0.1:9")


async def test_no_token_from_another_page():
    async with App() as app:
        with pytest.raises(Refused, match="odai token"):
            await token_from_page(app.url)
    with pytest.raises(Refused, match="cannot be reached"):
        async with AppPeer(app.url, token="t"):
            pass
