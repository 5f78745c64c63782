"""The keyless assistant hears and answers: spoken requests as whole calls, judged by what a listener understands."""

from __future__ import annotations

import os
import statistics
import warnings

import pytest
from odai_model_local import assets

from tests.calls.spoken.callers import TRANSPORTS, make_calls
from tests.calls.spoken.judge import misheard, why_wrong
from tests.calls.spoken.report import score, table, waits
from tests.calls.spoken.scripts import Script, Turn, scripts
from tests.calls.spoken.voices import NoVoice, say_all
from tests.calls.spoken.words import contains, words

CLEAN, PHONE = 0.85, 0.70
"""The least share of calls that come out right in every turn: tool, arguments, and facts in the spoken answer."""
WAIT_MS = 1200
"""The longest median from the end of speech to the first sound, one call at a time."""


def speakable() -> list[Script]:
    """The calls whose voice can be had here; a missing voice fails on CI."""
    chosen = list(scripts())
    for voice in sorted({script.voice for script in chosen if script.clip is None}):
        try:
            say_all(voice, {turn.say for script in chosen if script.voice == voice for turn in script.turns})
        except NoVoice as error:
            if os.environ.get("CI"):
                pytest.fail(str(error))
            chosen = [script for script in chosen if script.voice != voice]
            warnings.warn(f"{error}; the calls in this voice are left out", stacklevel=1)
    return chosen


@pytest.fixture(scope="module")
def speech_models() -> None:
    """The keyless assistant's own models have to be there."""
    problem = assets.available({"ODAI_MODELS_DIR": ""})
    if problem is not None:
        pytest.skip(f"{problem.cause} {problem.remedy}")


@pytest.mark.speech
@pytest.mark.slow
@pytest.mark.usefixtures("speech_models")
async def test_spoken_requests_are_understood_and_answered() -> None:
    outcomes = await make_calls(speakable())
    told = table(outcomes, only_wrong=True)
    print(told)
    for transport, least in zip(TRANSPORTS, (CLEAN, PHONE), strict=True):
        mine = [outcome for outcome in outcomes if outcome.transport == transport]
        assert score(mine) >= least, told
        assert statistics.median(waits(outcome for outcome in mine if outcome.alone)) <= WAIT_MS, told


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Delta four o two, St. Louis", ["delta", "402", "street", "louis"]),
        ("4.5 stars from 1,289 reviews", ["4", "and", "a", "half", "stars", "from", "1289", "reviews"]),
        ("thirteen hundred", ["1300"]),
        ("train twenty-one fifty", ["train", "2150"]),
        ("one hundred and a half", ["100", "and", "a", "half"]),
        ("O'Farrell and hundreds", ["o'farrell", "and", "hundreds"]),
    ],
)
def test_said_and_written_are_the_same_words(text: str, expected: list[str]) -> None:
    assert words(text) == expected
    assert contains(["so", *expected], text)
    assert not contains(expected[:-1], text)


FLIGHT = Turn("", "get_current_flight_status", {"flight_icao": ["DAL402"]}, (("15 minutes late",), ("a", "b")))
ASKED = [("get_current_flight_status", '{"flight_icao": "Delta flight 402"}')]


@pytest.mark.parametrize(
    ("tools", "answer", "why"),
    [
        (ASKED, "It is fifteen minutes late, b.", ""),
        (ASKED, "It is fifty minutes late, a.", "not heard: 15 minutes late"),
        (ASKED, "", "no answer was heard"),
        ([], "It is fifteen minutes late, a.", "called nothing, not get_current_flight_status"),
        (ASKED * 2, "Fifteen minutes late, a.", f"called {ASKED[0][0]}, {ASKED[0][0]}, not {ASKED[0][0]}"),
        ([(ASKED[0][0], '{"flight_icao": "DL 403"}')], "Fifteen minutes late, a.", "flight_icao is 'DL 403'"),
        ([(ASKED[0][0], '{"flight_icao": null}')], "Fifteen minutes late, a.", "flight_icao is None"),
    ],
)
def test_a_turn_is_right_with_tool_arguments_and_facts(tools: list[tuple[str, str]], answer: str, why: str) -> None:
    assert why_wrong(FLIGHT, tools, answer) == why


def test_a_recording_may_have_few_words_wrong() -> None:
    script = Script("x", "person", (Turn("one day we go forward ten meters and then some"),))
    assert misheard(script, "One day we go forward 10 metres and then.") == ""
    assert misheard(script, "Go for tea.") == "9 of 10 words wrong"
