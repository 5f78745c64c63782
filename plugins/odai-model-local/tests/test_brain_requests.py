"""How many requests of requests.toml become the right call: floors, so that a change that costs some is seen."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path

import pytest
from odai_model_local.brain.evaluate import Score, encoder, judge, main, run, same, table
from odai_model_local.brain.types import CallTool, Embed, Say

from odai_core import AssetError

FILE = Path(__file__).with_name("requests.toml")


def shares(scores: Sequence[Score], name: str) -> tuple[float, float, float]:
    """Right tool, right call, rightly nothing: of 1."""
    calls = [score for score in scores if score.request["set"] == name and "tool" in score.request]
    quiet = [score for score in scores if score.request["set"] == name and "tool" not in score.request]
    return (
        sum(score.tool for score in calls) / len(calls),
        sum(score.call for score in calls) / len(calls),
        sum(score.call for score in quiet) / len(quiet),
    )


async def measure(embed: Embed | None) -> list[Score]:
    return await run(tomllib.loads(FILE.read_text("utf-8")), embed)


async def test_word_statistics_alone_choose_well() -> None:
    scores = await measure(None)
    assert min(shares(scores, "dev")) >= 0.75
    assert min(shares(scores, "held")) >= 0.75


@pytest.mark.speech
async def test_the_sentence_encoder_chooses_better() -> None:
    try:
        embed = encoder()
    except AssetError as error:
        pytest.skip(str(error))
    scores = await measure(embed)
    assert min(shares(scores, "dev")) >= 0.9
    tool, call, quiet = shares(scores, "held")
    assert tool >= 0.9
    assert call >= 0.8
    assert quiet >= 0.85


def test_the_command_prints_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(FILE), "--words", "--misses", "dev"]) == 0
    printed = capsys.readouterr().out
    assert "full call" in printed
    assert "held" in printed


def test_the_judge_is_strict() -> None:
    request = {"set": "dev", "tool": "t", "args": {"q": "red shoes"}, "free": ["n"]}
    assert judge(request, [CallTool("t", '{"q": "the red shoes", "n": 3, "m": null}')]) == (True, True)
    assert judge(request, [CallTool("t", '{"q": "shoes for running fast", "n": 3}')]) == (True, False)
    assert judge(request, [CallTool("t", '{"q": "red shoes", "m": 3}')]) == (True, False)
    assert judge(request, [CallTool("x", "{}")]) == (False, False)
    assert judge(request, [Say("Which one?")]) == (False, False)
    assert judge({"set": "dev"}, [CallTool("t", "{}")]) == (False, False)
    assert same(True, True)
    assert not same(3, 4)
    assert same(37.8, 37.9)


def test_the_table_counts_by_set() -> None:
    score = Score({"set": "dev", "tool": "t"}, True, False, Say("x"), 1.0)
    assert "1 (100 %)" in table([score])
    assert "0 (0 %)" in table([score])
