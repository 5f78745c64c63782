"""Amadeus' own access tokens: half an hour each, one for everybody, one request for it at a time."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated
from weakref import WeakKeyDictionary

from msgspec import Meta, Struct

from odai_core import Secret, ToolContext

if TYPE_CHECKING:
    import asyncio

EARLY = 60
"""Seconds before its end, when a token is not used any more."""
PATIENCE = 8
"""Seconds."""


class Granted(Struct, frozen=True):
    access_token: Annotated[str, Meta(min_length=1, max_length=4096)]
    expires_in: Annotated[float, Meta(ge=0, le=86_400)] = 0


def _lock() -> asyncio.Lock:
    import asyncio  # 20 ms, for whoever only lists plugins

    return asyncio.Lock()


@dataclass
class Desk:
    """The token of one process, and who may fetch the next."""

    fetching: asyncio.Lock = field(default_factory=_lock)
    token: Secret = field(default_factory=lambda: Secret(""))
    owner: tuple[str, ...] = field(default=(), repr=False)
    """The address and the credentials it was given for."""
    until: float = 0.0


# With the client goes its event loop, and with that the lock.
_DESKS: WeakKeyDictionary[object, Desk] = WeakKeyDictionary()


async def token(ctx: ToolContext, *, refused: Secret | None = None) -> Secret:
    """One that can be used now; `refused` is one that Amadeus does not take any more. Raises `ToolError`."""
    desk = _DESKS.setdefault(ctx.http, Desk())
    async with desk.fetching:
        owner = _owner(ctx)
        if desk.owner != owner or desk.until <= time.monotonic() or desk.token is refused:
            asked = time.monotonic()
            granted = await _fetch(ctx)
            desk.token, desk.owner = Secret(granted.access_token), owner
            desk.until = asked + granted.expires_in - EARLY
        return desk.token


async def _fetch(ctx: ToolContext) -> Granted:
    answer: Granted = await ctx.http.request_json(
        "POST",
        ctx.settings["AMADEUS_BASE_URL"],
        "v1",
        "security",
        "oauth2",
        "token",
        form={
            "grant_type": "client_credentials",
            "client_id": ctx.settings["AMADEUS_CLIENT_KEY"],
            "client_secret": ctx.settings["AMADEUS_CLIENT_SECRET"],
        },
        retry=True,
        timeout=PATIENCE,
        service="Amadeus",
        type=Granted,
    )
    return answer


def _owner(ctx: ToolContext) -> tuple[str, ...]:
    secrets = (ctx.settings["AMADEUS_CLIENT_KEY"], ctx.settings["AMADEUS_CLIENT_SECRET"])
    return (ctx.settings["AMADEUS_BASE_URL"], *(secret.reveal() for secret in secrets))
