"""Mails as they go out: every address checked, no header of anybody else's making, one mark for one action."""

from __future__ import annotations

import hashlib
import re
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass

from odai_core import ToolError
from odai_tool_gmail.shapes import Message

MARK = "X-ODAI-Write"
"""The header that names the confirmed action. Gmail replaces the Message-ID of a mail, and keeps this one."""
MOST_RECIPIENTS = 50
MOST_BODY = 100_000
"""Characters."""
MOST_REFERENCES = 20
ADDRESS = re.compile(
    r"(?=.{3,254}\Z)[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+){0,20}"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.){1,8}[A-Za-z]{2,63}"
)
_AGAIN = re.compile(r"^(?:\s*(?:re|aw|sv|antw)\s*:)+\s*", re.IGNORECASE)
_REFERENCE = re.compile(r"<[!-;=?-~]{3,500}>")
LONGEST_LINE = 900
"""Bytes of a header's line; RFC 5322 allows 998. Ids are long, and what is folded inside of one is no id any more."""


@dataclass(frozen=True)
class Draft:
    """A mail that the user has approved, checked."""

    name: str
    """Of the sender, as the recipients see it."""
    to: tuple[str, ...]
    cc: tuple[str, ...]
    bcc: tuple[str, ...]
    subject: str
    body: str
    mark: str

    @property
    def everybody(self) -> tuple[str, ...]:
        return (*self.to, *self.cc, *self.bcc)


def draft(
    name: str, to: Sequence[str], cc: Sequence[str], bcc: Sequence[str], subject: str, body: str, write_id: str
) -> Draft:
    """Raises ToolError for anything that cannot be sent as it was said."""
    taken: set[str] = set()
    first, copies, hidden = (_addresses(one, taken) for one in (to, cc, bcc))
    if not first:
        raise ToolError("bad_request", "Who should get the mail? I need an e-mail address.")
    if len(taken) > MOST_RECIPIENTS:
        raise ToolError("bad_request", "Those are too many people for one mail.")
    if len(body) > MOST_BODY:
        raise ToolError("bad_request", "That mail is too long for me to send.")
    if not body.strip():
        raise ToolError("bad_request", "What should the mail say?")
    mark = hashlib.sha256((write_id or secrets.token_hex(16)).encode()).hexdigest()[:32]
    return Draft(_header(name, 100), first, copies, hidden, _header(subject, 300), _body(body), mark)


def answering(draft: Draft, thread: Sequence[Message], reply_to: str) -> tuple[str, str]:
    """The subject and the References of an answer. Gmail keeps a conversation together only under its own subject."""
    answered = next(one for one in thread if is_mail(one, reply_to))
    original = _AGAIN.sub("", _flat(answered.header("Subject")))
    base = _AGAIN.sub("", draft.subject) or original
    earlier = _REFERENCE.findall(answered.header("References")) or _REFERENCE.findall(answered.header("In-Reply-To"))
    # The first one is where the conversation began; of the others the latest tell the most.
    known = list(dict.fromkeys([*earlier, reply_to]))
    kept = known if len(known) <= MOST_REFERENCES else [known[0], *known[1 - MOST_REFERENCES :]]
    return f"Re: {original if _same(base, original) else base}", " ".join(kept)


def is_mail(message: Message, message_id: str) -> bool:
    """It is the one with this Message-ID."""
    return message.header("Message-ID").strip() == message_id


def raw(draft: Draft, sender: str, *, subject: str = "", reply_to: str = "", references: str = "") -> str:
    """The whole mail as Gmail takes it: RFC 5322 in base64url."""
    # These take a while to import, and most calls send nothing.
    from email.headerregistry import Address
    from email.message import EmailMessage
    from email.policy import SMTP

    mail = EmailMessage(policy=SMTP)
    mail["From"] = Address(draft.name, addr_spec=sender)
    for name, addresses in (("To", draft.to), ("Cc", draft.cc), ("Bcc", draft.bcc)):
        if addresses:
            mail[name] = [Address(addr_spec=address) for address in addresses]
    mail["Subject"] = subject or draft.subject
    mail["Message-ID"] = message_id(draft, sender)
    mail[MARK] = draft.mark
    if reply_to:
        mail["In-Reply-To"] = reply_to
        mail["References"] = references
    mail.set_content(draft.body, cte="base64")
    return urlsafe_b64encode(mail.as_bytes(policy=SMTP.clone(max_line_length=LONGEST_LINE))).decode()


def message_id(draft: Draft, sender: str) -> str:
    """The same for the same confirmed action."""
    return f"<odai.{draft.mark}@{sender.rpartition('@')[2]}>"


def _addresses(given: Sequence[str], taken: set[str]) -> tuple[str, ...]:
    """Each address once, wherever it was given first."""
    kept = []
    for address in (one.strip() for one in given):
        if not ADDRESS.fullmatch(address):
            raise ToolError("bad_request", "I need the full e-mail address of everybody who gets the mail.")
        if address.casefold() not in taken:
            taken.add(address.casefold())
            kept.append(address)
    return tuple(kept)


def _header(text: str, limit: int) -> str:
    """Text for a header. Raises ToolError for what could end it."""
    text = text.strip()
    if not all(one.isprintable() for one in text):
        raise ToolError("bad_request", "There is a character in there that a mail can't carry. Please say it again.")
    return text[:limit]


def _flat(text: str) -> str:
    return " ".join("".join(one if one.isprintable() else " " for one in text[:500]).split())


def _same(one: str, other: str) -> bool:
    return _flat(one).casefold() == _flat(other).casefold()


def _body(text: str) -> str:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join("".join(one for one in line if one.isprintable() or one == "\t") for line in lines)
