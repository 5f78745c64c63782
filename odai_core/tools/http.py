"""How connectors reach their services: one pooled client for the process, with every failure a sentence."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from codecs import getincrementaldecoder
from collections.abc import Awaitable, Callable
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING, Any

import msgspec

from odai_core.errors import ToolError
from odai_core.tools.breaker import Breaker
from odai_core.tools.cache import Cache
from odai_core.tools.failures import Codes, code_of, failure, retry_after
from odai_core.tools.request import Auth, Headers, Params, Plain, Request

if TYPE_CHECKING:
    import httpx2

USER_AGENT = "odai-core (voice assistant server; python)"
MAX_BODY = 2 * 1024 * 1024
"""Bytes of one answer, decompressed."""
CONNECT_SECONDS = 3.0
TOTAL_SECONDS = 7.5
"""Less than a tool's 8 s: a request that its tool cuts off first would never count against its host."""
LONGEST_SECONDS = 60.0
"""What a request may ask for with `timeout=`."""
RETRIES = 2
MAX_RETRY_AFTER = 2.0
"""Seconds a caller may be kept waiting because a service asked for it."""

# At INFO and DEBUG these print addresses and headers, and with them keys.
_TALKATIVE = ("httpx2", "httpcore2", "hpack")
_RETRIED_STATUS = frozenset({429, 502, 503, 504})
_PASSES = frozenset({"rate_limited", "upstream"})
_ITS_FAULT = frozenset({"upstream", "timeout"})
_NOTHING = b"null"


class HttpClient:
    """One shared client: pooled, HTTP/2 where offered, opened at the first request.

    `clock` (seconds) and `sleep` are for tests; `timeout` is in seconds and covers a request with its retries.
    """

    def __init__(
        self,
        *,
        timeout: float = TOTAL_SECONDS,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._timeout = timeout
        self._sleep = sleep
        self._breaker = Breaker(clock)
        self._cache = Cache(clock)
        self._client: httpx2.AsyncClient | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def get_json(
        self,
        base_url: str,
        *segments: Plain,
        params: Params | None = None,
        headers: Headers | None = None,
        cache: float = 0,
        retry: bool = True,
        auth: Auth | None = None,
        personal: bool = False,
        timeout: float | None = None,
        service: str = "That service",
        codes: Codes | None = None,
        type: Any = Any,
    ) -> Any:
        """`request_json("GET", ...)`, retried unless `retry` is False."""
        return await self.request_json(
            "GET", base_url, *segments, params=params, headers=headers, cache=cache, retry=retry, auth=auth,
            personal=personal, timeout=timeout, service=service, codes=codes, type=type,
        )  # fmt: skip

    async def get_text(
        self,
        base_url: str,
        *segments: Plain,
        params: Params | None = None,
        headers: Headers | None = None,
        limit: int = MAX_BODY,
        retry: bool = True,
        auth: Auth | None = None,
        personal: bool = False,
        timeout: float | None = None,
        service: str = "That service",
        codes: Codes | None = None,
    ) -> str:
        """The answer as UTF-8 text, cut after `limit` bytes; what is no UTF-8 becomes U+FFFD. The rest as below."""
        request = Request.made(
            "GET", base_url, segments, params=params, headers={"Accept": "*/*", **(headers or {})}, auth=auth,
            personal=personal, timeout=timeout, service=service, codes=codes, retry=retry, text=min(limit, MAX_BODY),
        )  # fmt: skip
        # A character that was cut in two is left out.
        return getincrementaldecoder("utf-8-sig")("replace").decode(await self._guarded(request))

    async def request_json(
        self,
        method: str,
        base_url: str,
        *segments: Plain,
        params: Params | None = None,
        headers: Headers | None = None,
        json: Any = None,
        form: Params | None = None,
        cache: float = 0,
        retry: bool = False,
        auth: Auth | None = None,
        personal: bool = False,
        timeout: float | None = None,
        service: str = "That service",
        codes: Codes | None = None,
        type: Any = Any,
    ) -> Any:
        """Ask, and decode the JSON answer.

        `segments` are quoted, so they may come from a model; without them `base_url` is asked as it stands, with a
        slash at its end if it has one. A 204 is read as JSON's null: `type=Films | None` tells it from a bad answer.
        What is None in `params` and `headers` is left out, a list in `params` repeats its name; a `Secret` is revealed
        only here. The body is `json`, or `form` as application/x-www-form-urlencoded. `auth` is a `Secret` (bearer
        token) or a pair (HTTP Basic). `personal` says that it is a user's, not the operator's: who is refused then has
        made no mistake in the settings, and no operator is told so. `cache` keeps the answer that many seconds. `retry`
        asks again, at most twice, when the service is unreachable or busy: only for requests that change nothing.
        `timeout` is in seconds, at most 60, for this request with its retries (its tool needs a longer one too).
        `service` is how the sentences name it. `codes` may know a better code than the HTTP status gives: it gets the
        status of an answer that is not success and the first 8 KiB of its body, and returns one of the codes below, or
        None. `type` is what the answer must look like: anything msgspec can decode into, such as a Struct; numbers
        written as text are taken, and what does not fit is bad_shape.

        Raises `ToolError` and nothing else, with the codes bad_request, auth, plan, not_found, rate_limited,
        upstream, timeout, bad_shape, unavailable and not_configured.
        """
        request = Request.made(
            method, base_url, segments, params=params, headers=headers, json=json, form=form, auth=auth,
            personal=personal, timeout=timeout, service=service, codes=codes, retry=retry,
        )  # fmt: skip
        key = request.key() if cache else b""
        kept = self._cache.get(key) if cache else None
        body = await self._guarded(request) if kept is None else kept
        answer = _decode(body, type, service)
        if cache and kept is None:
            self._cache.put(key, body, cache)
        return answer

    def warm_up(self) -> None:
        """Open the client now, for its TLS context blocks the event loop for some 20 ms. Optional."""
        self._open()

    async def aclose(self) -> None:
        """Close the connections. Idempotent; a later request opens new ones."""
        client, self._client = self._client, None
        self._cache.clear()
        if client is not None and self._loop is asyncio.get_running_loop():
            await client.aclose()

    async def _guarded(self, request: Request) -> bytes:
        """Ask behind the host's circuit breaker and within the time limit."""
        host = request.url.split("/", 3)[2]
        wait = self._breaker.wait(host)
        if wait is not None:
            raise failure("unavailable", request.service, retry_after=wait)
        seconds = self._timeout if request.timeout is None else min(request.timeout, LONGEST_SECONDS)
        try:
            async with asyncio.timeout(seconds):
                outcome = await self._with_retries(request)
        except TimeoutError:
            outcome = failure("timeout", request.service)
        except BaseException:
            self._breaker.abandoned(host)
            raise
        if isinstance(outcome, bytes):
            self._breaker.succeeded(host)
            return outcome
        if outcome.code in _ITS_FAULT:
            self._breaker.failed(host)
        else:
            self._breaker.succeeded(host)
        raise outcome

    async def _with_retries(self, request: Request) -> bytes | ToolError:
        for attempt in range(RETRIES if request.retry else 0):
            outcome, pause = await self._once(request)
            if pause is None:
                return outcome
            await self._sleep(max(pause, random.uniform(0.05, 0.2) * (attempt + 1)))
        return (await self._once(request))[0]

    async def _once(self, request: Request) -> tuple[bytes | ToolError, float | None]:
        """One try: the body or the failure, and for a failure worth another try the seconds to wait."""
        import httpx2

        # A failure is returned, not raised from the except clause: as its context, httpx2's error would keep the
        # request, and with it the key, within reach of whatever prints tracebacks.
        try:
            return await self._send(request)
        except (httpx2.NetworkError, httpx2.ConnectTimeout, httpx2.RemoteProtocolError):
            return failure("upstream", request.service), 0.0
        except httpx2.DecodingError:
            return failure("bad_shape", request.service), None
        except (httpx2.InvalidURL, httpx2.UnsupportedProtocol, httpx2.LocalProtocolError, ValueError):
            # A base URL or a key that HTTP cannot carry.
            return failure("not_configured", request.service), None
        except (httpx2.HTTPError, OSError):
            return failure("upstream", request.service), None

    async def _send(self, request: Request) -> tuple[bytes | ToolError, float | None]:
        client = self._open()
        async with client.stream(
            request.method,
            request.url,
            params=request.params or None,
            headers=request.headers,
            json=request.json,
            content=request.form,
        ) as response:
            status = response.status_code
            body = await _read(response, request.text if 200 <= status < 300 else None)
            if status == 204:
                return b"" if request.text is not None else _NOTHING, None
            if 200 <= status < 300:
                return (failure("bad_shape", request.service), None) if body is None else (body, None)
            wait = retry_after(response.headers)
        code = code_of(status, body or b"", request.codes)
        failed = failure(code, request.service, status=status, retry_after=wait, personal=request.personal)
        worth_it = status in _RETRIED_STATUS and code in _PASSES and (wait is None or wait <= MAX_RETRY_AFTER)
        return failed, (wait or 0.0) if worth_it else None

    def _open(self) -> httpx2.AsyncClient:
        """The client of the running event loop; one left by a loop that is gone cannot be closed any more."""
        loop = asyncio.get_running_loop()
        if self._client is None or self._loop is not loop:
            import httpx2

            for name in _TALKATIVE:
                logging.getLogger(name).setLevel(logging.WARNING)
            self._loop = loop
            self._client = httpx2.AsyncClient(
                http2=True,
                follow_redirects=False,
                # One client for all callers: a cookie set for one of them must not come back with the next.
                cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
                headers={"User-Agent": USER_AGENT, "Accept": "application/json"},
                # Everything but connecting is bounded by the time limit of the whole request.
                timeout=httpx2.Timeout(None, connect=CONNECT_SECONDS),
                limits=httpx2.Limits(max_connections=100, max_keepalive_connections=20, keepalive_expiry=30),
            )
        return self._client


async def _read(response: httpx2.Response, cut: int | None) -> bytes | None:
    """The body, cut after so many bytes; or, without a number, None when it is larger than we take."""
    parts, size = [], 0
    async for part in response.aiter_bytes():
        parts.append(part)
        size += len(part)
        if cut is not None and size >= cut:
            return b"".join(parts)[:cut]
        if size > MAX_BODY:
            return None
    return b"".join(parts)


def _decode(body: bytes, type: Any, service: str) -> Any:
    try:
        return msgspec.json.decode(body.removeprefix(b"\xef\xbb\xbf"), type=type, strict=False)
    except (ValueError, RecursionError):
        pass
    raise failure("bad_shape", service)
