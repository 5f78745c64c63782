"""The realtime model, with models that cost nothing: what it emits for every kind of turn."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from agents.realtime.model_events import RealtimeModelToolCallEvent
from agents.realtime.model_inputs import (
    RealtimeModelSendAudio,
    RealtimeModelSendRawMessage,
    RealtimeModelSendToolOutput,
    RealtimeModelSendUserInput,
)
from odai_model_local.brain.types import CallTool, Say
from odai_model_local.model import MAX_JOBS
from odai_model_local.workers import Busy

from odai_core import PCM16_24K, ULAW_8K, AudioFormat


@pytest.mark.parametrize("audio", [PCM16_24K, ULAW_8K], ids=lambda audio: audio.name)
async def test_a_spoken_turn_from_audio_to_audio(call: Any, audio: AudioFormat) -> None:
    talk = await call(audio=audio)
    await talk.say("hello there")
    await talk.log.until("turn_ended")
    assert talk.log.kinds == [
        "connection_status",
        "input_audio_buffer.speech_started",
        "input_audio_buffer.speech_stopped",
        "item_updated",
        "input_audio_transcription_completed",
        "turn_started",
        "item_updated",
        "transcript_delta",
        "odai.timing",
        "audio",
        "audio_done",
        "item_updated",
        "usage",
        "turn_ended",
    ]
    user, started, finished = (event.item for event in talk.log.of("item_updated"))
    assert (user.role, user.content[0].transcript) == ("user", "hello there")
    assert (started.status, finished.status) == ("in_progress", "completed")
    assert finished.content[0].transcript == "You said hello there"
    heard = talk.log.of("input_audio_transcription_completed")[0]
    assert (heard.item_id, heard.transcript) == (user.item_id, "hello there")
    sound = talk.log.of("audio")
    assert sum(len(event.data) for event in sound) == 400 * audio.bytes_per_ms
    assert {(event.item_id, event.response_id) for event in sound} == {
        (finished.item_id, talk.log.of("turn_ended")[0].response_id)
    }
    timing = talk.log.of("odai.timing")[0].data
    assert timing["end_of_turn_ms"] == 480
    assert {"stt_ms", "brain_ms", "tts_first_ms"} <= set(timing)


async def test_a_line_is_spoken_word_for_word_without_the_brain(call: Any) -> None:
    talk = await call()
    await talk.line("Welcome! How can I help?")
    await talk.log.until("turn_ended")
    assert "".join(event.delta for event in talk.log.of("transcript_delta")) == "Welcome! How can I help?"
    assert talk.brain.heard_texts == []
    assert talk.log.of("item_updated")[-1].item.role == "assistant"


@pytest.mark.parametrize(
    "message",
    [
        {"type": "response.create"},
        {"type": "response.create", "other_data": {"response": {"instructions": "Greet."}}},
        {"type": "response.create", "other_data": {"response": None}},
        {"type": "response.create", "other_data": {"response": {"metadata": {"say": 7}}}},
        {"type": "conversation.item.truncate", "other_data": {"item_id": "x"}},
    ],
)
async def test_other_messages_say_nothing(call: Any, message: Any) -> None:
    talk = await call()
    await talk.model.send_event(RealtimeModelSendRawMessage(message=message))
    await talk.line("done")
    await talk.log.until("turn_ended")
    assert [event.delta for event in talk.log.of("transcript_delta")] == ["done"]


async def test_typed_text_is_a_turn(call: Any) -> None:
    talk = await call()
    content: Any = [
        {"type": "input_text", "text": "one"},
        {"type": "input_image"},
        {"type": "input_text", "text": "two"},
    ]
    await talk.type("typed")
    await talk.model.send_event(
        RealtimeModelSendUserInput(user_input={"type": "message", "role": "user", "content": content})
    )
    await talk.log.until("turn_ended", 2)
    assert talk.brain.heard_texts == ["typed", "one two"]
    assert talk.log.of("item_updated")[0].item.content[0].text == "typed"


async def test_a_tool_is_called_after_its_preface_and_its_answer_spoken(call: Any) -> None:
    talk = await call(weather=(CallTool("get_weather", '{"place": "Boston"}', preface="One moment."),))
    await talk.say("weather")
    request = await talk.log.until("function_call")
    await talk.log.until("turn_ended")
    assert (request.name, json.loads(request.arguments)) == ("get_weather", {"place": "Boston"})
    assert talk.log.kinds.index("audio") < talk.log.kinds.index("function_call")
    output = '{"spoken": "It is sunny.", "ok": true}'
    await talk.model.send_event(RealtimeModelSendToolOutput(tool_call=request, output=output, start_response=True))
    await talk.log.until("turn_ended", 2)
    assert talk.brain.results == [("get_weather", output)]
    assert talk.log.of("transcript_delta")[-1].delta == "It is sunny."


async def test_two_outputs_make_one_answer(call: Any) -> None:
    talk = await call()
    for number, start in ((1, False), (2, True)):
        tool_call = RealtimeModelToolCallEvent(name="get_weather", call_id=str(number), arguments="{}")
        output = json.dumps({"spoken": f"Answer {number}."})
        await talk.model.send_event(
            RealtimeModelSendToolOutput(tool_call=tool_call, output=output, start_response=start)
        )
    await talk.log.until("turn_ended")
    assert "".join(event.delta for event in talk.log.of("transcript_delta")) == "Answer 1. Answer 2."


async def test_a_goodbye_is_spoken_and_then_hung_up(call: Any) -> None:
    talk = await call(bye=(Say("Goodbye!", then_end=True),))
    await talk.say("bye")
    request = await talk.log.until("function_call")
    await talk.log.until("turn_ended")
    assert (request.name, json.loads(request.arguments)) == ("hangup_call", {"why": None})
    assert talk.log.kinds.index("audio") < talk.log.kinds.index("function_call")
    await talk.model.send_event(RealtimeModelSendToolOutput(tool_call=request, output="bye", start_response=True))
    await talk.line("end")
    await talk.log.until("turn_ended", 2)
    assert talk.brain.results == []


async def test_an_unfinished_sentence_is_waited_for(call: Any, ours: Any) -> None:
    talk = await call()
    await talk.say("find sushi in", silence_ms=250)
    await asyncio.wait(ours("odai-local-speculation"))
    talk.transcripts.clear()
    await talk.silence(400)
    assert "input_audio_buffer.speech_stopped" not in talk.log.kinds
    await talk.say("find sushi in boston")
    await talk.log.until("turn_ended")
    assert talk.brain.heard_texts == ["find sushi in boston"]
    assert len(talk.log.of("input_audio_buffer.speech_started")) == 1


async def test_silence_that_nobody_sends_ends_a_turn_too(call: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("odai_model_local.hearing.STALL_SECONDS", 0.05)
    talk = await call()
    talk.transcripts.append("muted")
    await talk.speech(500)
    await talk.log.until("turn_ended")
    assert talk.brain.heard_texts == ["muted"]


async def test_a_commit_ends_a_turn_at_once(call: Any) -> None:
    talk = await call()
    talk.transcripts.append("pressed")
    await talk.speech(500)
    await talk.model.send_event(RealtimeModelSendAudio(audio=b"", commit=True))
    await talk.log.until("turn_ended")
    assert talk.brain.heard_texts == ["pressed"]


async def test_a_noise_without_words_is_no_turn(call: Any) -> None:
    talk = await call()
    await talk.speech(500)
    await talk.silence(600)
    await talk.line("done")
    await talk.log.until("turn_ended")
    assert talk.brain.heard_texts == []
    assert [event.item.role for event in talk.log.of("item_updated")] == ["assistant", "assistant"]


async def test_nothing_to_speak_still_ends_the_turn(call: Any) -> None:
    talk = await call(quiet=(), blank=(Say("  "),))
    for text in ("quiet", "blank"):
        await talk.type(text)
    await talk.log.until("turn_ended", 2)
    assert talk.log.of("audio") == []


async def test_a_brain_that_fails_is_an_error_and_the_call_goes_on(call: Any) -> None:
    talk = await call(bad=5)
    await talk.type("bad")
    error = await talk.log.until("error")
    assert error.error["code"] == "response_failed"
    assert len(talk.log.of("turn_ended")) == 1
    await talk.type("good")
    await talk.log.until("turn_ended", 2)
    assert talk.log.of("audio")


async def test_too_many_turns_at_once_are_refused(call: Any) -> None:
    talk = await call(hold=True)
    brain = talk.brain
    for number in range(20):
        await talk.type(str(number))
    error = await talk.log.until("error")
    assert error.error["code"] == "busy"
    brain.hold.set()
    await talk.log.until("turn_ended", 16)


async def test_speech_that_nobody_has_time_for_is_an_error_and_the_call_goes_on(call: Any) -> None:
    talk = await call()
    await talk.say(Busy("Too much speech is waiting."))
    error = await talk.log.until("error")
    assert error.error == {"code": "response_failed", "message": "Too much speech is waiting."}
    talk.transcripts.clear()
    await talk.say("again")
    await talk.log.until("turn_ended")
    assert talk.brain.heard_texts == ["again"]


async def test_a_spoken_turn_too_many_is_refused(call: Any) -> None:
    talk = await call(hold=True)
    for number in range(MAX_JOBS):
        await talk.type(str(number))
    await talk.log.until("turn_started")
    await talk.type("last")
    assert talk.log.of("error") == []
    await talk.say("more")
    assert (await talk.log.until("error")).error["code"] == "busy"
    assert [event.transcript for event in talk.log.of("input_audio_transcription_completed")] == []
