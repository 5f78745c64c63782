"""The one place that runs a stranger's code: a candidate goes in, entries with a state come out, nothing escapes."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from types import ModuleType
from typing import Any

import importlib_metadata
import pluggy

from odai_core import hooks
from odai_core.contract import (
    API_VERSION,
    AccountPlugin,
    ModelPlugin,
    Problem,
    Setting,
    ToolPlugin,
    TransportPlugin,
)
from odai_core.errors import PluginError
from odai_core.plugins.catalog import Declaration, Entry, State
from odai_core.plugins.discovery import Candidate
from odai_core.settings import Settings
from odai_core.tools.schema import ToolSpec, describe

DECLARED = {"tools": ToolPlugin, "transports": TransportPlugin, "models": ModelPlugin, "accounts": AccountPlugin}
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_PREFIX = re.compile(r"(/[a-z0-9][a-z0-9_-]*)+")


class Loader:
    """Imports candidates, once each per process, and asks them what they are."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._manager = pluggy.PluginManager(hooks.PROJECT)
        self._manager.add_hookspecs(hooks)
        self._imported: dict[str, tuple[str, str]] = {}
        """Module name to the distribution and version it was imported from."""
        self._settled: dict[Candidate, list[Entry]] = {}
        """Candidates that loaded well: asking them again could only make an equal answer look new."""

    def load(self, candidate: Candidate) -> list[Entry]:
        """The entries of one candidate. Raises only with ODAI_STRICT, and then a PluginError."""
        state, refused = self._gate(candidate)
        if refused is not None:
            return [Entry(candidate=candidate, name=candidate.name, state=state, problem=refused)]
        if candidate in self._settled:
            return self._settled[candidate]
        try:
            plugins = self._declarations(candidate)
            entries = [self._entry(candidate, plugin) for plugin in plugins]
            if all(entry.state is State.READY for entry in entries):
                self._settled[candidate] = entries
            return entries
        except (Exception, SystemExit) as error:
            if self._settings.core["ODAI_STRICT"]:
                raise PluginError(*_explain(candidate, error)) from error
            cause, remedy = _explain(candidate, error)
            broken = Problem(cause=cause, remedy=remedy)
            return [Entry(candidate=candidate, name=candidate.name, state=State.BROKEN, problem=broken)]

    # -- before import

    def _gate(self, candidate: Candidate) -> tuple[State, Problem | None]:
        core, names = self._settings.core, {candidate.name, candidate.distribution}
        if names & set(core["ODAI_DISABLE"]):
            remedy = f"Take {candidate.name} out of ODAI_DISABLE to use it."
            return State.DISABLED, Problem(cause="ODAI_DISABLE names it.", remedy=remedy)
        built_in = candidate.distribution == "odai-core"
        if core["ODAI_PLUGINS"] and not built_in and not names & set(core["ODAI_PLUGINS"]):
            remedy = f"Add {candidate.name} to ODAI_PLUGINS to use it."
            return State.DISABLED, Problem(cause="ODAI_PLUGINS does not name it.", remedy=remedy)
        for line in candidate.requires_core:
            if not _satisfied(line):
                cause = (
                    f"{candidate.distribution} {candidate.version} needs {line}; this is odai-core {core_version()}."
                )
                return State.INCOMPATIBLE, Problem(
                    cause=cause, remedy=f"pip install --upgrade odai-core {candidate.distribution}"
                )
        known = self._imported.get(candidate.module)
        if known is not None and known != (candidate.distribution, candidate.version):
            cause = f"{known[0]} {known[1]} is running and {candidate.distribution} {candidate.version} is installed."
            return State.RESTART_NEEDED, Problem(cause=cause, remedy="Restart odai serve to use the new version.")
        return State.READY, None

    # -- the import and the hook

    def _declarations(self, candidate: Candidate) -> Sequence[Declaration]:
        module = self._import(candidate)
        hook = getattr(self._manager.hook, f"odai_{candidate.kind}")
        calls = [impl.function for impl in hook.get_hookimpls() if impl.plugin is module]
        if not calls:
            raise PluginError(
                f"{candidate.module} has no odai_{candidate.kind} hook.",
                f"Write @hookimpl def odai_{candidate.kind}() in it, or fix its entry point.",
            )
        returned = calls[0]()
        plugins = list(returned) if isinstance(returned, (list, tuple)) else [returned]
        wanted = DECLARED[candidate.kind]
        for plugin in plugins:
            if not isinstance(plugin, wanted):
                raise PluginError(
                    f"odai_{candidate.kind}() of {candidate.module} returned {type(plugin).__name__}.",
                    f"Return {wanted.__name__}(...) or a list of them.",
                )
        return plugins

    def _import(self, candidate: Candidate) -> ModuleType:
        fresh = candidate.module not in sys.modules
        try:
            module = importlib.import_module(candidate.module)
        except BaseException:
            if fresh:  # a half-made package would make the next try fail for another reason
                for name in [n for n in sys.modules if n == candidate.module or n.startswith(candidate.module + ".")]:
                    del sys.modules[name]
            raise
        self._imported[candidate.module] = (candidate.distribution, candidate.version)
        if not self._manager.is_registered(module):
            self._manager.register(module, name=candidate.module)
            try:
                self._manager.check_pending()
            except pluggy.PluginValidationError:
                self._manager.unregister(module)
                raise
        return module

    # -- what it declared

    def _entry(self, candidate: Candidate, plugin: Declaration) -> Entry:
        if plugin.api != API_VERSION:
            cause = f"{plugin.name} was written for API {plugin.api}; this odai-core speaks API {API_VERSION}."
            wrong = Problem(cause=cause, remedy=f"pip install --upgrade odai-core {candidate.distribution}")
            return Entry(candidate=candidate, name=str(plugin.name), state=State.INCOMPATIBLE, problem=wrong)
        specs = _checked(plugin)
        problem = self._setup_problem(plugin)
        return Entry(
            candidate=candidate,
            name=plugin.name,
            state=State.NEEDS_SETUP if problem else State.READY,
            problem=problem,
            plugin=plugin,
            specs=specs,
        )

    def _setup_problem(self, plugin: Declaration) -> Problem | None:
        samples = isinstance(plugin, ToolPlugin) and plugin.samples and self._settings.core["ODAI_DEMO"]
        problem = self._settings.problem(plugin.settings, missing_is_fine=samples)
        if problem is not None or samples:
            return problem
        look: Callable[[Any], Problem | None] | None = getattr(plugin, "check", None) or getattr(
            plugin, "available", None
        )
        return look(self._settings.bind(plugin.settings)) if look else None


def core_version() -> str:
    """The version of the installed odai-core."""
    return str(importlib_metadata.version("odai-core"))


def _satisfied(line: str) -> bool:
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        requirement = Requirement(line)
    except InvalidRequirement:
        return True  # pip let it in; the API number is the second gate
    applies = requirement.marker is None or requirement.marker.evaluate({"extra": ""})
    return not applies or requirement.specifier.contains(core_version(), prereleases=True)


def _checked(plugin: Declaration) -> tuple[ToolSpec, ...]:
    """Refuse at load whatever would surprise a call later."""
    if not isinstance(plugin.name, str) or not _NAME.fullmatch(plugin.name):
        raise PluginError(f"The plugin name {plugin.name!r} is not lower-case-with-dashes.", "Rename it.")
    if not all(isinstance(setting, Setting) for setting in plugin.settings):
        raise PluginError(f"The settings of {plugin.name} are not Setting(...) declarations.", "Declare them.")
    if isinstance(plugin, TransportPlugin) and not _PREFIX.fullmatch(plugin.prefix):
        raise PluginError(f"The prefix {plugin.prefix!r} of {plugin.name} is not like /name.", "Change it.")
    if isinstance(plugin, ToolPlugin):
        specs = tuple(describe(function) for function in plugin.tools)
        if not specs:
            raise PluginError(f"{plugin.name} has no tools.", "List at least one in tools=[...].")
        _refuse_twice([spec.name for spec in specs], plugin.name)
        return specs
    return ()


def _refuse_twice(tool_names: Iterable[str], plugin: str) -> None:
    seen: set[str] = set()
    for name in tool_names:
        if name in seen:
            raise PluginError(f"{plugin} declares the tool {name} twice.", "Rename one of the two functions.")
        seen.add(name)


def _explain(candidate: Candidate, error: BaseException) -> tuple[str, str]:
    """A cause and a remedy for the operator, one line each."""
    if isinstance(error, PluginError):
        return error.cause, error.remedy
    text = " ".join(str(error).split())[:200]
    cause = f"{candidate.distribution} {candidate.version} failed to load: {type(error).__name__}: {text}"
    if isinstance(error, ModuleNotFoundError) and error.name:
        return f"{cause}.", f"pip install --force-reinstall {candidate.distribution}, or uninstall it."
    return f"{cause}.", f"pip install --upgrade {candidate.distribution}, or uninstall it, or name it in ODAI_DISABLE."
