"""Getting a page: redirects by hand, each one checked; no cookies, no proxies, and limits on everything."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

from odai_core import ToolError
from odai_tool_fetch_website import target
from odai_tool_fetch_website.shapes import Page
from odai_tool_fetch_website.target import Unreachable
from odai_tool_fetch_website.unpacking import ACCEPTED, unpacked

if TYPE_CHECKING:
    import ssl

    import httpcore2
    import httpx2

    from odai_tool_fetch_website.dialing import Resolve

MAX_BODY = 2 * 1024 * 1024
"""Bytes of a page, unpacked; what comes after them is not read."""
MAX_REDIRECTS = 5
USER_AGENT = "odai-fetch-website (voice assistant server; reads single pages for a caller)"

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_HTML = frozenset({"text/html", "application/xhtml+xml"})
_TEXT = frozenset({"text/plain", "text/markdown"})
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]{1,40})", re.IGNORECASE | re.ASCII)
_OTHER_KINDS = {"application/pdf": "a PDF", "image": "a picture", "audio": "a recording", "video": "a video"}


class Fetcher:
    """Opens one page at a time, each with connections of its own. `resolve` and `network` are for tests."""

    def __init__(self, *, resolve: Resolve | None = None, network: httpcore2.AsyncNetworkBackend | None = None) -> None:
        self._resolve = resolve
        self._network = network

    async def get(self, url: httpx2.URL) -> Page:
        """The page at a checked address. The caller sets the time limit. Raises `ToolError`."""
        import httpcore2

        from odai_tool_fetch_website.dialing import PublicBackend

        # At DEBUG it prints addresses, and with them what a caller reads.
        logging.getLogger("httpcore2").setLevel(logging.WARNING)
        async with httpcore2.AsyncConnectionPool(
            ssl_context=await asyncio.to_thread(_tls),
            network_backend=PublicBackend(resolve=self._resolve, network=self._network),
            max_connections=1,
            max_keepalive_connections=0,
        ) as pool:
            for _ in range(MAX_REDIRECTS + 1):
                answer = await _ask(pool, url)
                if isinstance(answer, Page):
                    return answer
                url = answer
        raise ToolError("bad_shape", "That website keeps sending me somewhere else.")


async def _ask(pool: httpcore2.AsyncConnectionPool, url: httpx2.URL) -> Page | httpx2.URL:
    """One request: the page, or where to look next."""
    import httpcore2

    try:
        async with pool.stream(
            "GET",
            httpcore2.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
            headers={
                "Host": url.netloc,
                "User-Agent": USER_AGENT,
                "Accept": "text/html, application/xhtml+xml, text/plain;q=0.8",
                "Accept-Encoding": ACCEPTED,
                "Accept-Language": "en, *;q=0.5",
                "Connection": "close",
            },
            extensions={"timeout": {"connect": None, "read": None, "write": None, "pool": None}},
        ) as response:
            return await _answer(response, url)
    except (httpcore2.ProtocolError, httpcore2.UnsupportedProtocol):
        # Among them headers beyond 100 kB, and a body that ends too early.
        raise ToolError("upstream", "That website sent something I can't make sense of.") from None
    except (httpcore2.NetworkError, httpcore2.TimeoutException):
        raise Unreachable("upstream", "That website isn't answering right now.") from None


async def _answer(response: httpcore2.Response, url: httpx2.URL) -> Page | httpx2.URL:
    headers = {name.lower().decode("latin-1"): value.decode("utf-8", "replace") for name, value in response.headers}
    if response.status in _REDIRECTS:
        return _next(url, headers.get("location", ""))
    if not 200 <= response.status < 300:
        raise _failure(response.status)
    declared = headers.get("content-type", "").partition(";")[0].strip().lower()
    if declared and declared not in _HTML | _TEXT:
        raise _another_kind(declared)
    body, cut = await unpacked(response.aiter_stream(), headers.get("content-encoding", ""), MAX_BODY)
    charset = _CHARSET.search(headers.get("content-type", "")[:200])
    return Page(url=str(url), body=body, html=_is_html(declared, body), charset=charset[1] if charset else "", cut=cut)


def _next(url: httpx2.URL, location: str) -> httpx2.URL:
    """Where a redirect leads, checked like what a caller says."""
    import httpx2

    try:
        joined = str(url.join(location.strip())) if location.strip() else ""
    except (httpx2.InvalidURL, ValueError):
        joined = ""
    if not joined:
        raise ToolError("bad_shape", "That website sends me somewhere else, and doesn't say where.")
    return target.check(joined)


def _is_html(declared: str, body: bytes) -> bool:
    """Raises `ToolError` when there is nothing to read, or something that is no text whatever it calls itself."""
    head = body[:1024].lstrip()
    if not head:
        raise ToolError("not_found", "That page is empty.")
    if head.startswith(b"%PDF-"):
        raise _another_kind("application/pdf")
    # UTF-16 has NULs in every line, and begins with a mark.
    if b"\0" in head and not head.startswith((b"\xff\xfe", b"\xfe\xff")) and not declared:
        raise _another_kind("")
    return declared in _HTML or (not declared and head.startswith((b"<", b"\xef\xbb\xbf<")))


def _another_kind(declared: str) -> ToolError:
    what = _OTHER_KINDS.get(declared) or _OTHER_KINDS.get(declared.partition("/")[0], "a file of another kind")
    return ToolError("bad_request", f"That is {what}, and I can only read web pages.")


def _failure(status: int) -> ToolError:
    known: Mapping[int, tuple[str, str]] = {
        401: ("plan", "That page is only for people who have signed in."),
        402: ("plan", "That page has to be paid for."),
        403: ("plan", "That website doesn't let me read this page."),
        404: ("not_found", "That page doesn't exist."),
        410: ("not_found", "That page doesn't exist any more."),
        429: ("rate_limited", "That website is busy. Please try again in a moment."),
        451: ("plan", "That website doesn't let me read this page."),
    }
    other = ("upstream", "That website isn't working right now.")
    if status < 500:
        other = ("bad_shape", "That website doesn't show me this page.")
    code, said = known.get(status, other)
    return ToolError(code, said)


@cache
def _tls() -> ssl.SSLContext:
    """Blocking, some 20 ms; made once."""
    import httpcore2

    return httpcore2.default_ssl_context()
