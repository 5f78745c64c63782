"""Logging of the server: readable on a terminal, one line per record elsewhere, secrets never."""

from __future__ import annotations

import logging
import re
import sys

LEVELS = ("debug", "info", "warning", "error")
_TOKENS = re.compile(
    r"((?:\b|[?&_])(?:token|key|api_?key|apikey|access_token|secret|ticket|password|signature|sig)=)[^\s&\"'<>]+", re.I
)
_CONTROLS = dict.fromkeys([*range(9), *range(11, 32), *range(127, 160)], "?")
"""All but tab and line feed: a stranger's words must not move the operator's cursor."""
_SIGNED = re.compile(r"\beyJ[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_.-]+")
"""Our tokens and everybody's JWTs: base64 of JSON, wherever it stands."""
_BEARER = re.compile(r"(\bBearer\s+|odai\.token\.)[A-Za-z0-9._~+/=-]+", re.I)


def redact(text: str) -> str:
    """Take the values of tokens and keys out of URLs and headers."""
    return _SIGNED.sub("[hidden]", _BEARER.sub(r"\1[hidden]", _TOKENS.sub(r"\1[hidden]", text)))


class Redacting(logging.Formatter):
    """Formats the whole record, traceback and all, then redacts it and takes control characters out."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record)).translate(_CONTROLS)


def set_up(level: str) -> None:
    """Log to stderr: ours at `level`, everybody else's from warning up, whose debug output holds callers' data."""
    handler: logging.Handler
    if sys.stderr.isatty():
        from rich.highlighter import NullHighlighter
        from rich.logging import RichHandler

        from odai_core.cli.output import console

        handler = RichHandler(
            console=console(error=True), highlighter=NullHighlighter(), show_path=False, log_time_format="%H:%M:%S"
        )
        handler.setFormatter(Redacting("%(message)s"))
    else:
        handler = logging.StreamHandler()
        handler.setFormatter(Redacting("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("odai").setLevel(level.upper())
    if level != "debug":
        # Its one line at INFO is the address, which the welcome has said.
        logging.getLogger("odai.hypercorn").setLevel(logging.WARNING)
