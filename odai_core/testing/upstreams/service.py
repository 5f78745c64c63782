"""What a stand-in's service is: routes, a key check and the settings that lead to it."""

from __future__ import annotations

import logging
import pkgutil
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from importlib import import_module
from typing import Any
from urllib.parse import parse_qsl, unquote

import msgspec

log = logging.getLogger("odai.testing.upstreams")

JSON = "application/json"


@dataclass(frozen=True, kw_only=True)
class Ask:
    """A request on its way to a handler."""

    method: str
    path: str
    """Decoded, without the service's own prefix: "/businesses/search"."""
    args: Mapping[str, str]
    """The path's `{names}`, decoded."""
    query: Mapping[str, str]
    """The last value of each name."""
    headers: Mapping[str, str]
    """Lower-case names."""
    body: bytes
    key: str
    """The key the service accepts."""
    base: str
    """The service's own address, for links in answers."""
    kept: dict[str, Any] = field(default_factory=dict)
    """What the service remembers from one request to the next, by names of its own; the server empties it."""
    done: list[Any] = field(default_factory=list)
    """What the service was made to do for good: a handler appends each mail it sent and each event it made."""

    def json(self) -> Any:
        """The body; {} for none."""
        return msgspec.json.decode(self.body) if self.body else {}

    def form(self) -> dict[str, str]:
        """The body as HTML forms send it."""
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))


@dataclass(frozen=True)
class Reply:
    """An answer that is more than a body: JSON, or bytes as they are."""

    body: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = JSON

    def encoded(self) -> bytes:
        """The bytes to send."""
        return self.body if isinstance(self.body, bytes) else msgspec.json.encode(self.body)


Handler = Callable[[Ask], Any]
"""Answers with a JSON value or a `Reply`."""
Authorize = Callable[[Ask], Reply | None]
"""None lets the request in."""


@dataclass(frozen=True)
class Route:
    """`GET /flights/{ident}`: each `{name}` is the text of one path segment, or of a part of it."""

    method: str
    path: str
    handler: Handler

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """What a path, still encoded, must look like."""
        parts = re.split(r"\{(\w+)\}", self.path)
        return re.compile("".join(f"(?P<{p}>[^/]+)" if i % 2 else re.escape(p) for i, p in enumerate(parts)))

    def match(self, method: str, raw_path: str) -> dict[str, str] | None:
        """The decoded `{names}`, or None when it is not for this route."""
        found = self.pattern.fullmatch(raw_path) if method == self.method else None
        return {name: unquote(text) for name, text in found.groupdict().items()} if found else None


@dataclass(frozen=True, kw_only=True)
class Service:
    """One service of the stand-in; the package's docstring tells how to write one."""

    name: str
    routes: Sequence[Route]
    settings: Mapping[str, str]
    """The plugins' settings that lead here, with `{url}` and `{key}` in their values."""
    authorize: Authorize
    errors: Mapping[int, Any] = field(default_factory=dict)
    """Its real bodies by status: JSON values or `Reply`s."""

    def error(self, status: int) -> Reply:
        """Its answer of that status, the real one where it is known."""
        body = self.errors.get(status, {"error": {"code": "FAULT", "description": "Asked for by the test."}})
        return body if isinstance(body, Reply) else Reply(body, status)

    def reply(self, ask: Ask, raw_path: str) -> Reply:
        """What the service says to a request; `ask.args` is filled in here."""
        for route in self.routes:
            args = route.match(ask.method, raw_path)
            if args is not None:
                asked = replace(ask, args=args)
                refused = self.authorize(asked)
                if refused is not None:
                    return refused
                said = route.handler(asked)
                return said if isinstance(said, Reply) else Reply(said)
        return self.error(404)


@cache
def known_services() -> Mapping[str, Service]:
    """Every `SERVICE` of the folder `services`, by name. A file that breaks is logged, and stops no other."""
    from odai_core.testing.upstreams import services as folder

    found: dict[str, Service] = {}
    for module in pkgutil.iter_modules(folder.__path__):
        try:
            service: Service = import_module(f"{folder.__name__}.{module.name}").SERVICE
        except Exception:
            log.exception("the stand-in's service %s cannot be used", module.name)
            continue
        if service.name in found:
            raise ValueError(f"two files of the stand-in hold a service {service.name}")
        found[service.name] = service
    return found
