"""What an answer is made from: words of the caller, results of tools, or a line."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from odai_model_local.brain.types import Brain, Decision, Say
from odai_model_local.hearing import Heard


@dataclass(frozen=True)
class Spoken:
    """Words that were recognised, and how many milliseconds it took to hear them."""

    text: str
    timing: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Typed:
    """A typed turn."""

    text: str


@dataclass(frozen=True)
class Results:
    """Tool outputs, (tool, JSON text) each, that one answer is made of."""

    outputs: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Line:
    """To be spoken word for word."""

    text: str


Job: TypeAlias = Heard | Spoken | Typed | Results | Line


async def decide(job: Spoken | Typed | Results | Line, brain: Brain, timing: dict[str, int]) -> Sequence[Decision]:
    """What the answer is; the brain's part of the time goes into `timing`."""
    if isinstance(job, Line):
        return (Say(job.text),)
    if isinstance(job, Results):
        return [decision for name, output in job.outputs for decision in await brain.tool_result(name, output)]
    loop = asyncio.get_running_loop()
    started = loop.time()
    decisions = await brain.heard(job.text)
    timing["brain_ms"] = round((loop.time() - started) * 1000)
    return decisions
