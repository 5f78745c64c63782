"""The end of a turn, in virtual time: frames of 32 ms."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from odai_model_local.turns import Ended, Paused, Resumed, Started, Timing, TurnEvent, TurnMachine, is_unfinished
from odai_model_local.vad import FRAME_MS

from odai_core import TurnDetection

NOISE, SPEECH = 0.05, 0.95


def play(machine: TurnMachine, *parts: tuple[float, int]) -> Iterator[tuple[int, TurnEvent]]:
    """(frame, event) for parts of (probability, frames)."""
    frame = 0
    for probability, count in parts:
        for _ in range(count):
            frame += 1
            if (event := machine.feed(probability)) is not None:
                yield frame, event


def test_a_sentence_starts_pauses_and_ends() -> None:
    events = list(play(TurnMachine(Timing()), (NOISE, 10), (SPEECH, 20), (NOISE, 40)))
    assert events == [
        (13, Started(320)),
        (36, Paused(320, 960)),
        (45, Ended(320, 960, 1440)),
    ]
    paused, ended = events[1], events[2]
    assert paused[0] * FRAME_MS - 960 == 192
    assert ended[0] * FRAME_MS - 960 == 480


def test_a_pause_inside_a_sentence_is_taken_back() -> None:
    events = [event for _, event in play(TurnMachine(Timing()), (SPEECH, 10), (NOISE, 8), (SPEECH, 10), (NOISE, 20))]
    assert events == [Started(0), Paused(0, 320), Resumed(), Paused(0, 896), Ended(0, 896, 1376)]


def test_an_unfinished_sentence_is_waited_for() -> None:
    machine = TurnMachine(Timing())
    assert [type(event) for _, event in play(machine, (SPEECH, 10), (NOISE, 7))] == [Started, Paused]
    machine.expect_more()
    events = list(play(machine, (NOISE, 40)))
    assert [event for _, event in events] == [Ended(0, 320, 1248)]


def test_more_patience_lasts_for_one_pause_only() -> None:
    machine = TurnMachine(Timing())
    list(play(machine, (SPEECH, 10), (NOISE, 7)))
    machine.expect_more()
    events = [event for _, event in play(machine, (SPEECH, 4), (NOISE, 40))]
    assert events[-1] == Ended(0, 21 * FRAME_MS, 36 * FRAME_MS)


def test_a_click_is_no_speech() -> None:
    assert not list(play(TurnMachine(Timing()), (NOISE, 5), (SPEECH, 2), (NOISE, 5), (SPEECH, 1), (NOISE, 50)))


def test_leaving_speech_takes_less_than_entering_it() -> None:
    machine = TurnMachine(Timing())
    assert not list(play(machine, (0.45, 30)))
    events = [type(event) for _, event in play(machine, (SPEECH, 3), (0.4, 40))]
    assert events == [Started]
    assert machine.speaking


def test_a_monologue_is_cut_at_twenty_seconds() -> None:
    events = [event for _, event in play(TurnMachine(Timing()), (SPEECH, 1300))]
    ends = [event for event in events if isinstance(event, Ended)]
    assert [end.end_ms - end.start_ms for end in ends] == [19_968, 19_968]


def test_nan_is_silence() -> None:
    assert not list(play(TurnMachine(Timing()), (float("nan"), 100)))


def test_finishing_by_hand_ends_once() -> None:
    machine = TurnMachine(Timing())
    assert machine.finish() is None
    list(play(machine, (SPEECH, 10)))
    assert machine.finish() == Ended(0, 320, 320)
    assert machine.finish() is None


@pytest.mark.parametrize(
    ("silence_ms", "end_ms", "unfinished_ms"), [(None, 480, 900), (250, 480, 900), (600, 600, 900), (1200, 1200, 1200)]
)
def test_a_transport_may_ask_for_a_longer_silence_only(silence_ms: int | None, end_ms: int, unfinished_ms: int) -> None:
    timing = Timing.of(TurnDetection(type="server_vad", interrupt=True, silence_ms=silence_ms, threshold=0.8))
    assert (timing.threshold, timing.end_ms, timing.unfinished_ms) == (0.5, end_ms, unfinished_ms)


@pytest.mark.parametrize("text", ["Find sushi in", "What's the weather in the", "Fly from Boston to…", "and,"])
def test_a_function_word_at_the_end_promises_more(text: str) -> None:
    assert is_unfinished(text)


@pytest.mark.parametrize(
    "text", ["We're in Boston tonight and we feel like tacos.", "Hi, my wife is flying in.", "I have a toothache."]
)
def test_a_statement_leads_up_to_a_request(text: str) -> None:
    assert is_unfinished(text)


@pytest.mark.parametrize(
    "text", ["I'm looking for sushi in Boston.", "My name is Ann.", "My flight is late?", "I'm fine."]
)
def test_other_statements_are_ends(text: str) -> None:
    assert not is_unfinished(text)


@pytest.mark.parametrize("text", ["", "Find sushi in Boston.", "Where are you from?", "Find sushi please."])
def test_other_ends_are_ends(text: str) -> None:
    assert not is_unfinished(text)
