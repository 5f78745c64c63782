"""What is said over an answer, without interruptions: gathered, and answered once. In virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from agents.realtime.model_events import RealtimeModelToolCallEvent
from agents.realtime.model_inputs import RealtimeModelSendInterrupt, RealtimeModelSendToolOutput
from odai_model_local.brain.types import Say
from odai_model_local.gathering import (
    LEAD_SECONDS,
    LONGEST_PAUSE_SECONDS,
    MAX_UTTERANCES,
    PATIENCE,
    SETTLED_SECONDS,
    Gathering,
)
from odai_model_local.jobs import Spoken
from odai_model_local.workers import Busy

TEN_SECONDS = "word " * 100
HEARD = 10.0 - LEAD_SECONDS

Pass = Callable[[float], Awaitable[None]]


@pytest.fixture
async def wait(monkeypatch: pytest.MonkeyPatch) -> Pass:
    """Let seconds pass for the event loop, without waiting for them."""
    loop = asyncio.get_running_loop()
    now = [loop.time()]
    monkeypatch.setattr(loop, "time", lambda: now[0])

    async def wait_(seconds: float) -> None:
        now[0] += seconds
        for _ in range(20):
            await asyncio.sleep(0)

    return wait_


async def hear(talk: Any, text: Any) -> None:
    """Say it, and wait for its words."""
    count = len(talk.log.of("input_audio_transcription_completed"))
    talk.transcripts.clear()
    await talk.say(text)
    await talk.log.until("input_audio_transcription_completed", count + 1)


def says(gathering: Gathering, text: str, start: float, end: float) -> None:
    gathering.started(start)
    gathering.finished(end)
    gathering.recognised(Spoken(text))


def test_nothing_said_is_never_due() -> None:
    assert Gathering().due_in(5.0) is None


def test_a_turn_in_silence_is_due_at_once() -> None:
    gathering = Gathering()
    says(gathering, "sushi", 1.0, 2.0)
    assert gathering.due_in(2.0) == 0
    assert gathering.take().text == "sushi"
    assert gathering.due_in(2.0) is None


def test_a_reply_over_the_last_second_is_due_at_once() -> None:
    gathering = Gathering()
    gathering.plays_until(10.0)
    says(gathering, "yes", 9.1, 9.5)
    assert gathering.due_in(9.5) == 0


def test_what_is_said_over_an_answer_is_due_when_it_has_been_heard() -> None:
    gathering = Gathering()
    gathering.plays_until(10.0)
    says(gathering, "and", 2.0, 3.0)
    says(gathering, "then", 4.0, 5.0)
    assert gathering.due_in(5.0) == pytest.approx(HEARD - 5.0)
    assert gathering.due_in(HEARD) == 0
    assert gathering.take().text == "and then"


def test_who_talks_through_an_answer_is_waited_for_until_they_are_quiet() -> None:
    gathering = Gathering()
    gathering.plays_until(10.0)
    gathering.started(3.0)
    gathering.finished(20.0)
    assert gathering.due_in(20.0) is None
    gathering.recognised(Spoken("one"))
    assert gathering.due_in(20.0) == pytest.approx(SETTLED_SECONDS)
    gathering.started(20.3)
    assert gathering.due_in(30.0) is None
    gathering.finished(31.0)
    gathering.recognised(Spoken("two", {"stt_ms": 7}))
    assert gathering.due_in(31.0 + SETTLED_SECONDS) == 0
    assert gathering.take() == Spoken("one two", {"stt_ms": 7})


def test_a_slow_teller_is_waited_for_longer_until_an_answer_was_heard_out() -> None:
    gathering = Gathering()
    gathering.answering = True
    says(gathering, "one", 1.0, 2.0)
    says(gathering, "two", 3.5, 4.0)
    says(gathering, "three", 4.1, 5.0)
    gathering.answering = False
    assert gathering.due_in(5.0) == pytest.approx(1.5 * PATIENCE)
    says(gathering, "four", 5.0 + LONGEST_PAUSE_SECONDS + 0.1, 8.0)
    assert gathering.due_in(8.0) == pytest.approx(1.5 * PATIENCE)
    gathering.take()
    gathering.plays_until(10.0)
    says(gathering, "later", 20.0, 21.0)
    assert gathering.due_in(21.0) == 0
    gathering.take()
    gathering.plays_until(30.0)
    says(gathering, "over it", 28.0, 29.5)
    assert gathering.due_in(29.5) == pytest.approx(SETTLED_SECONDS)


def test_who_goes_on_before_their_words_are_there_is_not_answered_yet() -> None:
    gathering = Gathering()
    gathering.started(0.0)
    gathering.finished(1.0)
    gathering.started(1.1)
    gathering.recognised(Spoken("find"))
    assert gathering.due_in(1.2) is None


def test_who_goes_on_before_the_answer_sounds_is_waited_for() -> None:
    gathering = Gathering()
    gathering.answering = True
    says(gathering, "more", 5.0, 6.0)
    assert gathering.due_in(6.0) == pytest.approx(SETTLED_SECONDS)


def test_a_noise_over_an_answer_does_not_delay_the_next_turn() -> None:
    gathering = Gathering()
    gathering.plays_until(10.0)
    gathering.started(2.0)
    gathering.finished(3.0)
    gathering.recognised(None)
    assert gathering.due_in(20.0) is None
    says(gathering, "sushi", 21.0, 22.0)
    assert gathering.due_in(22.0) == 0


def test_of_an_endless_turn_the_end_is_kept() -> None:
    gathering = Gathering()
    for number in range(100):
        says(gathering, str(number), number, number + 0.5)
    assert gathering.take().text.split() == [str(number) for number in range(100 - MAX_UTTERANCES, 100)]


async def test_a_talker_is_answered_once_when_the_answer_has_been_heard(call: Any, wait: Pass) -> None:
    talk = await call(interrupt=False, one=(Say(TEN_SECONDS),))
    await hear(talk, "one")
    await talk.log.until("turn_ended")
    for text in ("two", "three", "four"):
        await hear(talk, text)
        await wait(2.0)
    assert talk.brain.heard_texts == ["one"]
    await wait(HEARD - 6.1)
    assert talk.brain.heard_texts == ["one"]
    await wait(0.2)
    await talk.log.until("turn_ended", 2)
    assert talk.brain.heard_texts == ["one", "two three four"]
    assert talk.log.of("audio_interrupted") == []


async def test_who_still_speaks_when_the_answer_has_been_heard_is_answered_after_it(
    call: Any, wait: Pass, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("odai_model_local.hearing.STALL_SECONDS", 60.0)
    talk = await call(interrupt=False, one=(Say(TEN_SECONDS),))
    await hear(talk, "one")
    await talk.log.until("turn_ended")
    await hear(talk, "two")
    talk.transcripts[:] = ["three"]
    await talk.speech(500)
    await wait(HEARD + 1.0)
    assert talk.brain.heard_texts == ["one"]
    await talk.silence(600)
    await talk.log.until("input_audio_transcription_completed", 3)
    assert talk.brain.heard_texts == ["one"]
    await wait(SETTLED_SECONDS)
    await talk.log.until("turn_ended", 2)
    assert talk.brain.heard_texts == ["one", "two three"]


async def test_a_request_over_the_greeting_is_decided_at_once(call: Any, wait: Pass) -> None:
    talk = await call(interrupt=False, sushi=(Say(TEN_SECONDS),))
    await talk.line(TEN_SECONDS)
    await talk.log.until("turn_ended")
    await hear(talk, "sushi")
    await talk.log.until("turn_ended", 2)
    await hear(talk, "please")
    await hear(talk, "now")
    await wait(10.0 + HEARD - 0.1)
    assert talk.brain.heard_texts == ["sushi"]
    await wait(0.2)
    await talk.log.until("turn_ended", 3)
    assert talk.brain.heard_texts == ["sushi", "please now"]


async def test_results_do_not_wait_for_what_was_gathered(call: Any, wait: Pass) -> None:
    talk = await call(interrupt=False, one=(Say(TEN_SECONDS),))
    await hear(talk, "one")
    await talk.log.until("turn_ended")
    await hear(talk, "two")
    tool_call = RealtimeModelToolCallEvent(name="get_weather", call_id="1", arguments="{}")
    await talk.model.send_event(
        RealtimeModelSendToolOutput(tool_call=tool_call, output='{"spoken": "Sunny."}', start_response=True)
    )
    await talk.log.until("turn_ended", 2)
    assert talk.log.of("transcript_delta")[-1].delta == "Sunny."
    assert talk.brain.heard_texts == ["one"]
    await wait(HEARD + 0.2)
    await talk.log.until("turn_ended", 3)
    assert talk.brain.heard_texts == ["one", "two"]


async def test_what_was_gathered_does_not_wait_for_an_answer_that_was_stopped(call: Any, wait: Pass) -> None:
    talk = await call(interrupt=False, one=(Say(TEN_SECONDS),))
    await hear(talk, "one")
    await talk.log.until("turn_ended")
    await hear(talk, "two")
    await talk.model.send_event(RealtimeModelSendInterrupt())
    await wait(SETTLED_SECONDS)
    await talk.log.until("turn_ended", 2)
    assert talk.brain.heard_texts == ["one", "two"]


async def test_words_that_could_not_be_recognised_hold_up_nothing(call: Any) -> None:
    talk = await call(interrupt=False)
    await talk.say(Busy("Too much speech is waiting."))
    assert (await talk.log.until("error")).error["message"] == "Too much speech is waiting."
    await hear(talk, "again")
    await talk.log.until("turn_ended")
    assert talk.brain.heard_texts == ["again"]
