"""`WS /lines/?token=...`: typed lines and PCM16 come in; the lines of both sides and the assistant's voice go out."""

import asyncio
from contextlib import suppress
from uuid import uuid4

from quart import Blueprint, websocket

from odai_core import CallInfo, CallRefused, OdaiError, events
from odai_transport_lines import AUDIO

LONGEST = AUDIO.format.bytes_per_ms * 1000  # bytes of one frame: a second of audio
CODES = {"drain": 1001, "bad_frame": 1008, "error": 1011, "model_lost": 1011, "overloaded": 1013, "slow_peer": 1013}


def routes(context):
    blueprint = Blueprint("lines", __name__)

    @blueprint.websocket("/")
    async def line():
        caller = await context.authenticate(websocket.args.get("token", ""))
        if caller is None or not context.origin_allowed(websocket.headers.get("Origin"), websocket.host):
            return "Come with ?token=..., and not from a page of another site.", 401
        info = CallInfo(session_id=str(uuid4()), caller=caller, audio=AUDIO, analytics_name="Lines Call")
        try:
            with context.admit(info.session_id):
                await websocket.accept()
                reason = await hold(context, info)
        except CallRefused as refused:
            return "No call can be taken now.", refused.status, {"Retry-After": str(refused.retry_after)}
        with suppress(TimeoutError):
            async with asyncio.timeout(1):
                await websocket.close(CODES.get(reason, 1000), reason)

    return blueprint


async def hold(context, info):
    """The call of an accepted socket; why it ended."""
    try:
        async with context.open_call(info) as call:
            inbox = asyncio.Queue(64)
            tasks = [asyncio.create_task(work) for work in (read(inbox), hear(call, inbox), speak(call))]
            try:
                done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                return done.pop().result()
            finally:  # also when the peer has gone, which Quart tells by cancelling us
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
    except (TimeoutError, asyncio.QueueFull):  # one of us does not keep up with the other
        return "overloaded"
    except OdaiError as error:  # no model is ready, or it cannot be reached
        context.log.warning("a call could not be held: %s", error)
        return "error"


async def read(inbox):
    """Never wait for the call here: the web server would queue what is left unread, without a bound."""
    while True:
        frame = await websocket.receive()
        if len(frame) > LONGEST or (isinstance(frame, bytes) and len(frame) % 2):
            return "bad_frame"
        inbox.put_nowait(frame)


async def hear(call, inbox):
    while True:
        frame = await inbox.get()
        await (call.send_text(frame) if isinstance(frame, str) else call.send_audio(frame))


async def speak(call):
    async for event in call.events():
        async with asyncio.timeout(10):  # a peer that reads nothing must not hold its place
            if isinstance(event, events.Audio):
                await websocket.send(event.data)
            elif isinstance(event, events.Transcript) and event.status == "completed":
                await websocket.send(f"{event.role}: {event.text}")
            elif isinstance(event, events.Ended):
                return event.reason
