"""The realtime model when the caller speaks while it answers."""

from __future__ import annotations

import asyncio
from typing import Any

from agents.realtime.model_events import RealtimeModelToolCallEvent
from agents.realtime.model_inputs import RealtimeModelSendInterrupt, RealtimeModelSendToolOutput


async def test_barge_in_stops_what_plays(call: Any) -> None:
    talk = await call()
    await talk.line("A rather long answer that plays for a while.")
    await talk.log.until("turn_ended")
    item = talk.log.of("audio")[-1].item_id
    await talk.say("stop")
    await talk.log.until("turn_ended", 2)
    kinds = talk.log.kinds
    assert kinds.index("audio_interrupted") == kinds.index("input_audio_buffer.speech_started") + 1
    assert talk.log.of("audio_interrupted")[0].item_id == item
    assert talk.brain.heard_texts == ["stop"]


async def test_barge_in_in_the_middle_of_making_stops_the_making(call: Any) -> None:
    talk = await call()

    async def at_first_audio(event: Any) -> None:
        if event.type == "audio":
            talk.log.on = None
            await talk.speech(200)

    talk.log.on = at_first_audio
    await talk.line("First sentence here. Second sentence here. Third sentence here.")
    await talk.log.until("turn_ended")
    assert len(talk.log.of("audio")) == 1
    assert talk.log.of("item_updated")[-1].item.status == "incomplete"
    assert "audio_done" not in talk.log.kinds
    talk.transcripts.append("other")
    await talk.silence(600)
    await talk.log.until("turn_ended", 2)
    assert [event.item_id for event in talk.log.of("audio_interrupted")] == [talk.log.of("audio")[0].item_id]
    assert len({event.response_id for event in talk.log.of("audio")}) == 2


async def test_barge_in_while_the_brain_thinks_cancels_the_thought(call: Any) -> None:
    talk = await call(hold=True)
    brain = talk.brain
    await talk.say("first")
    await talk.log.until("turn_started")
    await asyncio.sleep(0)
    talk.transcripts.clear()
    await talk.speech(500)
    await talk.log.until("turn_ended")
    assert talk.log.of("audio") == talk.log.of("audio_interrupted") == []
    brain.hold = None
    talk.transcripts.append("second")
    await talk.silence(600)
    await talk.log.until("turn_ended", 2)
    assert brain.cancelled
    assert brain.heard_texts == ["first", "second"]


async def test_without_barge_in_the_answer_goes_on_and_the_next_turn_waits(call: Any) -> None:
    talk = await call(interrupt=False, hold=True)
    brain = talk.brain
    await talk.say("first")
    await talk.log.until("turn_started")
    talk.transcripts.clear()
    await talk.say("second")
    assert talk.log.of("turn_ended") == []
    brain.hold.set()
    await talk.log.until("turn_ended", 2)
    assert brain.heard_texts == ["first", "second"]
    assert talk.log.of("audio_interrupted") == []
    assert {event.item.status for event in talk.log.of("item_updated") if event.item.role == "assistant"} == {
        "in_progress",
        "completed",
    }


async def test_a_tools_answer_waits_until_the_caller_has_finished(call: Any) -> None:
    talk = await call()
    await talk.speech(500)
    tool_call = RealtimeModelToolCallEvent(name="get_weather", call_id="1", arguments="{}")
    await talk.model.send_event(
        RealtimeModelSendToolOutput(tool_call=tool_call, output='{"spoken": "Sunny."}', start_response=True)
    )
    await asyncio.sleep(0)
    assert "turn_started" not in talk.log.kinds
    talk.transcripts.append("and tomorrow")
    await talk.silence(600)
    await talk.log.until("turn_ended", 2)
    assert [event.delta for event in talk.log.of("transcript_delta")] == ["Sunny.", "You said and tomorrow"]


async def test_an_interrupt_of_the_call_stops_it_once(call: Any) -> None:
    talk = await call()
    await talk.model.send_event(RealtimeModelSendInterrupt())
    await talk.line("Some words to stop.")
    ended = await talk.log.until("turn_ended")
    await talk.model.send_event(RealtimeModelSendInterrupt(response_id="resp_other"))
    assert talk.log.of("audio_interrupted") == []
    await talk.model.send_event(RealtimeModelSendInterrupt(response_id=ended.response_id, cancel_response_only=True))
    assert talk.log.of("audio_interrupted") == []
    await talk.model.send_event(RealtimeModelSendInterrupt(response_id=ended.response_id))
    await talk.model.send_event(RealtimeModelSendInterrupt())
    assert len(talk.log.of("audio_interrupted")) == 1
    assert len(talk.log.of("turn_ended")) == 1
