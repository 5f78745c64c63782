"""Measures the brain on a file of requests: `python -m odai_model_local.brain.evaluate FILE [--words]`."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import sys
import time
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from odai_core import PCM16_24K, Caller, CallOptions, ToolInfo, TurnDetection
from odai_model_local.brain import make_brain
from odai_model_local.brain.types import CallTool, Decision, Embed
from odai_model_local.brain.utterance import STOP, stem

_SAME_TEXT = 0.66
"""Token F1 from which two texts count as the same value."""
_NEAR = 0.3
"""Degrees: a city's coordinates."""


@dataclass(frozen=True)
class Score:
    """One request: was the tool right, was the whole call right, and what was decided."""

    request: Mapping[str, Any]
    tool: bool
    call: bool
    decision: Decision
    ms: float


def read_tools(file: Mapping[str, Any]) -> tuple[ToolInfo, ...]:
    """The [[plugin]] tables as tools."""
    return tuple(
        ToolInfo(
            name=tool["name"],
            description=tool["description"],
            parameters=_schema(tool.get("params", {})),
            examples=tuple(tool.get("examples", ())),
            plugin=plugin["name"],
            title=plugin["title"],
            summary=plugin["summary"],
        )
        for plugin in file.get("plugin", ())
        for tool in plugin["tool"]
    )


def _schema(params: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    """{"limit": ["integer?", "How many."]} as a strict JSON schema."""
    properties: dict[str, Any] = {}
    for name, (declared, description, *choices) in params.items():
        inner: dict[str, Any] = {"type": declared.rstrip("?")}
        if choices:
            inner["enum"] = list(choices[0])
        body = {"anyOf": [inner, {"type": "null"}]} if declared.endswith("?") else inner
        properties[name] = body | {"description": description}
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def options_for(tools: Sequence[ToolInfo], caller: Caller | None = None) -> CallOptions:
    """Options of a call that has these tools."""
    return CallOptions(
        audio=PCM16_24K,
        turns=TurnDetection(type="server_vad", interrupt=False),
        instructions="",
        tools=tuple(tools),
        settings={},
        caller=caller or Caller(),
    )


def same(expected: Any, actual: Any) -> bool:
    """Numbers: equal, coordinates within 0.3 degrees. Texts: token F1 of at least 0.66 over words that matter."""
    if isinstance(expected, bool) or expected is None or actual is None:
        return bool(expected is actual)
    if isinstance(expected, (int, float)):
        most = _NEAR if isinstance(expected, float) else 0
        return isinstance(actual, (int, float)) and abs(expected - actual) <= most
    wanted, got = _words(str(expected)), _words(str(actual))
    shared = sum((wanted & got).values())
    return 2 * shared / max(wanted.total() + got.total(), 1) >= _SAME_TEXT


def _words(text: str) -> Counter[str]:
    words = [stem(word) for word in re.findall(r"[\w./:']+", text.lower())]
    return Counter(word for word in words if word not in STOP) or Counter(words)


def judge(request: Mapping[str, Any], decisions: Sequence[Decision]) -> tuple[bool, bool]:
    """(right tool, right call). A request without a tool is right when nothing is called."""
    call = next((decision for decision in decisions if isinstance(decision, CallTool)), None)
    if "tool" not in request:
        return (call is None, call is None)
    if call is None or call.name != request["tool"]:
        return (False, False)
    args, expected, free = json.loads(call.arguments), request["args"], request.get("free", ())
    right = all(same(value, args.get(name)) for name, value in expected.items())
    silent = all(args[name] in (None, "", False) for name in args if name not in expected and name not in free)
    return (True, right and silent)


async def run(file: Mapping[str, Any], embed: Embed | None) -> list[Score]:
    """Every request in a call of its own."""
    options = options_for(read_tools(file))
    await make_brain(options, embed).heard("hello")
    scores = []
    for request in file["request"]:
        brain = make_brain(options, embed)
        started = time.perf_counter()
        decisions = await brain.heard(request["text"])
        ms = 1000 * (time.perf_counter() - started)
        scores.append(Score(request, *judge(request, decisions), decisions[0], ms))
        await brain.close()
    return scores


def table(scores: Sequence[Score]) -> str:
    """The counts by set, and the median time."""
    lines = [f"{'set':<6}{'requests':>9}{'tool':>12}{'full call':>12}{'nothing to call':>17}{'median ms':>11}"]
    for name in dict.fromkeys(score.request["set"] for score in scores):
        mine = [score for score in scores if score.request["set"] == name]
        calls = [score for score in mine if "tool" in score.request]
        quiet = [score for score in mine if "tool" not in score.request]
        median = sorted(score.ms for score in mine)[len(mine) // 2]
        lines.append(
            f"{name:<6}{len(calls):>9}{_share([s.tool for s in calls]):>12}{_share([s.call for s in calls]):>12}"
            f"{_share([s.call for s in quiet]):>17}{median:>11.1f}"
        )
    return "\n".join(lines)


def _share(right: Sequence[bool]) -> str:
    return f"{sum(right)} ({100 * sum(right) / max(len(right), 1):.0f} %)"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table and, with --misses SET, what went wrong in that set."""
    parser = argparse.ArgumentParser(prog="python -m odai_model_local.brain.evaluate", description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--words", action="store_true", help="word statistics instead of the MiniLM encoder")
    parser.add_argument("--misses", default="", metavar="SET", help="print the misses of a set")
    chosen = parser.parse_args(arguments)
    scores = asyncio.run(run(tomllib.loads(chosen.file.read_text("utf-8")), None if chosen.words else encoder()))
    for score in scores:
        if score.request["set"] == chosen.misses and not score.call:
            print(f"- {score.request['text']}\n    {score.decision}")
    print(table(scores))
    return 0


def encoder() -> Embed:
    """The fetched MiniLM; an AssetError says how to fetch it."""
    from odai_model_local.assets import models_folder
    from odai_model_local.embed import Embedder

    return Embedder(models_folder({"ODAI_MODELS_DIR": os.environ.get("ODAI_MODELS_DIR", "")}))


if __name__ == "__main__":
    sys.exit(main())
