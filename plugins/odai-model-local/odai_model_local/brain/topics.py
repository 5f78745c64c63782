"""What people ask assistants about: to name what cannot be looked up, and to know what no tool does."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib.resources import files
from typing import Final


@dataclass(frozen=True)
class Topic:
    """A subject of requests."""

    spoken: str
    """As the start of a sentence: "Restaurants"; "That" when it has no name."""
    words: frozenset[str]
    """Stems: one of them in a tool's text means that the tool covers the topic."""
    phrases: tuple[str, ...]
    doable: bool

    @property
    def verb(self) -> str:
        """Fits the name: "Restaurants aren't", "The weather isn't"."""
        return "isn't" if self.spoken.split()[0] in {"The", "Music", "Advice", "That"} else "aren't"


def _read() -> tuple[Topic, ...]:
    tables = tomllib.loads(files(__package__).joinpath("topics.toml").read_text("utf-8"))["topic"]
    return tuple(
        Topic(table["spoken"], frozenset(table["words"]), tuple(table["phrases"]), table.get("doable", True))
        for table in tables
    )


TOPICS: Final = _read()
