"""Odd answers made from a service's good ones: each a change to every body, with a name to report it by."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from random import Random
from typing import Any

from odai_core.testing.upstreams import mutate

Change = Callable[[Any], Any]
ENDLESS = "Bé <b>long</b> https://evil.example/?a=b *x* " * 60
MAX_FIELDS = 60
"""Of the largest bodies only the first fields are spoiled one by one."""


def changes(bodies: Iterable[Any], seeds: int) -> Iterator[tuple[str, Change]]:
    """Everything of another type; then each field endless, huge, empty or null wherever it is; then at random."""
    yield "every value has another type", swapped
    fields: dict[str, Any] = {}
    for body in bodies:
        fields |= _fields(body)
    for field, value in list(fields.items())[:MAX_FIELDS]:
        for odd in _odd_for(value):
            yield f"every {field} is {repr(odd)[:40]}", partial(replaced, field=field, odd=odd)
    for seed in range(seeds):
        yield f"the body is mutated with seed {seed}", partial(_mutated, seed=seed)


def noted(kept: list[Any], body: Any) -> Any:
    """The body as it is, remembered."""
    kept.append(body)
    return body


def swapped(body: Any) -> Any:
    """The same body with every value of another type."""
    if isinstance(body, dict):
        return {name: swapped(value) for name, value in body.items()}
    if isinstance(body, list):
        return [swapped(value) for value in body]
    return {"x": 1} if isinstance(body, str) else "x" if body is not None else [0]


def emptied(body: Any) -> Any:
    """The same body with nothing in its lists."""
    if isinstance(body, list):
        return []
    return {name: emptied(value) for name, value in body.items()} if isinstance(body, dict) else body


def another(body: Any) -> Any:
    """The same body about something else: other words, other numbers."""
    if isinstance(body, dict):
        return {name: another(value) for name, value in body.items()}
    if isinstance(body, list):
        return [another(value) for value in body]
    if isinstance(body, str):
        # Times, codes and other words of a fixed form would only make the body unreadable.
        return f"{body} Two" if body.replace(" ", "").isalpha() and not body.isupper() else body
    return body + 1 if isinstance(body, int | float) and not isinstance(body, bool) else body


def replaced(body: Any, *, field: str, odd: Any) -> Any:
    """The same body with an odd value wherever the field is."""
    if isinstance(body, dict):
        return {name: odd if name == field else replaced(item, field=field, odd=odd) for name, item in body.items()}
    return [replaced(item, field=field, odd=odd) for item in body] if isinstance(body, list) else body


def _mutated(body: Any, *, seed: int) -> Any:
    return mutate(body, Random(seed))


def _odd_for(value: Any) -> tuple[Any, ...]:
    if isinstance(value, bool):
        return (None, "maybe")
    if isinstance(value, int | float):
        return (None, 10**30, -1, "NaN")
    if isinstance(value, str):
        return (None, ENDLESS, "", 7)
    return (None, [None], {}) if isinstance(value, list) else (None, [])


def _fields(value: Any) -> dict[str, Any]:
    """The names of all fields with a value of each, one that says something where there is one."""
    found: dict[str, Any] = {}
    if isinstance(value, dict):
        found |= value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        found |= {name: inner for name, inner in _fields(item).items() if found.get(name) is None}
    return found
