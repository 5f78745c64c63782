"""Who asks for a call, and whether they may have one: everything decided before the socket is accepted."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from zoneinfo import ZoneInfo

from quart import Request, Websocket

from odai_core import Caller, CallRefused, TransportContext

SUBPROTOCOL = "odai.voice"
TOKEN_SUBPROTOCOL = "odai.token."
"""A browser cannot set headers on a WebSocket, and a URL ends up in logs: `odai.token.<token>` is offered instead."""
TOKEN_LIMIT = 4096

_SESSION_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
_TIME_ZONE = re.compile(r"[A-Za-z][A-Za-z0-9_+-]{0,31}(/[A-Za-z0-9_+-]{1,32}){0,2}")
_LOCALE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """No call: the HTTP status, and why in words."""

    status: int
    code: str
    message: str
    headers: Mapping[str, str] = field(default_factory=dict)

    def response(self) -> tuple[dict[str, str], int, dict[str, str]]:
        """What a Quart view returns."""
        body = {"code": self.code, "message": self.message}
        return body, self.status, {"Cache-Control": "no-store", **self.headers}


@dataclass(frozen=True, kw_only=True)
class Peer:
    """Somebody who may have a call, if there is a place."""

    session_id: str
    caller: Caller
    barge_in: bool
    subprotocol: str | None


FOREIGN = Refusal(status=403, code="foreign_origin", message="Pages of other sites may not open a call here.")
BAD_ID = Refusal(
    status=400,
    code="bad_session_id",
    message="A session id is a UUID, or 8 to 64 letters, digits, dashes and underscores.",
)
BAD_TOKEN = Refusal(
    status=401,
    code="bad_token",
    message="The token is missing, wrong or has expired.",
    headers={"WWW-Authenticate": 'Bearer realm="odai"'},
)


def refused(reason: CallRefused) -> Refusal:
    """What core said when it had no place."""
    headers = {"Retry-After": str(reason.retry_after)} if reason.status == 503 else {}
    if reason.status == 409:
        return Refusal(
            status=409, code="session_taken", message="A call with this session id is live.", headers=headers
        )
    return Refusal(
        status=reason.status, code="overloaded", message="Every line is taken. Try again in a moment.", headers=headers
    )


def token_of(request: Request | Websocket, offered: Sequence[str] = ()) -> str:
    """The token of a request: Authorization, then a subprotocol, then the query; "" when there is none."""
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    for name in offered:
        if name.startswith(TOKEN_SUBPROTOCOL):
            return name.removeprefix(TOKEN_SUBPROTOCOL)
    return request.args.get("token", "")


async def identify(ctx: TransportContext, request: Request | Websocket, offered: Sequence[str] = ()) -> Caller | Refusal:
    """The caller behind a request, or why there is none."""
    if not ctx.origin_allowed(request.headers.get("Origin"), request.headers.get("Host")):
        return FOREIGN
    token = token_of(request, offered)
    if not token or len(token) > TOKEN_LIMIT:
        return BAD_TOKEN
    return await ctx.authenticate(token) or BAD_TOKEN


async def read(ctx: TransportContext, socket: Websocket, session_id: str) -> Peer | Refusal:
    """The peer behind a handshake, or why it is refused."""
    offered = socket.requested_subprotocols
    caller = await identify(ctx, socket, offered)
    if isinstance(caller, Refusal):
        return caller
    if not _SESSION_ID.fullmatch(session_id):
        return BAD_ID
    return Peer(
        session_id=session_id,
        caller=localised(caller, socket.args.get("tz", ""), socket.args.get("locale", "")),
        barge_in=socket.args.get("barge_in", "") in {"1", "true"},
        # RFC 6455 allows only an answer out of the offer; the token itself is never echoed.
        subprotocol=SUBPROTOCOL if SUBPROTOCOL in offered else None,
    )


def localised(caller: Caller, time_zone: str, locale: str) -> Caller:
    """The caller with the browser's time zone and language, where those are real; nonsense is ignored."""
    if _is_zone(time_zone):
        caller = replace(caller, time_zone=time_zone)
    return replace(caller, locale=locale) if _LOCALE.fullmatch(locale) else caller


def _is_zone(name: str) -> bool:
    if not _TIME_ZONE.fullmatch(name):
        return False
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True
