"""Which addresses may be offered to a browser: plain web pages, and never more than their reader can see."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import idna

from odai_core import ToolError

LONGEST = 2048
"""Characters."""
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_HOST_AND_PORT = re.compile(r"[^/?#:]+:[0-9]{1,5}(?:[/?#]|$)")
_NOT_IN_ADDRESSES = re.compile(r"[\x00-\x20\x7f-\xa0\\<>\"^`{|}\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff]")
_PUBLIC_NAME = re.compile(r"(?:[a-z0-9-]{1,63}\.)+[a-z][a-z0-9-]{1,62}")


def checked(url: str) -> str:
    """The address as a browser should open it. Raises `ToolError("bad_request")` with what is wrong with it."""
    text = url.strip()
    if not text or len(text) > LONGEST:
        raise ToolError("bad_request", "That address is empty or too long to open.")
    if _NOT_IN_ADDRESSES.search(text):
        raise ToolError("bad_request", "That address has characters in it that no web address has.")
    if not _SCHEME.match(text) or _HOST_AND_PORT.match(text):
        text = f"https://{text}"
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise ToolError("bad_request", "I can't read that address.") from None
    if parts.scheme not in ("http", "https"):
        raise ToolError("bad_request", "I can only open pages of the web.")
    if parts.username is not None or parts.password is not None:
        raise ToolError("bad_request", "I don't open addresses that carry a user name or a password.")
    authority = _ascii(host) + (f":{port}" if port else "")
    address = parts._replace(netloc=authority, path=parts.path or "/").geturl()
    if len(address) > LONGEST:
        raise ToolError("bad_request", "That address is too long to open.")
    return address


def host_of(address: str) -> str:
    """The name of a checked address, as a reader knows it."""
    return (urlsplit(address).hostname or "").removeprefix("www.")


def _ascii(host: str) -> str:
    """The name in letters that nothing else can look like: "bücher.example" is "xn--bcher-kva.example"."""
    try:
        name = idna.encode(host.rstrip("."), uts46=True).decode()
    except (idna.IDNAError, UnicodeError):
        name = ""
    # A number is no page of the world, but often one of the user's own network.
    if not _PUBLIC_NAME.fullmatch(name) or name.endswith((".local", ".internal", ".localhost", ".arpa")):
        raise ToolError("bad_request", "That address does not name a site of the web.")
    return name
