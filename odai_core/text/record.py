"""What a turn leaves in its chat's history: whole when it was completed, and mended when it was cut off."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from odai_core.text import prompts
from odai_core.tools.schema import MAX_ARGUMENTS

Item = dict[str, Any]


class Record:
    """The items of one turn, as the SDK's input items, and its answer as the user saw it."""

    def __init__(self, turn_id: str, prompt: str) -> None:
        self._turn_id = turn_id
        self.items: list[Item] = [{"role": "user", "content": prompt}]
        self.answer = ""
        self.results: dict[str, str] = {}
        """What tools answered, by call: also of those whose turn was cut off before the SDK took it."""
        self.uncertain: set[str] = set()
        """Calls that may have changed something without our knowing."""
        self._said = ""
        self._gap = False

    @property
    def tools(self) -> frozenset[str]:
        """The names of what was called."""
        return frozenset(str(item["name"]) for item in self.items if item.get("type") == "function_call")

    def say(self, delta: str) -> str:
        """Take a piece of the answer; what goes to the screen, with a blank line where a new message begins."""
        delta = delta.encode("utf-8", "replace").decode()
        shown = f"\n\n{delta}" if self._gap and self.answer and delta else delta
        self._gap = self._gap and not delta
        self._said += delta
        self.answer += shown
        return shown

    def message(self, text: str) -> str:
        """A message is complete; what of it has not been said yet, of a model that does not stream."""
        unsaid = "" if self._said else self.say(text)
        self._settle_message()
        return unsaid

    def take(self, item: Mapping[str, Any]) -> None:
        """A tool's call or its output; anything else is of use only to the model that made it."""
        self._gap = True
        if item.get("type") == "function_call":
            self._settle_message()
            kept = ["type", "call_id", "name", "arguments"]
        elif item.get("type") == "function_call_output":
            kept = ["type", "call_id", "output"]
        else:
            return
        taken = {name: item.get(name) for name in kept}
        if len(str(taken.get("arguments", ""))) > MAX_ARGUMENTS:
            taken["arguments"] = "{}"  # no tool took them
        self.items.append(taken)

    def finished(self, status: str) -> list[Item]:
        """The items to keep: every call with its output, with ids that no other turn has."""
        self._settle_message()
        answered = {item["call_id"] for item in self.items if item.get("type") == "function_call_output"}
        for call_id in [item["call_id"] for item in self.items if item.get("type") == "function_call"]:
            if call_id not in answered:
                cut_off = prompts.OUTCOME_UNKNOWN if call_id in self.uncertain else prompts.CUT_OFF
                output = self.results.get(call_id, cut_off)
                self.items.append({"type": "function_call_output", "call_id": call_id, "output": output})
        if status != "completed":
            note = prompts.STOPPED if status == "stopped" else prompts.FAILED
            self.items.append({"role": "assistant", "content": note})
        return _renumbered(self.items, self._turn_id)

    def _settle_message(self) -> None:
        if self._said.strip():
            self.items.append({"role": "assistant", "content": self._said})
        self._said = ""
        self._gap = True


def _renumbered(items: Iterable[Item], turn_id: str) -> list[Item]:
    """Some services number calls anew in every answer, and the SDK takes two of one id for one."""
    numbers: dict[str, str] = {}
    renamed = []
    for item in items:
        if "call_id" in item:
            call_id = numbers.setdefault(str(item["call_id"]), f"call_{turn_id[:12]}_{len(numbers)}")
            item = {**item, "call_id": call_id}
        renamed.append(item)
    return renamed
