"""Who asks for a call, and whether they may have one: everything decided before the socket is accepted."""

from __future__ import annotations

import re
from dataclasses import dataclass

from quart import Websocket

from odai_core import Caller, TransportContext, handshake

SUBPROTOCOL = "odai.voice"

_SESSION_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")


@dataclass(frozen=True, kw_only=True)
class Peer:
    """Somebody who may have a call, if there is a place."""

    session_id: str
    caller: Caller
    barge_in: bool
    subprotocol: str | None


BAD_ID = handshake.Refusal(
    status=400,
    code="bad_session_id",
    message="A session id is a UUID, or 8 to 64 letters, digits, dashes and underscores.",
)


async def read(ctx: TransportContext, socket: Websocket, session_id: str) -> Peer | handshake.Refusal:
    """The peer behind a handshake, or why it is refused."""
    offered = socket.requested_subprotocols
    caller = await handshake.identify(ctx, socket, offered)
    if isinstance(caller, handshake.Refusal):
        return caller
    if not _SESSION_ID.fullmatch(session_id):
        return BAD_ID
    return Peer(
        session_id=session_id,
        caller=handshake.localised(caller, socket.args.get("tz", ""), socket.args.get("locale", "")),
        barge_in=socket.args.get("barge_in", "") in {"1", "true"},
        # RFC 6455 allows only an answer out of the offer; the token itself is never echoed.
        subprotocol=SUBPROTOCOL if SUBPROTOCOL in offered else None,
    )
