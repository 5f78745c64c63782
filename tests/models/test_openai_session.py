"""What a call asks of the server before the first word."""

from __future__ import annotations

from dataclasses import replace

import pytest
from agents import function_tool
from agents.realtime import RealtimeAgent, RealtimeModelSendSessionUpdate, RealtimeRunner

from odai_core.calls import AudioFormat, Turn
from odai_core.contract import Secret
from odai_core.errors import SettingError
from odai_core.models.openai_realtime import OpenAIRealtime
from odai_core.models.openai_session import address, headers
from odai_core.testing.fake_openai import Reply

MODEL = "gpt-realtime-2.1"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("", f"wss://api.openai.com/v1/realtime?model={MODEL}"),
        ("ws://127.0.0.1:9/v1/realtime", f"ws://127.0.0.1:9/v1/realtime?model={MODEL}"),
        ("wss://x.test/r?api-version=1", f"wss://x.test/r?api-version=1&model={MODEL}"),
        ("wss://x.test/r?model=mine", "wss://x.test/r?model=mine"),
    ],
)
def test_the_address_names_the_model_once(url, expected):
    assert address({"OPENAI_REALTIME_URL": url, "OPENAI_REALTIME_MODEL": MODEL}) == expected


def test_without_a_key_nothing_is_sent_even_when_the_environment_has_one(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "somebody else's")
    assert headers({"OPENAI_API_KEY": Secret("")}) == {}
    assert headers({"OPENAI_API_KEY": Secret("mine")}) == {"Authorization": "Bearer mine"}


@pytest.mark.parametrize("audio", [AudioFormat("pcm16", 16000), AudioFormat("g711_ulaw", 16000)])
def test_audio_that_the_service_does_not_speak_is_refused_at_once(phone, audio):
    with pytest.raises(SettingError, match="does not speak"):
        OpenAIRealtime(replace(phone, audio=audio))


async def test_the_app_session_is_exactly_the_promised_one(dial, app):
    line = await dial(app)
    assert line.server.path == f"/v1/realtime?model={MODEL}"
    assert line.server.received == [
        {
            "type": "session.update",
            "session": {
                "type": "realtime",
                "model": MODEL,
                "output_modalities": ["audio"],
                "instructions": "Be kind.",
                "tools": [],
                "audio": {
                    "input": {
                        "format": {"type": "audio/pcm", "rate": 24000},
                        "transcription": {"model": "gpt-4o-mini-transcribe"},
                        "turn_detection": {
                            "type": "server_vad",
                            "threshold": 0.8,
                            "silence_duration_ms": 250,
                            "interrupt_response": False,
                            "create_response": True,
                        },
                    },
                    "output": {"format": {"type": "audio/pcm", "rate": 24000}, "voice": "sage"},
                },
            },
        }
    ]


async def test_the_phone_session_is_exactly_the_promised_one(dial, phone):
    line = await dial(phone)
    (update,) = line.server.received
    assert update["session"]["audio"] == {
        "input": {
            "format": {"type": "audio/pcmu"},
            "transcription": {"model": "gpt-4o-mini-transcribe"},
            "turn_detection": {"type": "semantic_vad", "interrupt_response": True, "create_response": True},
        },
        "output": {"format": {"type": "audio/pcmu"}, "voice": "sage"},
    }


async def test_the_agents_instructions_and_tools_arrive_without_a_tracing_update(server, ours, phone):
    @function_tool
    async def tell_tide(harbour: str) -> str:
        """Say when the next high tide is."""
        return harbour

    agent = RealtimeAgent(name="ODAI", instructions="Tell tides.", tools=[tell_tide])
    async with await RealtimeRunner(agent, model=ours(phone)).run():
        connection = await server.connection()
        await connection.send("session.created", session=connection.session)
        await connection.send_raw("{}")
        update = await connection.wait_for("session.update")
        assert update["session"]["instructions"] == "Tell tides."
        assert [tool["name"] for tool in update["session"]["tools"]] == ["tell_tide"]
    await connection.closed.wait()
    assert len(connection.of("session.update")) == 1
    assert all("tracing" not in update["session"] for update in connection.of("session.update"))


async def test_a_later_update_keeps_the_calls_voice_format_and_turns(dial, phone):
    line = await dial(phone)
    await line.model.send_event(RealtimeModelSendSessionUpdate(session_settings={"instructions": "You are Yelp."}))
    second = await line.server.wait_for("session.update", 2)
    first = line.server.received[0]
    assert second["session"] == {**first["session"], "instructions": "You are Yelp."}


async def test_the_past_is_replayed_as_text_and_asks_for_no_answer(dial, phone, server):
    history = (
        Turn(role="user", text="Sushi near me?"),
        Turn(role="assistant", text="Try Ozumo."),
        Turn(role="user", text="  "),
        Turn(role="user", text="Is it open?"),
    )
    line = await dial(replace(phone, history=history))
    await line.server.wait_for("conversation.item.create", 3)
    assert [event["type"] for event in line.server.received] == ["session.update"] + ["conversation.item.create"] * 3
    spoken = [
        (item["role"], item["content"][0]["type"], item["content"][0]["text"]) for item in line.server.items.values()
    ]
    assert spoken == [
        ("user", "input_text", "Sushi near me?"),
        ("assistant", "output_text", "Try Ozumo."),
        ("user", "input_text", "Is it open?"),
    ]
    server.replies.append(Reply("Until ten."))
    await line.server.user_speaks("Well?")
    await line.ear.hears("turn_ended")
    items = {event.item.item_id for event in line.ear.of("item_updated")}
    assert len(items) == 2, "only the new turn and its answer are told to listeners"
    assert not line.ear.of("error")


async def test_a_connection_lost_during_the_replay_is_an_error_and_leaves_no_socket(server, ours, phone, monkeypatch):
    monkeypatch.setattr("odai_core.models.openai_connection.past_items", lambda options: 1 / 0)
    model = ours(phone)
    with pytest.raises(ZeroDivisionError):
        await model.connect({})
    connection = await server.connection()
    await connection.closed.wait()
    assert model._websocket is None
