"""The page in a real Chromium: sound both ways, what is shown, and every refusal in words."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import numpy as np
import pytest

from odai_core import events

pytestmark = pytest.mark.browser

FIREFOX = """
const real = AudioContext.prototype.createMediaStreamSource;
AudioContext.prototype.createMediaStreamSource = function (stream) {
  if (this.sampleRate === 24000) throw new DOMException("different sample-rate", "NotSupportedError");
  return real.call(this, stream);
};
"""


def tone(ms: int) -> bytes:
    time = np.arange(24 * ms) / 24_000
    return np.asarray(8000 * np.sin(2 * np.pi * 330 * time)).astype("<i2").tobytes()


def deltas(item: str, ms: int, step: int = 50) -> list[events.CallEvent]:
    pieces = range(0, ms, step)
    return [events.Audio(item, tone(step), at, at // step) for at in pieces]


def find(sound: np.ndarray, piece: np.ndarray) -> tuple[float, int]:
    """The best normalised correlation of a piece with any part of a sound, and where that is."""
    size = 1 << int(np.ceil(np.log2(len(sound) + len(piece))))
    product = np.fft.irfft(np.fft.rfft(sound, size) * np.conj(np.fft.rfft(piece, size)), size)
    energy = np.concatenate([[0.0], np.cumsum(sound**2)])
    lags = len(sound) - len(piece) + 1
    norm = np.sqrt((energy[len(piece) :] - energy[:lags]) * np.sum(piece**2)) + 1e-9
    at = int(np.argmax(product[:lags] / norm))
    return float(product[at] / norm[at]), at


def assert_heard(heard: bytes, spoken: np.ndarray) -> None:
    """Two seconds of what was said were heard, piece by piece, in their order and at their speed.

    By pieces, because a browser on a busy machine skips a few milliseconds now and then; the middle one decides.
    """
    sound = np.frombuffer(heard, "<i2").astype(float)
    starts = range(24_000, 72_000, 6_000)
    found = [find(sound, spoken[start : start + 6_000]) for start in starts]
    assert np.median([likeness for likeness, _ in found]) > 0.95
    offsets = np.array([at - start for start, (_, at) in zip(starts, found, strict=True)])
    assert np.median(np.abs(offsets - np.median(offsets))) < 240


async def talk(site: Any, browser: Any, query: str = "") -> Any:
    await browser.page.goto(f"{site.http}/{query}")
    await browser.press("Start talking")
    await browser.phase("listening")
    return await site.ctx.next_call()


async def test_the_microphone_arrives_as_it_was_spoken(site: Any, browser: Any, spoken: np.ndarray) -> None:
    call = await talk(site, browser, "?raw_mic=1")
    await call.until(lambda call: len(call.audio) >= 2 * len(spoken))
    assert len(call.audio) % 1920 == 0
    assert_heard(bytes(call.audio), spoken)


async def test_a_browser_that_does_not_resample_still_sends_24_khz(
    site: Any, chromium: Any, spoken: np.ndarray
) -> None:
    async with chromium(script=FIREFOX) as browser:
        call = await talk(site, browser, "?raw_mic=1")
        await call.until(lambda call: len(call.audio) >= 2 * len(spoken))
        assert_heard(bytes(call.audio), spoken)
        assert browser.errors == []


async def test_what_was_heard_is_reported_to_the_millisecond(site: Any, browser: Any) -> None:
    call = await talk(site, browser)
    call.emit(*deltas("item_1", 700), events.AudioEnd("item_1"), *deltas("item_2", 350), events.AudioEnd("item_2"))
    await browser.phase("speaking")
    await call.until(lambda call: ("item_2", 350) in call.positions)
    first = [ms for item, ms in call.positions if item == "item_1"]
    assert first == sorted(first)
    assert first[-1] == 700
    assert len(first) >= 5
    await browser.phase("listening")


async def test_an_interruption_is_silence_and_the_rest_is_never_heard(site: Any, browser: Any) -> None:
    call = await talk(site, browser)
    call.emit(*deltas("item_1", 8000))
    await call.until(lambda call: any(ms >= 500 for _, ms in call.positions))
    call.emit(events.Interrupted("item_1", 500), *deltas("item_1", 1000))
    call.emit(*deltas("item_2", 300), events.AudioEnd("item_2"))
    await call.until(lambda call: ("item_2", 300) in call.positions)
    items = [item for item, _ in call.positions]
    cut = max(ms for item, ms in call.positions if item == "item_1")
    assert 500 <= cut < 3000
    assert items == sorted(items)


async def test_escape_stops_the_assistant_at_once(site: Any, browser: Any) -> None:
    call = await talk(site, browser)
    call.emit(*deltas("item_1", 8000))
    await browser.phase("speaking")
    await browser.page.keyboard.press("Escape")
    await call.until(lambda call: call.interrupts == 1)
    await browser.phase("listening")


async def test_the_conversation_and_its_results_are_shown(site: Any, browser: Any) -> None:
    call = await talk(site, browser)
    item = events.Transcript
    call.emit(
        item("u1", "user", "When is high <b>tide</b>?", "completed", True),
        events.ResponseStarted("ODAI"),
        events.ToolStarted("c1", "find_tide", "{}", "Tides", "Looking at the tides"),
    )
    await browser.sees("When is high <b>tide</b>?")
    await browser.phase("thinking")
    await browser.sees("Looking at the tides")
    body = {
        "harbour": "Kiel",
        "tides": [{"name": f"High {n}", "height_m": 1.5, "url": "javascript:alert(1)"} for n in range(5)],
    }
    output = {"response_type": "tides", "friendly_name": "Tide table", "response": body, "sample": True}
    call.emit(
        events.ToolEnded("c1", "find_tide", output, 420, True),
        item("a1", "assistant", "At ten", "in_progress", True),
        item("a1", "assistant", "At ten past four.", "completed", False),
        events.ResponseEnded("ODAI"),
        events.TurnMetrics({"speech_end_to_first_audio_ms": 480}),
    )
    for text in ["Tide table", "Harbour", "Kiel", "High 3", "and 1 more", "At ten past four.", "Answered in 0.48 s"]:
        await browser.sees(text)
    assert await browser.page.locator(".sample").text_content() == "sample"
    assert await browser.page.locator(".line.assistant").count() == 1
    assert await browser.page.locator("#transcript b").count() == 0
    assert await browser.page.locator("#transcript a").count() == 0
    await browser.phase("listening")


async def test_typing_alone_needs_no_microphone(site: Any, browser: Any) -> None:
    await browser.page.goto(site.http)
    await browser.page.get_by_role("textbox", name="Type instead of speaking").fill("Good day")
    await browser.press("Send")
    call = await site.ctx.next_call()
    await call.until(lambda call: call.texts == ["Good day"])
    await browser.phase("thinking")
    assert not call.audio
    assert call.info.audio.turns.interrupt is False


async def test_the_switch_asks_for_barge_in_and_the_browser_tells_its_zone(site: Any, chromium: Any) -> None:
    async with chromium(timezone_id="Europe/Lisbon") as browser:
        await browser.page.goto(site.http)
        await browser.page.get_by_role("switch", name="Let me interrupt by speaking").check(force=True)
        await browser.press("Start talking")
        call = await site.ctx.next_call()
        assert call.info.audio.turns.interrupt is True
        assert (call.info.caller.time_zone, call.info.caller.locale) == ("Europe/Lisbon", "en-US")


async def test_the_button_ends_the_conversation(site: Any, browser: Any) -> None:
    call = await talk(site, browser)
    await browser.press("End conversation")
    await browser.phase("ended")
    await site.ctx.all_over()
    assert call.ended == ["caller"]
    assert not await browser.page.locator("#notice").is_visible()


async def test_the_servers_goodbye_is_said_in_words(site: Any, browser: Any) -> None:
    call = await talk(site, browser)
    call.emit(events.Ended("drain"))
    await browser.sees("The server is restarting.")
    await browser.phase("ended")


class Cable:
    """A plain TCP relay in front of the server, that can be cut."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.ends: list[asyncio.StreamWriter] = []

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.port)
        self.ends += [writer, far_writer]

        async def copy(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
            with contextlib.suppress(OSError):
                while data := await source.read(65536):
                    sink.write(data)
            sink.close()

        await asyncio.gather(copy(reader, far_writer), copy(far_reader, writer))

    def cut(self) -> None:
        for end in self.ends:
            end.transport.abort()


async def test_a_cut_cable_is_called_lost_and_reconnecting_works(site: Any, chromium: Any) -> None:
    cable = Cable(site.port)
    async with await asyncio.start_server(cable.carry, "127.0.0.1", 0) as relay, chromium() as browser:
        await browser.page.goto(f"http://127.0.0.1:{relay.sockets[0].getsockname()[1]}/")
        await browser.press("Start talking")
        await browser.phase("listening")
        await site.ctx.next_call()
        cable.cut()
        await browser.phase("lost")
        await browser.sees("The connection to the server was lost.")
        await site.ctx.all_over()
        await browser.press("Reconnect")
        await browser.phase("listening")
        cable.cut()


async def test_a_server_that_has_gone_is_not_taken_for_a_microphone(site: Any, chromium: Any) -> None:
    cable = Cable(site.port)
    relay = await asyncio.start_server(cable.carry, "127.0.0.1", 0)
    async with chromium() as browser:
        await browser.page.goto(f"http://127.0.0.1:{relay.sockets[0].getsockname()[1]}/")
        relay.close()
        cable.cut()
        await browser.press("Start talking")
        await browser.sees("The server cannot be reached.")
        await browser.phase("lost")


async def test_muted_the_microphone_sends_silence(site: Any, browser: Any) -> None:
    call = await talk(site, browser, "?raw_mic=1")
    await call.until(lambda call: np.any(np.frombuffer(bytes(call.audio), "<i2")))
    await browser.press("Mute")
    await browser.sees("Microphone off")
    await call.until(lambda call: len(call.audio) > 48_000 and not any(call.audio[-9600:]))
    await browser.press("Unmute")
    await call.until(lambda call: any(call.audio[-1920:]))


async def test_a_failed_call_can_be_begun_again(site: Any, browser: Any) -> None:
    call = await talk(site, browser)
    call.emit(RuntimeError("broken"))
    await browser.sees("Something went wrong on our side.")
    await browser.press("Start talking")
    await browser.phase("listening")
    again = await site.ctx.next_call()
    assert again.session_id != call.session_id


async def test_a_denied_microphone_is_explained(site: Any, chromium: Any) -> None:
    async with chromium("--use-fake-device-for-media-stream", "--deny-permission-prompts", microphone=False) as browser:
        await browser.page.goto(site.http)
        await browser.press("Start talking")
        await browser.sees("The microphone is blocked for this page.")
        await browser.phase("idle")
        assert site.ctx.opened == 0
        assert browser.errors == []


async def test_a_page_without_secure_context_says_so_and_can_still_type(site: Any, chromium: Any) -> None:
    async with chromium("--host-resolver-rules=MAP odai.test 127.0.0.1", microphone=False) as browser:
        await browser.page.goto(f"http://odai.test:{site.port}/")
        await browser.sees("Browsers give a page the microphone and sound only over https")
        await browser.page.get_by_role("textbox", name="Type instead of speaking").fill("Good day")
        await browser.press("Send")
        call = await site.ctx.next_call()
        await call.until(lambda call: call.texts == ["Good day"])


async def test_a_stranger_is_asked_for_a_token_and_a_wrong_one_is_named(site: Any, chromium: Any) -> None:
    site.ctx.local = False
    async with chromium() as browser:
        await browser.page.goto(site.http)
        await browser.sees("This page needs a token")
        for wrong in ["wrong", "not a, token\N{SNOWMAN}"]:
            await browser.page.get_by_label("This page needs a token").fill(wrong)
            await browser.press("Use token")
            await browser.press("Start talking")
            await browser.sees("That token is wrong or has expired.")
        assert not [line for line in browser.errors if "CSP" in line]
        await browser.page.get_by_label("This page needs a token").fill("good.token")
        await browser.press("Use token")
        await browser.press("Start talking")
        await browser.phase("listening")


async def test_a_full_server_is_explained(site: Any, chromium: Any) -> None:
    site.ctx.limit = 0
    async with chromium() as browser:
        await browser.page.goto(site.http)
        await browser.press("Start talking")
        await browser.sees("Every line is taken. Please try again in 5 seconds.")
        await browser.phase("ended")
