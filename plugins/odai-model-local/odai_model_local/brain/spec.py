"""A tool as the brain knows it: its slots, its example templates, the words it is usually asked with."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from odai_core import ToolInfo
from odai_model_local.brain.examples import Template, parse_examples
from odai_model_local.brain.schema import Slot, read_slots
from odai_model_local.brain.utterance import STOP, bag, stem, tokenize, words_of

_HANG_UP = re.compile(r"hang_?up", re.IGNORECASE)
_WEB = re.compile(
    r"search(?:es|ing)? (?:the )?(?:web|internet|google\b(?! (?:news|shopping|mail|docs?|drive|calendar|flights|hotels|"
    r"maps|photos)))|web search",
    re.IGNORECASE,
)
# Verbs of asking: every tool's name and examples have them, so they tell none apart.
COMMANDS = bag(
    "find search look show give get tell want need like see check list fetch read open make take ask query info "
    "information detail current api tool recommend suggest know help use catch hear bring "
    "eat feel love fancy crave craving prefer "
    "using available good some any best nice "
    "great new right nearest closest cheapest"
)


@dataclass(frozen=True)
class ToolSpec:
    """Everything derived from one ToolInfo."""

    name: str
    plugin: str
    title: str
    summary: str
    purpose: str
    """First sentence of the description."""
    progress: str
    slots: tuple[Slot, ...]
    templates: tuple[Template, ...]
    literals: frozenset[str]
    """Stems of the words its examples are made of, marked values left out."""
    phrases: tuple[str, ...]
    """What is embedded."""
    web_search: bool
    changes: bool = False
    """It does something instead of looking it up, so it must be asked for plainly."""

    @property
    def needs(self) -> list[Slot]:
        """The slots that must be filled."""
        return [slot for slot in self.slots if not slot.optional]

    @property
    def about(self) -> str:
        """What it does, to be said after "Did you mean": "search Yelp"."""
        return self.purpose or self.summary or " ".join(words_of(self.name))

    def first(self, *kinds: str) -> Slot | None:
        """Its first slot of one of the kinds."""
        return next((slot for slot in self.slots if slot.kind in kinds), None)


def _generic(template: Template) -> str:
    """The example with the names of its arguments instead of values: close to requests with other values."""
    return " ".join(" ".join(words_of(piece.slot)) if piece.slot else piece.text for piece in template.pieces)


def read_tool(info: ToolInfo) -> ToolSpec:
    """Derive it; every part of `info` may be empty or odd."""
    description = " ".join(str(info.description or "").split())[:600]
    purpose = re.split(r"(?<=[.!?])\s", description, maxsplit=1)[0][:160]
    templates = parse_examples(info.examples or ())
    name_words = " ".join(words_of(info.name)).replace(" at ", " ")
    about = f"{name_words} {description}"
    phrases = [template.text for template in templates]
    phrases += [_generic(template) for template in templates if template.slots]
    phrases += [text for text in (purpose, name_words, str(info.summary or "")) if text]
    literals = {stem(piece.text) for template in templates for piece in template.pieces if not piece.slot}
    if not templates:
        literals = {token.stem for token in tokenize(f"{description} {name_words}")}
    return ToolSpec(
        name=info.name,
        plugin=info.plugin or info.name,
        title=info.title,
        summary=str(info.summary or ""),
        purpose=purpose,
        progress=info.progress,
        slots=read_slots(info.parameters, about),
        templates=templates,
        literals=frozenset(literals),
        phrases=tuple(dict.fromkeys(phrases)),
        changes=info.confirm,
        web_search=bool(_WEB.search(f"{name_words}. {description}")),
    )


def read_tools(infos: Sequence[ToolInfo]) -> tuple[ToolSpec, ...]:
    """All but the hang-up, which is a decision and not a look-up, and tools that take what cannot be said."""
    specs = (read_tool(info) for info in infos if not _HANG_UP.search(info.name))
    return tuple(spec for spec in specs if all(slot.kind != "opaque" for slot in spec.needs))


def keywords(specs: Sequence[ToolSpec], lent: Mapping[str, Set[str]]) -> dict[str, dict[str, float]]:
    """Stem -> plugin -> how much the word points at it: 1 when no other plugin is asked with it.

    `lent` has more words by tool.
    """
    users: dict[str, set[str]] = {}
    for spec in specs:
        words = set(spec.literals) | lent.get(spec.name, set())
        words |= {token.stem for text in (spec.title, " ".join(words_of(spec.name))) for token in tokenize(text)}
        for word in words:
            if word not in STOP and word not in COMMANDS and len(word) > 2:
                users.setdefault(word, set()).add(spec.plugin)
    return {word: dict.fromkeys(plugins, 1 / len(plugins)) for word, plugins in users.items()}


def sound(text: str) -> str:
    """How a name sounds, roughly: "N-Track", "am track" and "Amtrak" are all "mtrk"."""
    low = re.sub(r"[^a-z]", "", text.lower())
    for pattern, instead in ((r"ck|q|c(?![eiyh])", "k"), (r"ph", "f"), (r"[sz]|c(?=[eiy])", "s"), (r"n", "m")):
        low = re.sub(pattern, instead, low)
    # At the start "h", "w" and "y" are heard: "help" is not Yelp.
    return re.sub(r"(.)\1+", r"\1", low[:1].strip("aeiou") + re.sub(r"[aeiouyhw]", "", low[1:]))
