"""Asking back: one short question for what is missing, and reading the answer to it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from odai_model_local.brain import entities
from odai_model_local.brain.gazetteers import CITIES
from odai_model_local.brain.numbers import ORDINALS
from odai_model_local.brain.places import ends_of, put_place
from odai_model_local.brain.schema import Slot
from odai_model_local.brain.slots import fill
from odai_model_local.brain.spec import ToolSpec
from odai_model_local.brain.spoken import listed, lower_first, plain, shorten
from odai_model_local.brain.utterance import Utterance, stem, tokenize, words_of

_BY_KIND: Final = {
    "flight": "Which flight? Please tell me the airline and the number.",
    "train": "What is the number of the train?",
    "url": "Which website?",
    "email": "What is the e-mail address?",
    "phone": "What is the phone number?",
    "coin": "Which cryptocurrency?",
    "stock": "Which company?",
    "currency": "Which currency?",
    "carrier": "Which carrier?",
    "latitude": "In which city?",
    "longitude": "In which city?",
    "location": "For which place?",
    "state": "In which state?",
    "country": "In which country?",
    "id": "Which one do you mean?",
    "query": "What should I look for?",
}
_ANSWER_FRAME = re.compile(
    r"^(?:(?:it|that|this)(?:'s| is| was| would be)|i(?:'m| am) (?:in|at|near)|(?:the )?(?:name|number|answer) is|"
    r"(?:let's|let us) (?:say|try|do)|how about|what about|maybe|i (?:think|guess|mean|meant|said)|"
    r"for|in|near|at|around|to)\s+",
    re.IGNORECASE,
)
_WORDS_ONLY: Final = frozenset({"query", "text", "stock", "coin", "location", "list"})


def question(slot: Slot) -> str:
    """Ask for a slot, in the words of its description where its kind has no question of its own."""
    if slot.kind == "enum":
        choices = [str(choice).replace("_", " ") for choice in slot.choices[:6]]
        return plain(f"Which {' '.join(slot.words)}: {listed(choices, 'or')}?")
    if slot.kind == "number":
        return (
            "How many?"
            if set(slot.words) & {"count", "limit", "amount"}
            else plain(f"Which {' '.join(slot.words)}? Please tell me a number.")
        )
    journey = {"origin": "From where?", "destination": "Where to?"}
    asked = next((journey[word] for word in slot.words if word in journey), "")
    if slot.kind == "location" and asked:
        return asked
    if slot.kind == "date":
        return f"On which day do you want to {' '.join(slot.words[:2])}?" if "check" in slot.words else "On which day?"
    if slot.kind == "email" and "sender" in slot.words:
        return "From which e-mail address?"
    if slot.kind == "list" and "email" in slot.words:
        return "To which e-mail address?"
    if slot.kind in _BY_KIND:
        return _BY_KIND[slot.kind]
    wanted = lower_first(re.split(r"[.,;:(]", plain(slot.description), maxsplit=1)[0]) or " ".join(slot.words) or "rest"
    wanted = re.sub(r"\b(?:the )?user's\b", "your", wanted)
    article = "" if re.match(r"(?:the|a|an|its|your|what|which|how|who|where|when|whether)\b", wanted) else "the "
    return shorten(f"Please tell me {article}{wanted}.", 160)


def answer(spec: ToolSpec, slot: Slot, utterance: Utterance, today: date) -> dict[str, Any]:
    """The arguments an answer to `question(slot)` gives: empty when it gives none for this slot."""
    if slot.kind in {"latitude", "longitude", "location"}:
        place = _place(utterance)
        found: dict[str, Any] = {}
        if place:
            put_place(spec, found, place)
            if slot.kind == "location" and ends_of(spec) is not None:
                # The other end is not where this answer says.
                found = {slot.name: place}
        return found if slot.name in found else {}
    if slot.kind in {"number", "train"}:
        digits = re.search(r"\d+(?:\.\d+)?", utterance.text)
        value = digits[0] if digits else str(next((ORDINALS[t.low] for t in utterance.tokens if t.low in ORDINALS), ""))
        if value:
            return {slot.name: value if slot.kind == "train" else float(value) if "." in value else int(value)}
    location = spec.first("location")
    if slot.kind == "query" and location is not None and _bare(utterance).lower() in CITIES:
        # Asked what to look for, the caller says where: the question stays open.
        found = {}
        put_place(spec, found, _bare(utterance))
        return found
    emails = entities.find("email", utterance.tokens)
    if emails and "email" in slot.words:
        return {slot.name: [emails[0].value] if slot.kind == "list" else emails[0].value}
    filled = fill(spec, utterance, today)
    if slot.name in filled.args:
        return filled.args
    bare = _bare(utterance) if any(token.content for token in utterance.tokens) else ""
    if slot.kind in _WORDS_ONLY | {"code", "phone", "train"} and bare:
        return {slot.name: [bare] if slot.kind == "list" else bare}
    return {}


def _bare(utterance: Utterance) -> str:
    """The answer without "it's" and the like."""
    return _ANSWER_FRAME.sub("", utterance.text).strip(" .,?!")


def _place(utterance: Utterance) -> str:
    spans = [span for span in entities.places(utterance.tokens) if span.value.lower() not in {"me", "here"}]
    return spans[0].value if spans else _bare(utterance)


def which(first: ToolSpec, second: ToolSpec) -> str:
    """Ask which of two tools was meant."""
    wanted = [shorten(lower_first(plain(spec.about)), 110).rstrip(".") for spec in (first, second)]
    return f"Did you want me to {wanted[0]}, or to {wanted[1]}?"


def chosen(options: Sequence[ToolSpec], utterance: Utterance) -> ToolSpec | None:
    """Which of the two an answer names: by "the first", by "former", or by the words only one of them has."""
    lows = [token.low for token in utterance.tokens]
    if {"first", "former", "1"} & set(lows):
        return options[0]
    if {"second", "latter", "last", "other", "2"} & set(lows):
        return options[1]
    sets = [
        spec.literals
        | {stem(word) for word in words_of(spec.name)}
        | {t.stem for text in (spec.title, spec.about) for t in tokenize(text)}
        for spec in options
    ]
    counts = [len(utterance.stems & mine - other) for mine, other in ((sets[0], sets[1]), (sets[1], sets[0]))]
    if counts[0] == counts[1]:
        return None
    return options[0] if counts[0] > counts[1] else options[1]
