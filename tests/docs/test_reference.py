"""What is promised is written down: every hook, state, setting, verb, error and event is in docs/reference."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import click
import msgspec
import pytest
from odai_transport_chat import frames as chat_frames
from odai_transport_twilio import frames as twilio_frames
from odai_transport_webrtc import frames as app_frames

import odai_core
from odai_core import calls, chat_events, chats, contract, errors, events, grants, hooks
from odai_core.cli import main
from odai_core.contract import Setting
from odai_core.models import compatible_plugin
from odai_core.models.openai_plugin import odai_models
from odai_core.plugins.catalog import State
from odai_core.settings import CORE_SETTINGS
from tests.docs.connector_settings import PACKAGES, declared_by, default_of, row, shared

ROOT = Path(__file__).parents[2]
MODEL_SETTINGS = (*odai_models().settings, *compatible_plugin.odai_models().settings)


def page(name: str) -> str:
    return (ROOT / "docs" / "reference" / f"{name}.md").read_text()


def marked(text: str) -> set[str]:
    """Everything a page sets in `code`; a code span may stand across two lines."""
    return {" ".join(span.split()) for span in re.findall(r"`([^`]+)`", re.sub(r"```.*?```", "", text, flags=re.S))}


def rows(text: str) -> list[list[str]]:
    """The cells of every table row."""
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]


# -- the contract -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in vars(hooks) if name.startswith("odai_")])
def test_every_hook_is_there_with_its_group(name: str) -> None:
    assert {name, name.replace("_", ".")} <= marked(page("contract"))


@pytest.mark.parametrize("state", [str(state) for state in State])
def test_every_state_is_there_and_has_a_remedy(state: str) -> None:
    assert state in marked(page("contract"))
    assert f"## {state.capitalize()}\n" in (ROOT / "docs" / "how-to" / "mend-a-plugin.md").read_text()


@pytest.mark.parametrize("name", odai_core.__all__)
def test_every_public_name_is_there(name: str) -> None:
    pages = page("contract") + page("errors")
    assert re.search(rf"`[^`\n]*\b{name}\b[^`\n]*`", pages)


@pytest.mark.parametrize(
    "declared",
    [
        contract.ToolPlugin, contract.ToolOptions, contract.ToolContext, contract.Setting, contract.TransportPlugin,
        contract.ModelPlugin, contract.AccountPlugin, contract.Asset, calls.Caller, calls.CallInfo, calls.CallOptions,
        calls.AudioProfile, calls.TurnDetection, odai_core.ToolResponse, *get_args(events.CallEvent),
        chats.ChatInfo, chats.ChatSummary, chats.PastTurn, chats.TextOptions, chats.Usage, grants.Grant, grants.Link,
        grants.LinkInfo, chat_events.SuggestedPrompt, *get_args(chat_events.ChatEvent),
    ],
)  # fmt: skip
def test_every_field_is_there(declared: Any) -> None:
    words = set(re.findall(r"\w+", " ".join(marked(page("contract")))))
    assert {declared.__name__, *(field.name for field in dataclasses.fields(declared))} - {"ToolOptions"} <= words


@pytest.mark.parametrize(
    "protocol",
    [calls.Call, calls.TransportContext, chats.Chat, chats.ChatBook, grants.Account, grants.AccountContext],
)
def test_every_method_is_there(protocol: Any) -> None:
    words = set(re.findall(r"\w+", " ".join(marked(page("contract")))))
    assert {name for name in vars(protocol) if not name.startswith("_")} <= words


@pytest.mark.parametrize("event", get_args(events.CallEvent))
def test_every_call_event_is_there(event: type) -> None:
    assert f"events.{event.__name__}" in marked(page("contract"))


@pytest.mark.parametrize("event", get_args(chat_events.ChatEvent))
def test_every_chat_event_is_there_with_its_frame(event: type) -> None:
    assert f"chat_events.{event.__name__}" in marked(page("contract"))
    blank = {"str": "", "float": 0.0, "int": 0, "bool": False}
    values = {
        one.name: blank.get(str(one.type), () if "tuple" in str(one.type) else {}) for one in dataclasses.fields(event)
    }
    frame = json.loads(chat_frames.encode(event(**values)) or "{}")
    told = {cells[0]: cells[1] for cells in rows(chat_section()) if len(cells) == 3}
    assert set(frame) - {"type"} <= set(re.findall(r"`(\w+)`", told[f"`{frame['type']}`"]))


def test_every_code_of_a_chat_is_there() -> None:
    source_of = ROOT / "odai_core" / "text"
    turns = {code for file in source_of.glob("*.py") for code in re.findall(r'ChatError\(\s*"(\w+)"', file.read_text())}
    frames = set(re.findall(r'BadFrame\(\s*"(\w+)"', source(chat_frames)))
    assert len(turns) >= 5
    assert len(frames) == 3
    assert turns | frames <= marked(chat_section())


def chat_section() -> str:
    return page("sockets").partition("## Text chat")[2].partition("\n## ")[0]


# -- settings ---------------------------------------------------------------------------------------


READ = {"Name", "---"}


def check_row(setting: Setting) -> None:
    hint = f"one row is wanted: {row(setting)} (for a connector: python -m tests.docs.connector_settings)"
    found = [cells for cells in rows(page("settings")) if cells[0] == f"`{setting.name}`"]
    assert len(found) == 1, hint
    _, default, text = found[0]
    assert default == default_of(setting), hint
    assert text.startswith("Secret") == setting.secret, hint
    assert (re.match(r"(Secret, r|R)equired\.", text) is not None) == setting.required, hint


@pytest.mark.parametrize("setting", [*CORE_SETTINGS, *MODEL_SETTINGS], ids=lambda setting: setting.name)
def test_every_setting_of_core_is_there_as_it_is_declared(setting: Setting) -> None:
    check_row(setting)


@pytest.mark.parametrize("project", PACKAGES, ids=lambda project: project.parent.name)
def test_every_setting_of_a_package_is_there_as_it_is_declared(project: Path) -> None:
    everybody = [setting for one in PACKAGES for setting in declared_by(one)]
    for setting in declared_by(project):
        check_row(shared(setting, everybody))


def test_no_setting_is_there_that_nobody_declares() -> None:
    declared = [*CORE_SETTINGS, *MODEL_SETTINGS, *(one for project in PACKAGES for one in declared_by(project))]
    assert {row[0].strip("`") for row in rows(page("settings"))} - READ == {setting.name for setting in declared}


# -- commands ---------------------------------------------------------------------------------------


def commands() -> Iterator[tuple[str, click.Command]]:
    def walk(path: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
        yield path, command
        if isinstance(command, click.Group):
            for name in command.list_commands(click.Context(command)):
                found = command.get_command(click.Context(command), name)
                assert found is not None
                yield from walk(f"{path} {name}", found)

    yield from walk("odai", main)


def section(path: str) -> str:
    """What the page says under the verb's heading."""
    verb = " ".join(path.split()[:2])
    return page("commands").partition(f"## `{verb}`\n")[2].partition("\n## ")[0]


@pytest.mark.parametrize(("path", "command"), list(commands())[1:], ids=str)
def test_every_verb_and_option_is_there(path: str, command: click.Command) -> None:
    text = section(path)
    assert text
    assert len(path.split()) == 2 or path in text
    for option in command.params:
        if isinstance(option, click.Option):
            assert option.opts[0] in marked(text)
    for option, *told in rows(text):
        match = [one for one in command.params if f"`{one.opts[0]}`" == option]
        if match and len(told) == 2 and not match[0].is_flag:
            default = match[0].default
            assert told[0] == (f"`{default}`" if isinstance(default, str | int | float) and default != "" else "")


# -- errors -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name, value in vars(errors).items() if isinstance(value, type)])
def test_every_error_is_there(name: str) -> None:
    assert name in marked(page("errors"))


def test_every_code_of_a_tool_error_is_there() -> None:
    said = re.search(r"Codes: (.*?)\. `retry_after`", errors.ToolError.__doc__ or "", re.S)
    assert said is not None
    codes = {code.split()[0] for code in said[1].split(",")}
    assert len(codes) == 11
    table = page("errors").partition("## Codes of a `ToolError`")[2].partition("\n## ")[0]
    assert {row[0].strip("`") for row in rows(table)} - {"Code", "---"} == codes


def test_every_reason_of_an_end_is_there() -> None:
    reasons = (events.Ended.__doc__ or "").partition("Reasons: ")[2].rstrip(".").split(", ")
    assert len(reasons) == 9
    assert set(reasons) <= marked(page("errors").partition("## Reasons of an end")[2])


# -- sockets ----------------------------------------------------------------------------------------


def test_every_event_of_the_app_is_there() -> None:
    sent = {msgspec.inspect.type_info(kind).tag for kind in get_args(app_frames.ClientEvent)}
    assert len(sent) == 6
    received = set(re.findall(r'_frame\(\s*"(\w+)"|"event":"(\w+)"|"event": "(\w+)"', source(app_frames)))
    names = {name for groups in received for name in groups if name} | {"history_added", "history_updated"}
    assert len(names) >= 15
    assert sent | names <= marked(page("sockets"))


def test_every_frame_of_twilio_is_there() -> None:
    names = set(re.findall(r'tag="(\w+)"', source(twilio_frames)))
    assert len(names) == 6
    assert names | {"clear"} <= marked(page("sockets"))


@pytest.mark.parametrize("module", ["odai_core/web/status.py"])
def test_every_route_and_metric_of_core_is_there(module: str) -> None:
    text = (ROOT / module).read_text()
    routes = {f"{verb.upper()} {path}" for verb, path in re.findall(r'@routes\.(get|post)\("([^"]+)"\)', text)}
    metrics = set(re.findall(r'"(odai_\w+)": \(', text))
    assert len(routes) >= 6
    assert len(metrics) >= 5
    assert routes | metrics <= marked(page("sockets"))


def source(module: Any) -> str:
    return Path(module.__file__).read_text()
