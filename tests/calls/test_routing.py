"""Requests nobody tuned anything on reach the right tool with the right arguments, as text and spoken by strangers."""

from __future__ import annotations

import os
from collections import Counter

import pytest
from odai_model_local import assets

from odai_core.plugins.catalog import VOICE_ORDER
from tests.calls.routing import (
    SETS,
    Request,
    Verdict,
    installed,
    measure,
    misses,
    read_aloud,
    requests,
    right,
    share,
    table,
)
from tests.calls.spoken.voices import NoVoice

TEXT, SPOKEN = 0.85, 0.70
"""The least share of the held half with the right tool and arguments."""


@pytest.fixture(scope="module")
def speech_models() -> None:
    """The keyless assistant's own models have to be there."""
    problem = assets.available({"ODAI_MODELS_DIR": ""})
    if problem is not None:
        pytest.skip(f"{problem.cause} {problem.remedy}")


@pytest.mark.speech
@pytest.mark.usefixtures("speech_models")
async def test_held_requests_as_text() -> None:
    verdicts = await measure("held", spoken=False)
    print(table(verdicts))
    assert share(verdicts) >= TEXT, table(verdicts)


@pytest.mark.speech
@pytest.mark.slow
@pytest.mark.usefixtures("speech_models")
async def test_held_requests_spoken_by_strangers() -> None:
    try:
        verdicts = await measure("held", spoken=True)
    except NoVoice as error:
        if os.environ.get("CI"):
            pytest.fail(str(error))
        pytest.skip(str(error))
    print(table(verdicts))
    assert share(verdicts) >= SPOKEN, table(verdicts)


def test_every_connector_has_five_requests_of_each_set_and_they_name_real_arguments() -> None:
    counts = Counter((one.connector, one.set) for one in requests())
    assert counts == {(name, which): 5 for name in VOICE_ORDER for which in SETS}
    parameters = {info.name: info.parameters["properties"].keys() for info in installed()}
    assert all(one.args.keys() <= parameters[one.tool] for one in requests())


def test_no_request_is_in_both_sets_and_none_held_is_an_example() -> None:
    said = {which: {one.say.casefold() for one in requests([which])} for which in SETS}
    examples = {example.casefold() for info in installed() for example in info.examples}
    assert not said["dev"] & said["held"]
    assert not {phrase.rstrip("?.!") for phrase in said["held"]} & examples


@pytest.mark.parametrize(
    ("wanted", "given", "verdict"),
    [
        ({"q": ["red shoes"]}, {"q": "the red shoes", "n": 3}, True),
        ({"q": ["red shoes"]}, {"q": "shoes for running fast"}, False),
        ({"q": ["red shoes", "sneakers"]}, {"q": "Sneakers"}, True),
        ({"flight": ["air france 22"]}, {"flight": "Air France 22"}, True),
        ({"flight": ["air france 22"]}, {"flight": "Air France 23"}, False),
        ({"year": [2024]}, {"year": 2024}, True),
        ({"year": [2024]}, {"year": None}, False),
        ({"latitude": [42.36]}, {"latitude": 42.4}, True),
        ({"q": ["x"]}, {}, False),
        ({}, {"q": "anything"}, True),
    ],
)
def test_the_judge_is_tolerant_of_words_and_strict_with_digits(wanted: dict, given: dict, verdict: bool) -> None:
    assert right(wanted, given) is verdict


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("track EZ1000000001 now", "track E Z 1 0 0 0 0 0 0 0 0 1 now"),
        ("the page docs.python.org/3.", "the page docs dot python dot org slash 3."),
        ("in 2025, train 2150", "in 2025, train 2150"),
    ],
)
def test_what_is_written_is_read_aloud_as_people_do(written: str, said: str) -> None:
    assert read_aloud(written) == said


def test_the_table_counts_and_misses_are_shown_of_the_dev_half_only() -> None:
    dev, held = (Request("yelp", which, f"tacos {which}", "find", {}) for which in SETS)
    verdicts = [
        Verdict(dev, "", "", "nothing", tool=False, call=False),
        Verdict(held, "", "", "nothing", tool=False, call=False),
        Verdict(dev, "find", "{}", "yelp", tool=True, call=True),
    ]
    shown = table(verdicts)
    assert "a  yelp        1   2    1/3     1/3" in shown
    assert shown.endswith("3 requests: tool 33.3%, whole call 33.3%")
    assert "tacos dev" in misses(verdicts)
    assert "tacos held" not in misses(verdicts)
