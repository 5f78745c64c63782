"""In-app voice: a page to talk to, and the WebSocket it talks over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from odai_core import Setting, TransportContext, TransportPlugin, hookimpl
from odai_transport_webrtc.profile import profile

if TYPE_CHECKING:
    from quart import Blueprint

PREFIX = "/app/voice"


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds <= 3600:
        raise ValueError("give a number of seconds, more than 0 and at most 3600")
    return seconds


SETTINGS = (
    Setting(
        name="ODAI_APP_VOICE_IDLE",
        help="Seconds without any frame from the browser after which an in-app call ends.",
        default="60",
        type=_seconds,
    ),
    Setting(
        name="ODAI_APP_VOICE_STALL",
        help="Seconds a browser may leave a frame unread before its in-app call ends.",
        default="10",
        type=_seconds,
    ),
)


def _blueprint(ctx: TransportContext) -> Blueprint:
    # Quart takes 0.16 s to import; listing plugins must not pay for it.
    from odai_transport_webrtc.routes import blueprint

    return blueprint(ctx)


@hookimpl
def odai_transports() -> TransportPlugin:
    return TransportPlugin(
        name="webrtc",
        api=1,
        title="In-app voice",
        summary="talk in a browser or an app, over a WebSocket",
        prefix=PREFIX,
        blueprint=_blueprint,
        audio=profile(barge_in=False),
        settings=SETTINGS,
        home="page",
    )
