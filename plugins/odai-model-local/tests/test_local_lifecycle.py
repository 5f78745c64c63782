"""The realtime model's beginning and end: nothing stays behind."""

from __future__ import annotations

import asyncio
from typing import Any

import odai_model_local
import pytest
from agents.realtime.model_inputs import RealtimeModelSendUserInput
from odai_model_local import workers
from odai_model_local.model import LocalRealtimeModel
from odai_model_local.speech import Speech

from odai_core import AssetError, CallOptions

LATE = RealtimeModelSendUserInput(user_input="late")


async def test_a_listener_may_close_the_model_from_inside(call: Any, ours: Any) -> None:
    talk = await call()

    async def close_at_audio(event: Any) -> None:
        if event.type == "audio":
            await talk.model.close()

    talk.log.on = close_at_audio
    await talk.line("Some long words to close on. And more of them.")
    async with asyncio.timeout(5):
        await talk.brain.gone.wait()
        await asyncio.gather(*ours("odai-local-turns"))
    assert len(talk.log.of("audio")) == 1
    assert "turn_ended" not in talk.log.kinds


async def test_closing_in_the_middle_of_everything(call: Any) -> None:
    talk = await call(hold=True)
    brain = talk.brain
    await talk.type("think")
    await talk.log.until("turn_started")
    await asyncio.sleep(0)
    await talk.say("more", silence_ms=250)
    await talk.model.close()
    assert brain.cancelled
    before = len(talk.log.events)
    await talk.speech(300)
    await talk.line("late")
    assert await talk.model.send_event_if(LATE, lambda: True) is False
    assert len(talk.log.events) == before


async def test_a_conditional_send_asks_first(call: Any) -> None:
    talk = await call()
    assert await talk.model.send_event_if(LATE, lambda: False) is False
    assert await talk.model.send_event_if(LATE, lambda: True) is True
    await talk.log.until("turn_ended")
    assert [event.delta for event in talk.log.of("transcript_delta")] == ["You said late"]


async def test_a_removed_listener_hears_nothing(call: Any) -> None:
    talk = await call()
    other = type(talk.log)()
    talk.model.add_listener(other)
    talk.model.remove_listener(other)
    talk.model.remove_listener(other)
    await talk.line("hello")
    await talk.log.until("turn_ended")
    assert other.events == []


async def test_missing_files_fail_the_connection_by_name(free_options: CallOptions) -> None:
    def load(settings: Any) -> Speech:
        raise AssetError("Files are missing.", "Type: odai models fetch")

    model = LocalRealtimeModel(free_options, load=load)
    with pytest.raises(RuntimeError):
        await model.send_event(LATE)
    with pytest.raises(AssetError, match="odai models fetch"):
        await model.connect({})
    await model.close()
    with pytest.raises(RuntimeError):
        await model.connect({})
    workers.close()


def test_the_plugin_makes_a_model_that_is_not_connected_yet(free_options: CallOptions) -> None:
    model = odai_model_local.odai_models().realtime(free_options)
    assert isinstance(model, LocalRealtimeModel)


async def test_a_model_is_connected_once(call: Any) -> None:
    talk = await call()
    with pytest.raises(RuntimeError):
        await talk.model.connect({})


async def test_closing_while_it_connects_leaves_nothing(
    free_options: CallOptions, free_speech: Speech, ours: Any, parrot: Any
) -> None:
    model: LocalRealtimeModel

    def make_brain(options: CallOptions, embed: Any) -> Any:
        asyncio.run_coroutine_threadsafe(model.close(), loop).result(5)
        return parrot

    loop = asyncio.get_running_loop()
    model = LocalRealtimeModel(free_options, load=lambda settings: free_speech, make_brain=make_brain)
    with pytest.raises(RuntimeError):
        await model.connect({})
    assert parrot.closed == 1
    workers.close()
    assert ours() == []
