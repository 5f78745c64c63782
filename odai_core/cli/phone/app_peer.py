"""A call as the app makes it: the in-app WebSocket, PCM16 at 24 kHz both ways, transcripts and tools to watch."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any, Self
from urllib.parse import urlsplit
from uuid import uuid4

import httpx2
import msgspec
import pybase64

from odai_core.calls import PCM16_24K
from odai_core.cli.phone.line import Answer, Happening, Line, Refused, dial
from odai_core.cli.phone.voice import Clip

_META = re.compile(r'<meta name="odai-token" content="([^"]{1,4096})">')
_SHOWN = {"turn_metrics": "metrics", "tool_start": "tool_start", "tool_end": "tool_end", "ready": "ready"}


async def token_from_page(url: str) -> str:
    """The token that a server's page carries for a person at the same machine. Raises Refused when it has none."""
    parts = urlsplit(url)
    page = f"{'https' if parts.scheme in ('wss', 'https') else 'http'}://{parts.netloc}/app/voice/"
    try:
        async with httpx2.AsyncClient(timeout=10, trust_env=False) as client:
            answer = await client.get(page)
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise Refused(f"The server cannot be reached: {str(error) or type(error).__name__}.") from None
    found = _META.search(answer.text[:100_000]) if answer.status_code == 200 else None
    if found is None:
        raise Refused(
            f"{page} gave no token (status {answer.status_code}). Give one: --token, from odai token on the server."
        )
    return unescape(found[1])


class AppPeer:
    """A call to `url` (ws:// or http://, without a path) with a token. Entering raises Refused when there is none."""

    line: Line

    def __init__(
        self,
        url: str,
        *,
        token: str,
        session_id: str = "",
        barge_in: bool = False,
        tell: Callable[[Happening], None] = lambda happening: None,
    ) -> None:
        parts = urlsplit(url)
        scheme = "wss" if parts.scheme in ("wss", "https") else "ws"
        self.session_id = session_id or str(uuid4())
        query = "?barge_in=1" if barge_in else ""
        self._url = f"{scheme}://{parts.netloc}/app/voice/stream/{self.session_id}{query}"
        self._token = token
        self._tell = tell
        self._item_ms: dict[str, int] = {}
        self._tools: set[str] = set()
        self._responses = 0

    async def __aenter__(self) -> Self:
        # In a header, and not in the URL, which ends up in logs.
        socket = await dial(self._url, {"Authorization": f"Bearer {self._token}"})
        self.line = Line(socket, PCM16_24K, wrap=self._audio, take=self._take, on_mark=self._played, tell=self._tell)
        self.line.start()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.hang_up()

    async def say(self, clip: Clip) -> None:
        """Speak in real time; see `Line.say`."""
        await self.line.say(clip)

    async def listen(self, *, quiet: float = 1.0, timeout: float = 30.0) -> Answer:
        """Hear an answer out, as PCM16; see `Line.listen`."""
        return await self.line.listen(quiet=quiet, timeout=timeout)

    def interrupt(self) -> None:
        """Ask the assistant to stop speaking."""
        self.line.post('{"event":"interrupt"}')

    async def hang_up(self) -> None:
        """Say `bye`, wait for the server to close, and close."""
        await self.line.close('{"event":"bye"}')

    # -- frames

    def _audio(self, audio: bytes) -> str:
        return f'{{"event":"audio","payload":"{pybase64.b64encode_as_string(audio)}"}}'

    def _played(self, mark: str) -> None:
        ms, _, item_id = mark.partition(" ")
        frame = {"event": "played", "item_id": item_id, "ms": int(ms)}
        self.line.post(msgspec.json.encode(frame).decode())

    def _take(self, frame: dict[str, Any]) -> None:
        match frame:
            case {"event": "audio", "payload": str(payload)}:
                self._play(payload, str(frame.get("item_id", "")))
            case {"event": "audio_interrupted"}:
                self.line.cleared()
            case {"event": "history_added" | "history_updated", "item": dict(item)}:
                self._tell(Happening("line", item))
            case {"event": "error", "message": str(message)}:
                self._tell(Happening("error", {"message": message}))
            case {"event": "bye", "reason": str(reason)}:
                self.line.end(reason)
            case {"event": str(event)}:
                self._follow(event, frame)
            case _:
                self.line.violation("a frame without an event")

    def _follow(self, event: str, frame: dict[str, Any]) -> None:
        """Know whether the assistant is still at it, so that a pause is not taken for the end of an answer."""
        if event == "tool_start":
            self._tools.add(str(frame.get("call_id")))
        elif event == "tool_end":
            self._tools.discard(str(frame.get("call_id")))
        elif event in ("agent_start", "agent_end"):
            self._responses = max(0, self._responses + (1 if event == "agent_start" else -1))
        if self._tools or self._responses:
            self.line.idle.clear()
        else:
            self.line.idle.set()
        if event in _SHOWN:
            self._tell(Happening(_SHOWN[event], {name: value for name, value in frame.items() if name != "event"}))

    def _play(self, payload: str, item_id: str) -> None:
        try:
            data = pybase64.b64decode(payload, validate=True)
        except ValueError:
            self.line.violation("an audio payload that is no base64")
            return
        self.line.ear.play(data)
        ms = self._item_ms.get(item_id, 0) + len(data) // PCM16_24K.bytes_per_ms
        self._item_ms[item_id] = ms
        if item_id:
            self.line.ear.mark(f"{ms} {item_id}")
