"""A loop whose clock moves only when nobody has anything to do: seconds of a call in no time, and exact."""

from __future__ import annotations

import asyncio
import math
import selectors
from array import array
from collections.abc import Callable, Coroutine
from typing import Any

from odai_core.cli.phone import Clip


class VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self.now = 1000.0
        super().__init__(_Selector(self))

    def time(self) -> float:
        return self.now


class _Selector(selectors.SelectSelector):
    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self._virtual = loop

    def select(self, timeout: float | None = None) -> Any:
        ready = super().select(0)
        if not ready:
            if timeout is None:
                raise RuntimeError("everybody waits, and nothing is to come")
            self._virtual.now += max(0.0, timeout)
        return ready


def virtually(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Run an async test on a VirtualLoop."""

    def run() -> None:
        with asyncio.Runner(loop_factory=VirtualLoop) as runner:
            runner.run(test())

    run.__name__ = test.__name__
    return run


def tone(seconds: float, rate: int = 8000, hertz: float = 440, volume: int = 8000) -> Clip:
    count = round(seconds * rate)
    return Clip(array("h", [round(volume * math.sin(2 * math.pi * hertz * n / rate)) for n in range(count)]), rate)


def pause(seconds: float, rate: int = 8000) -> Clip:
    return Clip(array("h", bytes(2 * round(seconds * rate))), rate)


def joined(*clips: Clip) -> Clip:
    samples = array("h")
    for clip in clips:
        samples.extend(clip.samples)
    return Clip(samples, clips[0].rate)
