"""Whole conversations through the SDK's runner and session, with our model and with the SDK's own."""

from __future__ import annotations

import asyncio
import json
import random

import pytest
from agents import function_tool
from agents.realtime import (
    RealtimeAgent,
    RealtimeModelSendToolOutput,
    RealtimeModelToolCallEvent,
    RealtimePlaybackTracker,
    RealtimeRunner,
)
from agents.realtime._default_tracker import ModelAudioTracker
from agents.realtime.openai_realtime import OpenAIRealtimeWebSocketModel

from odai_core.models.openai_items import message_item
from odai_core.models.openai_realtime import OpenAIRealtime
from odai_core.models.openai_session import session_settings
from odai_core.testing.fake_openai import FunctionCall, Reply

BOTH = pytest.mark.parametrize("stock", [False, True])


@function_tool
async def tell_tide(harbour: str) -> str:
    """Say when the next high tide is."""
    return f"High tide in {harbour} is at ten."


@pytest.fixture
def run(server, ours, phone):
    async def start(stock, **agent):
        model = OpenAIRealtimeWebSocketModel() if stock else ours(phone)
        config = {"playback_tracker": RealtimePlaybackTracker()}
        if stock:
            config |= {
                "url": server.url,
                "api_key": "test-key",
                "initial_model_settings": session_settings(phone),
            }
        return await RealtimeRunner(RealtimeAgent(name="ODAI", **agent), model=model).run(model_config=config)

    return start


async def until(session, kind, number=1):
    """The events up to the nth of a kind."""
    events = []
    async with asyncio.timeout(5):
        async for event in session:
            events.append(event)
            if sum(each.type == kind for each in events) == number:
                return events
    raise AssertionError(f"the session ended before {kind}")


def lines(item):
    return [part.transcript for part in item.content]


@BOTH
async def test_a_turn_with_a_tool(server, run, stock):
    server.replies += [
        Reply(calls=(FunctionCall(name="tell_tide", arguments='{"harbour": "Ostend"}'),)),
        Reply("At ten."),
    ]
    async with await run(stock, instructions="Tell tides.", tools=[tell_tide]) as session:
        connection = await server.connection()
        await connection.wait_for("session.update")
        await connection.user_speaks("When is high tide in Ostend?")
        events = await until(session, "agent_end", 2)
        history = [item for item in session._history if item.type == "message"]
    (ended,) = [event for event in events if event.type == "tool_end"]
    assert ended.output == "High tide in Ostend is at ten."
    (output,) = connection.of("conversation.item.create")
    assert output["item"]["output"] == "High tide in Ostend is at ten."
    assert [(item.role, lines(item)) for item in history] == [
        ("user", ["When is high tide in Ostend?"]),
        ("assistant", ["At ten."]),
    ]
    assert sum(len(event.audio.data) for event in events if event.type == "audio") == 400 * 8
    assert "error" not in {event.type for event in events}


@BOTH
async def test_parallel_tool_calls_are_answered_by_one_response(dial, server, phone, stock):
    server.replies.append(Reply(calls=tuple(FunctionCall(name="tell_tide", call_id=f"c{n}") for n in range(3))))
    line = await dial(phone, stock=stock)
    await line.server.user_speaks("High tide in three harbours?")
    await line.ear.hears("turn_ended")
    calls: list[RealtimeModelToolCallEvent] = line.ear.of("function_call")
    assert [call.call_id for call in calls] == ["c0", "c1", "c2"]
    for call in calls:
        last = call is calls[-1]
        await line.model.send_event(RealtimeModelSendToolOutput(call, output="Ten.", start_response=last))
    await line.ear.hears("turn_ended", 2)
    sent = [event["type"] for event in line.server.received if event["type"] != "session.update"]
    assert sent == ["conversation.item.create"] * 3 + ["response.create"]
    assert not line.ear.of("error")


@BOTH
async def test_a_tool_that_answers_while_the_model_speaks_waits_for_its_end(dial, server, phone, stock):
    hold = asyncio.Event()
    server.replies.append(Reply("Let me look.", calls=(FunctionCall(name="tell_tide"),)))
    line = await dial(phone, stock=stock)
    await line.server.user_speaks("High tide?")
    await line.ear.hears("turn_ended")
    server.replies.append(Reply("While you wait.", hold=hold))
    await line.server.user_speaks("Hurry!")
    await line.ear.hears("turn_started", 2)
    (call,) = line.ear.of("function_call")
    await line.model.send_event(RealtimeModelSendToolOutput(call, output="Ten.", start_response=True))
    await line.server.wait_for("conversation.item.create")
    assert line.server.of("response.create") == []
    hold.set()
    await line.server.wait_for("response.create")
    await line.ear.hears("turn_ended", 3)
    assert not line.ear.of("error")


@BOTH
async def test_what_the_session_makes_of_an_interruption(server, run, stock):
    server.replies.append(Reply("A very long story.", hold=asyncio.Event()))
    async with await run(stock) as session:
        connection = await server.connection()
        await connection.wait_for("session.update")
        await connection.user_speaks("Tell me a story.")
        events = await until(session, "audio", 4)
        item_id = next(event.item_id for event in events if event.type == "audio")
        session._model_config["playback_tracker"].on_play_ms(item_id, 0, 120)
        await connection.speech_starts()
        events = await until(session, "agent_end")
    assert [event.item_id for event in events if event.type == "audio_interrupted"] == [item_id]
    (truncated,) = connection.of("conversation.item.truncate")
    assert (truncated["item_id"], truncated["audio_end_ms"]) == (item_id, 120)


MESSAGES = [
    {"role": "user", "content": [{"type": "input_audio", "transcript": None}], "status": "completed"},
    {"role": "user", "content": [{"type": "input_audio", "transcript": "Hello"}]},
    {"role": "user", "content": [{"type": "input_text", "text": "Hello"}], "status": "completed"},
    {"role": "system", "content": [{"type": "input_text", "text": "Be kind"}], "status": "completed"},
    {"role": "assistant", "content": [], "status": "in_progress"},
    {"role": "assistant", "content": [{"type": "output_audio", "transcript": "Hi"}], "status": "incomplete"},
    {"role": "assistant", "content": [{"type": "output_text", "text": "Hi"}], "status": "completed"},
]


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        (kind, message)
        for kind in ("conversation.item.added", "response.output_item.added", "response.output_item.done")
        for message in MESSAGES
        if message["role"] == "assistant" or kind.startswith("conversation")
    ],
    ids=json.dumps,
)
async def test_message_items_are_what_the_sdk_makes_of_them(dial, phone, kind, message):
    item = {"id": "item_x", "object": "realtime.item", "type": "message", **message}
    made = []
    for stock in (False, True):
        line = await dial(phone, stock=stock)
        await line.server.send(kind, response_id="r", output_index=0, item=item)
        made.append((await line.ear.hears("item_updated")).item)
        assert not line.ear.of("error")
    ours, theirs = made
    assert type(ours) is type(theirs)
    assert known(ours) == known(theirs)


def known(item):
    """Their fields without the empty extras that pydantic carries along."""
    content = [{name: getattr(part, name) for name in type(part).model_fields} for part in item.content]
    return {name: getattr(item, name) for name in type(item).model_fields} | {"content": content}


def test_parts_of_an_unknown_type_are_left_out():
    item = {"id": "x", "role": "assistant", "content": [{"type": "hologram"}, {"type": "output_text", "text": "Hi"}]}
    assert [part.text for part in message_item(item, done=True).content] == ["Hi"]


async def test_no_shape_of_a_known_event_ends_the_call(server, ours, phone):
    """Events of the real protocol with values swapped for nonsense, seen by the SDK's session as the listener."""
    dice = random.Random(1)
    nonsense = [None, 5, -1, 1.5, "", "x", [], {}, [None], {"type": "message"}, True, "item_000001"]
    model: OpenAIRealtime = ours(phone)
    async with await RealtimeRunner(RealtimeAgent(name="ODAI"), model=model).run() as session:
        connection = await server.connection()
        recorded = []
        plain = connection.send

        async def record(kind, **fields):
            recorded.append(json.loads(json.dumps({"type": kind, "event_id": "e", **fields})))
            await plain(kind, **fields)

        connection.send = record
        server.replies += [Reply("Hello.", hold=None), Reply("Twice.", calls=(FunctionCall(name="tell_tide"),))]
        await connection.wait_for("session.update")
        for _ in range(2):
            await connection.user_speaks("Hello?")
            await until(session, "agent_end", 1)
        samples = list(recorded)
        assert len({event["type"] for event in samples}) > 15
        for _ in range(600):
            event = json.loads(json.dumps(dice.choice(samples)))
            spoil(event, dice, nonsense)
            await connection.send_raw(json.dumps(event))
        model._audio_state_tracker = ModelAudioTracker()
        await plain("rate_limits.updated", rate_limits=["the last one"])
        last = None
        async with asyncio.timeout(10):
            async for event in session:
                if event.type == "raw_model_event" and event.data.type == "raw_server_event":
                    last = event.data.data
                    if last.get("rate_limits") == ["the last one"]:
                        break
    assert last is not None
    assert last["rate_limits"] == ["the last one"]
    assert model.skipped > 50


def spoil(event, dice, nonsense):
    """Swap one value, at any depth, for nonsense; the type stays."""
    holder, key = event, dice.choice([name for name in event if name != "type"])
    while isinstance(holder[key], dict | list) and holder[key] and dice.random() < 0.8:
        holder = holder[key]
        key = dice.choice(list(holder)) if isinstance(holder, dict) else dice.randrange(len(holder))
    holder[key] = dice.choice(nonsense)
