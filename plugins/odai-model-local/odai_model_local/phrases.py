"""The vectors of tools' example phrases, kept from one start to the next in a file beside the encoder's own."""

from __future__ import annotations

import logging
import os
import tempfile
import threading
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path
from typing import Final

import numpy as np

from odai_model_local.audio import Floats

WIDTH: Final = 384
"""Numbers in a vector."""
MAX_KEPT: Final = 8192
"""Phrases of one file, 1552 bytes each; sixty tools have some twelve hundred."""
_MARK: Final = b"ODAI phrases 1\n"
_KEY: Final = 16
_SUM: Final = 32
_ROW: Final = np.dtype([("key", f"V{_KEY}"), ("vector", "<f4", (WIDTH,))])

log = logging.getLogger("odai.model.local")


class Phrases:
    """`embed` with a memory on disk, for texts that plugins bring; what users say must never be given to it.

    The file is a mark, a digest of the encoder, one of the rest, and for each phrase a digest and its vector as
    little-endian float32. One that is damaged, or another encoder's, is made anew; one that cannot be written is done
    without.
    """

    def __init__(self, embed: Callable[[Sequence[str]], Floats], file: Path, encoder: Callable[[], str]) -> None:
        """`encoder` names everything that the vectors depend on; it may block."""
        self._embed = embed
        self._file = file
        self._encoder = encoder
        self._head = b""
        self._known: dict[bytes, Floats] = {}
        self._lock = threading.Lock()

    def __call__(self, texts: Sequence[str]) -> Floats:
        """As `embed`. Blocking: what is not known costs what it costs. Safe from several threads, and processes."""
        with self._lock:
            if not self._head:
                self._head = _MARK + _digest(self._encoder().encode())
                self._known = self._read()
            asked = {_digest(text.encode("utf-8", "replace"))[:_KEY]: text for text in texts}
            lacking = {key: text for key, text in asked.items() if key not in self._known}
            if not lacking:
                return self._rows(texts)
            fresh = dict(zip(lacking, self._embed(list(lacking.values())), strict=True))
            # What is wanted now is kept before what was wanted once.
            self._known = {key: fresh[key] if key in fresh else self._known[key] for key in asked} | self._known
            rows = self._rows(texts)
            self._known = dict(islice(self._known.items(), MAX_KEPT))
            self._write()
            return rows

    def _rows(self, texts: Sequence[str]) -> Floats:
        keys = (_digest(text.encode("utf-8", "replace"))[:_KEY] for text in texts)
        return np.array([self._known[key] for key in keys], np.float32).reshape(len(texts), WIDTH)

    def _read(self) -> dict[bytes, Floats]:
        try:
            with self._file.open("rb") as file:
                data = file.read(len(self._head) + _SUM + (MAX_KEPT + 1) * _ROW.itemsize)
        except OSError:
            return {}
        body = data[len(self._head) + _SUM :]
        whole = data.startswith(self._head + _digest(body)) and not len(body) % _ROW.itemsize
        rows = np.frombuffer(body if whole else b"", _ROW)
        vectors = np.ascontiguousarray(rows["vector"], np.float32)
        if not np.allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-3):
            return {}
        return dict(zip((key.tobytes() for key in rows["key"]), vectors, strict=True))

    def _write(self) -> None:
        rows = np.zeros(len(self._known), _ROW)
        rows["key"] = np.frombuffer(b"".join(self._known), f"V{_KEY}")
        rows["vector"] = np.stack(list(self._known.values()))
        body = rows.tobytes()
        try:
            handle, name = tempfile.mkstemp(dir=self._file.parent, prefix=f"{self._file.name}.")
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(self._head + _digest(body) + body)
                os.replace(name, self._file)
            except BaseException:
                os.unlink(name)
                raise
        except OSError as error:
            log.info("The vectors of the tools' phrases are not kept: %s", type(error).__name__)


def _digest(data: bytes) -> bytes:
    # Here, because it brings OpenSSL's library, and a look at the installed plugins digests nothing.
    import hashlib

    return hashlib.sha256(data).digest()
