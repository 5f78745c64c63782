"""Answers as a service might send them on its worst day: the right shape with something wrong in it."""

from __future__ import annotations

import copy
from random import Random
from typing import Any

ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 7, 10**18, 10**30, -(10**9), 0.5, 1e308, -1e308, "", " ", "x", "7", "NaN",
    "\x00\u202e\ufeff", "<script>alert(1)</script>", "https://evil.example/?a=b", "ü" * 2000, "# **bold** `code`",
    "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-11-22T13:00:00Z", "2026-11-22", "../../etc/passwd",
    [], {}, [None], [[]], [{}], {"": ""}, {"a": {"b": []}}, ["x"] * 300,
)  # fmt: skip


def mutate(body: Any, random: Random) -> Any:
    """A copy with one to three values, anywhere in it, replaced, removed or doubled."""
    holder = {"body": copy.deepcopy(body)}
    for _ in range(random.randint(1, 3)):
        container, key = random.choice(_places(holder))
        change = random.randrange(6)
        if change == 0 and container is not holder:
            del container[key]
        elif change == 1 and isinstance(container, list):
            container.append(copy.deepcopy(container[key]))
        else:
            container[key] = copy.deepcopy(random.choice(ODD))
    return holder["body"]


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Every (container, key) in a JSON value."""
    keys = list(value) if isinstance(value, dict) else list(range(len(value))) if isinstance(value, list) else []
    found = [(value, key) for key in keys]
    for key in keys:
        found += _places(value[key])
    return found
