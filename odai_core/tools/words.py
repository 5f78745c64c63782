"""Text made fit for the ear: no address, no markup, no more than a breath."""

from __future__ import annotations

import html
import re

MAX_SPOKEN = 300
"""Characters of one spoken answer."""

# Nothing longer is looked at, so that no upstream text can keep the patterns busy.
_LOOKED_AT = 4 * MAX_SPOKEN
_LINK = re.compile(r"!?\[([^\[\]]{0,200})\]\([^()\s]{0,500}\)")
_ADDRESS = re.compile(r"(?:https?|ftp)://\S*|\bwww\.\S+", re.IGNORECASE)
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,300}>")
_LIST = re.compile(r"^[ \t]*(?:[-*•+]|#{1,6})[ \t]+", re.MULTILINE)
_HASH_NUMBER = re.compile(r"#(?=\d)")
_MARKS = re.compile(
    r"[*`~|<>{}\[\]\\_^#]|[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
_SENTENCE_END = re.compile(r"[.!?](?=\s)")


def clean_spoken(text: object) -> str:
    """At most 300 speakable characters of `text`, ending on a sentence or a word; "" for what is not text."""
    if not isinstance(text, str):
        return ""
    text = html.unescape(text[:_LOOKED_AT])
    text = _LIST.sub("", _LINK.sub(r"\1", text))
    text = _TAG.sub(" ", _ADDRESS.sub(" ", text))
    text = _MARKS.sub(" ", _HASH_NUMBER.sub("number ", text))
    text = re.sub(r"\s+([,.;:!?])", r"\1", " ".join(text.split()))
    return cut(text, MAX_SPOKEN)


def cut(text: str, limit: int) -> str:
    """`text` itself, or its longest part within `limit` that ends a sentence, else a word."""
    if len(text) <= limit:
        return text
    sentences = [match.end() for match in _SENTENCE_END.finditer(text, 0, limit + 1) if match.end() <= limit]
    if sentences and sentences[-1] >= limit // 2:
        return text[: sentences[-1]]
    head = text[:limit]
    words = head.rpartition(" ")[0]
    return (words if len(words) >= limit // 2 else head[: limit - 1]).rstrip(" ,;:-") + "."
