"""What is in a mail: who, what, when, its text and the names of what is attached."""

from __future__ import annotations

import html
import re
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from odai_tool_gmail import markup
from odai_tool_gmail.shapes import Message, Part

MOST_TEXT = 2000
"""Characters of one mail's text."""
MOST_DATA = 400_000
"""Characters of base64 of one part."""
MOST_PARTS = 100
MOST_DEPTH = 20
MOST_ATTACHMENTS = 20
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w-]{1,40})", re.IGNORECASE)
# The ones mails have, and none that takes long or is not for text.
_KNOWN = re.compile(
    r"(?:us-)?ascii|utf-?(?:8|16|16le|16be)|iso-?8859-\d{1,2}|latin-?1|windows-125\d|cp125\d|koi8-[ru]|gb2312|gbk|gb18030|"
    r"big5|shift_jis|euc-(?:jp|kr)|iso-2022-jp",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Attachment:
    """Named, never fetched."""

    name: str
    kind: str
    size: int


@dataclass(frozen=True)
class Mail:
    """A mail as it is shown."""

    id: str
    thread_id: str
    message_id: str
    """Of RFC 5322, for answers; "" when it has none that can be used."""
    sender: str
    """A name, or the address where there is none."""
    address: str
    to: str
    subject: str
    at: datetime | None
    unread: bool
    text: str
    cut: bool
    """There is more of the text."""
    attachments: tuple[Attachment, ...]


def read(message: Message, zone: ZoneInfo) -> Mail:
    """A message of Gmail's. Nothing in it can make this raise, or take long."""
    # Most of what this module would take to import; the server has it long before.
    from email.utils import parseaddr

    name, address = parseaddr(decoded(message.header("From"))[:500])
    text = _text(message)
    return Mail(
        id=message.id,
        thread_id=message.threadId or message.id,
        message_id=message_id(message.header("Message-ID")),
        sender=line(name, 80) or line(address, 120),
        address=line(address, 254),
        to=line(decoded(message.header("To")), 300),
        subject=line(decoded(message.header("Subject")), 300),
        at=_moment(message.internalDate, zone),
        unread="UNREAD" in (message.labelIds or ()),
        text=text[:MOST_TEXT],
        cut=len(text) > MOST_TEXT,
        attachments=tuple(_attachments(message))[:MOST_ATTACHMENTS],
    )


def message_id(text: str) -> str:
    """Like "<abc@mail>", or "" when it is not one."""
    found = re.fullmatch(r"\s*<?([!-;=?-~]{1,400}@[!-;=?-~]{1,400})>?\s*", text)
    return f"<{found[1]}>" if found else ""


def decoded(text: str) -> str:
    """A header with its encoded words read; as it stands where that cannot be done."""
    text = text[:2000]
    if "=?" not in text:
        return text
    from email.errors import HeaderParseError
    from email.header import decode_header, make_header

    try:
        return str(make_header(decode_header(text)))
    except (LookupError, ValueError, HeaderParseError):
        return text


def line(text: str, limit: int) -> str:
    """One line without control characters."""
    return " ".join("".join(one if one.isprintable() else " " for one in text[: 4 * limit]).split())[:limit]


def _text(message: Message) -> str:
    """The first plain text that says something, else the first HTML, else Gmail's own beginning of it."""
    parts = [part for part in _parts(message.payload) if not part.filename and part.body and part.body.data]
    for kind, make in (("text/plain", str), ("text/html", markup.plain)):
        for part in parts:
            if (part.mimeType or "").lower() == kind:
                text = _tidy(make(_content(part))[: 10 * MOST_TEXT])
                if text:
                    return text
    return _tidy(html.unescape((message.snippet or "")[:1000]))


def _parts(root: Part | None) -> Iterator[Part]:
    """Every part in reading order, as far as anybody would look; not those of a mail that is attached."""
    waiting = [(root, 0)] if root else []
    for _ in range(MOST_PARTS):
        if not waiting:
            return
        part, depth = waiting.pop()
        yield part
        if depth < MOST_DEPTH and not (part.mimeType or "").lower().startswith("message/"):
            waiting += [(inner, depth + 1) for inner in reversed((part.parts or [])[:MOST_PARTS])]


def _content(part: Part) -> str:
    """Gmail has most texts in UTF-8, whatever their header says; the others are in what it says."""
    data = re.sub(r"[^A-Za-z0-9_+/-]", "", (part.body.data or "")[:MOST_DATA] if part.body else "")
    # One letter alone, left at the end, is less than a byte.
    data = data[:-1] if len(data) % 4 == 1 else data
    content = urlsafe_b64decode(data + "=" * (-len(data) % 4))
    named = _CHARSET.search(part.header("Content-Type"))
    charset = named[1] if named and _KNOWN.fullmatch(named[1]) else "windows-1252"
    if charset.lower().startswith("iso-2022") and b"\x1b" in content:
        # All of its bytes would be good UTF-8.
        return content.decode(charset, "replace")
    try:
        # What was cut may end in the middle of a character.
        return content.decode("utf-8") if len(data) < MOST_DATA else content.decode("utf-8", "ignore")
    except UnicodeDecodeError:
        return content.decode(charset, "replace")


def _tidy(text: str) -> str:
    """Lines without control characters or spaces at their ends, at most one empty line between them."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    shown = ("".join(one for one in each if one.isprintable() or one == "\t").strip() for each in lines)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(shown)).strip()


def _attachments(message: Message) -> Iterator[Attachment]:
    for part in _parts(message.payload):
        if part.filename:
            size = part.body.size if part.body and part.body.size else 0
            yield Attachment(line(part.filename, 120) or "unnamed", line(part.mimeType or "", 80), max(size, 0))


def _moment(milliseconds: str | None, zone: ZoneInfo) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(milliseconds or "") / 1000, UTC).astimezone(zone)
    except (ValueError, OverflowError, OSError):
        return None
