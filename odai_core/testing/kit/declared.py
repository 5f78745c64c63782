"""Standard tests of what a plugin declares: names, settings, parameters, examples."""

from __future__ import annotations

import copy
import re

from odai_core.contract import Setting
from odai_core.errors import PluginError
from odai_core.plugins.catalog import State
from odai_core.plugins.discovery import canonical
from odai_core.plugins.loading import Loader
from odai_core.settings import Settings
from odai_core.testing.kit.standard import standard
from odai_core.testing.kit.subject import Subject
from odai_core.tools.schema import ToolSpec

MIN_EXAMPLES = 5
_MARK = re.compile(r"\{(\w+):([^{}]+)\}")
_SETTING = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+")
_KEY = re.compile(r"KEY|SECRET|TOKEN|PASSWORD|AUTHORIZATION|CREDENTIAL")
_SAYS_NOTHING = frozenset(
    {"API", "APP", "ACCESS", "AUTH", "BASE", "CLIENT", "KEY", "ODAI", "SECRET", "TOKEN", "URL", "USER"}
)


@standard()
def test_core_accepts_it(subject: Subject) -> None:
    """Core loads it: ready, or waiting for a setting."""
    for entry in Loader(Settings({})).load(subject.candidate):
        why = f"{entry.problem.cause} {entry.problem.remedy}" if entry.problem else ""
        assert entry.state in (State.READY, State.NEEDS_SETUP), f"{entry.name} is {entry.state}: {why}"


@standard()
def test_names_line_up(subject: Subject) -> None:
    """Distribution odai-tool-x, module odai_tool_x, entry point x and plugin x."""
    candidate = subject.candidate
    module = candidate.module.partition(".")[0]
    assert canonical(module) == candidate.distribution, (
        f"the distribution {candidate.distribution} holds {module}: call them alike"
    )
    assert candidate.distribution.endswith(f"-{candidate.name}"), (
        f"the entry point {candidate.name} is in {candidate.distribution}: call the distribution ...-{candidate.name}"
    )
    names = [plugin.name for plugin in subject.plugins]
    assert candidate.name in names, f"the entry point {candidate.name} declares {', '.join(names)}"


@standard()
def test_every_tool_is_tested(subject: Subject) -> None:
    """`happy` names exactly the tools of the plugin."""
    declared = {getattr(tool, "__name__", "?") for tool in subject.plugin.tools}
    assert declared == set(subject.happy), (
        f"give happy arguments for {sorted(declared - set(subject.happy))}, not for "
        f"{sorted(set(subject.happy) - declared)}"
    )
    assert all(subject.happy.values()), "give at least one set of happy arguments for each tool"


@standard()
def test_tool_names_are_unique(subject: Subject) -> None:
    """No two tools share a name."""
    names = [getattr(tool, "__name__", "?") for plugin in subject.plugins for tool in plugin.tools]
    twice = sorted({name for name in names if names.count(name) > 1})
    assert not twice, f"{', '.join(twice)} is declared twice"


@standard(per="tool")
def test_parameters_are_typed_and_described(subject: Subject, tool: str) -> None:
    """The model knows each parameter's type and, from the docstring's Args, what it is."""
    spec = _spec(subject, tool)
    for name, schema in spec.parameters["properties"].items():
        # What core adds for a default is not a description.
        said = re.sub(r"\s*Null means .*\.$", "", schema.get("description", ""))
        assert len(said.split()) >= 2, f"{tool} does not describe {name}: add it under Args: in the docstring"
    assert len(spec.description.split()) >= 4, f"{tool} says too little of what it does: {spec.description!r}"


@standard(per="tool")
def test_schema_is_accepted_by_the_sdk(subject: Subject, tool: str) -> None:
    """The Agents SDK's own check takes the schema as it is."""
    from agents.strict_schema import ensure_strict_json_schema

    schema = dict(_spec(subject, tool).parameters)
    strict = ensure_strict_json_schema(copy.deepcopy(schema))
    assert strict == schema, f"the SDK would change the schema of {tool}"


@standard(per="tool")
def test_examples_parse(subject: Subject, tool: str) -> None:
    """At least five things people say; each marks known parameters with values the tool can read."""
    spec = _spec(subject, tool)
    examples, known = spec.options.examples, spec.parameters["properties"]
    assert len(set(examples)) >= MIN_EXAMPLES, (
        f"{tool} has {len(set(examples))} examples: give {MIN_EXAMPLES} things people say, with {{parameter:value}}"
    )
    marked: set[str] = set()
    for example in examples:
        rest = _MARK.sub("", example)
        assert not set(rest) & set("{}"), f"a mark that cannot be read in {example!r}: write {{parameter:value}}"
        for name, value in _MARK.findall(example):
            assert name in known, f"{example!r} marks {name}, which {tool} does not take"
            assert value.strip(), f"{example!r} marks an empty {name}"
            marked.add(name)
    missing = [name for name in _required(spec) if name not in marked]
    assert not missing, f"no example of {tool} marks {', '.join(missing)}, which it cannot do without"


@standard()
def test_settings_are_named_after_the_service(subject: Subject) -> None:
    """UPPER_CASE names that share the service's name as first word, each with a sentence of help.

    A plugin that can ask several services has a SERVICE_BASE_URL for each, and perhaps a word for what they do.
    """
    services = {one.name.partition("_")[0] for one in subject.plugin.settings if one.name.endswith("_BASE_URL")}
    first = set()
    for setting in subject.plugin.settings:
        assert _SETTING.fullmatch(setting.name), f"{setting.name} is not like SERVICE_API_KEY"
        first.add(setting.name.partition("_")[0])
        assert len(setting.help.split()) >= 3, f"{setting.name} needs a sentence of help"
    assert not first & _SAYS_NOTHING, f"{sorted(first & _SAYS_NOTHING)[0]}_... does not name the service: put it first"
    allowed = 1 if len(services) < 2 else len(services) + 1
    assert len(first) <= allowed, f"settings begin with {' and '.join(sorted(first))}: one name, the service's"


@standard()
def test_keys_are_secrets(subject: Subject) -> None:
    """A key is declared `secret=True`, says where to get one, and has no default."""
    for setting in filter(_is_key, subject.plugin.settings):
        assert setting.secret, f"{setting.name} is a key: declare it secret=True"
        assert setting.where or not setting.required, f"{setting.name}: say where to get one, with where=..."
        assert not setting.default, f"{setting.name} has a default: a key belongs in no source"


@standard()
def test_the_address_is_a_setting(subject: Subject) -> None:
    """A setting SERVICE_BASE_URL, with the service's https address as its default."""
    if subject.offline >= set(subject.happy):
        return
    addresses = [setting for setting in subject.plugin.settings if setting.name.endswith("_BASE_URL")]
    assert addresses, "no setting SERVICE_BASE_URL: tests and proxies need one"
    for setting in addresses:
        assert setting.default.startswith("https://"), f"{setting.name} needs the service's https address as default"


def _is_key(setting: Setting) -> bool:
    return bool(_KEY.search(setting.name))


def _required(spec: ToolSpec) -> list[str]:
    properties = spec.parameters["properties"].items()
    return [name for name, schema in properties if "null" not in schema.get("type", ())]


def _spec(subject: Subject, tool: str) -> ToolSpec:
    try:
        return subject.spec(tool)
    except PluginError as error:
        raise AssertionError(str(error)) from None
