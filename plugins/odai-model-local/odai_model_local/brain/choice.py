"""Between tools that fit a request nearly alike: the one that understands most of its words."""

from __future__ import annotations

from datetime import date

from odai_model_local.brain.router import Route
from odai_model_local.brain.slots import Filled, fill
from odai_model_local.brain.spec import ToolSpec
from odai_model_local.brain.utterance import Utterance

_NEAR = 0.1
"""Sister tools up to this much below the best are compared."""
_UNREAD = 0.06
_MISSING = 0.05
_FILLED = 0.12


def _reading(spec: ToolSpec, score: float, filled: Filled) -> float:
    """The score, less for words that nothing explains, more for arguments that were said."""
    share = len(filled.args) / len(spec.slots) if spec.slots else 1.0
    return score + _FILLED * share - _UNREAD * min(filled.unread, 3) - _MISSING * len(filled.missing)


def choose(utterance: Utterance, route: Route, today: date) -> tuple[ToolSpec, ToolSpec | None] | None:
    """The tool a request is for, and a second one when only the caller can tell; None when none fits."""
    best = route.best
    if best is None:
        return None
    # What needs the id of a thing cannot read the thing's name; its search does that later.
    if any(slot.kind == "id" for slot in best.needs):
        return best, None
    readings = []
    for spec, score in route.ranked:
        near = route.scale.margin if spec.plugin != best.plugin else _NEAR
        if score >= max(route.score - near, route.scale.fits) and not any(slot.kind == "id" for slot in spec.needs):
            filled = fill(spec, utterance, today)
            readings.append((_reading(spec, score, filled), bool(filled.missing), spec))
    readings.sort(key=lambda reading: -reading[0])
    (first, lacks, spec), *others = readings
    rival = next((one for one in others if one[2].plugin != spec.plugin), None)
    alike = rival is not None and first - rival[0] < route.scale.margin and rival[1] == lacks
    return spec, (rival[2] if rival is not None and alike else None)
