"""One call's connection to OpenAI's server: opened once, closed once, and never left waiting for an answer."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import msgspec
import pybase64
from agents import realtime as sdk
from agents.realtime.openai_realtime import OpenAIRealtimeWebSocketModel, TransportConfig
from openai.types.realtime import ResponseCreateEvent
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from odai_core.calls import CallOptions
from odai_core.errors import ModelLost
from odai_core.models.openai_protocol import ModelFault
from odai_core.models.openai_session import address, headers, past_items, session_settings
from odai_core.models.openai_socket import open_socket

log = logging.getLogger(__name__)

CLOSE_S = 2.0


class OpenAIConnection(OpenAIRealtimeWebSocketModel):
    """The sending half of the adapter. `response_timeout` and `connect_timeout` are in seconds."""

    def __init__(self, options: CallOptions, *, response_timeout: float = 10.0, connect_timeout: float = 10.0) -> None:
        super().__init__()
        self._options = options
        self._settings = session_settings(options)
        self.model = self._settings["model_name"]
        self._response_timeout = response_timeout
        self._connect_timeout = connect_timeout
        self._last_create: ResponseCreateEvent | None = None
        self._watchdog: asyncio.TimerHandle | None = None
        self._closing: asyncio.Task[None] | None = None

    async def connect(self, options: sdk.RealtimeModelConfig) -> None:
        """Connect, configure the session and replay the call's history. Raises what websockets raises."""
        await super().connect(
            {"url": address(self._options.settings), "headers": headers(self._options.settings), **options}
        )
        try:
            for event in past_items(self._options):
                await self._send_json(event)
        except BaseException:
            await self.close()
            raise

    async def _create_websocket_connection(
        self, url: str, headers: dict[str, str], transport_config: TransportConfig | None = None
    ) -> ClientConnection:
        self._refuse_when_closed()
        socket = await open_socket(url, headers, self._connect_timeout)
        try:
            self._refuse_when_closed()
        except ModelLost:
            socket.transport.abort()
            raise
        return socket

    def _refuse_when_closed(self) -> None:
        if self._closing is not None:
            raise ModelLost("This call's model is closed.")

    async def _update_session_config(self, model_settings: sdk.RealtimeSessionModelSettings) -> None:
        # Every session.update of the SDK is a full one, so each must carry the call's own settings.
        await super()._update_session_config({**self._settings, **model_settings})
        self._audio_state_tracker.set_audio_format(self._options.audio.name)
        if self._playback_tracker is not None:
            self._playback_tracker.set_audio_format(self._options.audio.name)

    async def close(self) -> None:
        """Close, within 2 s whatever the server does. Safe at any time and any number of times."""
        if self._closing is None:
            self._closing = asyncio.create_task(self._close_once())
        await asyncio.shield(self._closing)

    async def _close_once(self) -> None:
        self._unwatch()
        socket = self._websocket
        try:
            async with asyncio.timeout(CLOSE_S):
                await super().close()
        except Exception as exc:
            log.warning("The model's connection did not close in order: %s.", type(exc).__name__)
        finally:
            if socket is not None:
                socket.transport.abort()

    # -- to the server --------------------------------------------------------------------------------

    async def send_event(self, event: sdk.RealtimeModelSendEvent) -> None:
        """Send. On a lost connection audio and interruptions vanish; anything else raises `ModelLost`."""
        try:
            if isinstance(event, sdk.RealtimeModelSendRawMessage):
                await self._send_client_event({"type": event.message["type"], **event.message.get("other_data", {})})
            else:
                await super().send_event(event)
        except (ConnectionClosed, ModelLost) as exc:
            if not isinstance(event, sdk.RealtimeModelSendAudio | sdk.RealtimeModelSendInterrupt):
                raise ModelLost("The model's connection is closed.") from exc

    async def _send_audio(self, event: sdk.RealtimeModelSendAudio) -> None:
        payload = b'{"type":"input_audio_buffer.append","audio":"' + pybase64.b64encode(event.audio) + b'"}'
        await self._send(payload)
        if event.commit:
            await self._send_json({"type": "input_audio_buffer.commit"})

    async def _send_client_event(self, event: dict[str, Any]) -> None:
        if event["type"] == "response.create":
            await self._request_response(ResponseCreateEvent.model_validate(event))
        else:
            await self._send_json(event)

    async def _send_json(self, event: dict[str, Any]) -> None:
        await self._send(msgspec.json.encode(event))

    async def _send(self, payload: bytes) -> None:
        if self._websocket is None:
            raise ModelLost("The model is not connected.")
        await self._websocket.send(payload, text=True)

    async def _request_response(self, create: ResponseCreateEvent) -> None:
        version = await self._reserve_response_create_request(manual=True)
        self._start_response_create(version, response_create=create, manual=True)

    async def _send_raw_message(self, event: Any) -> None:
        if event.type == "response.create":
            self._last_create = event
            self._watch(event.event_id)
        elif event.type == "response.cancel":
            self._watch(None)
        await self._send(event.model_dump_json(exclude_unset=True).encode())

    # -- watchdog -------------------------------------------------------------------------------------

    def _watch(self, create_id: str | None) -> None:
        """Expect the server to answer a response.create, or a response.cancel (None)."""
        self._unwatch()
        self._watchdog = asyncio.get_running_loop().call_later(self._response_timeout, self._on_silence, create_id)

    def _unwatch(self) -> None:
        if self._watchdog is not None:
            self._watchdog.cancel()
            self._watchdog = None

    def _on_silence(self, create_id: str | None) -> None:
        task = asyncio.create_task(self._give_up(create_id))
        self._response_create_tasks.add(task)
        task.add_done_callback(self._response_create_tasks.discard)

    async def _give_up(self, create_id: str | None) -> None:
        if create_id is not None:
            stuck = await self._clear_pending_response_create(create_id)
        elif stuck := self._response_control == "cancel_requested":
            await self._mark_response_done()
        if stuck:
            fault = ModelFault("response_timeout", f"The model did not react for {self._response_timeout:g} s.")
            await self._emit_event(sdk.RealtimeModelErrorEvent(error=fault))
