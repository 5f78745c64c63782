"""Between tools that fit a request nearly alike: the one that understands most of its words."""

from __future__ import annotations

from datetime import date

from odai_model_local.brain import entities, followup
from odai_model_local.brain.gazetteers import city_in
from odai_model_local.brain.router import Route
from odai_model_local.brain.slots import Filled, fill
from odai_model_local.brain.spec import COMMANDS, ToolSpec
from odai_model_local.brain.utterance import STOP, Utterance

NAMED = 1.15
"""Of a fitting score: from here on a topic is named. "Hotels aren't something I can look up" must not be a guess."""
_NEAR = 0.1
"""Sister tools up to this much below the best are compared."""
_UNREAD = 0.06
_MISSING = 0.05
_FILLED = 0.12


def _reading(spec: ToolSpec, score: float, filled: Filled) -> float:
    """The score, less for words that nothing explains, more for arguments that were said."""
    share = len(filled.args) / len(spec.slots) if spec.slots else 1.0
    return score + _FILLED * share - _UNREAD * min(filled.unread, 3) - _MISSING * len(filled.missing)


def _by_id(spec: ToolSpec) -> bool:
    return any(slot.kind == "id" for slot in spec.needs)


def _nameless(spec: ToolSpec, utterance: Utterance, route: Route) -> bool:
    """Nothing is named whose id could be found: all words but places are those its plugin is asked with."""
    known = COMMANDS.union(*(one.literals for one, _ in route.ranked if one.plugin == spec.plugin))
    tokens = utterance.tokens
    places = {
        index
        for kind in ("state", "country", "location")
        for span in entities.find(kind, tokens)
        if kind != "location" or city_in(span.value)
        for index in range(span.start, span.end)
    }
    rest = [token for index, token in enumerate(tokens) if index not in places]
    return bool(places) and not any(token.content and token.stem not in known for token in rest)


def _searches(best: ToolSpec, utterance: Utterance, route: Route, today: date) -> bool:
    """Whether a sister that needs no id can answer as it stands."""
    sisters = (one for one, score in route.ranked if one.plugin == best.plugin and score >= route.score - _NEAR)
    return any(
        not filled.missing and filled.args
        for one in sisters
        if not _by_id(one)
        for filled in [fill(one, utterance, today)]
    )


def choose(utterance: Utterance, route: Route, today: date) -> tuple[ToolSpec, ToolSpec | None] | None:
    """The tool a request is for, and a second one when only the caller can tell; None when none fits."""
    best = route.best
    if best is None:
        return None
    # What needs the id of a thing cannot read the thing's name; its search does that later.
    if _by_id(best) and (not _nameless(best, utterance, route) or not _searches(best, utterance, route, today)):
        return best, None
    readings = []
    for spec, score in route.ranked:
        near = route.scale.margin if spec.plugin != best.plugin else _NEAR
        if score >= max(route.score - near, route.scale.fits) and not _by_id(spec):
            filled = fill(spec, utterance, today)
            readings.append((_reading(spec, score, filled), bool(filled.missing), spec))
    readings.sort(key=lambda reading: -reading[0])
    (first, lacks, spec), *others = readings
    rival = next((one for one in others if one[2].plugin != spec.plugin), None)
    alike = rival is not None and first - rival[0] < route.scale.margin and rival[1] == lacks
    return spec, (rival[2] if rival is not None and alike else None)


def strange(spec: ToolSpec, utterance: Utterance, route: Route) -> bool:
    """A question about something with a name, and with none of the nearest tool's words: "when was Big Ben built"."""
    named = any(token.text[:1].isupper() for token in utterance.tokens[1:])
    if not named or utterance.tokens[0].low not in followup.QUESTION_WORDS:
        return False
    if route.score >= route.scale.fits * NAMED or (utterance.stems & spec.literals) - COMMANDS - STOP:
        return False
    return not any(entities.find(slot.kind, utterance.tokens) for slot in spec.slots)
