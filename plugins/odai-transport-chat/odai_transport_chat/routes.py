"""The routes under /chats: the list of a user's chats, a chat's past, and its socket."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from quart import Blueprint, request, websocket

from odai_core import Caller, ChatInfo, PastTurn, TransportContext, handshake
from odai_transport_chat import session

SUBPROTOCOL = "odai.chat"
PAGE = 50
"""Lines a list has unless the client asks for another number."""
LONGEST_PAGE = 200
PER_USER = 32
"""Sockets one user may have open: no one may take all of them."""

_CHAT_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")

BAD_ID = handshake.Refusal(
    status=400, code="bad_chat_id", message="A chat id is 1 to 128 letters, digits, dots, dashes and underscores."
)
BAD_PAGE = handshake.Refusal(
    status=400, code="bad_request", message=f"limit is a number from 1 to {LONGEST_PAGE}; before is as it was given."
)
GUEST = handshake.Refusal(status=403, code="guest", message="Chats belong to users; this token stands for a guest.")
NO_CHAT = handshake.Refusal(status=404, code="not_found", message="There is no such chat of yours.")
FULL = handshake.Refusal(
    status=503, code="overloaded", message="You have too many chats open. Close one of them.",
    headers={"Retry-After": "5"},
)  # fmt: skip


class Sockets:
    """Counts the sockets of each user."""

    def __init__(self) -> None:
        self._open: Counter[str] = Counter()

    def full(self, user: str) -> bool:
        """Is there none left for this user?"""
        return self._open[user] >= PER_USER

    @contextmanager
    def one(self, user: str) -> Iterator[None]:
        """Count one for as long as it is open."""
        self._open[user] += 1
        try:
            yield
        finally:
            self._open[user] -= 1
            if not self._open[user]:
                del self._open[user]


def blueprint(ctx: TransportContext) -> Blueprint:
    """Every route asks for a token, and nobody learns anything of another user's chats."""
    limits = session.Limits(
        idle=ctx.settings.get("ODAI_CHAT_IDLE", 1800.0), stall=ctx.settings.get("ODAI_CHAT_STALL", 10.0)
    )
    sockets = Sockets()
    routes = Blueprint("chat", __name__)

    @routes.get("/")
    async def list_chats() -> Any:
        user = await _user(ctx, _this(request))
        return user.response() if isinstance(user, handshake.Refusal) else await _list(ctx, user)

    @routes.get("/<chat_id>")
    async def read_chat(chat_id: str) -> Any:
        user = await _user(ctx, _this(request), chat_id)
        return user.response() if isinstance(user, handshake.Refusal) else await _read(ctx, user, chat_id)

    @routes.delete("/<chat_id>")
    async def delete_chat(chat_id: str) -> Any:
        user = await _user(ctx, _this(request), chat_id)
        if isinstance(user, handshake.Refusal):
            return user.response()
        return ("", 204) if await ctx.chats.delete(user, chat_id) else NO_CHAT.response()

    @routes.websocket("/<chat_id>")
    async def chat(chat_id: str) -> Any:
        socket = _this(websocket)
        offered = socket.requested_subprotocols
        caller = _member(await handshake.identify(ctx, socket, offered), chat_id)
        if isinstance(caller, handshake.Refusal):
            return caller.response()
        user = caller.user_id or ""
        if sockets.full(user):
            return FULL.response()
        with sockets.one(user):
            caller = handshake.localised(caller, socket.args.get("tz", ""), socket.args.get("locale", ""))
            # RFC 6455 allows only an answer out of the offer; the token itself is never echoed.
            chosen = SUBPROTOCOL if SUBPROTOCOL in offered else None
            no = await session.hold(ctx, socket, ChatInfo(chat_id=chat_id, caller=caller), limits, chosen)
        return None if no is None else no.response()

    return routes


async def _user(ctx: TransportContext, asked: Any, chat_id: str | None = None) -> str | handshake.Refusal:
    """The id of the user who asks, or why there is none."""
    caller = _member(await handshake.identify(ctx, asked, raw=True), chat_id)
    return caller if isinstance(caller, handshake.Refusal) else caller.user_id or ""


def _member(caller: Caller | handshake.Refusal, chat_id: str | None) -> Caller | handshake.Refusal:
    if isinstance(caller, handshake.Refusal):
        return caller
    if not caller.user_id:
        return GUEST
    return caller if chat_id is None or _CHAT_ID.fullmatch(chat_id) else BAD_ID


async def _list(ctx: TransportContext, user: str) -> Any:
    limit, before = _limit(), _moment(request.args.get("before"))
    if limit is None or before == -1:
        return BAD_PAGE.response()
    found = await ctx.chats.list(user, limit=limit + 1, before=before)
    shown = found[:limit]
    more = shown[-1].updated_at if len(found) > limit else None
    return {"chats": [asdict(one) for one in shown], "before": more}, 200, {"Cache-Control": "no-store"}


async def _read(ctx: TransportContext, user: str, chat_id: str) -> Any:
    limit = _limit()
    if limit is None:
        return BAD_PAGE.response()
    page = await ctx.chats.page(user, chat_id, limit=limit, before=request.args.get("before"))
    if page is None:
        return NO_CHAT.response()
    shown, older = page
    told = {"chat_id": chat_id, "turns": _told(shown), "before": shown[0].id if older else None}
    return told, 200, {"Cache-Control": "no-store"}


def _told(turns: Sequence[PastTurn]) -> list[dict[str, Any]]:
    return [asdict(turn) | {"shown": [dict(frame) for frame in turn.shown]} for turn in turns]


def _limit() -> int | None:
    """How many lines are asked for; None for nonsense."""
    asked = request.args.get("limit", str(PAGE))
    return int(asked) if re.fullmatch(r"[0-9]{1,3}", asked) and 1 <= int(asked) <= LONGEST_PAGE else None


def _moment(asked: str | None) -> float | None:
    """Unix seconds, None when none are asked for, -1 for nonsense."""
    if asked is None:
        return None
    try:
        moment = float(asked)
    except ValueError:
        return -1
    return moment if math.isfinite(moment) and moment >= 0 else -1


def _this(proxy: Any) -> Any:
    """The object behind one of Quart's proxies, which other tasks may hold."""
    return proxy._get_current_object()
