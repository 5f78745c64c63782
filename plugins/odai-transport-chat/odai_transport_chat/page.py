"""The routes under /chat: the page and its files."""

from __future__ import annotations

from quart import Blueprint, Response

from odai_core import TransportContext, pages

FILES = pages.Files("odai_transport_chat")


def blueprint(ctx: TransportContext) -> Blueprint:
    """The page finds its sockets and chats at /chats."""
    routes = Blueprint("chat-page", __name__)

    @routes.get("/")
    async def page() -> Response:
        return FILES.page(ctx)

    @routes.get("/static/<name>")
    async def static_file(name: str) -> Response:
        return FILES.file(name)

    return routes
