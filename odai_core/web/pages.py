"""A transport's page: its own files beside the kit that all pages share, served with exact headers."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from html import escape
from importlib.resources import files

from quart import Response, current_app, request

from odai_core.calls import TransportContext

KIT = ("odai_core.web", "ui")
"""Letters and colours, buttons, tool cards and safe links: a page names them as if they were its own files."""
_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".html": "text/html; charset=utf-8",
}
"""Ours and not the machine's: with nosniff, a system that calls .js text/plain would break the page."""
_TOKEN_PLACE = b"<!-- odai-token -->"
_ELSEWHERE = re.compile(rb"<!-- if (/[a-z/-]*) -->(.*?)<!-- end -->", re.S)
"""A link to another transport's page, for a server that has it."""
_PROXY_HEADERS = ("Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip")
"""Any of these means that the socket's address is a proxy's, and not the person's."""
_POLICY = (
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self'",
    "img-src 'self' data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
)
_SOUND = ("media-src 'self' blob:", "worker-src 'self'")
# A page of text has no use for a string that becomes markup or code, so its browser refuses every one of them.
_TEXT = ("require-trusted-types-for 'script'", "trusted-types 'none'")


def headers(*, microphone: bool = False) -> dict[str, str]:
    """What every file of a page is sent with; without a microphone the page may do less."""
    sound = "(self)" if microphone else "()"
    return {
        "Content-Security-Policy": "; ".join((*_POLICY, *(_SOUND if microphone else _TEXT))),
        "Permissions-Policy": f"microphone={sound}, camera=(), geolocation=()",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
    }


@dataclass(frozen=True)
class File:
    """One file of a page."""

    body: bytes
    content_type: str
    etag: str


class Files:
    """The files of a package's folder, and the kit's; each is read once, at the first request for any."""

    def __init__(self, package: str, folder: str = "static", *, microphone: bool = False) -> None:
        self._folders = (KIT, (package, folder))
        self._headers = headers(microphone=microphone)

    @cached_property
    def found(self) -> Mapping[str, File]:
        """By name; the page's own hide the kit's. A request can only name one of these, so no path leads elsewhere."""
        found = {}
        for package, folder in self._folders:
            for file in files(package).joinpath(folder).iterdir():
                content_type = _TYPES.get(file.name[file.name.rfind(".") :])
                if content_type is not None:
                    body = file.read_bytes()
                    found[file.name] = File(body, content_type, hashlib.sha256(body).hexdigest()[:16])
        return found

    def file(self, name: str) -> Response:
        """The file, or 304 when the browser has it, or 404. HTML is a `page`: only that knows who may have a token."""
        file = self.found.get(name)
        if file is None or name.endswith(".html"):
            return Response(
                "There is no such file.", 404, {**self._headers, "Content-Type": "text/plain; charset=utf-8"}
            )
        # Revalidated each time: after an upgrade no page runs with half of its modules from before.
        sent = {**self._headers, "ETag": f'"{file.etag}"', "Cache-Control": "no-cache"}
        if file.etag in request.if_none_match:
            return Response(b"", 304, sent)
        return Response(file.body, 200, {**sent, "Content-Type": file.content_type})

    def page(self, ctx: TransportContext, name: str = "index.html") -> Response:
        """The HTML, never stored: in place of `<!-- odai-token -->` it has the token of a person at this machine.

        What stands between `<!-- if /chat/ -->` and `<!-- end -->` is left out where no page is served at that path.
        """
        file = self.found[name]
        proxied = any(header in request.headers for header in _PROXY_HEADERS)
        token = None if proxied else ctx.local_token(request.remote_addr, request.headers.get("Host"))
        meta = b"" if token is None else f'<meta name="odai-token" content="{escape(token)}">'.encode()
        sent = {**self._headers, "Content-Type": file.content_type, "Cache-Control": "no-store"}
        body = _ELSEWHERE.sub(lambda found: found[2] if _served(found[1].decode()) else b"", file.body)
        return Response(body.replace(_TOKEN_PLACE, meta), 200, sent)


def _served(path: str) -> bool:
    return current_app.url_map.bind("").test(path, method="GET")
