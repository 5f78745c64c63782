"""The addresses Twilio calls, and what each checks before it does anything."""

from __future__ import annotations

import asyncio
import re
from typing import Any
from urllib.parse import parse_qsl
from uuid import uuid4

from quart import Blueprint, Response, abort, request, websocket
from quart.wrappers.base import BaseRequestWebsocket
from werkzeug.datastructures import MultiDict

from odai_core import CallRefused, TransportContext
from odai_transport_twilio import twiml
from odai_transport_twilio.config import Config, Limits
from odai_transport_twilio.numbers import e164
from odai_transport_twilio.signature import Signatures
from odai_transport_twilio.stream import Stream
from odai_transport_twilio.tickets import Ticket, Tickets

_RUNNING = {"message": "Twilio Media Stream Server is running!"}
_NOT_SET_UP = "We are sorry, this number is not set up yet. Goodbye."
_BUSY = "We are sorry, all our lines are busy. Please call again in a moment. Goodbye."
_BROKEN = "We are sorry, something went wrong on our side. Please call again later. Goodbye."
_STATES = frozenset(
    ("queued", "initiated", "ringing", "in-progress", "completed", "busy", "failed", "no-answer", "canceled")
)
_ERROR_CODE = re.compile("[0-9]{1,8}")
_SIGNATURE = "X-Twilio-Signature"


def blueprint(context: TransportContext, limits: Limits | None = None) -> Blueprint:
    """The routes of one server. Raises SettingError when the operator's choice would let strangers in."""
    line = _Line(context, Config.read(context), limits or Limits())
    routes = Blueprint("twilio", __name__)
    routes.add_url_rule("/", "running", line.running)
    routes.add_url_rule("/incoming", "incoming", line.incoming, methods=["POST"])
    routes.add_url_rule("/status", "status", line.status, methods=["POST"])
    routes.add_url_rule("/fallback", "fallback", line.fallback, methods=["POST"])
    routes.add_websocket("/connect", "connect", line.connect)
    return routes


class _Line:
    """The views, with what they share."""

    def __init__(self, context: TransportContext, config: Config, limits: Limits) -> None:
        self._context = context
        self._config = config
        self._limits = limits
        self._tickets = Tickets(context, limits.ticket)
        self._signatures = Signatures(config.token.reveal(), config.public_host) if config.validate else None
        self._set_up = bool(config.public_host) or not config.validate
        self._told = False

    async def running(self) -> dict[str, str]:
        return _RUNNING

    async def incoming(self) -> Response:
        """A call comes in: send it to our stream, with a ticket for this call alone."""
        if not self._set_up:
            return self._not_set_up()
        form = await self._form()
        call_sid = form.get("CallSid", "")
        if not 0 < len(call_sid) <= 64:
            abort(400)
        try:
            # A refused handshake is a dead line. Asking now lets the caller hear why.
            with self._context.admit(str(uuid4())):
                pass
        except CallRefused:
            return _xml(twiml.apologise(_BUSY))
        phone = e164(form.get("From", ""))
        parameters = {"ticket": self._tickets.issue(Ticket(call_sid=call_sid, phone=phone)), "from": phone or ""}
        return _xml(twiml.connect(self._stream_url(), parameters))

    async def status(self) -> tuple[str, int]:
        """Twilio reports how a call is going."""
        if not self._set_up:
            abort(503)
        state = (await self._form()).get("CallStatus", "")
        self._context.log.info("Twilio reports a call as %s", state if state in _STATES else "something unknown")
        return "", 204

    async def fallback(self) -> Response:
        """Twilio could not use our answer to a call: apologise."""
        if not self._set_up:
            return self._not_set_up()
        code = (await self._form()).get("ErrorCode", "")
        self._context.log.warning(
            "Twilio could not use our answer to a call, error %s", code if _ERROR_CODE.fullmatch(code) else "unknown"
        )
        return _xml(twiml.apologise(_BROKEN))

    async def connect(self) -> Any:
        """The media stream. Nothing is opened for a peer that is not Twilio."""
        if not self._set_up:
            self._tell()
            return "ODAI_PUBLIC_HOST is not set", 503
        signature = websocket.headers.get(_SIGNATURE, "")
        if self._signatures and not self._signatures.signed_handshake(_target(websocket), signature):
            return "The signature is not Twilio's", 403
        session_id = str(uuid4())
        try:
            with self._context.admit(session_id):
                await websocket.accept()
                socket: Any = websocket._get_current_object()  # type: ignore[attr-defined]
                await Stream(socket, self._context, self._config, self._tickets, self._limits).run(session_id)
        except CallRefused as refused:
            return "No call can be taken now", refused.status, {"Retry-After": str(refused.retry_after)}
        return None

    async def _form(self) -> MultiDict[str, str]:
        """The form, when it is Twilio's. Aborts with 413 for a huge, 408 for a slow, 403 for anybody else's."""
        body = bytearray()
        try:
            async with asyncio.timeout(self._limits.form):
                async for part in request.body:
                    body += part
                    if len(body) > self._limits.form_bytes:
                        abort(413)
        except TimeoutError:
            abort(408)
        try:
            form = MultiDict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=200))
        except ValueError:
            abort(400)
        if self._signatures and not self._signatures.signed_form(
            _target(request), form, request.headers.get(_SIGNATURE, "")
        ):
            abort(403)
        return form

    def _stream_url(self) -> str:
        """Beside /incoming, at the public name. Without one (and so on loopback) at the address we listen on."""
        path = f"{request.path.rpartition('/')[0]}/connect"
        if self._config.public_host:
            return f"wss://{self._config.public_host}{path}"
        # Not the Host header: a page in a browser on this machine chooses that.
        host, port = request.scope["server"] or ("localhost", None)
        return f"ws://{f'[{host}]' if ':' in host else host}{f':{port}' if port else ''}{path}"

    def _not_set_up(self) -> Response:
        self._tell()
        return _xml(twiml.apologise(_NOT_SET_UP))

    def _tell(self) -> None:
        """Say once what is missing: anybody can knock, and each knock would be a line."""
        if not self._told:
            self._context.log.error("Twilio calls, but ODAI_PUBLIC_HOST is not set. Set it to the name Twilio calls.")
        self._told = True


def _target(asked: BaseRequestWebsocket) -> str:
    """The path and query string that were signed."""
    query = asked.query_string.decode("latin-1")
    return f"{asked.path}?{query}" if query else asked.path


def _xml(text: str) -> Response:
    return Response(text, content_type="application/xml")
