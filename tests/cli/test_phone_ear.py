import asyncio

from odai_core import PCM16_24K, ULAW_8K
from odai_core.cli.phone import Clip, Ear
from tests.cli.virtual import joined, pause, tone, virtually


def now():
    return asyncio.get_running_loop().time()


@virtually
async def test_a_mark_comes_when_everything_before_it_was_heard():
    reached = []
    ear = Ear(ULAW_8K, lambda name: reached.append((name, round(now() - start, 3))))
    start = now()
    ear.play(tone(0.3).encode(ULAW_8K))
    ear.mark("a")
    ear.play(tone(0.2).encode(ULAW_8K))
    ear.mark("b")
    ear.mark("c")
    await asyncio.sleep(2)
    ear.mark("at once")
    await asyncio.sleep(0.001)
    assert reached == [("a", 0.3), ("b", 0.5), ("c", 0.5), ("at once", 2.0)]


@virtually
async def test_clear_drops_what_was_not_heard_and_names_its_marks():
    reached = []
    ear = Ear(ULAW_8K, reached.append)
    for name in ("a", "b", "c"):
        ear.play(tone(0.2).encode(ULAW_8K))
        ear.mark(name)
    await asyncio.sleep(0.25)
    assert ear.clear() == ["b", "c"]
    await asyncio.sleep(1)
    assert reached == ["a"]
    assert len(ear.heard()) == 8 * 250
    assert ear.quiet_at() <= now() - 1
    assert ear.received == 8 * 600


@virtually
async def test_what_comes_after_a_clear_is_heard_at_once():
    ear = Ear(PCM16_24K)
    ear.play(tone(5, 24000).encode(PCM16_24K))
    await asyncio.sleep(0.1)
    ear.clear()
    ear.play(tone(0.1, 24000).encode(PCM16_24K))
    assert ear.quiet_at() - now() == 0.1 or abs(ear.quiet_at() - now() - 0.1) < 1e-9
    await asyncio.sleep(1)
    assert len(ear.heard()) == 48 * 200


@virtually
async def test_the_recording_has_the_pauses():
    ear = Ear(ULAW_8K)
    start = now()
    await asyncio.sleep(0.5)
    ear.play(tone(0.25).encode(ULAW_8K))
    await asyncio.sleep(1)
    ear.play(tone(0.25).encode(ULAW_8K))
    await asyncio.sleep(1)
    recording = ear.recording(start)
    loud = [abs(sample) > 400 for sample in recording.samples]
    assert len(recording.samples) == 8 * 1750
    assert not any(loud[: 8 * 500])
    assert any(loud[8 * 500 : 8 * 750])
    assert not any(loud[8 * 750 : 8 * 1500])
    assert any(loud[8 * 1500 :])


@virtually
async def test_silence_is_no_sound():
    ear = Ear(ULAW_8K)
    waiting = asyncio.create_task(ear.wait_for_sound())
    ear.play(pause(0.5).encode(ULAW_8K))
    await asyncio.sleep(0.4)
    assert not waiting.done()
    ear.play(tone(0.1).encode(ULAW_8K))
    begins = now() + 0.1
    assert abs(await waiting - begins) < 1e-9
    ear.listen_anew()
    again = asyncio.create_task(ear.wait_for_sound())
    await asyncio.sleep(5)
    assert not again.done()
    again.cancel()


@virtually
async def test_a_sound_that_was_taken_back_before_anybody_looked_is_none():
    ear = Ear(ULAW_8K)
    waiting = asyncio.create_task(ear.wait_for_sound())
    await asyncio.sleep(0)
    ear.play(tone(0.1).encode(ULAW_8K))
    ear.listen_anew()
    ear.clear()
    await asyncio.sleep(1)
    assert not waiting.done()
    waiting.cancel()


@virtually
async def test_more_than_ten_minutes_are_not_kept():
    ear = Ear(ULAW_8K)
    for _ in range(15):
        ear.play(b"\xff" * 8 * 60_000)
    assert ear.quiet_at() - now() <= 661


@virtually
async def test_a_closed_ear_returns_no_marks():
    reached = []
    ear = Ear(ULAW_8K, reached.append)
    ear.play(joined(tone(0.1), tone(0.1)).encode(ULAW_8K))
    ear.mark("a")
    ear.close()
    await asyncio.sleep(1)
    assert reached == []


def test_odd_bytes_make_whole_samples():
    assert len(Clip.decode(b"\0\1\2", PCM16_24K).samples) == 1
