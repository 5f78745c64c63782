"""The one place that runs a stranger's code: a candidate goes in, entries with a state come out, nothing escapes."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Callable, Sequence
from functools import cache
from types import ModuleType
from typing import Any

import importlib_metadata
import pluggy

from odai_core import hooks
from odai_core.calls import Values
from odai_core.contract import (
    API_VERSION,
    AccountPlugin,
    ModelPlugin,
    Problem,
    Setting,
    ToolPlugin,
    TransportPlugin,
)
from odai_core.errors import PluginError, SetupError
from odai_core.plugins.catalog import Declaration, Entry, State
from odai_core.plugins.discovery import Candidate, canonical, headers
from odai_core.settings import BoundValues, Settings
from odai_core.tools.schema import ToolSpec, describe

DECLARED = {"tools": ToolPlugin, "transports": TransportPlugin, "models": ModelPlugin, "accounts": AccountPlugin}
Declared = tuple[Declaration, tuple[ToolSpec, ...]]
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_PREFIX = re.compile(r"(/[a-z0-9][a-z0-9_-]*)+")
_RELEASE = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9})*")
_BOUND = re.compile(rf"(>=|<)({_RELEASE.pattern})")
_BOUNDS = re.compile(rf"odai-core ?{_BOUND.pattern}(?:, ?{_BOUND.pattern})*")


class Loader:
    """Imports candidates, once each per process, and asks them what they are."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._disabled = {canonical(name) for name in settings.core["ODAI_DISABLE"]}
        self._wanted = {canonical(name) for name in settings.core["ODAI_PLUGINS"]}
        self._manager = pluggy.PluginManager(hooks.PROJECT)
        self._manager.add_hookspecs(hooks)
        self._imported: dict[str, tuple[str, str]] = {}
        """Module name to the distribution and version it was imported from."""
        self._answers: dict[Candidate, list[Declared]] = {}
        """What good candidates declared: asking them again could only make an equal answer look new."""

    def refuse(self, candidate: Candidate, *, strict: bool = False) -> list[Entry]:
        """What is wrong with a candidate before it is imported; nothing when it may be. Raises like `load`."""

        def gate() -> list[Entry]:
            state, problem = self._gate(candidate)
            return [Entry(candidate=candidate, name=candidate.name, state=state, problem=problem)] if problem else []

        return _caught(candidate, gate, strict)

    def load(self, candidate: Candidate, *, strict: bool = False) -> list[Entry]:
        """The entries of a candidate that is not refused. Raises only when `strict`, and then a PluginError."""

        def ask() -> list[Entry]:
            if candidate not in self._answers:
                self._answers[candidate] = [(plugin, _checked(plugin)) for plugin in self._declarations(candidate)]
            return [self._entry(candidate, plugin, specs) for plugin, specs in self._answers[candidate]]

        return _caught(candidate, ask, strict)

    # -- before import

    def _gate(self, candidate: Candidate) -> tuple[State, Problem | None]:
        names = {canonical(candidate.name), candidate.distribution}
        if names & self._disabled:
            return State.DISABLED, _disabled(candidate.name)
        built_in = candidate.distribution == "odai-core"
        if self._wanted and not built_in and not names & self._wanted:
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
        calls: list[Callable[[], Any]] = [i.function for i in hook.get_hookimpls() if i.plugin is module]
        if not calls:
            raise PluginError(
                f"{candidate.module} has no odai_{candidate.kind} hook.",
                f"Write @hookimpl def odai_{candidate.kind}() in it, or fix its entry point.",
            )
        wanted = DECLARED[candidate.kind]
        plugins: list[Any] = []
        for returned in [call() for call in calls]:
            plugins += returned if isinstance(returned, list | tuple) else [returned]
        rubbish = [type(plugin).__name__ for plugin in plugins if not isinstance(plugin, wanted)]
        if rubbish or not plugins:
            raise PluginError(
                f"odai_{candidate.kind}() of {candidate.module} returned {rubbish[0] if rubbish else 'no plugin'}.",
                f"Return {wanted.__name__}(...) or a list of them.",
            )
        return plugins

    def _import(self, candidate: Candidate) -> ModuleType:
        before = set(sys.modules)
        try:
            module = importlib.import_module(candidate.module)
        except BaseException:
            # A half-made package, or its old files, would make the next try fail for another reason.
            package = candidate.module.partition(".")[0]
            for name in set(sys.modules) - before:
                if name.partition(".")[0] == package:
                    del sys.modules[name]
            raise
        self._imported[candidate.module] = (candidate.distribution, candidate.version)
        if not self._manager.is_registered(module):
            try:
                self._manager.register(module, name=candidate.module)
                self._manager.check_pending()
            except pluggy.PluginValidationError as error:
                if self._manager.is_registered(module):
                    self._manager.unregister(module)
                wrong = _line(error).replace(f" in plugin {module!r}", "")
                raise PluginError(
                    f"{candidate.module} has a hook that is not ours: {wrong}.",
                    f"The hooks are {', '.join(f'odai_{kind}()' for kind in DECLARED)}, without parameters.",
                ) from error
        return module

    # -- what it declared

    def _entry(self, candidate: Candidate, plugin: Declaration, specs: tuple[ToolSpec, ...]) -> Entry:
        if plugin.api != API_VERSION:
            cause = f"{plugin.name} was written for API {plugin.api}; this odai-core speaks API {API_VERSION}."
            wrong = Problem(cause=cause, remedy=f"pip install --upgrade odai-core {candidate.distribution}")
            return Entry(candidate=candidate, name=str(plugin.name), state=State.INCOMPATIBLE, problem=wrong)
        if plugin.name in self._disabled:  # one of several in a module
            named = _disabled(plugin.name)
            return Entry(candidate=candidate, name=plugin.name, state=State.DISABLED, problem=named)
        samples = bool(isinstance(plugin, ToolPlugin) and plugin.samples and self._settings.core["ODAI_DEMO"])
        problem = self._settings.problem(plugin.settings, missing_is_fine=samples)
        values = BoundValues({})
        if problem is None:
            values = self._settings.bind(plugin.settings)
            problem = None if samples else _look(candidate, plugin, values)
        return Entry(
            candidate=candidate,
            name=plugin.name,
            state=State.NEEDS_SETUP if problem else State.READY,
            problem=problem,
            plugin=plugin,
            specs=specs,
            values=values,
        )


def _look(candidate: Candidate, plugin: Declaration, values: Values) -> Problem | None:
    """Ask the plugin's own check. What it raises is not repeated: it has seen the secrets."""
    called = "available" if isinstance(plugin, ModelPlugin) else "check"
    look: Callable[[Values], Problem | None] | None = getattr(plugin, called, None)
    try:
        problem = look(values) if look else None
    except (Exception, SystemExit) as error:
        cause = f"{called}() of {plugin.name} failed: {type(error).__name__}."
        raise PluginError(cause, _get_rid_of(candidate)) from error
    if problem is not None and not (isinstance(problem, Problem) and _all_texts(problem.cause, problem.remedy)):
        raise PluginError(
            f"{called}() of {plugin.name} returned {type(problem).__name__}.",
            "Return None, or Problem(...) of two texts.",
        )
    return problem


def _caught(candidate: Candidate, work: Callable[[], list[Entry]], strict: bool) -> list[Entry]:
    """Run something of a stranger's; whatever it raises becomes a broken entry."""
    try:
        return work()
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # SystemExit, CancelledError: whatever a stranger's module thinks of
        cause, remedy = _explain(candidate, error)
        if strict:
            raise PluginError(cause, remedy) from error
        broken = Problem(cause=cause, remedy=remedy)
        return [Entry(candidate=candidate, name=candidate.name, state=State.BROKEN, problem=broken)]


@cache
def core_version() -> str:
    """The version of the installed odai-core."""
    return headers(importlib_metadata.distribution("odai-core"))["version"][0]


def _satisfied(line: str) -> bool:
    # Nearly every plugin writes bounds of this form, and the library that reads all forms takes 20 ms to import.
    if _RELEASE.fullmatch(core_version()) and _BOUNDS.fullmatch(line):
        here, bounds = _numbers(core_version()), _BOUND.findall(line)
        return all((here >= _numbers(bound)) == (sign == ">=") for sign, bound in bounds)
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        requirement = Requirement(line)
    except InvalidRequirement:
        return True  # pip let it in; the API number is the second gate
    applies = requirement.marker is None or requirement.marker.evaluate({"extra": ""})
    return not applies or requirement.specifier.contains(core_version(), prereleases=True)


def _numbers(release: str) -> tuple[int, ...]:
    """The numbers of "1.2.0", without the zeros at the end: those make no difference."""
    return tuple(map(int, re.sub(r"(\.0+)+$", "", release).split(".")))


def _checked(plugin: Declaration) -> tuple[ToolSpec, ...]:
    """Refuse at load whatever would surprise a call later."""
    if plugin.api != API_VERSION:
        return ()  # we cannot know what is right for it
    if not isinstance(plugin.name, str) or not _NAME.fullmatch(plugin.name):
        raise PluginError(f"The plugin name {plugin.name!r} is not lower-case-with-dashes.", "Rename it.")
    for text in ("title", "summary", "instructions", "voice_instructions"):
        if not isinstance(getattr(plugin, text, ""), str):
            raise PluginError(f"The {text} of {plugin.name} is not a text.", "Write it as one.")
    if not isinstance(plugin.settings, list | tuple) or not all(map(_is_setting, plugin.settings)):
        raise PluginError(f"The settings of {plugin.name} are not Setting(...) declarations.", "Declare them.")
    if isinstance(plugin, TransportPlugin) and not (
        isinstance(plugin.prefix, str) and _PREFIX.fullmatch(plugin.prefix)
    ):
        raise PluginError(f"The prefix {plugin.prefix!r} of {plugin.name} is not like /name.", "Change it.")
    if isinstance(plugin, ModelPlugin) and plugin.realtime is None and plugin.text is None:
        raise PluginError(f"{plugin.name} has neither a realtime nor a text model.", "Give it one of them.")
    if isinstance(plugin, ToolPlugin) and not (
        isinstance(plugin.scopes, list | tuple) and _all_texts(plugin.account or "", *plugin.scopes)
    ):
        raise PluginError(f"The account or the scopes of {plugin.name} are not texts.", "Write them as such.")
    return _described(plugin) if isinstance(plugin, ToolPlugin) else ()


def _described(plugin: ToolPlugin) -> tuple[ToolSpec, ...]:
    specs: dict[str, ToolSpec] = {}
    for function in plugin.tools:
        spec = describe(function)
        if spec.name in specs:
            raise PluginError(f"{plugin.name} declares the tool {spec.name} twice.", "Rename one of the two functions.")
        specs[spec.name] = spec
    if not specs:
        raise PluginError(f"{plugin.name} has no tools.", "List at least one in tools=[...].")
    return tuple(specs.values())


def _is_setting(setting: Any) -> bool:
    return (
        isinstance(setting, Setting)
        and _all_texts(setting.name, setting.help, setting.default)
        and callable(setting.type)
    )


def _all_texts(*values: Any) -> bool:
    return all(isinstance(value, str) for value in values)


def _disabled(name: str) -> Problem:
    return Problem(cause="ODAI_DISABLE names it.", remedy=f"Take {name} out of ODAI_DISABLE to use it.")


def _get_rid_of(candidate: Candidate) -> str:
    return f"pip install --upgrade {candidate.distribution}, or uninstall it, or name it in ODAI_DISABLE."


def _explain(candidate: Candidate, error: BaseException) -> tuple[str, str]:
    """A cause and a remedy for the operator, one line each."""
    if isinstance(error, SetupError):
        return _line(error.cause, 500), _line(error.remedy, 500)
    text = _line(error).rstrip(".")
    said = f"{type(error).__name__}: {text}" if text else type(error).__name__
    cause = f"{candidate.distribution} {candidate.version} failed to load: {said}."
    if isinstance(error, ModuleNotFoundError) and error.name:
        return cause, f"pip install --force-reinstall {candidate.distribution}, or uninstall it."
    return cause, _get_rid_of(candidate)


def _line(said: Any, length: int = 200) -> str:
    """One printable line of what a stranger said, even if saying it fails."""
    try:
        text = " ".join(str(said).split())[:length]
    except Exception as error:
        text = f"a message that raises {type(error).__name__}"
    return "".join(letter if letter.isprintable() else "?" for letter in text)
