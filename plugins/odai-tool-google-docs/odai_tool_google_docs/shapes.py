"""What Google Drive and Docs answer, as far as we use it. A field that may be missing or null has a default."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any

from msgspec import Struct, ValidationError, convert

_ID = re.compile(r"[A-Za-z0-9_-]{8,200}")


class File(Struct, frozen=True):
    id: str
    name: str | None = None
    mimeType: str | None = None
    webViewLink: str | None = None
    modifiedTime: str | None = None

    @property
    def usable(self) -> bool:
        """Its id is one."""
        return _ID.fullmatch(self.id) is not None


class Files(Struct, frozen=True):
    files: list[Any]

    def readable(self) -> list[File]:
        """Those that are files as we know them; an odd one spoils no other."""
        found = []
        for item in self.files:
            with suppress(ValidationError):
                found.append(convert(item, File, strict=False))
        return [file for file in found if file.usable]


class Element(Struct, frozen=True):
    endIndex: int | None = None


class Body(Struct, frozen=True):
    content: list[Element] | None = None


class Document(Struct, frozen=True):
    revisionId: str
    body: Body

    @property
    def empty(self) -> bool:
        """It holds nothing but the line break every document ends with."""
        return max((element.endIndex or 0 for element in self.body.content or ()), default=0) <= 2
