"""What Gmail answers, as far as we use it. A field that may be missing or null has a default."""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from msgspec import Struct, ValidationError, convert

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


class Header(Struct, frozen=True):
    name: str = ""
    value: str = ""


class Body(Struct, frozen=True):
    size: int | None = 0
    data: str | None = None
    """base64url, without padding."""
    attachmentId: str | None = None


class Part(Struct, frozen=True):
    mimeType: str | None = None
    filename: str | None = None
    headers: list[Header] | None = None
    body: Body | None = None
    parts: list[Part] | None = None

    def header(self, name: str) -> str:
        """The first of that name, in whatever case; "" when there is none."""
        wanted = name.casefold()
        return next((one.value for one in self.headers or () if one.name.casefold() == wanted), "")


class Message(Struct, frozen=True):
    id: str
    threadId: str | None = None
    labelIds: list[str] | None = None
    snippet: str | None = None
    internalDate: str | None = None
    """Unix milliseconds."""
    payload: Part | None = None

    def header(self, name: str) -> str:
        """As `Part.header`, of the whole mail."""
        return self.payload.header(name) if self.payload else ""


class Found(Struct, frozen=True):
    """Of a search; without a hit there are no messages."""

    resultSizeEstimate: int
    messages: list[Any] | None = None

    def ids(self) -> list[str]:
        """Those that can be asked for."""
        return [message.id for message in readable(self.messages or ()) if _ID.fullmatch(message.id)]


class Thread(Struct, frozen=True):
    id: str
    messages: list[Any]

    def mails(self) -> list[Message]:
        """Those that are mails as we know them, the oldest first."""
        return readable(self.messages)


class Profile(Struct, frozen=True):
    emailAddress: str


class Sent(Struct, frozen=True):
    id: str
    threadId: str | None = None


def readable(items: Iterable[Any]) -> list[Message]:
    """An odd one spoils no other."""
    found = []
    for item in items:
        with suppress(ValidationError):
            found.append(convert(item, Message, strict=False))
    return found
