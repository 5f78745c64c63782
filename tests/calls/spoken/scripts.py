"""The calls to make: read from requests.toml, and from the human recordings that can be had here."""

from __future__ import annotations

import os
import sys
import tomllib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from benchmarks.recordings import recordings
from odai_core.cli.phone import Clip, read_wav

POLITE = (("help", "sorry", "look up", "welcome", "you like", "goodbye", "okay", "didn't catch", "didn't get"),)
"""Of an answer to somebody who asked for nothing: any of these."""


@dataclass(frozen=True)
class Turn:
    """One thing to say, and what must come of it."""

    say: str
    tool: str = ""
    """Empty: none may be called."""
    args: dict[str, Any] = field(default_factory=dict)
    facts: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class Script:
    """One call. A person's recording has a `clip` and one turn whose `say` is what is said in it."""

    id: str
    voice: str
    turns: tuple[Turn, ...]
    demo: bool = False
    clip: Clip | None = None


@cache
def scripts() -> tuple[Script, ...]:
    """All of them. A recording that cannot be had is left out, loudly; on CI it raises LookupError."""
    raw = tomllib.loads(Path(__file__).with_name("requests.toml").read_text("utf-8"))
    people = {one.name: one for one in recordings()} if any("recording" in one for one in raw["call"]) else {}
    found = []
    for one in raw["call"]:
        name = one.get("recording")
        if name is None:
            turns = tuple(_turn(turn) for turn in one["turn"])
            found.append(Script(one["id"], one["voice"], turns, one.get("demo", False)))
        elif name in people:
            turn = Turn(people[name].text, facts=POLITE)
            found.append(Script(name, "person", (turn,), clip=read_wav(people[name].path)))
        elif os.environ.get("CI"):
            raise LookupError(f"the recording {name} cannot be had on this machine, and CI must use it")
        else:
            print(f"*** The recording {name} cannot be had: its call is LEFT OUT ***", file=sys.stderr)
    return tuple(found)


def _turn(raw: dict[str, Any]) -> Turn:
    facts = tuple(tuple(fact) for fact in raw.get("facts", ()))
    return Turn(raw["say"], raw.get("tool", ""), raw.get("args", {}), facts)
