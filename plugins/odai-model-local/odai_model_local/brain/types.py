"""What a brain is: finished utterances and tool results in, decisions out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

Vectors: TypeAlias = NDArray[np.float32]
"""float32 [n, d], every row of length one."""
Embed: TypeAlias = Callable[[Sequence[str]], Vectors]
"""Sentences to `Vectors`; blocking, some milliseconds each."""


@dataclass(frozen=True)
class Say:
    """Speak `text`: plain words, at most 300 characters. `then_end`: hang up when it has been heard."""

    text: str
    then_end: bool = False
    about: str = ""
    """For a screen, which can show more than is spoken: who or can (asked what we are), unknown, question, item."""
    shown: Any = None
    """The item."""


@dataclass(frozen=True)
class CallTool:
    """Run a tool with `arguments`, a JSON object that fits its schema. `preface`: short words said meanwhile."""

    name: str
    arguments: str
    preface: str = ""


Decision: TypeAlias = Say | CallTool


class Brain(Protocol):
    """Decides what to do, for one call. No method raises; one is awaited at a time."""

    async def heard(self, text: str) -> Sequence[Decision]:
        """What to do about a finished utterance."""

    async def tool_result(self, name: str, output: str) -> Sequence[Decision]:
        """What to do about a tool's answer: JSON text like {"spoken": ..., "data": ..., "ok": ...}, or anything."""

    async def close(self) -> None:
        """Give back what the brain holds. Once, at the end of the call."""


def as_dict(value: Any) -> dict[str, Any]:
    """`value` if it is a dict, else an empty one: for shapes that strangers promise."""
    return value if isinstance(value, dict) else {}
