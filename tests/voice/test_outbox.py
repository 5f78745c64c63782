"""The outbox: order, waking, and its bound."""

import asyncio

from odai_core.voice import outbox as room
from odai_core.voice.events import Audio, AudioEnd, CallError, Ended
from odai_core.voice.outbox import Outbox
from tests.voice.bench import virtual


def error(code):
    return CallError(code, "", True)


@virtual
async def test_events_come_in_order_before_audio_and_end_with_ended():
    audio = [(Audio("a", b"1", 0, 1), 0.0), (AudioEnd("a"), 0.0)]
    outbox = Outbox(lambda: audio.pop(0) if audio else (None, None))
    outbox.put(error("one"))
    outbox.put(error("two"))
    seen = []
    async for event in outbox.events():
        seen.append(event)
        if isinstance(event, AudioEnd):
            outbox.put(Ended("hangup"))
            outbox.put(error("too late"))
    assert seen == [error("one"), error("two"), Audio("a", b"1", 0, 1), AudioEnd("a"), Ended("hangup")]
    assert outbox.ended


@virtual
async def test_the_reader_sleeps_until_audio_is_due_or_something_is_put():
    loop = asyncio.get_running_loop()
    due = loop.time() + 3
    outbox = Outbox(lambda: (None, due - loop.time()) if loop.time() < due else (Audio("a", b"1", 0, 1), 0.0))
    reader = outbox.events()
    assert (await anext(reader)).item_id == "a"
    assert loop.time() >= due
    due = loop.time() + 1000
    loop.call_later(1, outbox.put, error("now"))
    assert (await anext(reader)).code == "now"
    assert loop.time() < due
    await reader.aclose()


@virtual
async def test_wake_looks_again():
    loop = asyncio.get_running_loop()
    ready = []
    outbox = Outbox(lambda: (ready.pop(), 0.0) if ready else (None, None))
    reader = outbox.events()

    def arrive():
        ready.append(AudioEnd("a"))
        outbox.wake()

    loop.call_later(5, arrive)
    assert await anext(reader) == AudioEnd("a")
    await reader.aclose()


@virtual
async def test_a_peer_that_does_not_read_is_told_so_and_holds_no_memory():
    outbox = Outbox(lambda: (None, None))
    for number in range(room.LIMIT_EVENTS * 2):
        outbox.put(error(str(number)))
    assert [event.reason async for event in outbox.events()] == ["slow_peer"]
