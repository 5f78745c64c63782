"""A mailbox for demo mode, of the last two days."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

import msgspec

from odai_core import ToolError
from odai_tool_gmail.reading import Attachment, Mail


class Sample(msgspec.Struct, frozen=True):
    id: str
    name: str
    email: str
    subject: str
    hours: int
    """Since it came."""
    unread: bool
    body: str
    attachments: list[Attachment] = []


class Samples(msgspec.Struct, frozen=True):
    mails: list[Sample]


def inbox(zone: ZoneInfo, *, unread: bool) -> list[Mail]:
    """All of them, or the unread ones."""
    return [_mail(sample, zone) for sample in _samples() if sample.unread or not unread]


def search(query: str, zone: ZoneInfo) -> list[Mail]:
    """Those with all the words, and what of Gmail's search syntax samples can know."""
    terms = re.findall(r"(\w+):\"?([^\s\"()]+)", query.casefold())
    plain = re.sub(r"\w+:\S+", " ", query.casefold())
    words = [word for word in re.findall(r"\w+", plain) if len(word) > 2 and word not in _EMPTY]
    return [
        _mail(sample, zone)
        for sample in _samples()
        if all(_knows(sample, *term) for term in terms) and all(word in _words(sample) for word in words)
    ]


def thread(reply_to: str, thread_id: str) -> Sample:
    """The sample mail that is answered."""
    for sample in _samples():
        if thread_id == sample.id and sample.id in reply_to:
            return sample
    raise ToolError("not_found", "I couldn't find the mail you want to answer.")


def _knows(sample: Sample, name: str, value: str) -> bool:
    told = {
        "from": value in f"{sample.name} {sample.email}".casefold(),
        "subject": value in sample.subject.casefold(),
        "is": value != "unread" or sample.unread,
        "has": value != "attachment" or bool(sample.attachments),
    }
    return told.get(name, True)


def _words(sample: Sample) -> str:
    return f"{sample.name} {sample.email} {sample.subject} {sample.body}".casefold()


@cache
def _samples() -> list[Sample]:
    return msgspec.json.decode(files(__package__).joinpath("samples.json").read_bytes(), type=Samples).mails


def _mail(sample: Sample, zone: ZoneInfo) -> Mail:
    return Mail(
        id=sample.id, thread_id=sample.id, message_id=f"<{sample.id}@mail.example>", sender=sample.name,
        address=sample.email, to="me@example.com", subject=sample.subject,
        at=datetime.now(zone) - timedelta(hours=sample.hours), unread=sample.unread, text=sample.body, cut=False,
        attachments=tuple(sample.attachments),
    )  # fmt: skip


_EMPTY = {"mail", "mails", "email", "emails", "about", "the", "with", "for", "and", "from", "any", "all"}
