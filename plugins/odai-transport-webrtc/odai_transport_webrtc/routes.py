"""The routes under /app/voice, as one blueprint."""

from __future__ import annotations

import uuid
from contextlib import ExitStack
from typing import Any

from quart import Blueprint, Response, request, websocket

from odai_core import CallRefused, TransportContext, handshake, pages
from odai_transport_webrtc import stream
from odai_transport_webrtc.handshake import read

FILES = pages.Files("odai_transport_webrtc", microphone=True)


def blueprint(ctx: TransportContext) -> Blueprint:
    """The page, its files, a dry run of the handshake, and the socket."""
    limits = stream.Limits(
        idle=ctx.settings.get("ODAI_APP_VOICE_IDLE", 60.0), stall=ctx.settings.get("ODAI_APP_VOICE_STALL", 10.0)
    )
    routes = Blueprint("webrtc", __name__)

    @routes.get("/", endpoint="page")
    async def show_page() -> Response:
        return FILES.page(ctx)

    @routes.get("/static/<name>")
    async def static_file(name: str) -> Response:
        return FILES.file(name)

    @routes.post("/check")
    async def check() -> Any:
        return await _dry_run(ctx)

    @routes.websocket("/stream/<session_id>")
    async def voice(session_id: str) -> Any:
        peer = await read(ctx, _this(websocket), session_id)
        if isinstance(peer, handshake.Refusal):
            return peer.response()
        with ExitStack() as place:
            try:
                place.enter_context(ctx.admit(peer.session_id))
            except CallRefused as reason:
                return handshake.refused(reason).response()
            await websocket.accept(subprotocol=peer.subprotocol)
            await stream.hold(ctx, _this(websocket), peer, limits)
        return None

    return routes


async def _dry_run(ctx: TransportContext) -> Any:
    """Would a call be refused now, and why? A browser cannot read the status of a refused WebSocket; this it can."""
    caller = await handshake.identify(ctx, _this(request))
    if isinstance(caller, handshake.Refusal):
        return caller.response()
    try:
        with ctx.admit(f"check-{uuid.uuid4()}"):
            return "", 204
    except CallRefused as reason:
        return handshake.refused(reason).response()


def _this(proxy: Any) -> Any:
    """The object behind one of Quart's proxies, which other tasks may hold."""
    return proxy._get_current_object()
