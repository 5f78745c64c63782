"""Who asks, and what they are told when the answer is no: what every way in decides before it accepts a socket."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol
from zoneinfo import ZoneInfo

from odai_core.calls import Caller
from odai_core.errors import CallRefused, ForeignChat, QuotaReached, SessionTaken

if TYPE_CHECKING:
    from quart import Request, Websocket

TOKEN_SUBPROTOCOL = "odai.token."
"""A browser cannot set headers on a WebSocket, and a URL ends up in logs: `odai.token.<token>` is offered instead."""
TOKEN_LIMIT = 8192
"""Characters; an identity provider that lists groups in a token fills four thousand."""

_TIME_ZONE = re.compile(r"[A-Za-z][A-Za-z0-9_+-]{0,31}(/[A-Za-z0-9_+-]{1,32}){0,2}")
_LOCALE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")


class Doorkeeper(Protocol):
    """What `identify` asks: a `TransportContext` or an `AccountContext`."""

    async def authenticate(self, token: str) -> Caller | None:
        """The caller a token stands for, or None."""

    def origin_allowed(self, origin: str | None, host: str | None) -> bool:
        """May a page of this origin connect?"""


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """No: the HTTP status, and why, as a code and in words."""

    status: int
    code: str
    message: str
    headers: Mapping[str, str] = field(default_factory=dict)

    def response(self) -> tuple[dict[str, str], int, dict[str, str]]:
        """What a Quart view returns, a WebSocket's too: it is refused before it is accepted."""
        body = {"code": self.code, "message": self.message}
        return body, self.status, {"Cache-Control": "no-store", **self.headers}


FOREIGN = Refusal(status=403, code="foreign_origin", message="Pages of other sites may not connect here.")
BAD_TOKEN = Refusal(
    status=401,
    code="bad_token",
    message="The token is missing, wrong or has expired.",
    headers={"WWW-Authenticate": 'Bearer realm="odai"'},
)


def token_of(request: Request | Websocket, offered: Sequence[str] = (), *, raw: bool = False) -> str:
    """The token of a request: Authorization, then an offered subprotocol, then the query; "" when there is none.

    `raw` also takes an Authorization header that is the token alone, without "Bearer".
    """
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    if raw and scheme and not value:
        return scheme
    for name in offered:
        if name.startswith(TOKEN_SUBPROTOCOL):
            return name.removeprefix(TOKEN_SUBPROTOCOL)
    return request.args.get("token", "")


async def identify(
    door: Doorkeeper, request: Request | Websocket, offered: Sequence[str] = (), *, raw: bool = False
) -> Caller | Refusal:
    """The caller behind a request, or why there is none. `offered` and `raw` are as in `token_of`."""
    if not door.origin_allowed(request.headers.get("Origin"), request.headers.get("Host")):
        return FOREIGN
    token = token_of(request, offered, raw=raw)
    if not token or len(token) > TOKEN_LIMIT:
        return BAD_TOKEN
    return await door.authenticate(token) or BAD_TOKEN


def refused(reason: CallRefused) -> Refusal:
    """What to answer when core has no place, or this user may not have it."""
    if reason.status == SessionTaken.status:
        return Refusal(status=reason.status, code="session_taken", message="A call with this session id is live.")
    if isinstance(reason, ForeignChat):
        return Refusal(status=reason.status, code="foreign_chat", message="This chat is not yours.")
    headers = {"Retry-After": str(reason.retry_after)}
    if isinstance(reason, QuotaReached):
        return Refusal(status=reason.status, code="quota", message=str(reason), headers=headers)
    message = "Every line is taken. Try again in a moment."
    return Refusal(status=reason.status, code="overloaded", message=message, headers=headers)


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
