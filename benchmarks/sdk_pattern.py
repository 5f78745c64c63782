"""The comparison: a Twilio bridge built the way the Agents SDK's own example builds one.

Buffer 50 ms of the caller's audio, hand it to the session, iterate over the session's events, send every delta and a
mark. Starlette and uvicorn come with the SDK's own dependencies.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import contextlib
import json
import time
from typing import Any

import uvicorn
from agents.realtime import RealtimeAgent, RealtimePlaybackTracker, RealtimeRunner, RealtimeSession
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

BUFFER_BYTES = 400


class Bridge:
    """One call."""

    def __init__(self, socket: WebSocket, url: str, key: str) -> None:
        self.socket = socket
        self.url = url
        self.key = key
        self.tracker = RealtimePlaybackTracker()
        self.stream_sid = ""
        self.buffer = bytearray()
        self.flushed = time.monotonic()
        self.marks: dict[str, tuple[str, int, int]] = {}
        self.mark_number = 0

    async def run(self) -> None:
        runner = RealtimeRunner(RealtimeAgent(name="Example", instructions="You are helpful."))
        settings = {
            "input_audio_format": "g711_ulaw",
            "output_audio_format": "g711_ulaw",
            "turn_detection": {"type": "semantic_vad", "interrupt_response": True, "create_response": True},
        }
        config: Any = {
            "api_key": self.key,
            "url": self.url,
            "initial_model_settings": settings,
            "playback_tracker": self.tracker,
        }
        session = await runner.run(model_config=config)
        async with session:
            await self.socket.accept()
            tasks = [
                asyncio.create_task(self.send_loop(session)),
                asyncio.create_task(self.flush_loop(session)),
            ]
            try:
                await self.receive_loop(session)
            finally:
                for task in tasks:
                    task.cancel()

    async def receive_loop(self, session: RealtimeSession) -> None:
        with contextlib.suppress(WebSocketDisconnect):
            while True:
                message = json.loads(await self.socket.receive_text())
                event = message["event"]
                if event == "start":
                    self.stream_sid = message["start"]["streamSid"]
                elif event == "media":
                    self.buffer += base64.b64decode(message["media"]["payload"])
                    if len(self.buffer) >= BUFFER_BYTES:
                        await self.flush(session)
                elif event == "mark":
                    heard = self.marks.pop(message["mark"]["name"], None)
                    if heard:
                        self.tracker.on_play_bytes(heard[0], heard[1], b"\0" * heard[2])
                elif event == "stop":
                    return

    async def flush(self, session: RealtimeSession) -> None:
        if self.buffer:
            data, self.buffer = bytes(self.buffer), bytearray()
            self.flushed = time.monotonic()
            await session.send_audio(data)

    async def flush_loop(self, session: RealtimeSession) -> None:
        while True:
            await asyncio.sleep(0.05)
            if self.buffer and time.monotonic() - self.flushed > 0.1:
                await self.flush(session)

    async def send_loop(self, session: RealtimeSession) -> None:
        async for event in session:
            if event.type == "audio":
                payload = base64.b64encode(event.audio.data).decode()
                await self.send({"event": "media", "streamSid": self.stream_sid, "media": {"payload": payload}})
                self.mark_number += 1
                name = str(self.mark_number)
                self.marks[name] = (event.audio.item_id, event.audio.content_index, len(event.audio.data))
                await self.send({"event": "mark", "streamSid": self.stream_sid, "mark": {"name": name}})
            elif event.type == "audio_interrupted":
                await self.send({"event": "clear", "streamSid": self.stream_sid})

    async def send(self, message: dict[str, Any]) -> None:
        await self.socket.send_text(json.dumps(message))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--upstream", required=True)
    parser.add_argument("--key", required=True)
    options = parser.parse_args()

    async def connect(socket: WebSocket) -> None:
        await Bridge(socket, options.upstream, options.key).run()

    app = Starlette(routes=[WebSocketRoute("/twilio/connect", connect)])
    uvicorn.run(app, host="127.0.0.1", port=options.port, log_level="error", loop="asyncio")


if __name__ == "__main__":
    main()
