"""One call's life in virtual time: greeting, loss, rotation, the clocks, hang-up, apologies, the close."""

import asyncio
import logging
from dataclasses import replace

import pytest
from agents import realtime as sdk
from agents.realtime.items import AssistantMessageItem, SystemMessageItem, UserMessageItem
from agents.realtime.model_events import RealtimeModelOtherEvent, RealtimeModelRawServerEvent
from agents.realtime.model_inputs import (
    RealtimeModelSendAudio,
    RealtimeModelSendInterrupt,
    RealtimeModelSendUserInput,
)

from odai_core.calls import Turn
from odai_core.errors import ModelLost, SetupError
from odai_core.voice import call as room
from odai_core.voice import events, prompts
from tests.voice.bench import Model, on_bench, speak, virtual


def speaking():
    model = Model()
    model.speaks = speak
    return model


def mute():
    return Model()


def refusing(error=None):
    return Model(refuses=error or OSError("no route"))


class Fault:
    def __init__(self, code):
        self.code = code


async def fail(model, code="response_failed"):
    await model.emit(sdk.RealtimeModelErrorEvent(error=Fault(code)))


async def lose(model, how="status"):
    """The four ways a connection ends."""
    if how == "status":
        await model.emit(sdk.RealtimeModelConnectionStatusEvent(status="disconnected"))
    elif how == "end_of_stream":
        await model.emit(sdk.RealtimeModelEndOfStreamEvent())
    else:
        await model.emit(sdk.RealtimeModelExceptionEvent(exception=ConnectionError(), context="gone"))


# -- open


@virtual
async def test_a_call_is_greeted_and_ends_once():
    async with on_bench() as bench:
        assert bench.model.said() == [prompts.GREETING]
        assert bench.of(events.Transcript)[-1].text == prompts.GREETING
        assert bench.of(events.Audio)[0].seq == 1
        await bench.call.end("caller")
        assert await bench.ended() == "caller"
        await bench.call.close()
    assert bench.of(events.Ended) == [events.Ended("caller")]
    assert bench.call.session_id == "s1"
    assert bench.call.caller.place == "Ghent"


@virtual
async def test_two_failures_and_the_third_try_greets():
    async with on_bench(plan=[refusing(), refusing(), speaking()], greeted=False) as bench:
        await asyncio.sleep(3)
        assert bench.model.said() == [prompts.GREETING]


@virtual
async def test_a_call_that_cannot_open_raises_and_leaves_nothing():
    loop = asyncio.get_running_loop()
    before = loop.time()
    plan = [refusing(), refusing(), refusing()]
    models = list(plan)
    with pytest.raises(ModelLost):
        async with on_bench(plan=plan):
            raise AssertionError("it opened")
    assert loop.time() - before == pytest.approx(sum(room.RECONNECT_DELAYS))
    assert [model.closed for model in models] == [1, 1, 1]


@virtual
async def test_what_the_operator_must_mend_is_not_tried_again():
    with pytest.raises(SetupError, match="no key"):
        async with on_bench(plan=[refusing(SetupError("no key.", "Set one."))]):
            raise AssertionError("it opened")


@virtual
async def test_a_model_that_drops_every_new_connection_is_not_asked_for_ever():
    plan = [Model(drops=True) for _ in range(3)]
    with pytest.raises(ModelLost):
        async with on_bench(plan=plan):
            raise AssertionError("it opened")


# -- the connection is lost


@pytest.mark.parametrize("how", ["status", "end_of_stream", "exception"])
def test_a_lost_connection_is_replaced_with_the_conversation(how):
    @virtual
    async def test():
        async with on_bench() as bench:
            first = bench.model
            await asyncio.sleep(20)
            await first.raw("input_audio_buffer.speech_stopped")
            await first.emit(sdk.RealtimeModelInputAudioTranscriptionCompletedEvent("u1", "find sushi"))
            await first.begin()
            await first.audio("x", 100)
            await first.text("x", "I found three")
            await lose(first, how)
            await asyncio.sleep(2)
            assert len(bench.models) == 2
            assert bench.histories[1] == (
                Turn(role="assistant", text=prompts.GREETING),
                Turn(role="user", text="find sushi"),
                Turn(role="assistant", text="I found three"),
            )
            assert bench.model.said() == [prompts.RECONNECTED]
            await bench.call.send_audio(b"\0\0")
            assert isinstance(bench.model.sent[-1], RealtimeModelSendAudio)

    test()


@virtual
async def test_nobody_is_told_of_a_loss_when_no_answer_was_due():
    async with on_bench() as bench:
        await lose(bench.model)
        await asyncio.sleep(2)
        assert len(bench.models) == 2
        assert bench.model.said() == []
        assert not bench.of(events.CallError)


@virtual
async def test_a_typed_turn_is_owed_an_answer_too():
    async with on_bench() as bench:
        bench.model.fails_to_send = ModelLost("closed")
        await bench.call.send_text("sushi")
        await asyncio.sleep(2)
        assert bench.model.said() == [prompts.RECONNECTED]


@virtual
async def test_a_model_that_cannot_be_reached_again_ends_the_call():
    async with on_bench(plan=[speaking(), refusing(), refusing(), refusing()]) as bench:
        await lose(bench.model)
        await lose(bench.models[0], "exception")
        assert await bench.ended() == "model_lost"
        assert bench.of(events.CallError)[-1].code == "model_lost"
        await bench.call.send_text("anybody?")
    assert len(bench.models) == 4


@virtual
async def test_a_server_that_accepts_and_drops_is_given_up():
    async with on_bench() as bench:
        async with asyncio.timeout(60):
            while not bench.call.outbox.ended:
                await asyncio.sleep(1)
                await lose(bench.model)
        assert await bench.ended() == "model_lost"
        assert len(bench.models) <= 5


@virtual
async def test_losses_far_apart_do_not_add_up():
    async with on_bench() as bench:
        for _ in range(10):
            await asyncio.sleep(60)
            await lose(bench.model)
        await asyncio.sleep(3)
        assert len(bench.models) == 11
        assert not bench.call.outbox.ended


@virtual
async def test_closing_in_the_middle_of_a_reconnect():
    async with on_bench(plan=[speaking(), refusing()]) as bench:
        await lose(bench.model)
        await asyncio.sleep(0.2)
    assert bench.of(events.Ended) == [events.Ended("caller")]


# -- clocks


@virtual
async def test_the_connection_is_rotated_between_two_turns():
    async with on_bench(rotate=100) as bench:
        first = bench.model
        await asyncio.sleep(97)
        await first.begin("r9")
        await asyncio.sleep(20)
        assert len(bench.models) == 1, "not while it answers"
        await first.audio("x", 100, "r9")
        await first.end("r9")
        await first.raw("input_audio_buffer.speech_started")
        await asyncio.sleep(20)
        assert len(bench.models) == 1, "not while the caller speaks"
        await first.raw("input_audio_buffer.speech_stopped")
        await asyncio.sleep(5)
        assert len(bench.models) == 1, "not while an answer is due"
        await first.answer("Sure.")
        await asyncio.sleep(3)
        assert len(bench.models) == 2
        assert first.closed == 1
        assert bench.model.said() == [], "unheard"
        assert bench.histories[1][-1].text == "Sure."
        await asyncio.sleep(101)
        assert len(bench.models) == 3


@virtual
async def test_an_overdue_rotation_waits_no_longer():
    async with on_bench(rotate=100) as bench:
        await bench.model.raw("input_audio_buffer.speech_started")
        await asyncio.sleep(100 + room.OVERDUE_SECONDS + 2)
        assert len(bench.models) == 2


@virtual
async def test_a_rotation_leaves_a_recovery_alone():
    async with on_bench(rotate=20, plan=[speaking(), refusing(), refusing(), speaking()]) as bench:
        await asyncio.sleep(18)
        await lose(bench.model)
        await asyncio.sleep(4)
        assert len(bench.models) == 4


@virtual
async def test_a_rotation_that_fails_ends_the_call_in_words():
    async with on_bench(rotate=20, plan=[speaking(), refusing(), refusing(), refusing()]) as bench:
        assert await bench.ended() == "model_lost"


@virtual
async def test_idle_is_counted_from_the_last_sign_of_life():
    loop = asyncio.get_running_loop()
    async with on_bench(idle=30) as bench:
        await asyncio.sleep(25)
        await bench.model.raw("input_audio_buffer.speech_started")
        touched = loop.time()
        assert await bench.ended() == "idle"
        assert 30 <= loop.time() - touched <= 33
        assert bench.model.said()[-1] == prompts.IDLE_FAREWELL
        assert bench.of(events.Ended)[0].message == prompts.IDLE_FAREWELL
        heard = sum(len(event.data) for event in bench.of(events.Audio)) / 48
        assert heard == 800, "greeting and goodbye, to their ends"


@virtual
async def test_an_assistant_at_work_is_not_idle():
    async with on_bench(idle=10) as bench:
        await bench.model.begin()
        await asyncio.sleep(60)
        assert not bench.call.outbox.ended


@virtual
async def test_the_longest_call_ends_after_the_answer_under_way():
    async with on_bench(duration=30) as bench:
        await asyncio.sleep(27)
        await bench.model.begin("r9")
        await bench.model.audio("x", 3000, "r9")
        await asyncio.sleep(5)
        await bench.model.end("r9")
        assert await bench.ended() == "duration"
        assert bench.model.said()[-1] == prompts.DURATION_FAREWELL
        assert sum(len(event.data) for event in bench.of(events.Audio)) / 48 == 400 + 3000 + 400


@virtual
async def test_a_model_that_never_says_goodbye_does_not_hold_the_call():
    loop = asyncio.get_running_loop()
    async with on_bench(duration=30, plan=[mute()]) as bench:
        assert await bench.ended() == "duration"
        assert loop.time() - bench.call._opened_at < 30 + 20


# -- hang-up


async def hang_up(bench, *, goodbye_ms=0, response="r5"):
    await bench.model.begin(response)
    if goodbye_ms:
        await bench.model.audio("bye", goodbye_ms, response)
        await bench.model.emit(sdk.RealtimeModelAudioDoneEvent("bye", 0))
    await bench.model.call("hangup_call", "c1")
    await asyncio.sleep(0.01)
    await bench.model.end(response)


@virtual
async def test_hanging_up_waits_until_the_goodbye_was_heard():
    loop = asyncio.get_running_loop()
    async with on_bench() as bench:
        before = loop.time()
        await hang_up(bench, goodbye_ms=4000)
        assert await bench.ended() == "hangup"
        assert 4.0 <= loop.time() - before <= 4.5
        assert bench.model.said() == [prompts.GREETING], "said once"
        assert [out.start_response for out in bench.model.outputs()] == [False]


@virtual
async def test_hanging_up_goes_by_the_marks():
    loop = asyncio.get_running_loop()
    async with on_bench(paced=True) as bench:
        before = loop.time()
        await hang_up(bench, goodbye_ms=2000)
        await asyncio.sleep(1)
        await bench.call.played("bye", 400)
        await asyncio.sleep(2.5)
        assert not bench.call.outbox.ended, "the line lags: it is still being heard"
        await bench.call.played("bye", 2000)
        assert await bench.ended() == "hangup"
        assert loop.time() - before < 3.8


@virtual
async def test_a_goodbye_without_end_is_cut_after_ten_seconds():
    loop = asyncio.get_running_loop()
    async with on_bench() as bench:
        before = loop.time()
        await hang_up(bench, goodbye_ms=60_000)
        assert await bench.ended() == "hangup"
        assert loop.time() - before == pytest.approx(room.HEARD_SECONDS, abs=0.1)


@virtual
async def test_a_silent_hang_up_says_goodbye_first():
    async with on_bench() as bench:
        await hang_up(bench)
        assert await bench.ended() == "hangup"
        assert bench.model.said() == [prompts.GREETING, prompts.FAREWELL]
        assert sum(len(event.data) for event in bench.of(events.Audio)) / 48 == 800


# -- barge-in


@virtual
async def test_a_barge_in_cuts_everything_that_was_not_heard():
    async with on_bench() as bench:
        model = bench.model
        await model.begin("r7")
        for item in ("x", "y"):
            await model.audio(item, 2000, "r7")
            await model.text(item, "one two three four", "r7")
        await asyncio.sleep(1)
        assert model.tracker.get_state() == {
            "current_item_id": "x",
            "current_item_content_index": 0,
            "elapsed_ms": 1000,
        }
        await model.emit(sdk.RealtimeModelAudioInterruptedEvent("x", 0))
        await model.emit(sdk.RealtimeModelAudioInterruptedEvent("y", 0))
        await model.audio("x", 500, "r7")
        await model.audio("z", 500, "r7")
        await model.text("x", " five", "r7")
        await asyncio.sleep(1)
        assert bench.of(events.Interrupted) == [events.Interrupted("x", 1000)]
        lines = {event.item_id: (event.text, event.status) for event in bench.of(events.Transcript)}
        assert lines["x"] == ("one two", "interrupted")
        assert lines["y"] == ("", "interrupted")
        assert "z" not in {event.item_id for event in bench.of(events.Audio)}
        assert bench.call.book.turns()[-1].text == "one two"


@virtual
async def test_an_interruption_by_the_client():
    async with on_bench() as bench:
        await bench.model.begin("r7")
        await bench.model.audio("x", 2000, "r7")
        await asyncio.sleep(0.5)
        await bench.call.interrupt()
        await bench.call.interrupt()
        await asyncio.sleep(0)
        assert bench.of(events.Interrupted) == [events.Interrupted("x", 500)]
        sent = [event for event in bench.model.sent if isinstance(event, RealtimeModelSendInterrupt)]
        assert [event.force_response_cancel for event in sent] == [True, True]


@virtual
async def test_before_any_audio_nothing_is_being_heard():
    async with on_bench(plan=[mute()]) as bench:
        assert bench.model.tracker.get_state()["current_item_id"] is None
        await bench.model.emit(sdk.RealtimeModelAudioInterruptedEvent("x", 0))
        assert not bench.of(events.Interrupted)


# -- trouble


@virtual
async def test_a_failed_answer_is_apologised_for_but_not_for_ever():
    async with on_bench() as bench:
        model = bench.model
        model.speaks = None
        await model.raw("input_audio_buffer.speech_stopped")
        for _ in range(5):
            await fail(model, "response_timeout")
        await asyncio.sleep(1)
        assert model.said() == [prompts.GREETING, prompts.FAILED, prompts.FAILED]
        errors = bench.of(events.CallError)
        assert [error.code for error in errors] == ["response_timeout"] * 5
        assert "in time" in errors[0].message
        await model.raw("input_audio_buffer.speech_stopped")
        await fail(model)
        await asyncio.sleep(1)
        assert model.said()[-1] == prompts.FAILED
        assert len(model.said()) == 4, "a new turn is a new chance"


@virtual
async def test_apologies_that_fail_after_their_first_audio_come_to_an_end():
    async def breaks_off(model, text):
        model.numbers += 1
        await model.begin(f"b{model.numbers}")
        await model.audio(f"b{model.numbers}", 100, f"b{model.numbers}")
        await model.end(f"b{model.numbers}")
        await fail(model)

    async with on_bench() as bench:
        bench.model.speaks = breaks_off
        await bench.call.send_text("sushi")
        assert isinstance(bench.model.sent[-1], RealtimeModelSendUserInput)
        await fail(bench.model)
        await asyncio.sleep(10)
        assert bench.model.said().count(prompts.FAILED) == 2


@pytest.mark.parametrize("error", [Fault("item_not_found"), {"code": "x"}, {}, object()])
def test_other_errors_are_a_hiccup(error):
    @virtual
    async def test():
        async with on_bench() as bench:
            await bench.model.emit(sdk.RealtimeModelErrorEvent(error=error))
            await asyncio.sleep(1)
            assert [one.code for one in bench.of(events.CallError)] == ["model_error"]
            assert len(bench.models) == 1

    test()


@virtual
async def test_a_task_that_breaks_ends_the_call_in_words():
    async def breaks():
        raise ValueError("private words")

    logging.getLogger("odai.voice").disabled = True
    try:
        async with on_bench() as bench:
            bench.call.start(breaks(), "test")
            assert await bench.ended() == "error"
            assert "private" not in bench.of(events.Ended)[0].message
    finally:
        logging.getLogger("odai.voice").disabled = False


@virtual
async def test_a_peer_that_reads_nothing_is_let_go_after_two_minutes_of_audio():
    async with on_bench() as bench:
        bench.reading.cancel()
        await asyncio.wait({bench.reading})
        await bench.model.begin()
        for _ in range(130):
            await bench.model.audio("x", 1000)
        assert bench.call.outbox.ended
        bench.reading = asyncio.create_task(bench.read())
        assert await bench.ended() == "slow_peer"


@virtual
async def test_a_telephone_is_not_slow_because_an_answer_is_long():
    async with on_bench(paced=True) as bench:
        await bench.model.begin()
        for _ in range(130):
            await bench.model.audio("x", 1000)
        assert not bench.call.outbox.ended


@virtual
async def test_after_the_close_nothing_is_sent_started_or_heard():
    async with on_bench() as bench:
        call, model = bench.call, bench.model
    sent = len(model.sent)
    await call.send_audio(b"\0\0")
    await call.send_text("hello?")
    await call.interrupt()
    await call.say("hello")
    await call.played("x", 5)
    await call.end("caller")
    await call.on_model_event(sdk.RealtimeModelTurnStartedEvent(response_id="late"))
    call.lost()

    async def never():
        raise AssertionError

    call.start(never(), "late")
    assert len(model.sent) == sent
    assert len(bench.models) == 1


@virtual
async def test_a_cancelled_send_is_no_lost_connection():
    async with on_bench() as bench:
        bench.model.fails_to_send = asyncio.CancelledError()
        with pytest.raises(asyncio.CancelledError):
            await bench.call.send_audio(b"\0\0")
        bench.model.fails_to_send = None
        await asyncio.sleep(2)
        assert len(bench.models) == 1


# -- what the model says of the conversation


@virtual
async def test_lines_of_both_sides_come_from_items_too():
    async with on_bench() as bench:
        model = bench.model
        part = {"type": "input_text", "text": "sushi please"}
        user = UserMessageItem(item_id="u1", content=[part])
        await model.emit(sdk.RealtimeModelItemUpdatedEvent(user))
        await model.emit(sdk.RealtimeModelItemUpdatedEvent(user))
        system = SystemMessageItem(item_id="s1", content=[{"type": "input_text", "text": "x"}])
        await model.emit(sdk.RealtimeModelItemUpdatedEvent(system))
        heard = {"type": "audio", "transcript": "Three places."}
        said = AssistantMessageItem(item_id="a1", status="completed", content=[heard])
        await model.emit(sdk.RealtimeModelItemUpdatedEvent(said))
        empty = AssistantMessageItem(item_id="a2", status="in_progress", content=[])
        await model.emit(sdk.RealtimeModelItemUpdatedEvent(empty))
        await asyncio.sleep(0)
        lines = [(line.item_id, line.text, line.status) for line in bench.of(events.Transcript)[-2:]]
        assert lines == [("u1", "sushi please", "completed"), ("a1", "Three places.", "completed")]


@virtual
async def test_a_turn_is_measured_with_what_the_model_adds():
    async with on_bench() as bench:
        await bench.model.raw("input_audio_buffer.speech_started")
        await bench.model.raw("input_audio_buffer.speech_stopped")
        await asyncio.sleep(0.3)
        await bench.model.raw("odai.timing", stt_ms=40)
        await bench.model.emit(RealtimeModelRawServerEvent(data="odd"))
        await bench.model.raw("rate_limits.updated")
        await bench.model.emit(RealtimeModelOtherEvent(data={}))
        await bench.model.answer("Three places.")
        await asyncio.sleep(0)
        (metrics,) = bench.of(events.TurnMetrics)
        assert metrics.values == {"stt_ms": 40, "model_ms": 300, "speech_end_to_first_audio_ms": 300}


@virtual
async def test_a_handoff_is_told():
    async with on_bench() as bench:
        bench.call.on_handoff("ODAI-Voice", "Other")
        await asyncio.sleep(0)
        assert bench.of(events.Handoff) == [events.Handoff("ODAI-Voice", "Other")]


def test_limits_have_the_specifications_rotation():
    assert replace(room.Limits(duration=1, idle=1), idle=2).rotate == 55 * 60
