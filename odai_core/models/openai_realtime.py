"""OpenAI's realtime model for one call: the SDK's adapter, its faults corrected and its audio path made cheap.

Everything the SDK keeps private and we rely on is listed in tests/models/test_openai_sdk.py, which fails when it moves.
"""

from __future__ import annotations

import logging
from collections import deque
from typing import Any

import msgspec
import pybase64
import pydantic
from agents import realtime as sdk
from agents.realtime.model_events import RealtimeModelRawServerEvent
from agents.realtime.openai_realtime import _ConversionHelper, get_server_event_type_adapter
from openai.types.realtime import RealtimeResponseUsage, ResponseCreateEvent
from websockets.exceptions import ConnectionClosed, ConnectionClosedOK

from odai_core.calls import CallOptions
from odai_core.models.heard import Hearing
from odai_core.models.openai_connection import OpenAIConnection
from odai_core.models.openai_items import message_item
from odai_core.models.openai_protocol import (
    AUDIO_DELTA,
    AUDIO_MARK,
    SDK_EVENTS,
    AudioDelta,
    FunctionCall,
    TranscriptDelta,
    Transcription,
    decode_audio,
    decode_event,
    fault_of,
    is_replayed,
    known_events,
    response_id,
    truncate,
)
from odai_core.models.openai_socket import shared_ssl_context

log = logging.getLogger(__name__)


def warm_up() -> None:
    """Build what the first call would wait for; blocking."""
    shared_ssl_context()
    get_server_event_type_adapter()
    known_events()


class OpenAIRealtime(OpenAIConnection):
    """One call's connection to OpenAI, or a server that speaks its protocol. It connects once and closes once.

    Differences from the SDK's adapter, for those who listen:
    a caller's speech interrupts only where the call's turn detection says so, and only audio that is unheard;
    each unheard item gets its own `audio_interrupted`, oldest first; audio and transcript of a cancelled response are
    dropped; those two kinds of delta come without a `raw_server_event`; an unreadable frame is skipped and counted in
    `skipped`; a response that fails or never starts is an `error` event with a `ModelFault`.
    """

    def __init__(self, options: CallOptions, *, response_timeout: float = 10.0, connect_timeout: float = 10.0) -> None:
        super().__init__(options, response_timeout=response_timeout, connect_timeout=connect_timeout)
        self.skipped = 0
        """Frames of the server that could not be read, or whose type nobody knows."""
        self._hearing = Hearing(self._audio_state_tracker, None)
        self._cut_off: deque[str] = deque(maxlen=16)
        self._call_ids: set[str] = set()
        self._listener_failure: Exception | None = None

    async def connect(self, options: sdk.RealtimeModelConfig) -> None:
        """Connect, configure the session and replay the call's history. Raises what websockets raises."""
        self._hearing = Hearing(self._audio_state_tracker, options.get("playback_tracker"))
        await super().connect(options)

    # -- from the server ------------------------------------------------------------------------------

    async def _listen_for_messages(self) -> None:
        socket = self._websocket
        assert socket is not None
        try:
            while True:
                await self._on_frame(await socket.recv(decode=False))
        except ConnectionClosedOK:
            await self._emit_normal_disconnect()
        except ConnectionClosed as exc:
            context = "WebSocket connection closed unexpectedly"
            await self._emit_event(sdk.RealtimeModelExceptionEvent(exception=exc, context=context))
        finally:
            self._unwatch()
            await self._cancel_response_create_tasks()
            await self._release_response_waiters()

    async def _on_frame(self, frame: bytes) -> None:
        try:
            if AUDIO_MARK in frame:
                delta = decode_audio(frame)
                if delta.type == AUDIO_DELTA:
                    await self._on_audio_delta(delta)
                    return
            await self._handle_ws_event(decode_event(frame))
        except ConnectionClosed:
            raise
        except Exception as exc:
            if exc is self._listener_failure:
                context = "A listener failed on a server event"
                await self._emit_event(sdk.RealtimeModelExceptionEvent(exception=exc, context=context))
            else:
                self._skip(type(exc).__name__)

    def _skip(self, why: str) -> None:
        self.skipped += 1
        # At the powers of two, so that a server gone mad cannot fill the log.
        if self.skipped & (self.skipped - 1) == 0:
            log.warning("Skipped a frame of the model's server (%s); %d so far.", why, self.skipped)

    async def _emit_event(self, event: sdk.RealtimeModelEvent) -> None:
        if isinstance(event, sdk.RealtimeModelErrorEvent) and isinstance(event.error, pydantic.ValidationError):
            self._skip("unreadable event")
            return
        try:
            for listener in tuple(self._listeners):
                await listener.on_event(event)
        except Exception as exc:
            self._listener_failure = exc
            raise

    async def _on_audio_delta(self, delta: AudioDelta) -> None:
        response_id, item_id = delta.response_id, delta.item_id
        if response_id in self._cut_off or response_id in self._interrupted_audio_response_ids:
            return
        audio = pybase64.b64decode(delta.delta, validate=True)
        # The SDK's `_current_item_id` stays None: with it, each turn fetches the last answer's audio once more.
        self._audio_state_tracker.on_audio_delta(item_id, delta.content_index, audio, response_id=response_id)
        place = (item_id, delta.content_index)
        if not self._hearing.follows(place):
            self._hearing.begins(place)
        await self._emit_event(sdk.RealtimeModelAudioEvent(audio, response_id, item_id, delta.content_index))

    async def _handle_ws_event(self, event: dict[str, Any]) -> None:
        match event["type"]:
            case "response.output_audio_transcript.delta":
                part = msgspec.convert(event, TranscriptDelta)
                if part.response_id not in self._cut_off:
                    await self._emit_event(
                        sdk.RealtimeModelTranscriptDeltaEvent(part.item_id, part.delta, part.response_id)
                    )
            case "conversation.item.added" | "conversation.item.done" if is_replayed(event):
                pass
            case "conversation.item.added" | "response.output_item.added" | "response.output_item.done" as kind if (
                event["item"]["type"] == "message"
            ):
                await self._emit_raw(event)
                item = message_item(event["item"], done=kind.endswith("done"))
                await self._emit_event(sdk.RealtimeModelItemUpdatedEvent(item))
            case "response.output_item.added" | "response.output_item.done" as kind if (
                event["item"]["type"] == "function_call"
            ):
                await self._on_function_call(event, done=kind.endswith("done"))
            case "conversation.item.input_audio_transcription.completed":
                heard = msgspec.convert(event, Transcription)
                await self._emit_raw(event)
                await self._emit_event(
                    sdk.RealtimeModelInputAudioTranscriptionCompletedEvent(heard.item_id, heard.transcript)
                )
            case "input_audio_buffer.speech_started":
                await self._emit_raw(event)
                if self._options.turns.interrupt:
                    await self._stop_speaking(cancel=not self._server_cancels())
            case "response.created":
                await self._on_response_created(event)
            case "response.done":
                await self._on_response_done(event)
            case "error" if event["error"].get("code") == "response_cancel_not_active":
                await self._emit_raw(event)
            case "error" if create := self._outrun_by(event["error"]):
                await self._emit_raw(event)
                await self._request_response(create.model_copy(update={"event_id": None}))
            case kind if kind in SDK_EVENTS:
                await super()._handle_ws_event(event)
            case kind:
                await self._emit_raw(event)
                if kind not in known_events():
                    self._skip("unknown event")

    async def _emit_raw(self, event: dict[str, Any]) -> None:
        await self._emit_event(RealtimeModelRawServerEvent(data=event))

    async def _on_function_call(self, event: dict[str, Any], *, done: bool) -> None:
        call = msgspec.convert(event["item"], FunctionCall)
        if not done or call.status != "completed":
            await self._emit_raw(event)
        elif call.call_id in self._call_ids:
            # The SDK's session takes another call under the same id for a reason to end.
            self._skip("repeated call id")
        else:
            await super()._handle_ws_event(event)
            self._call_ids.add(call.call_id)

    async def _on_response_created(self, event: dict[str, Any]) -> None:
        self._unwatch()
        await self._emit_raw(event)
        await self._mark_response_created(response_id(event))
        await self._emit_event(sdk.RealtimeModelTurnStartedEvent(response_id=response_id(event)))

    async def _on_response_done(self, event: dict[str, Any]) -> None:
        # Read by hand: a reason the SDK has not heard of must not leave the next response waiting for ever.
        self._unwatch()
        await self._mark_response_done(response_id(event))
        await self._emit_raw(event)
        response = event["response"]
        if response.get("usage"):
            try:
                usage = RealtimeResponseUsage.model_validate(response["usage"])
            except pydantic.ValidationError:
                self._skip("unreadable usage")
            else:
                await self._emit_event(_ConversionHelper.convert_response_usage(usage))
        await self._emit_event(sdk.RealtimeModelTurnEndedEvent(response_id=response_id(event)))
        if fault := fault_of(response):
            await self._emit_event(sdk.RealtimeModelErrorEvent(error=fault))

    def _outrun_by(self, error: dict[str, Any]) -> ResponseCreateEvent | None:
        """Our response.create, if it came just after the server's turn detection had begun an answer by itself."""
        create = self._last_create
        known = create is not None and create.event_id == error.get("event_id")
        busy = error.get("code") == "conversation_already_has_active_response" and self._ongoing_response
        return create if known and busy else None

    # -- interruption ---------------------------------------------------------------------------------

    def _server_cancels(self) -> bool:
        session = self._created_session
        audio_input = session.audio.input if session and session.audio else None
        turns = audio_input.turn_detection if audio_input else None
        return turns is not None and turns.interrupt_response is True

    async def _stop_speaking(self, *, cancel: bool) -> None:
        active = self._response_create_sequencer.ongoing_response_id
        if active is not None:
            self._cut_off.append(active)
        cuts = self._hearing.unheard(active)
        for cut in cuts:
            await self._emit_event(sdk.RealtimeModelAudioInterruptedEvent(cut.item_id, cut.content_index))
        if cuts:
            self._hearing.forget()
            self._audio_state_tracker.on_interrupted()
            if self._playback_tracker is not None:
                self._playback_tracker.on_interrupted()
        for cut in cuts:
            await self._send_json(truncate(cut))
        if cancel:
            await self._cancel_response()

    async def _send_interrupt(self, event: sdk.RealtimeModelSendInterrupt) -> None:
        if event.response_id is None and not event.playback_only and not event.cancel_response_only:
            await self._stop_speaking(cancel=True)
        else:
            await super()._send_interrupt(event)
