"""Google's discovery documents, as a judge of requests: path, query, body, field masks and scopes."""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64decode
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from odai_core import ToolPlugin
from odai_core.testing.upstreams import Seen

_VARIABLE = re.compile(r"\{\+?(\w+)\}")
_INTEGER = re.compile(r"-?\d+")
_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "string": str, "boolean": bool, "integer": int, "number": (int, float), "array": list, "object": dict,
}  # fmt: skip


class Broken(AssertionError):
    """A request that the service's own description does not allow."""


@dataclass(frozen=True)
class Method:
    """One method of an API."""

    id: str
    verb: str
    pattern: re.Pattern[str]
    described: Mapping[str, Any]


@dataclass(frozen=True)
class Api:
    """One discovery document."""

    document: Mapping[str, Any]

    def methods(self) -> Iterator[Method]:
        """All of them, of all resources."""
        root = self.document["rootUrl"] + self.document["servicePath"]
        for described in _methods(self.document):
            path = root + described.get("flatPath", described["path"])
            parts = _VARIABLE.split(path)
            pattern = "".join(f"(?P<{part}>[^/:]+)" if nth % 2 else re.escape(part) for nth, part in enumerate(parts))
            yield Method(described["id"], described["httpMethod"], re.compile(pattern), described)

    def find(self, verb: str, url: str) -> Method:
        """The method a request is for."""
        for method in self.methods():
            if method.verb == verb and method.pattern.fullmatch(url):
                return method
        raise Broken(f"{self.document['name']} has no method {verb} {url}")


@cache
def api(name: str) -> Api:
    """The document of that name, such as "calendar.v3", from the wheel of google-api-python-client."""
    package = find_spec("googleapiclient")
    assert package is not None
    assert package.origin is not None
    folder = Path(package.origin).parent / "discovery_cache" / "documents"
    return Api(json.loads((folder / f"{name}.json").read_text(encoding="utf-8")))


APIS = {
    "GOOGLE_CALENDAR_BASE_URL": "calendar.v3",
    "GOOGLE_DOCS_BASE_URL": "docs.v1",
    "GOOGLE_DRIVE_BASE_URL": "drive.v3",
    "GMAIL_BASE_URL": "gmail.v1",
}
"""The settings that lead to Google, and what is there."""


def check(plugin: ToolPlugin, addresses: Mapping[str, str], requests: Iterable[Seen]) -> list[str]:
    """The ids of the methods these requests are for. Raises Broken for the first that is not as described.

    `addresses` are the settings that led to the stand-in: "http://127.0.0.1:1234/google-docs/docs/v1".
    """
    defaults = {setting.name: setting.default for setting in plugin.settings if setting.name in APIS}
    found = []
    for seen in requests:
        name, path = _address(seen, addresses)
        method = api(APIS[name]).find(seen.method, f"{defaults[name]}{path}")
        _parameters(api(APIS[name]), method, seen)
        _body(api(APIS[name]), method, seen)
        if not set(method.described["scopes"]) & set(plugin.scopes):
            raise Broken(f"{method.id} is allowed by none of the scopes of {plugin.name}")
        found.append(method.id)
    return found


def _address(seen: Seen, addresses: Mapping[str, str]) -> tuple[str, str]:
    """Which setting a request followed, and the rest of its path, encoded."""
    for name, address in addresses.items():
        inside = "/" + "/".join(address.split("/")[4:]) if address.count("/") > 3 else ""
        if name in APIS and seen.raw_path.startswith(f"{inside}/"):
            return name, seen.raw_path.removeprefix(inside)
    raise Broken(f"{seen.raw_path} follows no address of Google's")


def _methods(resource: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from resource.get("methods", {}).values()
    for inner in resource.get("resources", {}).values():
        yield from _methods(inner)


def _parameters(api: Api, method: Method, seen: Seen) -> None:
    known = {**api.document["parameters"], **method.described.get("parameters", {})}
    for name, text in seen.query.items():
        described = known.get(name)
        if described is None or described.get("location") != "query":
            raise Broken(f"{method.id} takes no {name}")
        _text(f"{method.id}: {name}", described, text)
        if name == "fields":
            _mask(api, method.described["response"], text, f"{method.id}: fields")
    missing = [
        name
        for name, one in method.described.get("parameters", {}).items()
        if one.get("required") and one["location"] == "query" and name not in seen.query
    ]
    if missing:
        raise Broken(f"{method.id} cannot do without {missing}")


def _text(what: str, described: Mapping[str, Any], text: str) -> None:
    """A query value as its type and its choice of words allow it."""
    kind = described["type"]
    if kind == "integer":
        if not _INTEGER.fullmatch(text):
            raise Broken(f"{what} is {text!r}, not a whole number")
        low, high = int(described.get("minimum", -(2**63))), int(described.get("maximum", 2**63))
        if not low <= int(text) <= high:
            raise Broken(f"{what} is {text}, not {low} to {high}")
    if kind == "boolean" and text not in ("true", "false"):
        raise Broken(f"{what} is {text!r}, neither true nor false")
    if "enum" in described and text not in described["enum"]:
        raise Broken(f"{what} is {text!r}, none of {described['enum']}")
    _formatted(what, described, text)


def _body(api: Api, method: Method, seen: Seen) -> None:
    request = method.described.get("request")
    if request is None:
        if seen.body:
            raise Broken(f"{method.id} takes no body")
        return
    if not seen.headers.get("content-type", "").startswith("application/json"):
        raise Broken(f"{method.id} is not sent JSON")
    _value(api, method.id, request, json.loads(seen.body))


def _value(api: Api, what: str, schema: Mapping[str, Any], value: Any) -> None:
    """A value of a body, by its schema: nothing unknown, nothing of another type."""
    schema = api.document["schemas"][schema["$ref"]] if "$ref" in schema else schema
    kind = schema.get("type", "any")
    wanted = _TYPES.get(kind)
    if wanted and (not isinstance(value, wanted) or (isinstance(value, bool) and kind != "boolean")):
        raise Broken(f"{what} is {value!r}, not of the type {kind}")
    if kind == "array":
        for nth, item in enumerate(value):
            _value(api, f"{what}[{nth}]", schema["items"], item)
    if kind == "object":
        for name, item in value.items():
            inner = schema.get("properties", {}).get(name) or schema.get("additionalProperties")
            if inner is None:
                raise Broken(f"{what} has no field {name}")
            if inner.get("readOnly"):
                raise Broken(f"{what}.{name} is Google's to set")
            _value(api, f"{what}.{name}", inner, item)
    if "enum" in schema and value not in schema["enum"]:
        raise Broken(f"{what} is {value!r}, none of {schema['enum']}")
    if isinstance(value, str):
        _formatted(what, schema, value)


def _formatted(what: str, schema: Mapping[str, Any], text: str) -> None:
    kind = schema.get("format")
    try:
        if kind == "date-time":
            datetime.fromisoformat(text)
        elif kind == "date":
            date.fromisoformat(text)
        elif kind == "byte":
            urlsafe_b64decode(text)
    except ValueError:
        raise Broken(f"{what} is {text[:60]!r}, which is no {kind}") from None


def _mask(api: Api, schema: Mapping[str, Any], mask: str, what: str) -> None:
    """A partial response's `fields`: each one is in the answer's schema."""
    schema = api.document["schemas"][schema["$ref"]] if "$ref" in schema else schema
    schema = schema["items"] if schema.get("type") == "array" else schema
    schema = api.document["schemas"][schema["$ref"]] if "$ref" in schema else schema
    for one in _split(mask):
        read = re.fullmatch(r"(\w+)(?:\((.+)\)|/(.+))?", one)
        if read is None:
            raise Broken(f"{what} cannot be read: {one!r}")
        name, inner = read[1], read[2] or read[3]
        if name not in schema.get("properties", {}):
            raise Broken(f"{what} asks for {name}, which is not in the answer")
        if inner:
            _mask(api, schema["properties"][name], inner, f"{what}.{name}")


def _split(mask: str) -> list[str]:
    """At the commas that are in no brackets."""
    parts, depth = [""], 0
    for letter in mask:
        depth += (letter == "(") - (letter == ")")
        if letter == "," and not depth:
            parts.append("")
        else:
            parts[-1] += letter
    return parts
