"""Ending a call at Twilio, through its REST API."""

from __future__ import annotations

import asyncio
import functools
import logging
import ssl
from urllib.parse import quote

import httpx2
import msgspec

from odai_transport_twilio.config import Config

_LIMIT = 5.0
_MAX_BODY = 65536
_NOT_THERE_ANY_MORE = (20404, 21220)
"""Twilio's codes for: no such call, and: the call is not in progress."""


class _Trouble(msgspec.Struct):
    code: int = 0


@functools.cache
def _tls() -> ssl.SSLContext:
    return httpx2.create_ssl_context()


async def hang_up(config: Config, call_sid: str, log: logging.Logger) -> bool:
    """End the call within 5 s; True when it is over. Without credentials, and for every trouble, False."""
    if not config.account_sid or not config.token:
        return False
    try:
        async with asyncio.timeout(_LIMIT):
            status, code = await _complete(config, call_sid)
    except (TimeoutError, httpx2.HTTPError, httpx2.InvalidURL) as error:
        log.warning("Twilio did not take the hang-up: %s. Closing the stream ends the call.", type(error).__name__)
        return False
    if status < 300 or code in _NOT_THERE_ANY_MORE:
        return True
    log.warning("Twilio refused the hang-up: status %d, code %d. Closing the stream ends the call.", status, code)
    return False


async def _complete(config: Config, call_sid: str) -> tuple[int, int]:
    """Set the call's status. Gives the HTTP status and, of an error, Twilio's own code (0 when it has none)."""
    account = quote(config.account_sid, safe="")
    url = f"{config.api_url}/2010-04-01/Accounts/{account}/Calls/{quote(call_sid, safe='')}.json"
    # Reading the system's certificates takes tens of milliseconds in which no call's audio would move.
    verify = await asyncio.to_thread(_tls)
    async with (
        httpx2.AsyncClient(verify=verify, timeout=_LIMIT, auth=(config.account_sid, config.token.reveal())) as client,
        client.stream("POST", url, data={"Status": "completed"}) as response,
    ):
        body = bytearray()
        async for part in response.aiter_bytes():
            body += part
            if len(body) > _MAX_BODY:
                break
        return response.status_code, _code(bytes(body)) if response.is_error else 0


def _code(body: bytes) -> int:
    try:
        return msgspec.json.decode(body, type=_Trouble).code
    except (ValueError, RecursionError):
        return 0
