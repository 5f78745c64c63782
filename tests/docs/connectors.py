"""The pages of docs/connectors, made from declarations by `python -m tests.docs.connectors`."""

from __future__ import annotations

import asyncio
import importlib
import json
import logging
import re
import shlex
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from odai_core import Caller, ToolContext, ToolPlugin, speech
from odai_core.plugins.catalog import VOICE_ORDER
from odai_core.settings import Settings
from odai_core.tools.http import HttpClient
from odai_core.tools.invoke import invoke
from odai_core.tools.schema import ToolSpec, describe
from tests.docs.connector_settings import ROOT, row

FOLDER = ROOT / "docs" / "connectors"
NOBODY = "http://127.0.0.1:9"
"""Refuses every connection: what is asked there is answered from samples."""
_MARK = re.compile(r"\{(\w+):([^{}]+)\}")
_KINDS = {"integer": "whole number", "number": "number", "boolean": "yes or no", "array": "list", "string": "text"}
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z\"`])")


@dataclass(frozen=True)
class Connector:
    """A package of this tree with its one tool plugin."""

    folder: Path
    plugin: ToolPlugin

    @property
    def specs(self) -> list[ToolSpec]:
        """Its tools, checked and described."""
        return [describe(function) for function in self.plugin.tools]


def connectors() -> Iterator[Connector]:
    """Every connector of this tree: in a call's order, then those for chats. One that cannot be imported raises."""
    packages = sorted(path.parent.name.removeprefix("odai-tool-") for path in ROOT.glob("plugins/odai-tool-*/*.toml"))
    for name in dict.fromkeys([*VOICE_ORDER, *packages]):
        project = ROOT / "plugins" / f"odai-tool-{name}" / "pyproject.toml"
        module = tomllib.loads(project.read_text())["project"]["entry-points"]["odai.tools"][name]
        if str(project.parent) not in sys.path:
            sys.path.append(str(project.parent))
        yield Connector(project.parent, importlib.import_module(module).odai_tools())


# -- one page


def page(connector: Connector, answers: Mapping[str, tuple[str, str]]) -> str:
    """The page; `answers` has, by tool, something to say and what is answered."""
    plugin = connector.plugin
    parts = [
        f"# {plugin.title}",
        f"With this connector ODAI can {plugin.summary}.",
        _overview(connector, next((asked for asked, _ in answers.values()), "")),
        "## Tools",
        *(part for spec in connector.specs for part in _tool(spec, *answers.get(spec.name, ("", "")))),
        "## Settings",
        _settings(plugin),
        "## Good to know",
        notes((connector.folder / "README.md").read_text()),
        f"[All connectors](README.md) · [the package](../../plugins/{connector.folder.name}/README.md)",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _overview(connector: Connector, asked: str) -> str:
    plugin = connector.plugin
    first = next(spec for spec in connector.specs if asked in ("", *spec.options.examples))
    asked = asked or next(iter(first.options.examples), "")
    typed = (f"{name}={shlex.quote(str(value))}" for name, value in _typed(first, asked).items() if value != "")
    rows = [
        ("Install", f"`pip install {connector.folder.name}`"),
        ("Needs", key_of(plugin)),
        ("Offered", "In calls and in chats." if plugin.voice else "In chats."),
        ("Demo mode", "Answers from sample data: `odai serve --demo`." if plugin.samples else "Has no sample data."),
    ]
    if plugin.samples or plugin.account is None:  # in the terminal nobody has linked an account
        rows.append(("Try it", f"`{' '.join(['odai call-tool', first.name, *typed, *['--demo'] * plugin.samples])}`"))
    return _table(("", ""), rows)


def key_of(plugin: ToolPlugin) -> str:
    """What is needed, and where to get it."""
    needed = [setting for setting in plugin.settings if setting.required]
    if plugin.check is not None:  # one of several keys will do: the first is the usual one
        needed = needed or [setting for setting in plugin.settings if setting.secret][:1]
    account = f"A linked account: {plugin.account.capitalize()}." if plugin.account else ""
    if not needed:
        return account or "No key."
    names = speech.join(f"`{setting.name}`" for setting in needed)
    where = next((setting.where for setting in needed if setting.where), "")
    return f"{names}{f', from {where}' if where else ''}. {account}".rstrip()


def _tool(spec: ToolSpec, asked: str, answer: str) -> Iterator[str]:
    yield f"### `{spec.name}`"
    yield spec.description
    if spec.options.confirm:
        yield "It changes something: the user is asked first, with exactly what will be done."
    properties: Mapping[str, Any] = spec.parameters["properties"]
    if properties:
        yield _table(("Parameter", "", "What it is"), [_parameter(name, one) for name, one in properties.items()])
    said = [plain(example) for example in spec.options.examples if "://" not in example][:4]
    if said:
        yield "Say:\n\n" + "\n".join(f"- {phrase}" for phrase in said)
    if answer:
        yield f'To "{plain(asked)}" it answers, from sample data:\n\n> {answer}'


def plain(example: str) -> str:
    """An example as it is said."""
    return _MARK.sub(r"\2", example)


def _parameter(name: str, schema: Mapping[str, Any]) -> tuple[str, str, str]:
    types = schema.get("type", "string")
    kinds = [types] if isinstance(types, str) else list(types)
    kind = _KINDS[next(one for one in kinds if one != "null")]
    choices = [f"`{choice}`" for choice in schema.get("enum", ()) if choice is not None]
    told = ", ".join(choices) or kind
    about = re.sub(r"Null means (.+?)\.?$", r"Default: `\1`.", schema.get("description", ""))
    return f"`{name}`", told + (", optional" if "null" in kinds else ""), about


def _settings(plugin: ToolPlugin) -> str:
    if not plugin.settings:
        return "It has none."
    return "| Name | Default | What it does |\n|---|---|---|\n" + "\n".join(row(one) for one in plugin.settings)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


def notes(readme: str) -> str:
    """What a package's README says beside its tables, its samples of speech and how to test it."""
    blocks = [block.strip("\n") for block in re.split(r"\n\s*\n", readme)][2:]
    kept: list[str] = []
    for block, following in zip(blocks, [*blocks[1:], ""], strict=True):
        if block.startswith(("    ", "|", ">", "Tests:", "Things to know")) or not block:
            continue
        if following.startswith(">"):  # the sentence that leads to what it says
            block = " ".join(_SENTENCE.split(" ".join(block.split()))[:-1])
        kept.append(re.sub(r"^#+", "###", block))
    text = "\n\n".join(block for block in kept if block)
    # A relative link leads elsewhere from here: its words stay.
    return re.sub(r"\[([^\[\]]+)\]\((?!https?:)[^()]+\)", r"\1", text)


def lasting(text: str) -> str:
    """A page without what is answered in it, which changes with the hour."""
    return re.sub(r'^(To "|> |\| Try it ).*\n\n?', "", text, flags=re.MULTILINE)


# -- what is said in demo mode


async def answers(connector: Connector) -> dict[str, tuple[str, str]]:
    """By tool, the first example that sample data can answer, and the answer."""
    offline = {one.name: NOBODY for one in connector.plugin.settings if one.name.endswith("_BASE_URL")}
    http = HttpClient()
    context = ToolContext(
        http=http, settings=Settings(offline).bind(connector.plugin.settings), caller=Caller(), demo=True,
        log=logging.getLogger("docs"),
    )  # fmt: skip
    found: dict[str, tuple[str, str]] = {}
    try:
        for spec in connector.specs:
            for example in spec.options.examples:
                response = await invoke(spec, json.dumps(_typed(spec, example)), context)
                if response.ok and response.sample and response.spoken:
                    found[spec.name] = (example, response.spoken)
                    break
    finally:
        await http.aclose()
    return found


def _typed(spec: ToolSpec, example: str) -> dict[str, Any]:
    """An example's values: a town for coordinates as its coordinates, "" where nothing was said and "" means that."""
    values: dict[str, Any] = dict(_MARK.findall(example))
    if "latitude" in values:
        values |= {"latitude": 42.36, "longitude": -71.06}
    values.pop("date", None)
    properties: Mapping[str, Any] = spec.parameters["properties"]
    blank = {name: "" for name, one in properties.items() if '""' in one.get("description", "")}
    return blank | values


# -- all of them


def index(found: Sequence[Connector]) -> str:
    """The overview page: for calls and chats, then for chats."""
    unsampled = [one.plugin.title for one in found if not one.plugin.samples]
    return f"""# Connectors

Each is a package of its own: install it, set its key, and the next call or chat can use it. In demo mode, `odai
serve --demo`, they answer from sample data (all but {speech.join(unsampled)}), and their tools can be tried from the
terminal: `odai call-tool`.

## In calls and in chats

{_listed(one for one in found if one.plugin.voice)}

## In chats

Some work with a user's own account, which is linked from the chat: [Google's](../how-to/link-google.md), or
[at banks](../how-to/link-plaid.md). What changes something there is done only after the user's own yes.

{_listed(one for one in found if not one.plugin.voice)}
"""


def _listed(found: Iterable[Connector]) -> str:
    rows = [
        (f"[{one.plugin.title}]({one.plugin.name}.md)", one.plugin.summary, key_of(one.plugin), str(len(one.specs)))
        for one in found
    ]
    return _table(("Connector", "With it ODAI can", "Needs", "Tools"), rows)


def main() -> None:
    """Write every page that says something new."""
    FOLDER.mkdir(exist_ok=True)
    found = list(connectors())
    for connector in found:
        text = page(connector, asyncio.run(answers(connector)))
        path = FOLDER / f"{connector.plugin.name}.md"
        if not path.exists() or lasting(path.read_text()) != lasting(text):
            path.write_text(text)
    (FOLDER / "README.md").write_text(index(found))


if __name__ == "__main__":
    main()
