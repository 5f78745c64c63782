"""Opening, losing and closing the connection, and frames that make no sense."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import os
import ssl
from dataclasses import replace

import pytest
from agents.realtime import (
    RealtimeAgent,
    RealtimeModelListener,
    RealtimeModelSendAudio,
    RealtimeModelSendInterrupt,
    RealtimeModelSendUserInput,
    RealtimeRunner,
)
from websockets.exceptions import ConnectionClosedError, InvalidStatus

from odai_core.contract import Secret
from odai_core.errors import ModelLost
from odai_core.models import openai_socket
from odai_core.models.openai_realtime import OpenAIRealtime
from odai_core.testing.fake_openai import Reply

LOST = "The model's connection is closed."


def with_settings(options, **changed):
    return replace(options, settings={**options.settings, **changed})


# -- opening --------------------------------------------------------------------------------------------


async def test_no_compression_is_offered_and_a_dead_server_is_noticed(dial, phone):
    line = await dial(phone)
    assert "Sec-WebSocket-Extensions" not in line.server.headers
    socket = line.model._websocket
    assert (socket.ping_interval, socket.ping_timeout) == (10, 10)


async def test_all_calls_share_one_tls_context(server, phone, monkeypatch):
    made = []
    create = ssl.create_default_context
    monkeypatch.setattr(ssl, "create_default_context", lambda *args: made.append(create(*args)) or made[-1])
    openai_socket.shared_ssl_context.cache_clear()
    for _ in range(2):
        model = OpenAIRealtime(
            with_settings(phone, OPENAI_REALTIME_URL=server.url.replace("ws:", "wss:")), connect_timeout=1
        )
        # The fake speaks no TLS: what matters is the context that was used for the attempt.
        with pytest.raises((OSError, ssl.SSLError, TimeoutError, EOFError)):
            await model.connect({})
    assert len(made) == 1


async def test_a_wrong_key_is_an_error_at_once_and_is_not_shown(server, phone, ours):
    model = ours(with_settings(phone, OPENAI_API_KEY=Secret("wrong-key")))
    with pytest.raises(InvalidStatus) as refused:
        await model.connect({})
    assert refused.value.response.status_code == 401
    assert "wrong-key" not in str(refused.value)
    assert server.connections == []


async def test_a_server_that_never_answers_the_handshake_is_given_up(phone):
    async def never(reader, writer):
        await reader.read()
        writer.close()

    silent = await asyncio.start_server(never, "127.0.0.1", 0)
    port = silent.sockets[0].getsockname()[1]
    model = OpenAIRealtime(with_settings(phone, OPENAI_REALTIME_URL=f"ws://127.0.0.1:{port}"), connect_timeout=0.05)
    with pytest.raises(TimeoutError):
        await model.connect({})
    silent.close()


async def test_a_model_that_was_closed_while_it_connected_leaves_no_socket(server, ours, phone, monkeypatch):
    model = ours(phone)
    plain = openai_socket.open_socket

    async def closed_meanwhile(*args):
        socket = await plain(*args)
        await model.close()
        return socket

    monkeypatch.setattr("odai_core.models.openai_connection.open_socket", closed_meanwhile)
    with pytest.raises(ModelLost):
        await model.connect({})
    connection = await server.connection()
    await connection.closed.wait()


async def test_a_closed_model_does_not_connect(ours, phone, server):
    model = ours(phone)
    await model.close()
    with pytest.raises(ModelLost):
        await model.connect({})
    assert server.connections == []


# -- sending --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stock", [False, True])
async def test_the_callers_audio_arrives_byte_for_byte(dial, phone, stock):
    line = await dial(phone, stock=stock)
    frames = [os.urandom(size) for size in (0, 1, 160, 400, 8000)]
    for frame in frames:
        await line.model.send_event(RealtimeModelSendAudio(frame))
    await line.model.send_event(RealtimeModelSendAudio(b"", commit=True))
    await line.server.wait_for("input_audio_buffer.commit")
    assert bytes(line.server.audio) == b"".join(frames)


async def test_on_a_lost_connection_audio_vanishes_and_the_rest_is_an_error(dial, phone):
    line = await dial(phone)
    line.server.abort()
    await line.ear.hears("exception")
    await line.model.send_event(RealtimeModelSendAudio(bytes(160)))
    await line.model.send_event(RealtimeModelSendInterrupt())
    with pytest.raises(ModelLost, match=LOST):
        await line.model.send_event(RealtimeModelSendUserInput("Hello?"))
    await line.model.close()
    await line.model.send_event(RealtimeModelSendAudio(bytes(160)))
    await line.model.send_event(RealtimeModelSendInterrupt())
    with pytest.raises(ModelLost, match=LOST):
        await line.model.send_event(RealtimeModelSendUserInput("Hello?"))


# -- losing ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stock", [False, True])
@pytest.mark.parametrize("code", [1000, 1001])
async def test_an_orderly_close_ends_the_stream(dial, phone, code, stock):
    line = await dial(phone, stock=stock)
    await line.server.close(code)
    await line.ear.hears("end_of_stream")
    assert [event.type for event in line.ear.events][-2:] == ["connection_status", "end_of_stream"]
    assert line.ear.of("connection_status")[0].status == "disconnected"


@pytest.mark.parametrize("stock", [False, True])
@pytest.mark.parametrize("how", ["1011", "abort"])
async def test_any_other_loss_is_an_exception_event(dial, phone, how, stock):
    line = await dial(phone, stock=stock)
    if how == "abort":
        line.server.abort()
    else:
        await line.server.close(int(how))
    event = await line.ear.hears("exception")
    assert isinstance(event.exception, ConnectionClosedError)


async def test_a_loss_noticed_while_sending_is_a_loss_and_no_bad_frame(dial, phone, monkeypatch):
    line = await dial(phone)

    async def lost(**_):
        raise ConnectionClosedError(None, None)

    monkeypatch.setattr(line.model, "_stop_speaking", lost)
    await line.server.speech_starts()
    event = await line.ear.hears("exception")
    assert isinstance(event.exception, ConnectionClosedError)
    assert line.model.skipped == 0


async def test_a_lost_connection_stops_the_watchdog_and_the_waiting_responses(dial, server, phone):
    server.replies.append(Reply(silent=True))
    line = await dial(phone)
    for _ in range(2):
        await line.model.send_event(RealtimeModelSendUserInput("Hello?"))
    await line.server.wait_for("response.create")
    await line.server.close(1000)
    await line.ear.hears("end_of_stream")
    await line.model._websocket_task
    assert line.model._watchdog is None
    assert not line.model._response_create_tasks


# -- frames that make no sense --------------------------------------------------------------------------

DELTA = {"type": "response.output_audio.delta", "response_id": "r", "item_id": "i", "content_index": 0}


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"{}",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"type":' * 5_000,
        json.dumps({"type": ["response.done"]}).encode(),
        json.dumps({"type": None}).encode(),
        json.dumps({"type": "response.invented"}).encode(),
        json.dumps({"type": "response.done"}).encode(),
        json.dumps({"type": "response.done", "response": 5}).encode(),
        json.dumps({"type": "response.created", "response": None}).encode(),
        json.dumps({"type": "session.updated", "session": []}).encode(),
        json.dumps({"type": "error", "error": "no"}).encode(),
        json.dumps({"type": "conversation.item.added", "item": {"type": "message", "role": "pope"}}).encode(),
        json.dumps({"type": "response.output_item.done", "item": {"type": "message", "content": 5}}).encode(),
        json.dumps({"type": "conversation.item.deleted"}).encode(),
        json.dumps({"type": "conversation.item.input_audio_transcription.completed", "transcript": 5}).encode(),
        json.dumps({"type": "response.output_audio_transcript.delta", "delta": 5}).encode(),
        json.dumps({**DELTA, "delta": "not base64!"}).encode(),
        json.dumps({**DELTA, "delta": 5}).encode(),
        json.dumps({**DELTA, "delta": "AAAA", "content_index": "0"}).encode(),
        json.dumps({**DELTA, "delta": "AAAA", "item_id": None}).encode(),
    ],
    ids=lambda frame: frame[:60].decode(errors="replace"),
)
async def test_a_frame_that_makes_no_sense_is_skipped_and_the_call_goes_on(dial, phone, frame, caplog):
    line = await dial(phone)
    with caplog.at_level(logging.WARNING, "odai_core"):
        await line.server.send_raw(frame)
        await line.server.user_speaks("Are you there?")
        await line.ear.hears("turn_ended")
    assert line.model.skipped == 1
    assert not line.ear.of("exception")
    assert not line.ear.of("error")
    assert len(line.ear.of("audio")) == 4
    assert [record.args[1] for record in caplog.records if record.name.startswith("odai_core")] == [1]


async def test_a_server_gone_mad_does_not_fill_the_log(dial, phone, caplog):
    line = await dial(phone)
    with caplog.at_level(logging.WARNING, "odai_core"):
        for _ in range(100):
            await line.server.send_raw("secret")
        await line.server.user_speaks("Are you there?")
        await line.ear.hears("turn_ended")
    assert line.model.skipped == 100
    assert len(caplog.records) == 7
    assert "secret" not in caplog.text


async def test_a_frame_above_the_limit_ends_the_connection(dial, phone):
    line = await dial(phone)
    await line.server.send_raw(b" " * (openai_socket.MAX_FRAME_BYTES + 1))
    event = await line.ear.hears("exception")
    assert isinstance(event.exception, ConnectionClosedError)


async def test_a_listener_that_fails_is_not_mistaken_for_a_bad_frame(dial, phone):
    line = await dial(phone)

    class Broken(RealtimeModelListener):
        async def on_event(self, event):
            if event.type == "turn_started":
                raise ValueError("our own fault")

    line.model.add_listener(Broken())
    await line.server.user_speaks("Hello?")
    event = await line.ear.hears("exception")
    assert str(event.exception) == "our own fault"
    assert line.model.skipped == 0


# -- closing --------------------------------------------------------------------------------------------


async def test_closing_twice_at_once_closes_once(dial, phone):
    line = await dial(phone)
    await asyncio.gather(line.model.close(), line.model.close())
    await line.model.close()
    await line.server.closed.wait()
    assert line.model._websocket is None
    assert line.model._websocket_task is None
    assert not line.ear.of("end_of_stream"), "we ended it ourselves"


async def test_closing_does_not_wait_for_a_server_that_has_stopped_reading(dial, phone):
    line = await dial(phone)
    line.server.freeze()
    socket = line.model._websocket
    # More than the kernel takes, so that whoever sends from now on has to wait.
    socket.transport.write(bytes(64 * 1024 * 1024))
    sending = asyncio.create_task(line.model.send_event(RealtimeModelSendAudio(bytes(160))))
    async with asyncio.timeout(5):
        await line.model.close()
        await socket.wait_closed()
        await sending


async def test_a_listener_may_close_the_model(dial, phone):
    line = await dial(phone)

    class Closer(RealtimeModelListener):
        async def on_event(self, event):
            if event.type == "turn_started":
                await line.model.close()

    line.model.add_listener(Closer())
    await line.server.user_speaks("Goodbye.")
    await line.server.closed.wait()
    await line.model.close()
    assert line.model._websocket is None


async def test_fifty_calls_leave_nothing_behind(server, ours, phone):
    async def call(number):
        async with await RealtimeRunner(RealtimeAgent(name="ODAI"), model=ours(phone)).run() as session:
            connection = await server.connection(number)
            await connection.wait_for("session.update")
            await session.send_audio(bytes(160))
            await connection.user_speaks("Hello?")
            async for event in session:
                if event.type == "agent_end":
                    break
        await connection.closed.wait()

    await call(1)
    gc.collect()
    tasks, files = asyncio.all_tasks(), len(os.listdir("/proc/self/fd"))
    for number in range(2, 52):
        await call(number)
    await asyncio.sleep(0)
    gc.collect()
    assert asyncio.all_tasks() == tasks
    assert len(os.listdir("/proc/self/fd")) <= files
    assert not [each for each in gc.get_objects() if isinstance(each, OpenAIRealtime) and each._websocket]
