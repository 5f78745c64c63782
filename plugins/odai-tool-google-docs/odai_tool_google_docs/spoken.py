"""What is said of files, made from the data."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from odai_core import speech
from odai_tool_google_docs.shapes import File

KINDS = {
    "application/vnd.google-apps.document": "document",
    "application/vnd.google-apps.spreadsheet": "spreadsheet",
    "application/vnd.google-apps.presentation": "presentation",
    "application/vnd.google-apps.folder": "folder",
    "application/pdf": "PDF",
}
_ORDINALS = ("First", "Second", "Third")


def found(files: Sequence[File], query: str, zone: str) -> str:
    """The first three, with what they are and when they were changed."""
    opening = f"I found {speech.count(len(files), 'file')} about {speech.clean(query, 40).rstrip('.')}."
    told = [described(file, zone) for file in files[:3]]
    if len(told) == 1:
        return speech.fit(f"{opening[:-1]}: {told[0]}.")
    return speech.fit(*(_enumerated(opening, told[:number]) for number in (3, 2, 1)))


def described(file: File, zone: str) -> str:
    """Like this: "Cash flow 2026, a spreadsheet changed yesterday"."""
    changed = _changed(file, zone)
    return f"{name(file)}, a {kind(file)}{f' changed {changed}' if changed else ''}"


def name(file: File) -> str:
    """Its name as it can be said."""
    return speech.clean(file.name, 60).rstrip(".") or "one without a name"


def kind(file: File) -> str:
    """What it is, in a word."""
    return KINDS.get(file.mimeType or "", "file")


def wanted(title: str, empty: bool) -> str:
    """Whether it is meant."""
    said = speech.clean(title, 80).rstrip(".") or "this"
    return f"Shall I save {said} as {'an empty' if empty else 'a new'} document in your Google Drive?"


def saved(title: str, empty: bool) -> str:
    """That a document is there now."""
    said = speech.clean(title, 80).rstrip(".") or "Your text"
    return f"{said} is in your Google Drive now, as {'an empty' if empty else 'a'} document."


def _changed(file: File, zone: str) -> str:
    try:
        moment = datetime.fromisoformat(file.modifiedTime or "")
        local = speech.local(moment.replace(tzinfo=moment.tzinfo or UTC), zone)
        return speech.day(local.date(), speech.local(datetime.now(UTC), zone).date())
    except (ValueError, OverflowError):
        return ""


def _enumerated(opening: str, told: Sequence[str]) -> str:
    return " ".join([opening, *(f"{nth}, {said}." for nth, said in zip(_ORDINALS, told, strict=False))])
