"""Text chat: the WebSocket of a chat and the list of chats at /chats, a page for both at /chat."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from odai_core import Setting, TransportContext, TransportPlugin, hookimpl

if TYPE_CHECKING:
    from quart import Blueprint


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds <= 86_400:
        raise ValueError("give a number of seconds, more than 0 and at most 86400")
    return seconds


SETTINGS = (
    Setting(
        name="ODAI_CHAT_IDLE",
        help="Seconds without any frame from the client, and without a turn, after which a chat's socket closes.",
        default="1800",
        type=_seconds,
    ),
    Setting(
        name="ODAI_CHAT_STALL",
        help="Seconds a client may leave a frame unread before the socket of its chat closes.",
        default="10",
        type=_seconds,
    ),
)


def _later(module: str) -> Callable[[TransportContext], Blueprint]:
    def blueprint(ctx: TransportContext) -> Blueprint:
        # Quart takes 0.16 s to import; listing plugins must not pay for it.
        from importlib import import_module

        made: Blueprint = import_module(f"odai_transport_chat.{module}").blueprint(ctx)
        return made

    return blueprint


@hookimpl
def odai_transports() -> list[TransportPlugin]:
    return [
        TransportPlugin(
            name="chat",
            api=1,
            title="Text chat",
            summary="chat over a WebSocket, and list, read and delete chats",
            prefix="/chats",
            blueprint=_later("routes"),
            settings=SETTINGS,
        ),
        TransportPlugin(
            name="chat-page",
            api=1,
            title="Chat page",
            summary="chat in a browser",
            prefix="/chat",
            page=True,
            # No `home`: "/" belongs to the voice console, and the first by name would take it.
            blueprint=_later("page"),
        ),
    ]
