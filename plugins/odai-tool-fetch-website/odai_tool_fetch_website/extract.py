"""Turning a page into text, as a process of its own: `python extract.py < page`. It knows nothing of ODAI.

A page of 2 MB can keep a parser busy for seconds, and a thread that does it holds the interpreter's lock and cannot be
stopped. This can be killed, has a limit on memory, and no secret in its environment.

Standard input: one line of JSON (`{"html": true, "charset": "utf-8"}`), then the page's bytes. Standard output: JSON
(`{"title", "text", "date", "cut"}`; the date is "2026-11-22" or null, the text Markdown).
"""

from __future__ import annotations

import codecs
import html
import json
import re
import sys
from typing import Any

MAX_TEXT = 8000
"""Characters of text that are handed back."""
MAX_TITLE = 200
MAX_MEMORY = 1024 * 1024 * 1024
MAX_CPU_SECONDS = 8
BIG = 300_000
"""Characters of HTML from which on one way of reading has to do."""

# By name: Python's other codecs unpack archives, run escapes or hide markup.
_CHARSETS = re.compile(
    r"utf-?8|utf-?16(?:-?[lb]e)?|us-?ascii|iso-?8859-?\d{1,2}|latin-?1|windows-?\d{3,4}|cp\d{3,4}|koi8-?[ru]|"
    r"shift[_-]?jis|sjis|euc-?(?:jp|kr)|iso-2022-jp|gbk|gb2312|gb18030|big5(?:-?hkscs)?|tis-?620|mac(?:intosh|roman)",
    re.IGNORECASE,
)
# What browsers take these names to mean.
_MEANT = {"iso88591": "cp1252", "latin1": "cp1252", "usascii": "cp1252", "gb2312": "gb18030", "gbk": "gb18030"}
_META = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.IGNORECASE)
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_TITLE = re.compile(r"<title[^>]{0,200}>(.{0,1000}?)</title", re.IGNORECASE | re.DOTALL)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")


def decoded(body: bytes, charset: str) -> str:
    """The text, whatever the server calls its encoding; what does not fit becomes a question mark."""
    for mark, name in _MARKS:
        if body.startswith(mark):
            return body[len(mark) :].decode(name, "replace")
    declared = _META.search(body[:2048])
    for name in (charset, declared[1].decode("ascii") if declared else ""):
        known = _codec(name)
        if known:
            return body.decode(known, "replace")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        # Cut in the middle of a character, it is UTF-8 nevertheless.
        if error.start > len(body) - 4:
            return body.decode("utf-8", "replace")
    from charset_normalizer import from_bytes

    best = from_bytes(body[:20_000]).best()
    return body.decode(_codec(best.encoding.replace("_", "-")) or "cp1252" if best else "cp1252", "replace")


def extracted(page: str) -> dict[str, Any]:
    """Title, text and date of an HTML page."""
    import trafilatura

    titled = _TITLE.search(page)
    if "<html" not in page[:4096].lower():
        page = f"<html><body>{page}</body></html>"
    found: Any = trafilatura.bare_extraction(
        page,
        with_metadata=True,
        include_formatting=True,
        include_comments=False,
        fast=len(page) > BIG,
        # A guess from anywhere in the text would be told as a fact.
        date_extraction_params={"extensive_search": False, "original_date": True},
    )
    title = (found.title if found is not None else None) or (html.unescape(titled[1]) if titled else "")
    text = found.text if found is not None else None
    return handed(title, text or trafilatura.html2txt(page), found.date if found is not None else None)


def handed(title: str, text: str, date: str | None) -> dict[str, Any]:
    """Within the limits, and without characters that nobody sees."""
    title = " ".join(_CONTROL.sub("", title).split())[:MAX_TITLE]
    text = re.sub(r"\n{3,}", "\n\n", _CONTROL.sub("", text.replace("\r", ""))).strip()
    dated = date if date and re.fullmatch(r"\d{4}-\d\d-\d\d", date) else None
    return {"title": title, "text": _at_paragraph(text), "date": dated, "cut": len(text) > MAX_TEXT}


def main() -> None:
    """Read one page."""
    _limit()
    # While the page is still on its way.
    import trafilatura  # noqa: F401

    header, _, body = sys.stdin.buffer.read().partition(b"\n")
    told = json.loads(header)
    page = decoded(body, told["charset"])
    found = extracted(page) if told["html"] else handed("", page, None)
    sys.stdout.write(json.dumps(found))


def _codec(name: str) -> str:
    """Python's name of a charset that pages may use, or ""."""
    plain = re.sub(r"[^a-z0-9]", "", name.lower())
    if not _CHARSETS.fullmatch(name):
        return ""
    try:
        return codecs.lookup(_MEANT.get(plain, name)).name
    except LookupError:
        return ""


def _at_paragraph(text: str) -> str:
    if len(text) <= MAX_TEXT:
        return text
    end = text.rfind("\n\n", MAX_TEXT // 2, MAX_TEXT)
    return text[: end if end > 0 else MAX_TEXT].rstrip()


def _limit() -> None:
    """Where the system knows limits."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_CPU_SECONDS, MAX_CPU_SECONDS))


if __name__ == "__main__":
    main()
