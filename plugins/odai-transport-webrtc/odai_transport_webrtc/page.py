"""The page a person talks to; it carries a token only for somebody at this very machine."""

from __future__ import annotations

from html import escape

from quart import Response, request

from odai_core import TransportContext
from odai_transport_webrtc.assets import HEADERS, assets

_TOKEN_PLACE = b"<!-- odai-token -->"
_PROXY_HEADERS = ("Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip")
"""Any of these means that the socket's address is a proxy's, and not the person's."""


def page(ctx: TransportContext) -> Response:
    """The HTML, never stored: the token in it is this person's."""
    asset = assets()["index.html"]
    proxied = any(name in request.headers for name in _PROXY_HEADERS)
    token = None if proxied else ctx.local_token(request.remote_addr, request.headers.get("Host"))
    meta = b"" if token is None else f'<meta name="odai-token" content="{escape(token)}">'.encode()
    headers = {**HEADERS, "Content-Type": asset.content_type, "Cache-Control": "no-store"}
    return Response(asset.body.replace(_TOKEN_PLACE, meta), 200, headers)
