"""Titles and suggested prompts without a model that writes: from the first prompt and the connectors' examples."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from itertools import chain, islice, zip_longest

from odai_core.contract import ToolPlugin
from odai_core.plugins.catalog import Entry
from odai_core.text.events import SuggestedPrompt

LONGEST = 35
"""Characters of a suggested prompt."""
MOST = 3
_OF_ONE = 2
"""How many of them are about what was just used, when other connectors have some too."""
MAX_TITLE = 48
"""Characters of a title."""

_MARK = re.compile(r"\{[^{}:]*:([^{}]*)\}")
_SHORTEST = 4
"""Letters of a word that tells what a connector is about."""


def plain_title(prompt: str) -> str:
    """The prompt's first words, without what stands around them."""
    words = " ".join(prompt.split()).strip(" \"'`*_#>-.,;:!?")
    if len(words) > MAX_TITLE:
        words = f"{words[:MAX_TITLE].rpartition(' ')[0] or words[:MAX_TITLE]}…"
    return words[:1].upper() + words[1:]


def from_examples(entries: Sequence[Entry], called: Set[str], asked: Iterable[str]) -> tuple[SuggestedPrompt, ...]:
    """At most three short things to ask, none of which was `asked` in the chat before.

    First of the connectors whose tools were `called`: their other tools, then the same with other values. Then one of
    each other connector, those about the same things first. Everything else being equal, in the order of `entries`.
    """
    used = [entry for entry in entries if any(spec.name in called for spec in entry.specs)]
    others = sorted((entry for entry in entries if entry not in used), key=_likeness(entries, used))
    taken = {_bare(text) for text in asked}
    own = _fitting(chain.from_iterable(_examples(entry, called) for entry in used), taken)
    one_each = (next(_fitting(_examples(entry, called), taken), "") for entry in others)
    chosen = list(islice(own, _OF_ONE))
    for text in chain(one_each, own):
        if len(chosen) == MOST:
            break
        if text:
            chosen.append(text)
    return tuple(SuggestedPrompt(text, round(0.6 - 0.1 * at, 1)) for at, text in enumerate(chosen))


def _examples(entry: Entry, called: Set[str]) -> Iterator[str]:
    """One of each tool in turn, of those that were not called first. Nobody is asked to send or delete an example."""
    harmless = (spec for spec in entry.specs if not spec.options.confirm)
    specs = sorted(harmless, key=lambda spec: spec.name in called)
    for row in zip_longest(*(spec.options.examples for spec in specs)):
        yield from (_said(text) for text in row if text is not None)


def _fitting(texts: Iterable[str], taken: set[str]) -> Iterator[str]:
    """Those that are short enough and not `taken` yet; they are from now on."""
    for text in texts:
        if len(text) <= LONGEST and _bare(text) not in taken:
            taken.add(_bare(text))
            yield text


def _likeness(entries: Sequence[Entry], used: Sequence[Entry]) -> Callable[[Entry], float]:
    """A sort key: the less, the more a connector shares with those used. A word counts less the more have it."""
    words = {entry.name: _words(entry) for entry in entries}
    having = Counter(word for entry in entries for word in words[entry.name])
    about = {word for entry in used for word in words[entry.name]}
    # Summed in one order: the last digits of a sum depend on it.
    return lambda entry: -sum(1 / having[word] for word in sorted(words[entry.name] & about))


def _words(entry: Entry) -> set[str]:
    """What it is about: the words of its summary and its tools' names, and its account service."""
    plugin = entry.plugin
    told = f"{plugin.summary} {plugin.account or ''}" if isinstance(plugin, ToolPlugin) else ""
    words = re.findall(r"[a-z]+", " ".join((told, *(spec.name for spec in entry.specs))).lower())
    return {word.rstrip("s") for word in words if len(word) >= _SHORTEST}


def _bare(text: str) -> str:
    """Without what does not make it another question."""
    return " ".join(re.findall(r"[\w']+", text.casefold()))


def _said(example: str) -> str:
    """Without the marks: `find {term:sushi}` is "Find sushi"."""
    text = " ".join(_MARK.sub(r"\1", example).split())
    return text[:1].upper() + text[1:]
