"""The plugin under test: found by its name, loaded once, and pointed at the stand-in."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from odai_core.calls import Caller
from odai_core.contract import Secret, Setting, ToolFunction, ToolPlugin
from odai_core.grants import Link
from odai_core.plugins.discovery import Candidate, canonical, discover
from odai_core.settings import BoundValues, Settings
from odai_core.testing.kit.linked import Condition, LinkedAccount
from odai_core.testing.kit.standin import Standin
from odai_core.testing.upstreams import Reply, Route, Service, UpstreamServer, auth
from odai_core.tools.schema import ToolSpec, describe

Arguments = Mapping[str, Any]
UNREACHABLE = "http://127.0.0.1:9"
"""Where nobody listens."""


class NotApplicable(Exception):
    """A standard test has nothing to test here; the message says why."""


@dataclass(kw_only=True)
class Subject:
    """What the author said of a plugin, and what follows from it."""

    name: str
    happy: Mapping[str, Sequence[Arguments]]
    unknown: Mapping[str, Arguments] = field(default_factory=dict)
    samples: Mapping[str, Arguments] = field(default_factory=dict)
    offline: frozenset[str] = frozenset()
    services: tuple[Service, ...] = ()
    recorded: Mapping[str, Any] = field(default_factory=dict)
    given: Mapping[str, str] = field(default_factory=dict)
    """Settings beside those that lead to the stand-in."""
    account: Callable[[UpstreamServer], Sequence[Link]] | None = None
    """The linked accounts, their tokens among what the stand-in accepts; None: one, with the stand-in's key."""
    caller: Caller = field(default_factory=Caller)
    seeds: int = 60
    beside: Path | None = None
    """The file of the test, to look for the project around it."""

    # -- the plugin

    @cached_property
    def candidate(self) -> Candidate:
        """Its entry point."""
        found = [one for one in discover() if one.kind == "tools" and one.name == self.name]
        assert found, f"no odai.tools entry point is called {self.name!r}: pip install -e the plugin first"
        assert len(found) == 1, f"several distributions have an odai.tools entry point {self.name!r}"
        return found[0]

    @cached_property
    def plugins(self) -> Sequence[ToolPlugin]:
        """What its hook declares."""
        module = import_module(self.candidate.module)
        hook = getattr(module, "odai_tools", None)
        assert callable(hook), f"{self.candidate.module} has no odai_tools() hook"
        declared = hook()
        return declared if isinstance(declared, list | tuple) else [declared]

    @cached_property
    def plugin(self) -> ToolPlugin:
        """The one of this name, or the only one."""
        named = [plugin for plugin in self.plugins if plugin.name == self.name] or list(self.plugins[:1])
        assert named, f"odai_tools() of {self.candidate.module} returned no plugin"
        return named[0]

    def function(self, tool: str) -> ToolFunction:
        """A tool's function."""
        found = [one for one in self.plugin.tools if getattr(one, "__name__", "") == tool]
        assert found, f"{self.plugin.name} has no tool {tool}; happy={{...}} names it"
        return found[0]

    def spec(self, tool: str) -> ToolSpec:
        """A tool as core describes it. Raises PluginError when core would refuse it."""
        return describe(self.function(tool))

    @cached_property
    def folder(self) -> Path:
        """The folder of the package."""
        spec = find_spec(self.candidate.module)
        assert spec is not None
        assert spec.origin, f"{self.candidate.module} cannot be found"
        return Path(spec.origin).parent

    @cached_property
    def project(self) -> Path:
        """The folder with its pyproject.toml. Raises NotApplicable when the source is not here."""
        around = [*self.folder.parents, *(self.beside.parents if self.beside else ())]
        for folder in around:
            described = folder / "pyproject.toml"
            if described.is_file():
                named = tomllib.loads(described.read_text(encoding="utf-8")).get("project", {}).get("name", "")
                if canonical(named) == self.candidate.distribution:
                    return folder
        raise NotApplicable(f"the source of {self.candidate.distribution} is not here, only its installation")

    # -- the stand-in

    @cached_property
    def standin(self) -> Standin:
        """Started at the first use; `close()` stops it."""
        extra = [*self.services, *([self._recorded()] if self.recorded else [])]
        return Standin(extra)

    @property
    def server(self) -> UpstreamServer:
        """The stand-in."""
        return self.standin.server

    def close(self) -> None:
        """Stop the stand-in, if it ever started."""
        if "standin" in self.__dict__:
            self.standin.close()

    @property
    def used(self) -> tuple[str, ...]:
        """The services its settings lead to."""
        return self.server.used_by(self.plugin)

    def values(self, *, key: bool = True, reach: bool = True) -> BoundValues:
        """The settings that lead to the stand-in; without the secret ones, or to where nobody listens."""
        texts = {**self.server.settings(self.plugin), **self.given}
        if not key:
            secret = {setting.name for setting in self.plugin.settings if setting.secret}
            texts = {name: text for name, text in texts.items() if name not in secret}
        if not reach:
            here = "/".join(self.server.url(next(iter(self.server.services))).split("/")[:3])
            texts = {name: text.replace(here, UNREACHABLE) for name, text in texts.items()}
        return Settings(texts).bind(self.plugin.settings)

    @property
    def label(self) -> str:
        """What the owner of the linked account knows it by: like nothing else, for it belongs in no log."""
        return f"{self.standin.key[-8:]}@owner.example"

    def linked(self, condition: Condition = "linked") -> LinkedAccount | None:
        """The caller's account in one of the conditions; None for a plugin that works with none."""
        service, scopes = self.plugin.account, self.plugin.scopes
        if service is None:
            return None
        token = Secret(self.standin.key)
        one = Link(id="link-1", subject="subject-1", label=self.label, token=token, scopes=frozenset(scopes))
        links = [one] if self.account is None else self.account(self.server)
        return LinkedAccount(service, links, scopes, condition)

    def _recorded(self) -> Service:
        """`{"GET /v1/tides": body}` as a service that every address and every key of the plugin leads to."""
        routes = []
        for asked, body in self.recorded.items():
            method, _, path = asked.partition(" ")
            routes.append(Route(method, path, _always(body)))
        return Service(
            name=f"recorded-{self.name}",
            routes=routes,
            settings={setting.name: "{key}" if setting.secret else "{url}" for setting in _leading(self.plugin)},
            authorize=auth.anybody,
        )


def _always(body: Any) -> Any:
    return lambda ask: body if isinstance(body, Reply) else Reply(body)


def _leading(plugin: ToolPlugin) -> list[Setting]:
    return [one for one in plugin.settings if one.secret or one.name.endswith("_BASE_URL")]
