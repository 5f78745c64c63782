"""Does each request reach its tool? `python -m tests.calls.routing [--set held|dev] [--spoken] [--json]`.

Puts requests.toml, as text or spoken by strangers' voices, to the keyless assistant's brain with every installed voice
tool, and shows what became of it. The `held` half only measures: its misses are counted and never printed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import sys
import tomllib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import soxr
from odai_model_local import speech
from odai_model_local.brain import CallTool, make_brain
from odai_model_local.brain.evaluate import options_for, same

from odai_core import ToolInfo
from odai_core.cli.phone import Clip
from odai_core.plugins.catalog import VOICE_ORDER
from odai_core.plugins.host import PluginHost
from odai_core.settings import Settings
from odai_core.voice.orchestrator import tool_infos
from tests.calls.spoken.sound import HEARING_RATE, prepared
from tests.calls.spoken.voices import say_all

SETS = ("dev", "held")
VOICES = ("joe", "slt")
"""Neither is the assistant's own."""
NOTHING = "nothing"


@dataclass(frozen=True)
class Request:
    """What somebody says, and the call it asks for. `args` lists the values that count as right."""

    connector: str
    set: str
    say: str
    tool: str
    args: dict[str, list[Any]]


@dataclass(frozen=True)
class Verdict:
    """What came of a request. `voice` and `heard` are empty for text."""

    request: Request
    called: str
    """The tool's name; empty when none was called."""
    arguments: str
    connector: str
    """Whose tool it was, or `NOTHING`."""
    tool: bool
    call: bool
    voice: str = ""
    heard: str = ""


def requests(which: Iterable[str] = SETS) -> list[Request]:
    """Those of the given sets."""
    raw = tomllib.loads(Path(__file__).with_name("requests.toml").read_text("utf-8"))["request"]
    return [Request(**one) for one in raw if one["set"] in set(which)]


@cache
def installed() -> tuple[ToolInfo, ...]:
    """Every voice tool that is installed here, as a call without keys has them."""
    allowed = ",".join(VOICE_ORDER)
    return tool_infos(PluginHost(Settings({"ODAI_DEMO": "1", "ODAI_PLUGINS": allowed})).catalog)


async def route(chosen: Sequence[Request], heard: Sequence[str], voice: str = "") -> list[Verdict]:
    """Each request as the first words of a call; `heard` is what reached the assistant of each."""
    models = await asyncio.to_thread(speech.load, {"ODAI_MODELS_DIR": ""})
    options = options_for(installed())
    plugins = {info.name: info.plugin for info in installed()}
    verdicts = []
    for request, text in zip(chosen, heard, strict=True):
        brain = make_brain(options, models.embed)
        decision = (await brain.heard(text))[0]
        await brain.close()
        called, arguments = (decision.name, decision.arguments) if isinstance(decision, CallTool) else ("", "")
        verdicts.append(
            Verdict(
                request, called, arguments, plugins.get(called, NOTHING), tool=called == request.tool,
                call=called == request.tool and right(request.args, json.loads(arguments)),
                voice=voice, heard=text if voice else "",
            )
        )  # fmt: skip
    return verdicts


async def speak_and_route(chosen: Sequence[Request], voice: str) -> list[Verdict]:
    """The same, spoken by somebody and recognised. Raises NoVoice."""
    models = await asyncio.to_thread(speech.load, {"ODAI_MODELS_DIR": ""})
    clips = await asyncio.to_thread(say_all, voice, [read_aloud(one.say) for one in chosen])
    heard = [await asyncio.to_thread(_recognised, models, clips[read_aloud(one.say)]) for one in chosen]
    return await route(chosen, heard, voice)


def _recognised(models: speech.Speech, clip: Clip) -> str:
    even = prepared(clip, phone=False)
    samples = np.frombuffer(even.samples, "i2").astype(np.float32) / 32768
    padding = np.zeros(HEARING_RATE // 4, np.float32)
    sound = np.asarray(soxr.resample(samples, even.rate, HEARING_RATE), np.float32)
    return models.transcribe(np.concatenate([padding, sound, padding]))


def read_aloud(text: str) -> str:
    """As a person reads it: long numbers digit by digit, web addresses with their dots and slashes."""
    text = re.sub(r"(?<=\w)\.(?=\w)", " dot ", re.sub(r"(?<=\w)/(?=\w)", " slash ", text))
    return re.sub(r"\b([A-Z]{1,3})?(\d{5,})\b", lambda code: " ".join((code[1] or "") + code[2]), text)


def right(wanted: dict[str, list[Any]], given: dict[str, Any]) -> bool:
    """Whether every argument that matters has one of its values."""
    return all(any(_alike(one, given.get(name)) for one in values) for name, values in wanted.items())


def _alike(wanted: Any, given: Any) -> bool:
    """Most words will do, but every digit counts: Air France 23 is not Air France 22."""
    if isinstance(wanted, str) and re.findall(r"\d+", wanted) != re.findall(r"\d+", str(given)):
        return False
    return same(wanted, given)


def share(verdicts: Iterable[Verdict], what: str = "call") -> float:
    """The share with the right `tool`, or the right whole `call`, 0 to 1."""
    found = [bool(getattr(one, what)) for one in verdicts]
    return sum(found) / max(len(found), 1)


def table(verdicts: Sequence[Verdict]) -> str:
    """A confusion table of the connectors, with the totals below."""
    names = sorted({one.request.connector for one in verdicts}, key=VOICE_ORDER.index)
    columns = [*names, NOTHING]
    width = max(map(len, columns)) + 1
    letters = [chr(ord("a") + at) for at in range(len(columns))]
    lines = [" " * (width + 4) + "".join(f"{letter:>4}" for letter in letters) + "    tool    call"]
    for letter, name in zip(letters, names, strict=False):
        mine = [one for one in verdicts if one.request.connector == name]
        went = Counter(one.connector for one in mine)
        cells = "".join(f"{went[column] or '.':>4}" for column in columns)
        tool, call = sum(one.tool for one in mine), sum(one.call for one in mine)
        counts = f"{tool:>5}/{len(mine):<2}{call:>5}/{len(mine)}"
        lines.append(f"{letter}  {name:<{width}} {cells}{counts}")
    lines.append(f"{letters[-1]}  {NOTHING}: the assistant asked back, or called nothing")
    return "\n".join([*lines, totals(verdicts)])


def totals(verdicts: Sequence[Verdict]) -> str:
    """One line."""
    return f"{len(verdicts)} requests: tool {share(verdicts, 'tool'):.1%}, whole call {share(verdicts):.1%}"


def misses(verdicts: Iterable[Verdict]) -> str:
    """What went wrong, of the dev half only."""
    wrong = [one for one in verdicts if not one.call and one.request.set == "dev"]
    return "\n".join(
        f"- {one.request.say}{f'  (heard: {one.heard})' if one.voice else ''}\n"
        f"    {one.called or NOTHING} {one.arguments}, not {one.request.tool} {one.request.args}"
        for one in wrong
    )


async def measure(which: str, spoken: bool) -> list[Verdict]:
    """One set, as text or in every voice."""
    chosen = requests([which])
    if not spoken:
        return await route(chosen, [one.say for one in chosen])
    return [verdict for voice in VOICES for verdict in await speak_and_route(chosen, voice)]


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the arguments, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m tests.calls.routing", description=__doc__.partition("\n")[0])
    parser.add_argument("--set", choices=SETS, help="only this half")
    parser.add_argument("--spoken", action="store_true", help=f"spoken by {' and '.join(VOICES)}, and recognised")
    parser.add_argument("--misses", action="store_true", help="also what went wrong, of the dev half")
    parser.add_argument("--json", action="store_true", help="the figures as JSON")
    given = parser.parse_args(arguments)
    found = {which: asyncio.run(measure(which, given.spoken)) for which in ([given.set] if given.set else SETS)}
    if given.json:
        print(json.dumps({which: _figures(verdicts) for which, verdicts in found.items()}, indent=2))
        return 0
    for which, verdicts in found.items():
        print(f"\n{which}\n{table(verdicts)}")
        for voice in VOICES if given.spoken else ():
            print(f"  {voice}: {totals([one for one in verdicts if one.voice == voice])}")
        if given.misses:
            print(misses(verdicts))
    return 0


def _figures(verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """The totals, and every verdict of the dev half."""
    return {
        "requests": len(verdicts),
        "tool": round(share(verdicts, "tool"), 4),
        "call": round(share(verdicts), 4),
        "verdicts": [asdict(one) for one in verdicts if one.request.set == "dev"],
    }


if __name__ == "__main__":
    sys.exit(main())
