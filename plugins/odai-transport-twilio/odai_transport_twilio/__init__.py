"""Telephone calls through Twilio Media Streams: what core reads before it opens anything.

Importing this imports neither Quart nor Twilio's package; the routes do, when core mounts them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from odai_core import (
    ULAW_8K,
    AudioProfile,
    Problem,
    Setting,
    TransportContext,
    TransportPlugin,
    TurnDetection,
    Values,
    hookimpl,
)

if TYPE_CHECKING:
    from quart import Blueprint

__all__ = ["AUDIO", "SETTINGS", "odai_transports"]

AUDIO = AudioProfile(format=ULAW_8K, turns=TurnDetection(type="semantic_vad", interrupt=True), paced=True)
"""Mu-law, 8 kHz, mono, both ways, as the telephone network carries it: nothing is transcoded."""


def _switch(text: str) -> bool:
    if text not in {"0", "1"}:
        raise ValueError("use 1 or 0")
    return text == "1"


def _buffer_bytes(text: str) -> int:
    size = int(text)
    if not 160 <= size <= 8000:
        raise ValueError("use 160 (20 ms) to 8000 (1 s)")
    return size


def _base_url(text: str) -> str:
    if not text.startswith(("https://", "http://")):
        raise ValueError("use a URL that starts with https://")
    return text.rstrip("/")


SETTINGS = (
    Setting(
        name="TWILIO_AUTH_TOKEN",
        help="Checks Twilio's signatures, and hangs up.",
        secret=True,
        where="console.twilio.com, Account Info",
    ),
    Setting(
        name="TWILIO_ACCOUNT_SID",
        help="With it a call is hung up at Twilio; without it closing the stream ends the call.",
        where="console.twilio.com, Account Info",
    ),
    Setting(
        name="ODAI_TWILIO_VALIDATE",
        help="0 skips the signature check; only on a loopback address.",
        default="1",
        type=_switch,
    ),
    Setting(
        name="ODAI_TWILIO_BUFFER_BYTES",
        help="Caller's audio goes on in pieces of this size; 8 bytes are a millisecond.",
        default="400",
        type=_buffer_bytes,
    ),
    Setting(
        name="ODAI_TWILIO_API_URL",
        help="Where Twilio's REST API is; for stand-ins.",
        default="https://api.twilio.com",
        type=_base_url,
    ),
)


def _check(settings: Values) -> Problem | None:
    if settings["ODAI_TWILIO_VALIDATE"] and not settings["TWILIO_AUTH_TOKEN"]:
        return Problem(
            cause="TWILIO_AUTH_TOKEN is not set, so nobody could tell Twilio from a stranger.",
            remedy="Set TWILIO_AUTH_TOKEN; to try it on this machine alone, set ODAI_TWILIO_VALIDATE=0.",
        )
    return None


def _blueprint(context: TransportContext) -> Blueprint:
    from odai_transport_twilio.routes import blueprint

    return blueprint(context)


@hookimpl
def odai_transports() -> TransportPlugin:
    """The one transport of this plugin."""
    return TransportPlugin(
        name="twilio",
        api=1,
        title="Twilio",
        summary="answer telephone calls",
        prefix="/twilio",
        blueprint=_blueprint,
        audio=AUDIO,
        settings=SETTINGS,
        check=_check,
    )
