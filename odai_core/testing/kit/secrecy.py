"""The standard test of secrets: a key goes to its service and nowhere else."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import traceback
import warnings
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from urllib.parse import quote

from odai_core.testing.kit.linked import CONDITIONS
from odai_core.testing.kit.session import Ran, Session, session
from odai_core.testing.kit.standard import standard
from odai_core.testing.kit.subject import NotApplicable, Subject
from odai_core.tools.compact import for_model


@standard(per="tool")
async def test_secrets_stay_secret(subject: Subject, tool: str) -> None:
    """On good and bad days the key, or the account's token, is in no log record, print, repr, exception or answer."""
    if not (any(setting.secret for setting in subject.plugin.settings) or subject.plugin.account):
        raise NotApplicable("it has no key")
    written = _Records()
    async with session(subject) as opened:
        with _listening(written):
            for place, text in [one async for one in _told(opened, subject, tool)]:
                _without(subject, tool, place, text)
    for record in written.records:
        whole = f"{record.getMessage()} {record.__dict__!r}"
        _without(subject, tool, f"a log record of {record.name}", whole)
        assert subject.label not in whole, f"{tool} logs whose account it is ({record.name})"
    _without(subject, tool, "what it printed", written.printed.getvalue())


async def _told(opened: Session, subject: Subject, tool: str) -> AsyncIterator[tuple[str, str]]:
    """(place, text) of everything a run leaves behind: live, with a refused key, failing, unreachable."""
    for fault in ("", "401", "429", "500", "garbage", "truncated", "unreachable"):
        subject.server.forget()
        for service in subject.used if fault.isalnum() and fault != "unreachable" else ():
            subject.server.fail(service, fault, always=True)  # type: ignore[arg-type]
        ran = await opened.run(tool, subject.happy[tool][0], reach=fault != "unreachable")
        for place, text in _left_by(ran):
            yield f"{place} ({fault or 'live'})", text
    subject.server.forget()
    for condition in CONDITIONS if subject.plugin.account else ():
        ran = await opened.run(tool, subject.happy[tool][0], account=subject.linked(condition))
        for place, text in _left_by(ran):
            yield f"{place} ({condition})", text
    yield "the plugin's repr", repr(subject.plugin)


def _left_by(ran: Ran) -> Iterator[tuple[str, str]]:
    yield "the answer", json.dumps(ran.response.to_wire(), ensure_ascii=False)
    yield "what a voice model gets", for_model(ran.response)
    yield "the spoken sentence", ran.said
    yield "the result's repr", repr(ran.raw)
    if isinstance(ran.raw, BaseException):
        yield "the exception", "".join(traceback.format_exception(ran.raw))
        yield "the exception's attributes", _chain(ran.raw)


def _chain(error: BaseException) -> str:
    """The values kept by an exception and by those it came from."""
    said, seen = [], set[int]()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        said.append(f"{error!r} {vars(error)!r} {error.args!r}")
        error = error.__cause__ or error.__context__  # type: ignore[assignment]
    return " ".join(said)


class _Records(logging.Handler):
    """Keeps every log record, whatever its level."""

    def __init__(self) -> None:
        super().__init__(logging.NOTSET)
        self.records: list[logging.LogRecord] = []
        self.printed = io.StringIO()

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@contextmanager
def _listening(written: _Records) -> Iterator[None]:
    root = logging.getLogger()
    level = root.level
    root.addHandler(written)
    root.setLevel(logging.DEBUG)
    try:
        with (
            contextlib.redirect_stdout(written.printed),
            contextlib.redirect_stderr(written.printed),
            warnings.catch_warnings(),
        ):
            warnings.simplefilter("always")
            yield
    finally:
        root.setLevel(level)
        root.removeHandler(written)


def _without(subject: Subject, tool: str, place: str, text: str) -> None:
    key = subject.standin.key
    # Base64 of "key:" as HTTP Basic sends it; the last character depends on what follows.
    for form in (key, quote(key), b64encode(f"{key}:".encode()).decode().rstrip("=")[:-1]):
        assert form not in text, f"{tool} gives its key away in {place}"
