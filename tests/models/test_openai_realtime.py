"""Audio, interruptions and responses over a real socket."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from agents.realtime import RealtimeModelSendInterrupt, RealtimeModelSendRawMessage, RealtimePlaybackTracker

from odai_core.calls import PCM16_24K, ULAW_8K
from odai_core.testing.fake_openai import FunctionCall, Reply
from odai_core.testing.tone import tone


def say(text):
    response = {"instructions": f"Say exactly: {text}", "metadata": {"say": text}}
    return RealtimeModelSendRawMessage({"type": "response.create", "other_data": {"response": response}})


async def answered(line, number=1):
    """The nth response is over."""
    return await line.ear.hears("turn_ended", number)


# -- audio ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stock", [False, True])
@pytest.mark.parametrize("profile", ["app", "phone"])
async def test_an_answer_arrives_byte_for_byte(dial, server, request, profile, stock):
    options = request.getfixturevalue(profile)
    server.replies.append(Reply("It rains in Ghent.", audio_ms=500, frame_ms=100))
    line = await dial(options, stock=stock)
    await line.server.user_speaks("Weather?")
    await answered(line)
    audio = line.ear.of("audio")
    expected = tone(PCM16_24K if profile == "app" else ULAW_8K, 500)
    assert b"".join(event.data for event in audio) == expected
    assert len(audio) == 5
    assert {event.content_index for event in audio} == {0}
    assert "".join(event.delta for event in line.ear.of("transcript_delta")) == "It rains in Ghent."
    (transcription,) = line.ear.of("input_audio_transcription_completed")
    assert transcription.transcript == "Weather?"
    (audio_done,) = line.ear.of("audio_done")
    assert audio_done.item_id == audio[0].item_id
    (usage,) = line.ear.of("usage")
    assert (usage.usage.input_tokens, usage.usage.output_tokens) == (100, 50)
    assert not line.ear.of("error")


async def test_the_length_of_received_audio_is_kept_for_truncation(dial, server, phone):
    server.replies.append(Reply("Yes.", audio_ms=700))
    line = await dial(phone)
    await line.server.user_speaks("Really?")
    await answered(line)
    item_id = line.ear.of("audio")[0].item_id
    assert line.model._audio_state_tracker.get_state(item_id, 0).audio_length_ms == 700


async def test_the_last_answer_is_not_fetched_again_after_each_turn(dial, server, phone):
    line = await dial(phone)
    for number in (1, 2):
        await line.server.user_speaks("And?")
        await answered(line, number)
    assert line.server.of("conversation.item.retrieve") == []


# -- interruption ---------------------------------------------------------------------------------------


async def speaking(line, server, **reply):
    """The assistant is in the middle of an answer; returns the item and what ends the answer."""
    hold = asyncio.Event()
    server.replies.append(Reply("A long story about the sea.", hold=hold, **reply))
    await line.server.user_speaks("Tell me a story.")
    audio = await line.ear.hears("audio", 4)
    return audio.item_id, hold


async def test_in_the_app_the_assistant_completes_its_utterance(dial, server, app):
    line = await dial(app, playback=RealtimePlaybackTracker())
    _, hold = await speaking(line, server)
    item = await line.server.speech_starts()
    await line.ear.hears_raw("input_audio_buffer.speech_started", 2)
    hold.set()
    await answered(line)
    await line.server.speech_stops(item, "Oh!")
    await answered(line, 2)
    assert line.ear.of("audio_interrupted") == []
    assert line.server.of("response.cancel") == []
    assert line.server.of("conversation.item.truncate") == []
    assert line.ear.raw("response.done")[0]["response"]["status"] == "completed"


async def test_the_sdks_adapter_still_interrupts_where_it_was_told_not_to(dial, server, app):
    """When this fails, the SDK honours interrupt_response=False and our correction can go."""
    line = await dial(app, stock=True)
    await speaking(line, server)
    await line.server.speech_starts()
    await line.server.wait_for("response.cancel")
    assert line.ear.of("audio_interrupted")


async def test_on_the_phone_speech_cuts_the_answer_where_the_caller_heard_it(dial, server, phone):
    playback = RealtimePlaybackTracker()
    line = await dial(phone, playback=playback)
    item_id, _ = await speaking(line, server)
    playback.on_play_ms(item_id, 0, 240)
    await line.server.speech_starts()
    truncated = await line.server.wait_for("conversation.item.truncate")
    assert (truncated["item_id"], truncated["content_index"], truncated["audio_end_ms"]) == (item_id, 0, 240)
    await answered(line)
    (interrupted,) = line.ear.of("audio_interrupted")
    assert interrupted.item_id == item_id
    assert line.server.of("response.cancel") == [], "the server cancels by itself"
    assert playback.get_state()["current_item_id"] is None
    assert not line.ear.of("error")


async def test_audio_that_is_still_playing_is_cut_after_the_answer_was_made(dial, server, phone):
    playback = RealtimePlaybackTracker()
    line = await dial(phone, playback=playback)
    await line.server.user_speaks("Hello?")
    await answered(line)
    item_id = line.ear.of("audio")[0].item_id
    playback.on_play_ms(item_id, 0, 100)
    await line.server.speech_starts()
    truncated = await line.server.wait_for("conversation.item.truncate")
    assert truncated["audio_end_ms"] == 100


async def test_each_unheard_item_is_cut(dial, server, phone):
    playback = RealtimePlaybackTracker()
    line = await dial(phone, playback=playback)
    await line.server.user_speaks("Hello?")
    await answered(line)
    await line.model.send_event(say("One more thing."))
    await answered(line, 2)
    first, second = dict.fromkeys(event.item_id for event in line.ear.of("audio"))
    playback.on_play_ms(first, 0, 300)
    await line.server.speech_starts()
    await line.server.wait_for("conversation.item.truncate", 2)
    cuts = [(event["item_id"], event["audio_end_ms"]) for event in line.server.of("conversation.item.truncate")]
    assert cuts == [(first, 300), (second, 0)]
    assert [event.item_id for event in line.ear.of("audio_interrupted")] == [first, second]


async def test_speech_after_the_answer_was_heard_interrupts_nothing(dial, server, phone):
    playback = RealtimePlaybackTracker()
    line = await dial(phone, playback=playback)
    await line.server.user_speaks("Hello?")
    await answered(line)
    playback.on_play_ms(line.ear.of("audio")[0].item_id, 0, 400)
    await line.server.user_speaks("Thanks.")
    await answered(line, 2)
    assert line.ear.of("audio_interrupted") == []
    assert line.server.of("conversation.item.truncate") == []


async def test_what_comes_late_of_a_cancelled_answer_is_dropped(dial, server, phone):
    line = await dial(phone)
    item_id, _ = await speaking(line, server, late_deltas=3)
    await line.server.speech_starts()
    await answered(line)
    late = {"response_id": line.ear.of("audio")[0].response_id, "item_id": item_id, "output_index": 0}
    await line.server.send("response.output_audio.delta", **late, content_index=0, delta="////")
    await line.server.send("response.output_audio_transcript.delta", **late, content_index=0, delta="and then")
    await line.server.send("rate_limits.updated", rate_limits=[])
    await line.ear.hears_raw("rate_limits.updated")
    interruption = line.ear.events.index(line.ear.of("audio_interrupted")[0])
    kinds = {event.type for event in line.ear.events[interruption:]}
    assert not kinds & {"audio", "transcript_delta"}


async def test_the_next_answer_is_heard_after_an_interruption(dial, server, phone):
    line = await dial(phone)
    await speaking(line, server)
    server.replies.append(Reply("Of course.", audio_ms=200))
    await line.server.user_speaks("Stop. Something else.")
    await answered(line, 2)
    assert len(line.ear.of("audio")) == 4 + 2


async def test_an_explicit_interruption_stops_even_what_the_server_would_not(dial, server, app):
    playback = RealtimePlaybackTracker()
    line = await dial(app, playback=playback)
    item_id, _ = await speaking(line, server)
    playback.on_play_ms(item_id, 0, 50)
    await line.model.send_event(RealtimeModelSendInterrupt())
    truncated = await line.server.wait_for("conversation.item.truncate")
    await line.server.wait_for("response.cancel")
    assert (truncated["item_id"], truncated["audio_end_ms"]) == (item_id, 50)
    await answered(line)
    assert line.ear.raw("response.done")[0]["response"]["status"] == "cancelled"
    await line.model.send_event(say("Ready."))
    await answered(line, 2)
    assert not line.ear.of("error")


async def test_interrupting_silence_does_nothing(dial, phone):
    line = await dial(phone)
    await line.model.send_event(RealtimeModelSendInterrupt())
    await line.server.send("rate_limits.updated", rate_limits=[])
    await line.ear.hears_raw("rate_limits.updated")
    assert [event["type"] for event in line.server.received] == ["session.update"]
    assert line.ear.of("audio_interrupted") == []


async def test_a_server_that_does_not_cancel_by_itself_is_asked_to(dial, server, phone):
    line = await dial(phone)
    line.server.session["audio"]["input"]["turn_detection"]["interrupt_response"] = False
    await line.server.send("session.updated", session=line.server.session)
    await speaking(line, server)
    await line.server.speech_starts()
    await line.server.wait_for("response.cancel")


async def test_an_interruption_of_one_response_is_left_to_the_sdk(dial, server, phone):
    line = await dial(phone)
    _, _ = await speaking(line, server, late_deltas=2)
    response_id = line.ear.of("audio")[0].response_id
    await line.model.send_event(RealtimeModelSendInterrupt(response_id=response_id, force_response_cancel=True))
    await answered(line)
    assert len(line.ear.of("audio")) == 4


# -- responses ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stock", [False, True])
async def test_saying_something_waits_for_its_turn_and_leaves_no_user_turn(dial, server, phone, stock):
    line = await dial(phone, stock=stock)
    _, hold = await speaking(line, server)
    await line.model.send_event(say("Still looking."))
    await line.model.send_event(say("Found it."))
    await line.server.send("rate_limits.updated", rate_limits=[])
    await line.ear.hears_raw("rate_limits.updated")
    assert line.server.of("response.create") == [], "an answer is active"
    hold.set()
    await answered(line, 3)
    creates = line.server.of("response.create")
    assert [create["response"]["metadata"]["say"] for create in creates] == ["Still looking.", "Found it."]
    assert creates[0]["response"]["instructions"] == "Say exactly: Still looking."
    roles = [item["role"] for item in line.server.items.values()]
    assert roles == ["user", "assistant", "assistant", "assistant"]
    assert not line.ear.of("error")


async def test_a_raw_message_of_another_kind_goes_out_as_it_is(dial, phone):
    line = await dial(phone)
    await line.model.send_event(RealtimeModelSendRawMessage({"type": "input_audio_buffer.clear"}))
    assert await line.server.wait_for("input_audio_buffer.clear") == {"type": "input_audio_buffer.clear"}


async def test_a_response_that_never_starts_is_given_up_and_blocks_nobody(dial, server, phone):
    server.script = lambda server, response: Reply(silent=not response)
    line = await dial(phone, response_timeout=0.05)
    await line.model.send_event(RealtimeModelSendRawMessage({"type": "response.create"}))
    await line.model.send_event(say("Are you there?"))
    error = (await line.ear.hears("error")).error
    assert (error.code, error.detail) == ("response_timeout", "")
    await line.server.wait_for("response.create", 2)
    await answered(line)


async def test_a_cancel_that_is_never_answered_is_given_up_too(dial, server, phone, monkeypatch):
    line = await dial(phone, response_timeout=0.05)
    await speaking(line, server)

    async def ignore(event):
        return None

    monkeypatch.setitem(line.server._client_events, "response.cancel", ignore)
    await line.model.send_event(RealtimeModelSendInterrupt())
    error = (await line.ear.hears("error")).error
    assert error.code == "response_timeout"
    await line.model.send_event(say("Next."))
    await line.server.wait_for("response.create")


async def test_a_watchdog_that_barks_too_late_is_not_heard(dial, server, phone):
    line = await dial(phone)
    _, hold = await speaking(line, server)
    await line.model._give_up("a response that was answered meanwhile")
    await line.model._give_up(None)
    hold.set()
    await answered(line)
    assert not line.ear.of("error")
    assert line.ear.raw("response.done")[0]["response"]["status"] == "completed"


async def test_a_response_that_starts_in_time_is_no_error(dial, server, phone):
    hold = asyncio.Event()
    server.replies.append(Reply("Let me see.", hold=hold))
    line = await dial(phone, response_timeout=0.05)
    await line.model.send_event(RealtimeModelSendRawMessage({"type": "response.create"}))
    await line.ear.hears("turn_started")
    assert line.model._watchdog is None
    hold.set()
    await answered(line)
    assert not line.ear.of("error")


@pytest.mark.parametrize(("status", "reason"), [("failed", "rate_limit_exceeded"), ("incomplete", "content_filter")])
async def test_a_response_that_fails_is_an_error_after_its_turn(dial, server, phone, status, reason):
    server.replies.append(Reply(status=status, reason=reason))
    line = await dial(phone)
    await line.server.user_speaks("Hello?")
    error = (await line.ear.hears("error")).error
    assert (error.code, error.detail) == ("response_failed", reason)
    assert status in error.message
    assert [event.type for event in line.ear.events][-2:] == ["turn_ended", "error"]
    await line.model.send_event(say("I am sorry."))
    await answered(line, 2)


async def test_a_status_the_sdk_does_not_know_ends_the_response_all_the_same(dial, server, phone):
    line = await dial(phone)
    await line.server.send("response.created", response={"id": "resp_x", "status": "pondering"})
    await line.ear.hears("turn_started")
    await line.server.send(
        "response.done", response={"id": "resp_x", "status": "bored", "usage": {"input_tokens": "?"}}
    )
    await answered(line)
    await line.model.send_event(say("Hello."))
    await answered(line, 2)
    assert not line.ear.of("error")
    assert line.model.skipped == 1


async def test_a_create_outrun_by_the_servers_own_answer_is_asked_again(dial, server, phone):
    line = await dial(phone)
    hold = asyncio.Event()
    server.replies.append(Reply("I heard you.", hold=hold))
    sent = asyncio.Event()
    released = asyncio.Event()
    plain = line.model._send

    async def late(payload):
        if b"response.create" in payload:
            sent.set()
            await released.wait()
        await plain(payload)

    line.model._send = late
    await line.model.send_event(say("Your taxi is here."))
    await sent.wait()
    line.model._send = plain
    await line.server.user_speaks("Hello?")
    await line.ear.hears("turn_started")
    released.set()
    await line.ear.hears_raw("error")
    hold.set()
    await answered(line, 2)
    assert [create["response"]["metadata"]["say"] for create in line.server.of("response.create")] == [
        "Your taxi is here.",
        "Your taxi is here.",
    ]
    assert not line.ear.of("error")


async def test_another_error_of_the_server_is_told(dial, phone):
    line = await dial(phone)
    await line.model.send_event(RealtimeModelSendRawMessage({"type": "no.such.event"}))
    error = (await line.ear.hears("error")).error
    assert error.code == "invalid_value"


async def test_an_event_that_only_speaks_of_audio_deltas_is_read_as_what_it_is(dial, phone):
    line = await dial(phone)
    param = "response.output_audio.delta"
    await line.server.send("error", error={"type": "server_error", "message": "No more.", "param": param})
    error = (await line.ear.hears("error")).error
    assert (error.message, error.param) == ("No more.", param)


async def test_a_response_without_usage_ends_like_any_other(dial, phone):
    line = await dial(phone)
    await line.server.send("response.done", response={"id": "resp_x", "status": "completed", "usage": None})
    await answered(line)
    assert (line.ear.of("usage"), line.ear.of("error"), line.model.skipped) == ([], [], 0)


async def test_an_error_to_a_cancel_that_came_too_late_is_nobodys_business(dial, phone):
    line = await dial(phone)
    await line.model.send_event(RealtimeModelSendRawMessage({"type": "response.cancel"}))
    await line.ear.hears_raw("error")
    assert not line.ear.of("error")


async def test_function_calls_reach_the_listener(dial, server, phone):
    server.replies.append(Reply(calls=(FunctionCall(name="tell_tide", arguments='{"harbour":"Ostend"}'),)))
    line = await dial(replace(phone))
    await line.server.user_speaks("When is high tide?")
    await answered(line)
    (call,) = line.ear.of("function_call")
    assert (call.name, call.arguments) == ("tell_tide", '{"harbour":"Ostend"}')
