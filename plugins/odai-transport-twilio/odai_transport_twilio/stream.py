"""One stream's life: from the accepted socket to its close, whoever ends it."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any, Protocol

from odai_core import Call, Caller, CallInfo, CallRefused, OdaiError, TransportContext, events
from odai_transport_twilio import AUDIO, frames, rest
from odai_transport_twilio.config import Config, Limits
from odai_transport_twilio.keypad import Keypad
from odai_transport_twilio.marks import Marks
from odai_transport_twilio.tickets import Ticket, Tickets
from odai_transport_twilio.uplink import Uplink

_NORMAL, _GOING_AWAY, _NOT_MULAW, _POLICY, _TOO_BIG, _INTERNAL = 1000, 1001, 1003, 1008, 1009, 1011
_CLOSE_CODES = {"drain": _GOING_AWAY, "error": _INTERNAL, "model_lost": _INTERNAL}
_NO_HANG_UP = frozenset({"caller", "drain"})
"""The caller hung up already; and a drain closes the sockets only, which ends the calls without a request each."""


class Socket(Protocol):
    """An accepted WebSocket."""

    async def receive(self) -> str | bytes: ...

    async def send(self, data: str | bytes) -> None: ...

    async def close(self, code: int, reason: str = "") -> None: ...


class Stream:
    """Moves frames between one socket and one call. `run` is called once, after accept."""

    def __init__(
        self, socket: Socket, context: TransportContext, config: Config, tickets: Tickets, limits: Limits
    ) -> None:
        self._socket = socket
        self._context = context
        self._config = config
        self._tickets = tickets
        self._limits = limits
        self._loop = asyncio.get_running_loop()
        self._uplink = Uplink(config.buffer_bytes, self._loop)
        self._keypad = Keypad(self._loop, typed=self._typed, interrupt=self._interrupt)
        self._marks = Marks()
        self._call: Call | None = None
        self._close_code = _NORMAL
        self._closed = False
        self._ending = False
        self._heard_at = self._loop.time()
        self._sending_since: float | None = None
        self._oversized = 0
        self._ignored = 0

    async def run(self, session_id: str) -> None:
        """Serve the socket until one side ends it. Never raises but for a cancellation: the peer is gone."""
        try:
            await self._serve(session_id)
        except CallRefused as refused:
            self._close_code = refused.close_code
        except OdaiError as error:
            self._context.log.error("A telephone call could not be opened: %s", error)
            self._close_code = _INTERNAL
        except Exception:
            # Left alone, the server would close with 1000 and Twilio would believe in a normal end.
            self._context.log.exception("A telephone stream failed")
            self._close_code = _INTERNAL
        finally:
            self._keypad.close()
            self._uplink.close()
        await self._close(self._close_code)

    async def _serve(self, session_id: str) -> None:
        try:
            async with asyncio.timeout(self._limits.start):
                start = await self._started()
        except TimeoutError:
            self._close_code = _POLICY
            return
        if start is None or (ticket := self._admitted(start)) is None:
            return
        info = CallInfo(
            session_id=session_id,
            caller=Caller(phone=ticket.phone),
            audio=AUDIO,
            analytics_name="Twilio Call",
            analytics={"stream_sid": start.stream_sid, "call_sid": ticket.call_sid, "phone_number": ticket.phone},
            tool_chat_id=start.stream_sid,
        )
        try:
            await self._converse(info, frames.Outgoing(start.stream_sid), ticket.call_sid)
        finally:
            self._context.log.info(
                "A telephone stream is over: %d frames ignored, %d pieces dropped", self._ignored, self._uplink.dropped
            )

    # -- before the call

    async def _started(self) -> frames.StartBody | None:
        """The first `start` frame; None when the peer stops, or floods us, before it."""
        while True:
            frame = await self._receive()
            if isinstance(frame, frames.Start):
                return frame.start
            if isinstance(frame, frames.Stop) or self._flooded:
                return None

    def _admitted(self, start: frames.StartBody) -> Ticket | None:
        """The ticket of this very call. None, with the close code set, when there is no such or no audio we know."""
        text = start.custom_parameters.get("ticket")
        ticket = self._tickets.redeem(text, start.call_sid) if isinstance(text, str) else None
        if ticket is None or not start.stream_sid:
            self._context.log.warning("Refused a telephone stream: it carries no valid ticket")
            self._close_code = _POLICY
            return None
        if (start.media_format.encoding, start.media_format.sample_rate) != ("audio/x-mulaw", 8000):
            self._context.log.warning("Refused a telephone stream: its audio is not mu-law at 8 kHz")
            self._close_code = _NOT_MULAW
            return None
        return ticket

    # -- the call

    async def _converse(self, info: CallInfo, outgoing: frames.Outgoing, call_sid: str) -> None:
        """Read and talk at the same time, until one of them is over."""
        self._heard_at = self._loop.time()
        talking = asyncio.create_task(self._talk(info, outgoing, call_sid))
        leaving = [asyncio.create_task(self._listen()), asyncio.create_task(self._watch())]
        try:
            done, _ = await asyncio.wait({talking, *leaving}, return_when=asyncio.FIRST_COMPLETED)
            if talking not in done and self._call is not None:
                await self._call.end(next(task for task in leaving if task in done).result())
                await asyncio.wait({talking}, timeout=self._limits.leaving)
        finally:
            # A peer leaves as soon as it is hung up on: what is ending by itself is left to end.
            if not self._ending:
                talking.cancel()
            for task in leaving:
                task.cancel()
            await _settled(talking, *leaving)
        if not talking.cancelled():
            talking.result()

    async def _talk(self, info: CallInfo, outgoing: frames.Outgoing, call_sid: str) -> None:
        """Open the call and hand over what it says, until it has ended; then hang up."""
        async with self._context.open_call(info) as call, asyncio.TaskGroup() as group:
            self._call = call
            delivering = group.create_task(self._uplink.deliver(call))
            reason = await self._speak(call, outgoing)
            self._ending = True
            if reason not in _NO_HANG_UP:
                await rest.hang_up(self._config, call_sid, self._context.log)
            if self._close_code == _NORMAL:
                self._close_code = _CLOSE_CODES.get(reason, _NORMAL)
            await self._close(self._close_code)
            delivering.cancel()

    async def _speak(self, call: Call, outgoing: frames.Outgoing) -> str:
        """Send what the call says. Gives the reason of its end."""
        marks = self._marks
        per_ms = AUDIO.format.bytes_per_ms
        async for event in call.events():
            mark = None
            if isinstance(event, events.Audio):
                await self._send(outgoing.media(event.data))
                mark = marks.sent(event.item_id, event.start_ms, event.start_ms + len(event.data) // per_ms)
            elif isinstance(event, events.AudioEnd):
                mark = marks.finished(event.item_id)
            elif isinstance(event, events.Interrupted):
                marks.cleared()
                await self._send(outgoing.clear)
            elif isinstance(event, events.Ended):
                return event.reason
            if mark is not None:
                await self._send(outgoing.mark(mark))
        return "error"

    # -- the peer

    async def _listen(self) -> str:
        """Read without ever waiting for the call. Gives the reason why the peer's side is over."""
        while not self._flooded:
            frame = await self._receive()
            if isinstance(frame, frames.Media):
                self._take_audio(frame.media)
            elif isinstance(frame, frames.Mark):
                self._take_mark(frame.mark.name)
            elif isinstance(frame, frames.Dtmf):
                self._ignored += not self._keypad.press(frame.dtmf.digit)
            elif isinstance(frame, frames.Stop):
                return "caller"
        return "error"

    async def _watch(self) -> str:
        """Return when the peer is gone without a word: nothing comes from it, or it takes nothing."""
        while True:
            now = self._loop.time()
            sending_since = now if self._sending_since is None else self._sending_since
            silent = self._heard_at + self._limits.silence - now
            stuck = sending_since + self._limits.sending - now
            if silent <= 0:
                return "idle"
            if stuck <= 0:
                return "slow_peer"
            await asyncio.sleep(min(silent, stuck))

    async def _receive(self) -> frames.Frame | None:
        """The next frame; None for one that says nothing to us, which is counted and never ends a call."""
        text: Any = await self._socket.receive()
        self._heard_at = self._loop.time()
        frame = None
        if isinstance(text, str):
            if len(text) <= self._limits.frame_chars:
                frame = frames.parse(text)
            else:
                self._oversized += 1
                if self._flooded:
                    self._close_code = _TOO_BIG
        self._ignored += frame is None
        return frame

    @property
    def _flooded(self) -> bool:
        return self._oversized > self._limits.oversized_frames

    def _take_audio(self, media: frames.MediaBody) -> None:
        data = frames.audio(media)
        if data is None:
            self._ignored += 1
        elif data:
            self._uplink.audio(data)

    def _take_mark(self, name: str) -> None:
        if (heard := self._marks.returned(name)) is not None:
            item_id, ms = heard
            self._uplink.order(lambda call: call.played(item_id, ms))

    def _typed(self, text: str) -> None:
        self._uplink.order(lambda call: call.send_text(text))

    def _interrupt(self) -> None:
        self._uplink.order(lambda call: call.interrupt())

    async def _send(self, text: str) -> None:
        self._sending_since = self._loop.time()
        await self._socket.send(text)
        self._sending_since = None

    async def _close(self, code: int) -> None:
        """Close the socket, once, within a bound: a peer that reads nothing cannot hold us."""
        if self._closed:
            return
        self._closed = True
        with suppress(TimeoutError):
            async with asyncio.timeout(self._limits.closing):
                await self._socket.close(code)


async def _settled(*tasks: asyncio.Task[Any]) -> None:
    """Wait for the tasks, however often we are cancelled meanwhile: a call's clean-up is never cut short."""
    cancelled: asyncio.CancelledError | None = None
    while any(not task.done() for task in tasks):
        try:
            await asyncio.wait(tasks)
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        raise cancelled
