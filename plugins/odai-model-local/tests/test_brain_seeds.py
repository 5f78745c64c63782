"""The order in which this process hashes texts decides nothing."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path

PROGRAM = """
import json, sys, tomllib
from datetime import date, datetime
from odai_core import Caller, ToolInfo
from odai_model_local.brain.choice import choose
from odai_model_local.brain.evaluate import read_tools
from odai_model_local.brain.router import ToolIndex
from odai_model_local.brain.slots import fill
from odai_model_local.brain.utterance import Utterance
from odai_model_local.text.answers import blocks
from odai_model_local.text.planning import Offered, plan
from odai_model_local.text.reading import Exchange

file = tomllib.loads(open(sys.argv[1], encoding="utf-8").read())
alike = [ToolInfo(name=f"ask_{title}", description="Ask.", parameters={}, title=title, plugin=title)
         for title in ("Tremble", "Trumble", "Trombly", "Trimble")]
tools = (*read_tools(file), *alike)
index, today = ToolIndex(tools, None), date(2026, 11, 23)
offered = Offered(frozenset(tool.name for tool in tools), {})
phrases = [request["text"] for request in file["request"] if request["text"].strip()][::3]
told = {}
for phrase in [*phrases, "ask tramble about it", "write a poem about autumn", "the weather in Boston and Chicago"]:
    utterance = index.mend(Utterance.parse(phrase))
    route = index.route(utterance)
    filled = [repr(vars(fill(spec, utterance, today))) for spec, _ in route.ranked[:4]]
    chosen = [one and one.name for one in choose(utterance, route, today) or ()]
    ranked = [(spec.name, repr(score)) for spec, score in route.ranked]
    step = plan(tools, index, [Exchange(phrase)], offered, datetime(2026, 11, 23, 9), Caller())
    topic = [route.topic and route.topic.spoken, repr(route.topic_score)]
    told[phrase] = [utterance.text, ranked, topic, chosen, filled, repr(step)]
rows = [{"title": "a", "n": 1, "m": 5}, {"name": "b", "n": 2, "m": 6}, {"event": "c", "n": 3, "m": 7}]
told["table"] = blocks(rows)
print(json.dumps(told))
"""
REQUESTS = Path(__file__).with_name("requests.toml")


async def told(seed: int) -> dict[str, object]:
    """Everything that a process with this seed says about the requests."""
    program = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROGRAM, str(REQUESTS),
        env=os.environ | {"PYTHONHASHSEED": str(seed)}, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    async with asyncio.timeout(120):
        out, _ = await program.communicate()
    assert program.returncode == 0
    found: dict[str, object] = json.loads(out)
    return found


async def test_two_processes_decide_the_same() -> None:
    one, other = await asyncio.gather(told(1), told(4))
    assert len(one) > 50
    assert {phrase for phrase in one if one[phrase] != other[phrase]} == set()
    assert one.keys() == other.keys()
