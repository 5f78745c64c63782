"""The fake server by itself, spoken to by hand."""

from __future__ import annotations

import asyncio
import json
import sys

import pybase64
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from odai_core.calls import PCM16_24K, ULAW_8K
from odai_core.testing.fake_openai import FakeOpenAI, FunctionCall, Reply
from odai_core.testing.tone import tone

AUTHORIZED = {"Authorization": "Bearer test-key"}


@pytest.fixture
async def client(server):
    async with connect(server.url, additional_headers=AUTHORIZED) as socket:
        assert (await read(socket))["type"] == "session.created"
        yield socket


async def read(socket, until=None):
    """The next event, or all up to one of a type."""
    async with asyncio.timeout(5):
        if until is None:
            return json.loads(await socket.recv())
        events = []
        while not events or events[-1]["type"] != until:
            events.append(json.loads(await socket.recv()))
        return events


async def ask(socket, kind, **fields):
    await socket.send(json.dumps({"type": kind, "event_id": "mine", **fields}))


def test_the_tone_is_as_long_and_as_loud_as_it_says():
    assert len(tone(PCM16_24K, 20)) == 960
    assert len(tone(ULAW_8K, 20)) == 160
    samples = memoryview(tone(PCM16_24K, 20)).cast("h")
    assert (max(samples), min(samples)) == (8000, -8000)
    assert tone(PCM16_24K, 5) + tone(PCM16_24K, 15) == tone(PCM16_24K, 20)


def test_mu_law_bytes_are_those_of_g711():
    from odai_core.testing.tone import _ulaw

    known = {0: 0xFF, -1: 0x7F, 8: 0xFE, 1000: 0xCE, -1000: 0x4E, 8000: 0xA0, 32767: 0x80, -32768: 0x00}
    assert {sample: _ulaw(sample) for sample in known} == known


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer other"}])
async def test_a_wrong_key_is_refused(server, headers):
    with pytest.raises(InvalidStatus) as refused:
        await connect(server.url, additional_headers=headers)
    assert refused.value.response.status_code == 401


async def test_without_a_key_everybody_may_come():
    async with FakeOpenAI(key=None) as server, connect(server.url) as socket:
        assert (await read(socket))["type"] == "session.created"


@pytest.mark.parametrize(
    ("event", "code"),
    [
        ({"type": "session.update", "session": {"voice": "sage"}}, "missing_required_parameter"),
        ({"type": "session.update"}, "missing_required_parameter"),
        ({"type": "no.such.event"}, "invalid_value"),
        ({"type": 5}, "invalid_value"),
        ({}, "invalid_value"),
        ({"type": "response.cancel"}, "response_cancel_not_active"),
        ({"type": "conversation.item.retrieve", "item_id": "x"}, "item_not_found"),
        ({"type": "conversation.item.retrieve"}, "invalid_value"),
        ({"type": "conversation.item.delete", "item_id": "x"}, "item_not_found"),
        (
            {"type": "conversation.item.truncate", "item_id": "x", "content_index": 0, "audio_end_ms": 0},
            "item_not_found",
        ),
        ({"type": "conversation.item.create", "item": {"type": "message", "role": "pope"}}, "invalid_value"),
        (
            {
                "type": "conversation.item.create",
                "item": {"type": "message", "role": "assistant", "content": [{"type": "input_text", "text": "x"}]},
            },
            "invalid_value",
        ),
        (
            {
                "type": "conversation.item.create",
                "item": {"type": "function_call_output", "call_id": "unheard of", "output": "x"},
            },
            "item_create_invalid_call_id",
        ),
        ({"type": "input_audio_buffer.append", "audio": "not base64!"}, "invalid_value"),
    ],
)
async def test_a_wrong_event_gets_an_error_that_names_it(client, event, code):
    await client.send(json.dumps({"event_id": "mine", **event}))
    answer = await read(client)
    assert (answer["type"], answer["error"]["code"], answer["error"]["event_id"]) == ("error", code, "mine")


@pytest.mark.parametrize("text", ["{", "[]", "5", ""])
async def test_what_is_no_json_object_gets_an_error(client, text):
    await client.send(text)
    assert (await read(client))["error"]["code"] == "invalid_json"


async def test_an_update_changes_what_it_names_and_no_more(client):
    change = {"type": "realtime", "audio": {"output": {"voice": "sage"}}}
    await ask(client, "session.update", session=change)
    session = (await read(client))["session"]
    assert session["audio"]["output"] == {
        "format": {"type": "audio/pcm", "rate": 24000},
        "voice": "sage",
        "speed": 1.0,
    }
    assert session["audio"]["input"]["turn_detection"]["type"] == "server_vad"


async def test_an_answer_comes_in_the_order_of_the_protocol(client, server):
    server.replies.append(Reply("Ten.", audio_ms=200, calls=(FunctionCall(name="tide", call_id="c"),)))
    await ask(client, "response.create", response={"metadata": {"topic": "sea"}})
    events = await read(client, "response.done")
    assert [event["type"] for event in events] == [
        "response.created",
        "response.output_item.added",
        "conversation.item.added",
        "response.content_part.added",
        "response.output_audio_transcript.delta",
        "response.output_audio.delta",
        "response.output_audio_transcript.delta",
        "response.output_audio.delta",
        "response.output_audio.done",
        "response.output_audio_transcript.done",
        "response.content_part.done",
        "conversation.item.done",
        "response.output_item.done",
        "response.output_item.added",
        "conversation.item.added",
        "response.function_call_arguments.delta",
        "response.function_call_arguments.done",
        "conversation.item.done",
        "response.output_item.done",
        "response.done",
    ]
    audio = [pybase64.b64decode(event["delta"]) for event in events if event["type"] == "response.output_audio.delta"]
    assert b"".join(audio) == tone(PCM16_24K, 200)
    done = events[-1]["response"]
    assert (done["status"], done["metadata"], done["usage"]["total_tokens"]) == ("completed", {"topic": "sea"}, 150)
    assert [item["type"] for item in done["output"]] == ["message", "function_call"]
    assert len({event["event_id"] for event in events}) == len(events)


async def test_only_one_response_at_a_time(client, server):
    hold = asyncio.Event()
    server.replies.append(Reply(hold=hold))
    await ask(client, "response.create")
    await ask(client, "response.create")
    events = await read(client, "error")
    assert events[-1]["error"]["code"] == "conversation_already_has_active_response"
    hold.set()
    await read(client, "response.done")


async def test_items_can_be_cut_fetched_and_removed(client, server):
    await ask(client, "response.create")
    item_id = (await read(client, "response.done"))[-1]["response"]["output"][0]["id"]
    place = {"item_id": item_id, "content_index": 0}
    await ask(client, "conversation.item.truncate", **place, audio_end_ms=401)
    assert (await read(client))["error"]["code"] == "invalid_value"
    await ask(client, "conversation.item.truncate", **place, audio_end_ms=400)
    assert (await read(client))["audio_end_ms"] == 400
    await ask(client, "conversation.item.retrieve", item_id=item_id)
    assert (await read(client))["item"]["content"][0]["transcript"] == "Certainly."
    await ask(client, "conversation.item.delete", item_id=item_id)
    assert (await read(client))["type"] == "conversation.item.deleted"
    await ask(client, "input_audio_buffer.clear")
    assert (await read(client))["type"] == "input_audio_buffer.cleared"


async def test_a_cancelled_answer_ends_with_what_was_on_its_way(client, server):
    server.replies.append(Reply("A story.", late_deltas=2, hold=asyncio.Event()))
    await ask(client, "response.create")
    await read(client, "response.output_audio.delta")
    await ask(client, "response.cancel")
    events = await read(client, "response.done")
    assert events[-1]["response"]["status_details"] == {"type": "cancelled", "reason": "client_cancelled"}
    assert events[-2]["item"]["status"] == "incomplete"
    connection = await server.connection()
    assert not connection.responding


async def test_a_caller_can_be_made_of_audio_alone():
    async with FakeOpenAI(key=None, turn_every_ms=100, keep_audio=False) as server, connect(server.url) as socket:
        for _ in range(5):
            await ask(socket, "input_audio_buffer.append", audio=pybase64.b64encode(tone(PCM16_24K, 20)).decode())
        events = await read(socket, "response.done")
        assert "input_audio_buffer.speech_started" in {event["type"] for event in events}
        connection = await server.connection()
        assert (connection.audio_ms, bytes(connection.audio)) == (100, b"")


async def test_pacing_waits_as_long_as_the_audio_lasts(client, server, monkeypatch):
    waits = []

    async def sleep(seconds):
        waits.append(round(seconds))

    monkeypatch.setattr("odai_core.testing.fake_openai_answer.sleep", sleep)
    server.replies.append(Reply("Slow.", audio_ms=300, speed=0.01))
    await ask(client, "response.create")
    await read(client, "response.done")
    assert waits == [10, 20, 30], "each until its frame has been heard, counted from the start"


async def test_a_client_that_leaves_ends_its_answer(server):
    server.replies.append(Reply("A story.", speed=1, audio_ms=60_000))
    tasks = asyncio.all_tasks()
    async with connect(server.url, additional_headers=AUTHORIZED) as socket:
        await ask(socket, "response.create")
        await read(socket, "response.output_audio.delta")
    connection = await server.connection()
    await connection.closed.wait()
    await asyncio.sleep(0)
    assert {task for task in asyncio.all_tasks() - tasks if "Answer" in repr(task)} == set()


async def test_it_runs_as_a_program():
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "odai_core.testing.fake_openai", "--audio-ms", "100", "--speed", "0"),
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(20):
            assert process.stdout is not None
            url = (await process.stdout.readline()).decode().strip()
            async with connect(url) as socket:
                await ask(socket, "response.create")
                events = await read(socket, "response.done")
            assert [event["type"] for event in events].count("response.output_audio.delta") == 1
    finally:
        process.terminate()
        assert await process.wait() == 0
