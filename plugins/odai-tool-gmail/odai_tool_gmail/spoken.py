"""What is said and shown of mails, made from the data."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from odai_core import speech
from odai_tool_gmail.reading import Mail

_ORDINALS = ("First", "Second", "Third")


def listed(mails: Sequence[Mail], what: str, zone: ZoneInfo) -> str:
    """How many, and the first three with who, what and when. `what`: "new mail in your inbox"."""
    noun, _, rest = what.partition("mail")
    opening = f"I found {speech.count(len(mails), f'{noun}mail')}{rest}."
    told = [described(mail, zone) for mail in mails[:3]]
    if len(told) == 1:
        return speech.fit(f"{opening[:-1]}: {told[0]}.")
    return speech.fit(*(_enumerated(opening, told[:number]) for number in (3, 2, 1)))


def described(mail: Mail, zone: ZoneInfo) -> str:
    """Like this: "Jo Smith about Lunch, today at nine twelve AM"."""
    sender = speech.clean(mail.sender.partition("@")[0], 40).rstrip(".") or "somebody"
    subject = speech.clean(mail.subject, 60).rstrip(".?! ")
    when = ""
    if mail.at is not None:
        when = f", {speech.day(mail.at.date(), datetime.now(zone).date())} at {speech.clock(mail.at)}"
    return f"{sender} {f'about {subject}' if subject else 'without a subject'}{when}"


def wanted(recipients: int, subject: str, *, answer: bool = False) -> str:
    """Whether it is meant."""
    return f"Shall I send {_mail(subject, answer)} to {speech.count(recipients, 'person', 'people')}?"


def sent(recipients: int, subject: str, *, answer: bool = False) -> str:
    """That a mail is on its way."""
    what = _mail(subject, answer)
    return f"{what[:1].upper()}{what[1:]} is on its way to {speech.count(recipients, 'person', 'people')}."


def shown(mail: Mail) -> dict[str, Any]:
    """A mail as the screen and a text model get it."""
    card: dict[str, Any] = {
        "id": mail.id,
        "thread_id": mail.thread_id,
        "message_id": mail.message_id,
        "from": {"name": mail.sender, "email": mail.address},
        "to": mail.to,
        "subject": mail.subject,
        "date": mail.at.isoformat(timespec="seconds") if mail.at else "",
        "unread": mail.unread,
        "body": mail.text,
        "truncated": mail.cut,
        "attachments": [{"name": one.name, "type": one.kind, "size": one.size} for one in mail.attachments],
    }
    return {name: value for name, value in card.items() if value not in ("", [], None)}


def _mail(subject: str, answer: bool) -> str:
    about = speech.clean(subject, 80).rstrip(".?! ")
    return f"your {'answer' if answer else 'mail'}{f' about {about}' if about else ''}"


def _enumerated(opening: str, told: Sequence[str]) -> str:
    return " ".join([opening, *(f"{nth}, {said}." for nth, said in zip(_ORDINALS, told, strict=False))])
