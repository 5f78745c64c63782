"""What we rely on inside the SDK. A failure here names what moved; the adapter must follow before the pin is raised."""

from __future__ import annotations

import dataclasses
import inspect
import re

import pytest
from agents.realtime import RealtimePlaybackTracker, model_events, openai_realtime
from agents.realtime._default_tracker import ModelAudioState, ModelAudioTracker

from odai_core.models.openai_protocol import SDK_EVENTS, known_events

Model = openai_realtime.OpenAIRealtimeWebSocketModel
Sequencer = openai_realtime._ResponseCreateSequencer

METHODS = {
    (Model, "_cancel_response"): ["self", "response_id"],
    (Model, "_cancel_response_create_tasks"): ["self"],
    (Model, "_clear_pending_response_create"): ["self", "event_id"],
    (Model, "_create_websocket_connection"): ["self", "url", "headers", "transport_config"],
    (Model, "_emit_event"): ["self", "event"],
    (Model, "_emit_normal_disconnect"): ["self"],
    (Model, "_handle_ws_event"): ["self", "event"],
    (Model, "_listen_for_messages"): ["self"],
    (Model, "_mark_response_created"): ["self", "response_id"],
    (Model, "_mark_response_done"): ["self", "response_id"],
    (Model, "_release_response_waiters"): ["self"],
    (Model, "_reserve_response_create_request"): ["self", "manual"],
    (Model, "_send_audio"): ["self", "event"],
    (Model, "_send_interrupt"): ["self", "event"],
    (Model, "_send_raw_message"): ["self", "event"],
    (Model, "_start_response_create"): ["self", "request_version", "response_create", "manual"],
    (Model, "_update_session_config"): ["self", "model_settings"],
    (ModelAudioTracker, "get_state"): ["self", "item_id", "item_content_index"],
    (ModelAudioTracker, "on_audio_delta"): ["self", "item_id", "item_content_index", "audio_bytes", "response_id"],
    (ModelAudioTracker, "on_interrupted"): ["self"],
    (ModelAudioTracker, "set_audio_format"): ["self", "format"],
    (RealtimePlaybackTracker, "get_state"): ["self"],
    (RealtimePlaybackTracker, "on_interrupted"): ["self"],
    (RealtimePlaybackTracker, "set_audio_format"): ["self", "format"],
}

ATTRIBUTES = {
    "_audio_state_tracker",
    "_created_session",
    "_current_item_id",
    "_interrupted_audio_response_ids",
    "_listeners",
    "_ongoing_response",
    "_playback_tracker",
    "_response_control",
    "_response_create_sequencer",
    "_response_create_tasks",
    "_websocket",
    "_websocket_task",
    "model",
}


@pytest.mark.parametrize(("owner", "name"), METHODS, ids=lambda part: getattr(part, "__name__", part))
def test_the_sdks_method_is_as_we_call_it(owner, name):
    method = getattr(owner, name, None)
    assert method is not None, f"the SDK no longer has {owner.__name__}.{name}"
    found = list(inspect.signature(method).parameters)
    assert found == METHODS[owner, name], f"the SDK changed the parameters of {owner.__name__}.{name}"


def test_the_sdks_model_holds_what_we_read():
    missing = {name for name in ATTRIBUTES if not hasattr(Model(), name)}
    assert not missing, f"the SDK's model no longer has {sorted(missing)}"
    assert isinstance(inspect.getattr_static(Sequencer, "ongoing_response_id"), property)
    assert {field.name for field in dataclasses.fields(ModelAudioState)} == {
        "initial_received_time",
        "audio_length_ms",
        "response_id",
    }


def test_the_fast_path_makes_events_with_the_fields_they_have():
    def fields(event):
        return [field.name for field in dataclasses.fields(event)]

    assert fields(model_events.RealtimeModelAudioEvent)[:4] == ["data", "response_id", "item_id", "content_index"]
    assert fields(model_events.RealtimeModelAudioInterruptedEvent)[:2] == ["item_id", "content_index"]
    assert fields(model_events.RealtimeModelTranscriptDeltaEvent)[:3] == ["item_id", "delta", "response_id"]
    assert fields(model_events.RealtimeModelInputAudioTranscriptionCompletedEvent)[:2] == ["item_id", "transcript"]


def test_the_sdk_acts_on_no_event_that_we_keep_from_it():
    source = inspect.getsource(Model._handle_ws_event)
    acted_on = set(re.findall(r'"([a-z_]+(?:\.[a-z_]+)+|error)"', source))
    ours = {
        "conversation.item.added",
        "conversation.item.input_audio_transcription.completed",
        "input_audio_buffer.speech_started",
        "response.created",
        "response.done",
        "response.output_audio.delta",
        "response.output_audio_transcript.delta",
    }
    for_nothing = {
        # Named only to be passed over, or to fetch an item again that nobody needs.
        "conversation.item.input_audio_transcription.delta",
        "conversation.item.truncated",
        "response.function_call_arguments.delta",
        # Only sends the tracing settings, and we trace nothing.
        "session.created",
        # What it sends, not what it receives.
        "conversation.item.retrieve",
    }
    assert acted_on == SDK_EVENTS | ours | for_nothing, "the SDK handles other events than it did"


def test_the_types_of_the_protocol_are_known():
    assert known_events() >= SDK_EVENTS
    assert {"response.output_audio.delta", "rate_limits.updated", "session.created"} <= known_events()
