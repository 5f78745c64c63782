"""A tool's answer as a part of a chat's answer: the sentence, then the data, or kindly why there is none."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from odai_model_local.brain.spec import ToolSpec
from odai_model_local.brain.types import as_dict
from odai_model_local.text.digits import with_digits
from odai_model_local.text.fields import facts, heading, hidden, is_map, is_rows, key_of, link_of, name_key
from odai_model_local.text.markdown import escaped, line, link, scalar
from odai_model_local.text.tables import several

MAX_OUTPUT = 2_000_000
"""Characters of a tool's answer that are read."""
MAX_FACTS = 20
MAX_LISTS = 4
MAX_PARAGRAPHS = 6
SAMPLE: Final = "*This is sample data, not live.*"
_FAILED: Final = "Sorry, that didn't work. Please try again in a moment."
_NOTHING: Final = "I couldn't find anything."
_SETTLED: Final = {
    "declined": "All right, I left it as it is.",
    "expired": "I had no answer to my question in time, so I left it as it is. Ask me again when you are ready.",
}
_LONG_TEXT = 300
_TELLING = 30
"""Characters from which a text that was said already is not said again."""
_LISTED = re.compile(r"\b(?:First|Second|Third), ")


@dataclass(frozen=True)
class Found:
    """What a tool said."""

    ok: bool
    spoken: str = ""
    data: Any = None
    sample: bool = False
    error: str = ""


def read(output: Any) -> Found:
    """Any output, leniently: `{"ok", "spoken", "data"?, "sample"?, "error"?}` is what it should be."""
    text = output if isinstance(output, str) else json.dumps(output, default=str)
    try:
        body = json.loads(text) if len(text) <= MAX_OUTPUT else None
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        return Found(False, error="unreadable")
    response = body.get("data", body.get("response"))
    kind = str(body.get("response_type") or "")
    error = body.get("error") or (kind if kind in ("error", "account_needed") else "")
    code = as_dict(error).get("code") or as_dict(response if kind == "error" else None).get("code") or error
    ok = body.get("ok") is not False and not error
    spoken = body.get("spoken") if isinstance(body.get("spoken"), str) else ""
    return Found(ok, str(spoken or ""), response if ok else None, body.get("sample") is True, "" if ok else str(code))


def section(found: Found, spec: ToolSpec | None, *, titled: bool = False) -> str:
    """The Markdown of one answer. `titled`: there are several, so each says what it is about."""
    title = [f"### {escaped(spec.title or spec.name, 60)}", ""] if titled and spec is not None else []
    if not found.ok:
        return "\n".join([*title, _SETTLED.get(found.error) or _lead(found.spoken, False) or _FAILED])
    body = blocks(found.data, line(found.spoken, 600))
    lead = _lead(found.spoken, bool(body)) or ("" if body else _NOTHING)
    return "\n\n".join(part for part in ("\n".join(title).strip(), lead, *body) if part)


def _lead(spoken: str, more: bool) -> str:
    """The sentence, for the eye. An enumeration for the ear stops where the table says the same."""
    text = with_digits(line(spoken, 600))
    listed = _LISTED.search(text)
    if more and listed is not None and text[: listed.start()].strip():
        text = text[: listed.start()].rstrip(" ,;:.") + ":"
    return escaped(text, 600)


def blocks(data: Any, told: str = "") -> list[str]:
    """Paragraphs, lists and tables for any data; empty for none. What is `told` already is left out."""
    if isinstance(data, str):
        return _prose(data)
    if isinstance(data, list):
        if len(data) == 1 and isinstance(data[0], Mapping):
            return blocks(data[0], told)
        objects = [row for row in data if isinstance(row, Mapping)]
        plain = [f"- {text}" for entry in data[:MAX_FACTS] if (text := scalar("", entry))]
        return ["\n".join(several(objects))] if objects else ["\n".join(plain)] if plain else []
    return _object(data, told) if isinstance(data, Mapping) and data else []


def _object(thing: Mapping[str, Any], already: str) -> list[str]:
    parts: list[str] = []
    name, where = name_key(thing), link_of(thing)
    longs = [key for key, value in thing.items() if _is_long(key, value)]
    short = {key: value for key, value in thing.items() if key not in longs and not (name == key and where)}
    told = [f"- {label}: {text}" for label, text in _unique(facts(short)) if not _said_in(text, already)][:MAX_FACTS]
    if where:
        told.insert(0, f"- {link(thing[name] if name and name not in longs else where, where)}")
    if told:
        parts.append("\n".join(told))
    parts += [paragraph for key in longs[:2] for paragraph in _prose(str(thing[key]))]
    return parts + _lists(thing)


def _said_in(text: str, already: str) -> bool:
    return len(text) > _TELLING and text.rstrip("….") in escaped(already, 600)


def _is_long(key: str, value: Any) -> bool:
    return isinstance(value, str) and (len(value) > _LONG_TEXT or "\n\n" in value) and not hidden(key)


def _unique(pairs: Any) -> list[tuple[str, str]]:
    """Each heading and each value once."""
    seen: set[str] = set()
    kept = []
    for label, text in pairs:
        if label not in seen and text not in seen:
            seen |= {label, text}
            kept.append((label, text))
    return kept


def _lists(thing: Mapping[str, Any]) -> list[str]:
    """The lists of things inside, and maps with many numbers, each under its name when there are several."""
    found: list[tuple[str, list[str]]] = []
    for key, rows in _rows_in(thing, 0):
        lines = several(rows)
        if lines:
            found.append((key, lines))
    parts = []
    for key, lines in found[:MAX_LISTS]:
        parts += [f"**{heading(key)}**", "\n".join(lines)] if len(found) > 1 else ["\n".join(lines)]
    return parts


def _rows_in(thing: Mapping[str, Any], depth: int) -> list[tuple[str, Sequence[Any]]]:
    out: list[tuple[str, Sequence[Any]]] = []
    for key, value in thing.items():
        if is_rows(value):
            out.append((key, value))
        elif isinstance(value, list) and len(value) == 1 and isinstance(value[0], Mapping) and depth < 2:
            out += _rows_in(value[0], depth + 1)
        elif isinstance(value, Mapping) and depth < 2:
            if is_map(value):
                out.append((key, [{"name": inner, key_of(key).rstrip("s"): amount} for inner, amount in value.items()]))
            else:
                out += _rows_in(value, depth + 1)
    return out


def _prose(text: str) -> list[str]:
    """A stranger's text as a quotation: its first paragraphs, none of its markup."""
    paragraphs = [escaped(part, 500) for part in re.split(r"\n\s*\n", text[:20_000]) if part.strip()]
    shown = [f"> {part}" for part in paragraphs[:MAX_PARAGRAPHS] if part]
    return ["\n>\n".join(shown) + ("\n>\n> …" if len(paragraphs) > MAX_PARAGRAPHS else "")] if shown else []
