"""Private data and addresses that the model chose: where a tool would go, and when the user is asked before.

A page or a mail can talk a model into reading a mailbox and then opening an address with what it found. No wording in a
prompt stops that for sure, so this does not ask the model anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import unquote

from odai_core.plugins.catalog import Entry
from odai_core.text import prompts

MAX_ADDRESS = 8192
"""Characters; a longer one is not read, so it is asked about."""

_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
# Only what every parser reads in the same way: no user names, no backslashes, no host with letters beyond ASCII.
_ADDRESS = re.compile(
    rf"(?:https?://)?(?P<host>{_LABEL}(?:\.{_LABEL})+)\.?(?::[0-9]{{1,5}})?(?P<rest>[/?#][^\s\\\x00-\x20\x7f]*)?",
    re.ASCII | re.IGNORECASE,
)
_INNER = re.compile(r"//+([^/?#&\s]*)")
_AROUND = ".,;:!?'\"<>()[]{}*_`~…“”„‘’«»。，、！？（）「」"
"""What surrounds an address in a sentence and is no part of it."""


def question(title: str, given: Mapping[str, Any], items: Sequence[Any], entries: Mapping[str, Entry]) -> str:
    """What the user is asked before the tool of this title is given these arguments; "" when it may run unasked.

    `items` are the chat so far, this turn included; `entries` are the connectors by the names of their tools.
    """
    sources = _private_sources(items, entries)
    if not sources:
        return ""
    said = [text.lower() for text in _prompts(items)]
    texts = list(_texts(given))
    # Without a single text there is nothing that the user can have named.
    hosts = [host for text in texts for host in _hosts(text)] or [None]
    strangers = list(dict.fromkeys(host for host in hosts if host is None or not _named(host, said)))
    if not strangers:
        return ""
    return prompts.outward_question(title, [host for host in strangers if host], None in strangers, sources)


def _private_sources(items: Iterable[Any], entries: Mapping[str, Entry]) -> list[str]:
    """The titles of the connectors with a user's account whose tools were called."""
    called = dict.fromkeys(item.get("name") for item in items if item.get("type") == "function_call")
    plugins = [entries[name].plugin for name in called if name in entries]
    return list(dict.fromkeys(str(plugin.title) for plugin in plugins if plugin and getattr(plugin, "account", None)))


def _prompts(items: Iterable[Any]) -> Iterator[str]:
    return (str(item.get("content", "")) for item in items if item.get("role") == "user")


def _texts(value: Any) -> Iterator[str]:
    """The texts among a tool's arguments: plain ones, and those in lists; more a schema cannot have."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list | tuple):
        for inner in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(inner)


def _hosts(text: str) -> list[str | None]:
    """Where an address leads, and the addresses in it, for the first host may hand them on; None for what is none."""
    read = _read(text)
    if read is None:
        return [None]
    inner = [_read(match[1]) for match in _INNER.finditer(unquote(read["rest"] or ""))]
    return [one["host"].lower() if one else None for one in (read, *inner)]


def _read(text: str) -> re.Match[str] | None:
    return _ADDRESS.fullmatch(text) if len(text) <= MAX_ADDRESS else None


def _named(host: str, said: Iterable[str]) -> bool:
    """It stands in the user's own words as the host of an address: not inside another name, path or mail address."""
    words = (word for text in said if host in text for word in text.split() if host in word)
    return any((read := _read(word.strip(_AROUND))) is not None and read["host"] == host for word in words)
