"""What came from a website, before and after it is read."""

from __future__ import annotations

from msgspec import Struct


class Page(Struct, frozen=True, kw_only=True):
    """What came, not looked at yet."""

    url: str
    """Where it was found in the end."""
    body: bytes
    html: bool
    """False: plain text."""
    charset: str
    """As the server named it; "" when it did not."""
    cut: bool
    """There was more than the limit."""


class Text(Struct, frozen=True):
    """What a page says. All of it is somebody else's words."""

    title: str
    text: str
    """Markdown, at most 8000 characters."""
    date: str | None = None
    """ISO, when the page tells its own."""
    cut: bool = False
