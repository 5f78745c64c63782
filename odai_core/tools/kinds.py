"""What one argument may be: a type annotation in, a JSON schema and a lenient converter out."""

from __future__ import annotations

import enum
import math
import types
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal, Union, get_args, get_origin


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A type a model can be told about. `convert` takes decoded JSON and raises ValueError on what does not fit."""

    schema: dict[str, Any]
    convert: Callable[[Any], Any]
    nullable: bool = False
    description: str = ""

    def or_null(self) -> Kind:
        """The same, or null."""
        schema = self.schema | {"type": [self.schema["type"], "null"]}
        if "enum" in schema:
            schema["enum"] = [*schema["enum"], None]
        return replace(self, schema=schema, nullable=True)

    def show(self, value: Any) -> str:
        """A default as the model would write it."""
        return repr(value.value if isinstance(value, enum.Enum) else value)


def kind_of(hint: Any) -> Kind:
    """Raises TypeError, with the annotation as a person wrote it, for what no model can be told."""
    if hint in _PLAIN:
        return _PLAIN[hint]
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Annotated:
        said = next((note for note in inner[1:] if isinstance(note, str)), "")
        return replace(kind_of(inner[0]), description=" ".join(said.split()))
    if origin in (Union, types.UnionType):
        return _optional(hint, inner)
    if origin is Literal:
        return _choice({value: value for value in inner}, hint)
    if origin is list and inner:
        return _list_of(kind_of(inner[0]))
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return _choice({member.value: member for member in hint}, hint)
    raise TypeError(getattr(hint, "__name__", None) if isinstance(hint, type) and not inner else str(hint))


def _optional(hint: Any, inner: tuple[Any, ...]) -> Kind:
    real = [part for part in inner if part is not type(None)]
    if len(real) != 1 or len(real) == len(inner):
        raise TypeError(str(hint))
    return replace(kind_of(real[0]), nullable=True)


def _choice(values: dict[Any, Any], hint: Any) -> Kind:
    """One of a few words, or one of a few whole numbers; words are matched whatever their case."""
    if values and all(type(value) is str for value in values):
        folded = {value.strip().casefold(): result for value, result in values.items()}
        return Kind(schema={"type": "string", "enum": [*values]}, convert=lambda given: _look_up(folded, _text(given)))
    if values and all(type(value) is int for value in values):
        return Kind(
            schema={"type": "integer", "enum": [*values]}, convert=lambda given: _look_up(values, _whole(given))
        )
    raise TypeError(str(hint))


def _look_up(values: dict[Any, Any], given: Any) -> Any:
    key = given.casefold() if isinstance(given, str) else given
    if key not in values:
        raise ValueError
    return values[key]


def _list_of(item: Kind) -> Kind:
    if item.nullable:
        raise TypeError("a list of optional values")

    def convert(given: Any) -> list[Any]:
        # Small models write one value where a list of one is meant.
        return [item.convert(value) for value in (given if isinstance(given, list) else [given])]

    return Kind(schema={"type": "array", "items": item.schema}, convert=convert)


def _text(given: Any) -> str:
    if isinstance(given, bool) or not isinstance(given, str | int | float):
        raise ValueError
    # "train 2150" arrives as the number 2150 as often as not.
    return str(given).strip()


def _number(given: Any) -> float:
    if isinstance(given, bool) or not isinstance(given, str | int | float):
        raise ValueError
    value = float(given)
    if not math.isfinite(value):
        raise ValueError
    return value


def _whole(given: Any) -> int:
    if isinstance(given, int) and not isinstance(given, bool):
        return given
    value = _number(given)
    if value != int(value):
        raise ValueError
    return int(value)


def _truth(given: Any) -> bool:
    if isinstance(given, bool):
        return given
    answer = _TRUTH.get(str(given).strip().casefold()) if isinstance(given, str | int) else None
    if answer is None:
        raise ValueError
    return answer


_TRUTH = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_PLAIN: dict[Any, Kind] = {
    str: Kind(schema={"type": "string"}, convert=_text),
    int: Kind(schema={"type": "integer"}, convert=_whole),
    float: Kind(schema={"type": "number"}, convert=_number),
    bool: Kind(schema={"type": "boolean"}, convert=_truth),
}
