"""The page's files, read once and served with exact headers."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from quart import Response, request

_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".html": "text/html; charset=utf-8",
}
"""Ours and not the machine's: with nosniff, a system that calls .js text/plain would break the page."""

CONTENT_SECURITY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "media-src 'self' blob:",
        "img-src 'self' data:",
        "worker-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ]
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY,
    "Permissions-Policy": "microphone=(self), camera=(), geolocation=()",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@dataclass(frozen=True)
class Asset:
    """One file of the page."""

    body: bytes
    content_type: str
    etag: str


@cache
def assets() -> dict[str, Asset]:
    """Every file, by name. A request can only name one of these, so no path of its can lead anywhere else."""
    found = {}
    for file in files("odai_transport_webrtc").joinpath("static").iterdir():
        content_type = _TYPES.get(file.name[file.name.rfind(".") :])
        if content_type is not None:
            body = file.read_bytes()
            found[file.name] = Asset(body, content_type, hashlib.sha256(body).hexdigest()[:16])
    return found


def respond(name: str) -> Response:
    """The file, or 304 when the browser has it, or 404."""
    asset = assets().get(name)
    if asset is None:
        return Response("There is no such file.", 404, {**HEADERS, "Content-Type": "text/plain; charset=utf-8"})
    # Revalidated each time: after an upgrade no page runs with half of its modules from before.
    headers = {**HEADERS, "ETag": f'"{asset.etag}"', "Cache-Control": "no-cache"}
    if asset.etag in request.if_none_match:
        return Response(b"", 304, headers)
    return Response(asset.body, 200, {**headers, "Content-Type": asset.content_type})
