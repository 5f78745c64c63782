"""Where: one place for the slots that take a part of it, and the two ends of a journey."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from odai_model_local.brain.entities import TIME_WORDS, Span
from odai_model_local.brain.gazetteers import city_in
from odai_model_local.brain.schema import Slot
from odai_model_local.brain.spec import ToolSpec
from odai_model_local.brain.utterance import Token, bag

_BEGIN: Final = frozenset({"origin", "from", "departure", "start"})
_END: Final = frozenset({"destination", "to", "arrival", "end"})
_NO_PLACE: Final = bag(
    "from to on in at for by via with next this the and or leaving return returning cost costs between until"
)


def ends_of(spec: ToolSpec) -> tuple[Slot, Slot] | None:
    """The slots for where a journey begins and where it ends, if the tool has both."""
    places = [slot for slot in spec.slots if slot.kind == "location"]
    begins = next((slot for slot in places if set(slot.words) & _BEGIN), None)
    ends = next((slot for slot in places if set(slot.words) & _END), None)
    return None if begins is None or ends is None or begins == ends else (begins, ends)


def find_ends(tokens: Sequence[Token], claimed: Mapping[int, str]) -> tuple[Span | None, Span | None]:
    """Where a journey begins and where it ends: "from Boston to London", "BOS to SFO", "to Rome from Oslo"."""
    lows = [token.low for token in tokens]

    def after(word: str) -> Span | None:
        for start in (index + 1 for index, low in enumerate(lows) if low == word):
            end = start
            while end < len(tokens) and end not in claimed and lows[end] not in _NO_PLACE | TIME_WORDS:
                end += 1
                if tokens[end - 1].ends:
                    break
            value = " ".join(token.text for token in tokens[start:end])
            if value and (city_in(value) or any(token.text[:1].isupper() for token in tokens[start:end])):
                return Span(start, end, value)
        return None

    begins, ends = after("from"), after("to")
    if begins is None and ends is not None and ends.start > 1:
        at = ends.start - 1
        for size in (3, 2, 1):
            value = " ".join(token.text for token in tokens[max(at - size, 0) : at])
            code = size == 1 and re.fullmatch(r"[A-Z]{3}", value)
            if at >= size and (code or city_in(value)):
                begins = Span(at - size, at, value)
                break
    return begins, ends


def put_place(spec: ToolSpec, args: dict[str, Any], place: str) -> None:
    """Write a place into every slot of the tool that takes it or a part of it."""
    city = city_in(place)
    location = spec.first("location")
    if location is not None:
        args[location.name] = place
    for slot in spec.slots:
        if city is None:
            continue
        if slot.kind == "latitude" and not slot.optional:
            args[slot.name] = city.latitude
        elif slot.kind == "longitude" and not slot.optional:
            args[slot.name] = city.longitude
        elif slot.kind == "state" and location is not None:
            args.setdefault(slot.name, city.state)
        elif slot.kind == "country" and location is not None:
            args.setdefault(slot.name, city.country)
