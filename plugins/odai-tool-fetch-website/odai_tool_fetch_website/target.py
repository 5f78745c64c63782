"""Which addresses we open at all: http and https, a public name, the usual ports, nothing hidden in them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from odai_core import ToolError
from odai_tool_fetch_website.addresses import is_public, parse

if TYPE_CHECKING:
    import httpx2

MAX_LENGTH = 2000
PORTS = {"http": 80, "https": 443}

_LOCAL = frozenset({
    "alt", "arpa", "corp", "example", "home", "host", "internal", "intranet", "invalid", "lan", "local",
    "localdomain", "localhost", "onion", "private", "test",
})  # fmt: skip
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?", re.ASCII)
_SCHEME = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*):(?![0-9]+(?:/|$))")
_SAID = re.compile(r"\s+dot\s+", re.IGNORECASE)


class Unreachable(ToolError):
    """Nobody is there, or no network: in demo mode a sample page may stand in."""


def read(text: str) -> httpx2.URL:
    """What a person or a model calls an address -> one that may be opened: "example dot com", "example.com/a".

    Raises `ToolError("bad_request")`.
    """
    text = _SAID.sub(".", text.strip()).removesuffix(".")
    if not text or len(text) > MAX_LENGTH:
        raise ToolError("bad_request", "Which website should I open?")
    return check(text if _SCHEME.match(text) else f"https://{text.lstrip('/')}")


def check(url: httpx2.URL | str) -> httpx2.URL:
    """The address without its fragment, if it may be opened. Raises `ToolError("bad_request")`."""
    import httpx2

    text = str(url)
    # Parsers disagree about these; whoever writes them wants them to.
    if len(text) > MAX_LENGTH or re.search(r"[\s\\\x00-\x20\x7f]|[\ud800-\udfff]", text):
        raise _unreadable()
    try:
        parsed = httpx2.URL(text)
        host = parsed.raw_host.decode("ascii")
    except (httpx2.InvalidURL, UnicodeError, ValueError):
        raise _unreadable() from None
    if parsed.scheme not in PORTS:
        raise ToolError("bad_request", "I can only open web pages, and that is something else.")
    if parsed.userinfo:
        raise ToolError("bad_request", "I don't open addresses with a password in them.")
    if parsed.port not in (None, *PORTS.values()):
        raise ToolError("bad_request", "I only open websites at their usual port.")
    if not _is_public_host(host):
        raise refused()
    return parsed.copy_with(host=host.removesuffix("."), fragment=None)


def refused() -> ToolError:
    """For everything that is not on the public internet."""
    return ToolError("bad_request", "I can only open public websites, and that isn't one.")


def _unreadable() -> ToolError:
    return ToolError("bad_request", "That doesn't look like the address of a website.")


def _is_public_host(host: str) -> bool:
    """A name under a public top level domain, or a public IP address in its usual form.

    This is for early, clear answers: what counts is the check of every address at connecting.
    """
    address = parse(host)
    if address is not None:
        return is_public(address)
    labels = host.lower().removesuffix(".").split(".")
    last = labels[-1]
    # No top level domain begins with a digit: "127.1", "0x7f.1" and "2130706433" are IPv4 addresses to a resolver.
    return (
        len(labels) > 1
        and len(host) <= 253
        and all(map(_LABEL.fullmatch, labels))
        and not last[0].isdecimal()
        and last not in _LOCAL
    )
