"""What waits for time to pass, in virtual time: pieces of audio, and pauses between keys."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from odai_transport_twilio.keypad import Keypad
from odai_transport_twilio.uplink import Uplink


class VirtualLoop:
    """Time that moves when told to."""

    def __init__(self) -> None:
        self.now = 100.0
        self._timers: list[tuple[float, Callable[[], None], list[bool]]] = []

    def time(self) -> float:
        return self.now

    def call_at(self, when: float, callback: Callable[[], None]) -> Any:
        alive = [True]
        self._timers.append((when, callback, alive))
        return type("Handle", (), {"cancel": staticmethod(lambda: alive.__setitem__(0, False))})()

    def call_later(self, delay: float, callback: Callable[[], None]) -> Any:
        return self.call_at(self.now + delay, callback)

    def advance(self, seconds: float) -> None:
        end = self.now + seconds
        while due := [timer for timer in self._timers if timer[0] <= end and timer[2][0]]:
            timer = min(due, key=lambda one: one[0])
            self._timers.remove(timer)
            self.now = max(self.now, timer[0])
            timer[1]()
        self.now = end

    @property
    def pending(self) -> int:
        return sum(timer[2][0] for timer in self._timers)


@pytest.fixture
def virtual_loop() -> VirtualLoop:
    return VirtualLoop()


# -- the caller's audio


class Taker:
    """A call that takes audio, and nothing else."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []

    async def send_audio(self, audio: bytes) -> None:
        self.pieces.append(audio)


async def _delivered(uplink: Uplink) -> list[bytes]:
    taker: Any = Taker()
    delivered = asyncio.Event()

    async def last(call: Any) -> None:
        delivered.set()

    uplink.order(last)
    task = asyncio.create_task(uplink.deliver(taker))
    await asyncio.wait_for(delivered.wait(), 5)
    task.cancel()
    return list(taker.pieces)


async def test_pieces_have_the_very_size_and_keep_every_byte(virtual_loop: Any) -> None:
    uplink = Uplink(400, virtual_loop)
    sent = bytes(range(160)) * 10
    for start in range(0, 1600, 160):
        uplink.audio(sent[start : start + 160])
        virtual_loop.advance(0.02)
    pieces = await _delivered(uplink)
    assert [len(piece) for piece in pieces] == [400, 400, 400, 400]
    assert b"".join(pieces) == sent


async def test_the_rest_goes_100_ms_after_the_last_piece(virtual_loop: Any) -> None:
    uplink = Uplink(400, virtual_loop)
    uplink.audio(bytes(480))
    virtual_loop.advance(0.099)
    assert [len(piece) for piece in await _delivered(uplink)] == [400]
    virtual_loop.advance(0.001)
    assert [len(piece) for piece in await _delivered(uplink)] == [80]
    assert virtual_loop.pending == 0


async def test_a_piece_sent_meanwhile_puts_the_rest_off(virtual_loop: Any) -> None:
    uplink = Uplink(400, virtual_loop)
    uplink.audio(bytes(160))
    virtual_loop.advance(0.05)
    uplink.audio(bytes(260))
    virtual_loop.advance(0.09)
    assert [len(piece) for piece in await _delivered(uplink)] == [400]
    virtual_loop.advance(0.011)
    assert [len(piece) for piece in await _delivered(uplink)] == [20]


async def test_a_call_that_takes_nothing_loses_the_oldest(virtual_loop: Any) -> None:
    uplink = Uplink(400, virtual_loop)
    for index in range(130):
        uplink.audio(bytes([index]) * 400)
    assert uplink.dropped == 30
    pieces = await _delivered(uplink)
    assert [piece[0] for piece in pieces] == list(range(31, 130))


async def test_closing_stops_the_timer(virtual_loop: Any) -> None:
    uplink = Uplink(400, virtual_loop)
    uplink.close()
    uplink.audio(bytes(10))
    uplink.close()
    assert virtual_loop.pending == 0


# -- keys


@pytest.fixture
def pad(virtual_loop: Any) -> tuple[Keypad, list[str]]:
    heard: list[str] = []
    return Keypad(virtual_loop, typed=heard.append, interrupt=lambda: heard.append("interrupt")), heard


def test_digits_are_a_turn_after_a_pause(pad: tuple[Keypad, list[str]], virtual_loop: Any) -> None:
    keypad, heard = pad
    for digit in "415":
        assert keypad.press(digit)
        virtual_loop.advance(1.9)
    assert heard == []
    virtual_loop.advance(0.2)
    assert heard == ["I typed 415 on the telephone's keypad."]


def test_hash_interrupts_and_finishes(pad: tuple[Keypad, list[str]], virtual_loop: Any) -> None:
    keypad, heard = pad
    keypad.press("#")
    keypad.press("7")
    keypad.press("#")
    virtual_loop.advance(10)
    assert heard == ["interrupt", "interrupt", "I typed 7 on the telephone's keypad."]


def test_star_starts_over(pad: tuple[Keypad, list[str]], virtual_loop: Any) -> None:
    keypad, heard = pad
    for key in "12*3":
        keypad.press(key)
    virtual_loop.advance(3)
    assert heard == ["I typed 3 on the telephone's keypad."]


def test_only_keys_are_keys_and_they_are_bounded(pad: tuple[Keypad, list[str]], virtual_loop: Any) -> None:
    keypad, heard = pad
    assert not any(keypad.press(key) for key in ("", "12", "E", "١", "a"))
    for _ in range(1000):
        keypad.press("9")
    assert virtual_loop.pending == 1
    virtual_loop.advance(3)
    assert heard == [f"I typed {'9' * 64} on the telephone's keypad."]
    keypad.press("1")
    keypad.close()
    assert virtual_loop.pending == 0
