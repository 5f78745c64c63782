"""What a tool needs, read from its JSON schema: one slot per property, with the kind of thing that goes in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from odai_model_local.brain.types import as_dict
from odai_model_local.brain.utterance import bag, words_of

MAX_SLOTS = 40
_PLACE_WORDS: Final = bag(
    "location city place town address near where destination origin region zip area neighborhood neighbourhood "
    "port airport station locality municipality"
)
_QUERY_WORDS: Final = bag("query q search term keyword keywords topic question phrase terms")
# The first row that meets the property's name decides; order matters ("flight_date" is a date, "stateCode" a state).
_BY_NAME: Final[tuple[tuple[str, frozenset[str]], ...]] = (
    ("latitude", frozenset({"latitude", "lat"})),
    ("longitude", frozenset({"longitude", "lon", "lng"})),
    ("date", frozenset({"date", "day", "when"})),
    ("id", frozenset({"id", "ids"})),
    ("url", frozenset({"url", "uri", "link", "website", "webpage"})),
    ("email", frozenset({"email", "mail"})),
    ("phone", frozenset({"phone", "telephone"})),
    ("flight", frozenset({"flight"})),
    ("train", frozenset({"train"})),
    ("carrier", frozenset({"carrier"})),
    ("currency", frozenset({"currency"})),
    ("state", frozenset({"state", "province"})),
    ("country", frozenset({"country"})),
    ("code", frozenset({"tracking", "code", "asin", "isbn", "barcode", "vin", "serial"})),
    ("coin", frozenset({"crypto", "coin", "cryptocurrency", "token"})),
    ("stock", frozenset({"symbol", "ticker", "company", "stock"})),
    ("query", _QUERY_WORDS),
    ("location", _PLACE_WORDS),
)


@dataclass(frozen=True)
class Slot:
    """One argument of a tool."""

    name: str
    kind: str
    """A row of `_BY_NAME`, or enum, boolean, number, text, list, opaque."""
    optional: bool
    blank: Any = None
    """What is sent when nothing was said."""
    description: str = ""
    choices: tuple[Any, ...] = ()
    type: str = "string"
    """The JSON type of the value."""

    @property
    def words(self) -> list[str]:
        """The words of its name: "search_term" -> ["search", "term"]."""
        return words_of(self.name)

    @property
    def counts(self) -> bool:
        """A choice among numbers, which is said like any number: "the second quarter"."""
        return bool(self.choices) and all(type(choice) is int for choice in self.choices)


def _variants(schema: Mapping[str, Any], root: Mapping[str, Any], depth: int = 0) -> list[dict[str, Any]]:
    """The alternatives of a schema with references followed; the first four levels are enough for an argument."""
    if depth > 3:
        return []
    reference = schema.get("$ref")
    if isinstance(reference, str):
        found: Any = root
        for part in reference.removeprefix("#/").split("/"):
            found = as_dict(found).get(part)
        return _variants(as_dict(found), root, depth + 1)
    several = schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf")
    if isinstance(several, list):
        return [variant for item in several[:10] for variant in _variants(as_dict(item), root, depth + 1)]
    types = schema.get("type")
    if isinstance(types, list):
        return [dict(schema) | {"type": name} for name in types[:10]]
    return [dict(schema)]


def _kind(name: str, variant: Mapping[str, Any], about: str) -> str:
    """What sort of thing the property holds."""
    declared = variant.get("type", "string")
    if declared == "boolean":
        return "boolean"
    if declared == "array":
        inner = as_dict(variant.get("items")).get("type", "string")
        return "list" if inner == "string" else "opaque"
    if declared == "object" or not isinstance(declared, str) or declared == "null":
        return "opaque"
    words = set(words_of(name))
    by_name = next((kind for kind, names in _BY_NAME if words & names), "")
    if declared in {"integer", "number"}:
        return by_name if by_name in {"latitude", "longitude", "id"} else "number"
    if by_name == "stock" and re.search(r"crypto|coin\b", about, re.IGNORECASE):
        return "coin"
    return by_name or "text"


def _slot(name: str, schema: Mapping[str, Any], root: Mapping[str, Any], required: bool, about: str) -> Slot:
    variants = _variants(schema, root)
    nullable = any(variant.get("type") == "null" for variant in variants)
    real = next((variant for variant in variants if variant.get("type") != "null"), {})
    # pydantic and hand-written schemas put the description next to "anyOf" as well as inside it.
    described = schema.get("description") or real.get("description") or ""
    description = described if isinstance(described, str) else ""
    choices = real.get("enum")
    if choices is None and "const" in real:
        choices = [real["const"]]
    declared = str(real.get("type", "string"))
    blank = None if nullable or "default" not in schema else schema["default"]
    optional = nullable or "default" in schema or not required
    if not optional and declared == "string" and '""' in description:
        optional, blank = True, ""
    usable = tuple(choice for choice in choices if choice is not None)[:50] if isinstance(choices, list) else ()
    kind = "enum" if usable else _kind(name, real, f"{about} {description}")
    return Slot(name, kind, optional, blank, description[:300], usable, declared)


def read_slots(parameters: Any, about: str) -> tuple[Slot, ...]:
    """The slots of a parameters schema, in its order; `about` is the tool's own text. Any shape is accepted."""
    root = as_dict(dict(parameters) if isinstance(parameters, Mapping) else None)
    properties = as_dict(root.get("properties"))
    required = root.get("required")
    needed = set(map(str, required)) if isinstance(required, list) else set()
    return tuple(
        _slot(str(name), as_dict(schema), root, str(name) in needed, about)
        for name, schema in list(properties.items())[:MAX_SLOTS]
    )
