"""Unpacking a page's bytes as they come, never further than the limit: a small answer may unpack to gigabytes."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterable, Callable

from odai_core import ToolError

ACCEPTED = "gzip, deflate"
_GZIP = 16 + zlib.MAX_WBITS


async def unpacked(chunks: AsyncIterable[bytes], encoding: str, limit: int) -> tuple[bytes, bool]:
    """At most `limit` bytes, and whether there was more. Raises `ToolError("bad_shape")` for what is no such packing.

    `encoding` is the Content-Encoding: gzip, deflate, identity or none; any other, and two at once, are refused.
    """
    unpack = _unpacker(encoding.strip().lower())
    body = bytearray()
    async for chunk in chunks:
        # One byte more than fits tells "full" from "too much".
        body += unpack(chunk, limit + 1 - len(body))
        if len(body) > limit:
            return bytes(body[:limit]), True
    return bytes(body), False


class _Inflate:
    """zlib with a limit for each call; a raw deflate stream is told from a wrapped one by its first bytes."""

    def __init__(self, wbits: int) -> None:
        self._wbits = wbits
        self._stream = zlib.decompressobj(wbits)
        self._begun = False

    def __call__(self, chunk: bytes, most: int) -> bytes:
        if self._stream.eof:
            return b""
        try:
            found = self._stream.decompress(chunk, most)
        except zlib.error:
            if self._begun or self._wbits == _GZIP:
                raise _broken() from None
            self._stream = zlib.decompressobj(-zlib.MAX_WBITS)
            self._begun = True
            return self(chunk, most)
        self._begun = True
        return found


def _plain(chunk: bytes, most: int) -> bytes:
    return chunk[:most]


def _unpacker(encoding: str) -> Callable[[bytes, int], bytes]:
    if encoding in ("", "identity"):
        return _plain
    if encoding in ("gzip", "x-gzip"):
        return _Inflate(_GZIP)
    if encoding == "deflate":
        return _Inflate(zlib.MAX_WBITS)
    raise _broken()


def _broken() -> ToolError:
    return ToolError("bad_shape", "That website sent a page I can't read.")
